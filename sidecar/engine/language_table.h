/*
 * Data for language.c, made by config/data/make_languages.py from
 * languages.txt beside it (written for this project, under its licence).
 */
#ifndef SIDECAR_ENGINE_LANGUAGE_TABLE_H
#define SIDECAR_ENGINE_LANGUAGE_TABLE_H

#include <stddef.h>

enum language_table_script { LANGUAGE_TABLE_LATIN, LANGUAGE_TABLE_CYRILLIC };

struct language_table_row {
    const char *code; /* ISO 639-1 */
    enum language_table_script script;
    const char *letters; /* beyond A to Z or A to YA, with spaces between */
    const char *words;   /* everyday ones, lower case, with spaces between */
};

extern const struct language_table_row language_table_rows[];
extern const size_t language_table_count;

#endif
