#include "sidecar/tools/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/nearest.h"
#include "sidecar/engine/kept.h"

static const struct command *const commands[] = {
    &command_serve,   &command_check, &command_test,    &command_score,
    &command_rescore, &command_diff,  &command_merge,   &command_fingerprint,
    &command_machine, &command_ping,  &command_call,    &command_journal,
    &command_events,  &command_bench, &command_version,
};

enum {
    COMMANDS = sizeof(commands) / sizeof(commands[0]),
    PROBLEMS_BYTES = 64 << 20 /* of messages, at most */
};

bool
command_override(struct command_settings *settings, const char *value)
{
    if (settings->override_count == COMMAND_SETTINGS) {
        return false;
    }
    settings->overrides[settings->override_count++] = value;
    return true;
}

const char *
command_path(const struct command_settings *settings)
{
    const char *path =
        settings->path != NULL ? settings->path : load_default_path();

    if (path == NULL) {
        fprintf(stderr, "leeway: no configuration: give -c FILE, or set "
                        "LEEWAY_CONFIG (config/leeway.yaml and "
                        "/etc/leeway/leeway.yaml are not there)\n");
    }
    return path;
}

int
command_help(const struct command *command)
{
    printf("leeway %s: %s\n\n%s", command->name, command->summary,
           command->help);
    return command_finish();
}

int
command_usage(const struct command *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "leeway %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (leeway %s --help)\n", command->name);
    return COMMAND_USAGE;
}

const struct kernel_set *
command_kernels(void)
{
    const char *forced = getenv("LEEWAY_ISA");
    const struct kernel_set *set = kernels_pick(forced);

    if (set == NULL) {
        fprintf(stderr, "leeway: LEEWAY_ISA=%s: not one of", forced);
        for (const struct kernel_set *const *s = kernel_sets; *s != NULL; s++) {
            if ((*s)->usable()) {
                fprintf(stderr, " %s", (*s)->name);
            }
        }
        fprintf(stderr, " on this machine\n");
        return NULL;
    }
    if (!kernels_self_test(set)) {
        fprintf(stderr, "leeway: the %s kernels give wrong answers here\n",
                set->name);
        return NULL;
    }
    return set;
}

static struct engine *
load(const struct command_settings *settings, const struct kernel_set *kernels,
     bool tested)
{
    const char *path = command_path(settings);
    struct arena *arena = arena_new(PROBLEMS_BYTES);
    struct engine *engine = NULL;
    struct problems problems;

    if (arena == NULL) {
        fprintf(stderr, "leeway: out of memory\n");
    } else if (path != NULL && kernels != NULL) {
        place_problems_init(&problems, arena);
        engine = (tested ? engine_load : engine_load_untested)(
            path, settings->overrides, settings->override_count, kernels,
            &problems);
        if (engine != NULL) {
            engine = kept_load(engine, &problems);
        }
        place_problems_print(&problems, stderr, false);
    }
    arena_free(arena);
    return engine;
}

struct engine *
command_engine(const struct command_settings *settings,
               const struct kernel_set *kernels)
{
    return load(settings, kernels, true);
}

struct engine *
command_engine_untested(const struct command_settings *settings,
                        const struct kernel_set *kernels)
{
    return load(settings, kernels, false);
}

int
command_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "leeway: standard output: %s\n", strerror(errno));
        return COMMAND_OUTPUT;
    }
    return COMMAND_DONE;
}

static int
print_commands(FILE *to)
{
    fprintf(to,
            "leeway: judges a chat product's replies before they are shown\n\n"
            "  leeway serve                      run the sidecar\n"
            "  leeway score --persona falstaff "
            "\"What is honour? a word.\"\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(to, "\n`leeway COMMAND --help` says more of each.\n");
    return to == stdout ? command_finish() : COMMAND_USAGE;
}

static int
unknown_command(const char *name)
{
    const char *names[COMMANDS + 1];

    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
    }
    names[COMMANDS] = NULL;
    const char *near = nearest_name(text_of(name), names);
    fprintf(stderr, "leeway: no command \"%s\"", name);
    if (near != NULL) {
        fprintf(stderr, "; did you mean \"%s\"?", near);
    }
    fprintf(stderr, " (leeway --help)\n");
    return COMMAND_USAGE;
}

int
main(int argc, char **argv)
{
    static char shown[32];

    if (argc < 2) {
        return print_commands(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return print_commands(stdout);
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            snprintf(shown, sizeof(shown), "leeway %s", name);
            argv[1] = shown; // what getopt begins its messages with
            return commands[i]->run(argc - 1, argv + 1);
        }
    }
    return unknown_command(argv[1]);
}
