#include "sidecar/tools/stored.h"

#include <stdio.h>

int
stored_fail(const struct command *command, const struct err *err)
{
    fprintf(stderr, "leeway %s: %s\n", command->name, err->message);
    return err->kind == ERR_CONFIG   ? COMMAND_CONFIG
           : err->kind == ERR_MEMORY ? COMMAND_INTERNAL
                                     : COMMAND_NO_INPUT;
}

static struct config *
load(const struct command_settings *settings, const char *path)
{
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct problems problems;

    if (arena == NULL) {
        fprintf(stderr, "leeway: out of memory\n");
        return NULL;
    }
    place_problems_init(&problems, arena);
    struct config *config = load_config(
        path, settings->overrides, settings->override_count, arena, &problems);
    place_problems_print(&problems, stderr, false);
    if (config == NULL) {
        arena_free(arena);
    } else if (place_problems_any(&problems)) {
        load_free(config);
        config = NULL;
    }
    return config;
}

/* What the configuration says of the store; the path only without --file. */
static int
read_config(const struct command *command,
            const struct command_settings *settings, const char **file,
            char *room, struct stored *out)
{
    // A file that is named needs no configuration, unless for its key.
    const char *path = *file != NULL && settings->path == NULL
                           ? load_default_path()
                           : command_path(settings);

    if (path == NULL) {
        return *file != NULL ? COMMAND_DONE : COMMAND_CONFIG;
    }
    out->config = load(settings, path);
    if (out->config == NULL) {
        return COMMAND_CONFIG;
    }
    out->key = out->config->journal.key;
    if (*file == NULL) {
        *file = store_options_of(out->config, room).path;
    }
    if (*file == NULL) {
        fprintf(stderr,
                "leeway %s: store.path is none, so nothing is kept in a file\n",
                command->name);
        return COMMAND_NO_INPUT;
    }
    return COMMAND_DONE;
}

int
stored_open(const struct command *command,
            const struct command_settings *settings, const char *file,
            struct stored *out)
{
    char room[STORE_PATH_BYTES];
    struct err err;

    *out = (struct stored){.config = NULL};
    const int code = read_config(command, settings, &file, room, out);
    if (code != COMMAND_DONE) {
        stored_close(out);
        return code;
    }
    out->file = store_file_open(file, &err);
    if (out->file == NULL) {
        stored_close(out);
        return stored_fail(command, &err);
    }
    return COMMAND_DONE;
}

void
stored_close(struct stored *stored)
{
    store_file_close(stored->file);
    load_free(stored->config);
}
