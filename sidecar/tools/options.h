/*
 * The options of a command: those that most commands take (-c FILE, --set
 * KEY=VALUE, --help) are read here, its own by the command.
 */
#ifndef SIDECAR_TOOLS_OPTIONS_H
#define SIDECAR_TOOLS_OPTIONS_H

#include <getopt.h>

#include "sidecar/tools/command.h"

/* What a reader of options returns where the command is not over yet. */
enum { OPTIONS_GO_ON = -1 };

/* The rows of the options that most commands take, and the table's end. */
// clang-format off
#define OPTIONS_COMMON                            \
    {"config", required_argument, NULL, 'c'},     \
    {"set", required_argument, NULL, 's'},        \
    {"help", no_argument, NULL, 'h'},             \
    {NULL, 0, NULL, 0}
// clang-format on

struct options_table {
    const struct command *command;
    const struct option *rows; /* the command's own, then OPTIONS_COMMON */
    const char *letters;       /* as getopt wants them: "c:s:h" and its own */
    /*
     * Takes one of its own, the argument in optarg: OPTIONS_GO_ON, or the exit
     * code to end with. NULL where it has none.
     */
    int (*read)(int letter, void *context);
};

/*
 * Reads the command line up to its first operand, argv[optind].
 *
 *   settings  what -c and --set say is added
 *   context   for the table's `read`
 *   returns   OPTIONS_GO_ON, or the exit code to end with: after --help, or a
 *             usage error, told on stderr
 */
int options_read(const struct options_table *table, int argc, char **argv,
                 struct command_settings *settings, void *context);

/*
 * Which of the names [ended by NULL] optarg is, into *out; `option` is for the
 * message. OPTIONS_GO_ON, or COMMAND_USAGE and a message that lists them.
 */
int options_choice(const struct command *command, const char *option,
                   const char *const *names, int *out);

#endif
