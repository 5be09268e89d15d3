/*
 * A command of `leeway`: one row in the table of main.c. Options are read by
 * getopt_long; data goes to stdout, messages and progress to stderr.
 */
#ifndef SIDECAR_TOOLS_COMMAND_H
#define SIDECAR_TOOLS_COMMAND_H

#include "config/load.h"
#include "kernels/kernels.h"
#include "sidecar/engine/engine.h"

/* Exit codes: sysexits.h's, and 1 for findings. */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FINDINGS = 1,
    COMMAND_USAGE = 64,
    COMMAND_BAD_DATA = 65,
    COMMAND_NO_INPUT = 66,
    COMMAND_UNAVAILABLE = 69,
    COMMAND_INTERNAL = 70,
    COMMAND_CANNOT_CREATE = 73,
    COMMAND_OUTPUT = 74,
    COMMAND_CONFIG = 78
};

struct command {
    const char *name;
    const char *summary; /* one line */
    const char *help;    /* begins with two examples; ends with a newline */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command command_serve, command_check, command_test,
    command_score, command_fingerprint, command_machine, command_ping,
    command_call, command_bench, command_version, command_journal,
    command_events, command_rescore, command_diff, command_merge;

enum { COMMAND_SETTINGS = 64 };

/* -c FILE and --set KEY=VALUE, which most commands take. */
struct command_settings {
    const char *path; /* NULL: the default file */
    const char *overrides[COMMAND_SETTINGS];
    size_t override_count;
};

/* One more --set. false where there are too many. */
bool command_override(struct command_settings *settings, const char *value);

/* The configuration file that is meant, or NULL and a message on stderr. */
const char *command_path(const struct command_settings *settings);

/* Prints the command's help to stdout; the exit code is COMMAND_DONE. */
int command_help(const struct command *command);

/* Says on stderr how the command is used wrongly; COMMAND_USAGE. */
int command_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The kernels that LEEWAY_ISA names, or the best; checked. NULL: a message is
 * on stderr.
 */
const struct kernel_set *command_kernels(void);

/*
 * The engine that the settings name, as serve would have it; its problems are
 * on stderr. NULL: there is none, and that says why.
 */
struct engine *command_engine(const struct command_settings *settings,
                              const struct kernel_set *kernels);

/* The same without the rules' own tests. */
struct engine *command_engine_untested(const struct command_settings *settings,
                                       const struct kernel_set *kernels);

/* Flushes stdout: COMMAND_DONE, or COMMAND_OUTPUT where it could not. */
int command_finish(void);

#endif
