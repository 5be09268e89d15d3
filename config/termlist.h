/*
 * Files of terms: UTF-8, one term a line, blanks around it dropped; empty lines
 * and lines that begin with # do not count.
 */
#ifndef CONFIG_TERMLIST_H
#define CONFIG_TERMLIST_H

#include "config/config.h"
#include "config/source.h"

enum {
    TERMLIST_FILE_BYTES = 16 << 20,
    TERMLIST_TERMS = 200000, /* of one list, file and all */
    TERMLIST_TERM_BYTES = 256
};

/*
 * Appends the file's terms to the list's own; a list without a file is left
 * alone. `path` is the list's, "lists.profanity". Problems stand at the line of
 * the file, or at the list's `file`.
 */
void termlist_read(struct source_set *sources, struct config_list *list,
                   const char *path);

#endif
