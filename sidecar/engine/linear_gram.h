/*
 * The n-grams that a linear model weighs: of a folded text, each word's
 * characters by threes, fours and fives, with a blank before and behind the
 * word, and its words by ones and twos. What stands between two white spaces
 * is a word to the first kind; to the second only letters and digits are. Both
 * count as often as they occur.
 *
 * An n-gram is known by 32 bits of hash, the same on every machine; a table of
 * 2^b buckets uses the highest b. The recipe that trains a model reads texts
 * with this same code (tests/bench/linear_features.c), so that trainer and
 * scorer cannot differ. Change LINEAR_GRAM_VERSION with any change of the
 * hashes.
 *
 * Time is linear in the text. Safe from any thread.
 */
#ifndef SIDECAR_ENGINE_LINEAR_GRAM_H
#define SIDECAR_ENGINE_LINEAR_GRAM_H

#include "sidecar/base/text.h"

enum {
    LINEAR_GRAM_VERSION = 1,
    LINEAR_GRAM_CHARS = 5, /* of the longest */
    /*
     * The most that one character adds: three that end with it; the word it
     * ends and the pair with the one before; the same for itself, where it is
     * a word of its own (an emoji, a Chinese character).
     */
    LINEAR_GRAM_STEP = 7
};

/* Where an n-gram stands in the text, in bytes; half-open, from < to. */
struct linear_place {
    uint32_t from, to;
};

/* Reads a text once, from its beginning. To be changed by no one else. */
struct linear_reader {
    struct text text;
    size_t at;       /* the next byte */
    uint64_t window; /* symbols since the last blank, the latest lowest */
    unsigned held;   /* how many: 1 to LINEAR_GRAM_CHARS */
    uint64_t word;   /* hash of the word being read; 0: none */
    uint64_t before; /* of the word before it; 0: none */
    uint32_t starts[LINEAR_GRAM_CHARS]; /* of the symbols, the latest first */
    uint32_t word_from, word_to, before_from;
    bool ended;
};

/* text: a fold view's, valid UTF-8 of at most UINT32_MAX bytes. */
void linear_reader_init(struct linear_reader *reader, struct text text);

/*
 * The next n-grams' hashes, at most `most` (at least LINEAR_GRAM_STEP). The
 * pieces depend on `most`, their content does not.
 *
 *   hashes   [most]
 *   returns  how many; 0 at the end of the text
 */
size_t
linear_grams(struct linear_reader *reader, uint32_t *hashes, size_t most);

/* The same with places [most], at half the speed. */
size_t linear_grams_placed(struct linear_reader *reader, uint32_t *hashes,
                           struct linear_place *places, size_t most);

#endif
