/*
 * What the fold view does with one character: a table over all of Unicode,
 * filled once from utf8proc and fold_table.h, and never written again. The
 * only user of utf8proc.
 *
 * NFKC casefold is that of UAX 31 in the library's version of Unicode.
 */
#ifndef SIDECAR_ENGINE_FOLD_CHAR_H
#define SIDECAR_ENGINE_FOLD_CHAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidecar/engine/fold_set.h"

enum fold_char_flag {
    FOLD_CHAR_LETTER = 1 << 0,    /* part of a word */
    FOLD_CHAR_LATIN = 1 << 1,     /* a Latin letter */
    FOLD_CHAR_BARE = 1 << 2,      /* loses the marks after it */
    FOLD_CHAR_MARK = 1 << 3,      /* Mn, Me, or combining class above 0 */
    FOLD_CHAR_INNER = 1 << 4,     /* spacing mark: does not end a word */
    FOLD_CHAR_IGNORED = 1 << 5,   /* shows as nothing: dropped */
    FOLD_CHAR_BACK = 1 << 6,      /* may compose with the character before */
    FOLD_CHAR_MANY = 1 << 7,      /* becomes a sequence */
    FOLD_CHAR_PICTO = 1 << 8,     /* emoji, kept as it is */
    FOLD_CHAR_SKIN = 1 << 9,      /* emoji modifier */
    FOLD_CHAR_JOINS = 1 << 10,    /* Arabic, Indic and kin: joiners matter */
    FOLD_CHAR_REGION = 1 << 11,   /* regional indicator */
    FOLD_CHAR_ALONE = 1 << 12,    /* look folds in a word of look-alikes */
    FOLD_CHAR_ORDINARY = 1 << 13, /* becomes nothing that spelling does not */
    FOLD_CHAR_SCRIPT = 3 << 14    /* of its look: enum fold_set_script */
};

struct fold_char {
    int32_t shift;  /* becomes c + shift; with MANY: where its sequence is */
    uint16_t flags; /* enum fold_char_flag */
    uint8_t ccc;    /* canonical combining class of what it becomes */
    char look;      /* the Latin letter it resembles, or 0 */
};

enum {
    FOLD_CHAR_REGION_A = 0x1f1e6,     /* the first of 26 */
    FOLD_CHAR_PAGE = 128,             /* characters on a page */
    FOLD_CHAR_PAGES = 0x110000 / 128, /* in all of Unicode */
    FOLD_CHAR_MOST = 18,              /* longest sequence: U+FDFA */
    FOLD_CHAR_PARTS = 4               /* longest canonical decomposition */
};

extern const struct fold_char *fold_char_page[FOLD_CHAR_PAGES];

/* Fills the table. Costs some milliseconds once; safe from any thread. */
void fold_char_ready(void);

/* c is a Unicode scalar value. After fold_char_ready. */
static inline const struct fold_char *
fold_char(uint32_t c)
{
    return &fold_char_page[c / FOLD_CHAR_PAGE][c % FOLD_CHAR_PAGE];
}

/* The script of a look, from the flags of its character. */
static inline enum fold_set_script
fold_char_script(unsigned flags)
{
    return (enum fold_set_script)(flags >> 14 & 3);
}

/* The sequence of a MANY character, 0 to 18 long; each stands for itself. */
const uint32_t *fold_char_many(const struct fold_char *ch, size_t *count);

/* The primary composite of a and b (UAX 15, Hangul too), or 0. */
uint32_t fold_char_compose(uint32_t a, uint32_t b);

/* Full canonical decomposition, returns 1 to 4. */
size_t fold_char_decompose(uint32_t c, uint32_t out[FOLD_CHAR_PARTS]);

/*
 * What c becomes with its marks kept, decomposed, every look-alike replaced;
 * returns how many, at most FOLD_CHAR_MOST.
 */
size_t fold_char_marked(uint32_t c, uint32_t out[FOLD_CHAR_MOST]);

#endif
