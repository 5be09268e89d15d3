/*
 * The store's file that a command is about: the one that --file names, else
 * the configuration's.
 */
#ifndef SIDECAR_TOOLS_STORED_H
#define SIDECAR_TOOLS_STORED_H

#include "sidecar/store/store_file.h"
#include "sidecar/tools/command.h"

struct stored {
    struct config *config; /* NULL where none was needed */
    struct text key;       /* journal.key, or "" */
    struct store_file *file;
};

/*
 * Opens it.
 *
 *   file     --file's argument, or NULL
 *   returns  COMMAND_DONE, or the exit code to end with; a message is on stderr
 */
int stored_open(const struct command *command,
                const struct command_settings *settings, const char *file,
                struct stored *out);
void stored_close(struct stored *stored);

/* Says what err says; the exit code of its kind. */
int stored_fail(const struct command *command, const struct err *err);

#endif
