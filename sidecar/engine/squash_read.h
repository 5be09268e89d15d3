/*
 * How the squash view reads a text: what kinds of characters there are, and
 * where words stand that were pulled apart.
 */
#ifndef SIDECAR_ENGINE_SQUASH_READ_H
#define SIDECAR_ENGINE_SQUASH_READ_H

#include "sidecar/engine/squash.h"

enum squash_kind {
    SQUASH_LETTER, /* below U+0590: of an alphabet with two cases, or kin */
    SQUASH_DIGIT,  /* and @ and $ */
    SQUASH_WHITE,
    SQUASH_SIGN,
    SQUASH_MARK,
    SQUASH_SOLID /* a letter of any other script */
};

/* c is a character of a fold view. After fold_char_ready. */
enum squash_kind squash_kind(uint32_t c);

/* Where the text is being read. */
struct squash_reader {
    const struct view *source;
    struct text text; /* the source's */
    size_t floor;     /* nothing before it is looked at */
    bool starved;     /* what follows the text could have mattered */
};

/*
 * The kind of the character at `at` and its length in bytes; at the text's end
 * SQUASH_WHITE, 0, and the reader is starved.
 */
enum squash_kind
squash_read_kind(struct squash_reader *r, size_t at, size_t *len);

/* The end of the letters and digits at `at`, SQUASH_LETTERS at most. */
size_t squash_read_piece(struct squash_reader *r, size_t at);

/* Does a letter or a digit stand at `at`? */
bool squash_read_more(struct squash_reader *r, size_t at);

/* A word in parts, of SQUASH_STRETCH characters each at most. */
struct squash_parts {
    struct span part[SQUASH_SEGMENTS];
    size_t count;
    size_t letters; /* among them, */
    size_t digits;  /* 0 to 9 as well */
    size_t end;     /* of the last, or where reading stopped */
    bool white;     /* nothing but white space between them */
    bool cut;       /* it is longer than it may be */
    bool few;       /* no spelled word: too few letters, whatever follows */
};

/* Reads the segments of a spelled word at `at`. Is it one? */
bool squash_read_spelled(struct squash_reader *r, size_t at,
                         struct squash_parts *out);

/* Reads the pieces of a split word at `at`. Is it one? */
bool
squash_read_split(struct squash_reader *r, size_t at, struct squash_parts *out);

/* The end of the hyphens at `at` if they join words, or `at`. */
size_t squash_read_hyphens(struct squash_reader *r, size_t word, size_t at);

#endif
