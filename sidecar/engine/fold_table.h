/*
 * Data for the fold view, made by config/data/make_confusables.py from
 * Unicode's confusables (UTS 39; licence: config/data/confusables.LICENSE).
 * The recipe says which characters are in and why.
 */
#ifndef SIDECAR_ENGINE_FOLD_TABLE_H
#define SIDECAR_ENGINE_FOLD_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum fold_table_kind {
    FOLD_ALWAYS, /* folds wherever it stands */
    FOLD_ALONE,  /* folds beside Latin, and in a word of nothing else */
    FOLD_BESIDE  /* folds beside Latin only */
};

/* A code point that looks like a Latin letter. */
struct fold_table_row {
    uint32_t c;
    char letter; /* a..z */
    unsigned char kind;
};

/* Rising by c. */
extern const struct fold_table_row fold_table_rows[];
extern const size_t fold_table_row_count;

struct fold_table_range {
    uint32_t first, last;
};

/* Latin letters beyond ASCII as NFKC casefold leaves them; rising. */
extern const struct fold_table_range fold_table_latin[];
extern const size_t fold_table_latin_count;

/*
 * Bit b of [a]: the regional indicators of letters a and b (0 is A) make a
 * flag.
 */
extern const uint32_t fold_table_flags[26];

#endif
