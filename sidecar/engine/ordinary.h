/*
 * A set of ordinary words: a known or common one is no disguise of another.
 *
 * The file: UTF-8, one word a line of the letters a to z, lines that begin
 * with # do not count. "[common]", "[known]" and "[listed]" begin a section;
 * words before the first are known.
 */
#ifndef SIDECAR_ENGINE_ORDINARY_H
#define SIDECAR_ENGINE_ORDINARY_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

enum {
    ORDINARY_WORD_BYTES = 32, /* longer words of a file are refused */
    ORDINARY_FILE_BYTES = 32 << 20
};

enum ordinary_rank {
    ORDINARY_NONE,   /* not in the set */
    ORDINARY_LISTED, /* everybody's word, but one that a rule lists: "shit" */
    ORDINARY_KNOWN,  /* rare words, names, places, abbreviations */
    ORDINARY_COMMON  /* of everyday English */
};

struct ordinary; /* immutable; any number of threads */

/* Of a file's content, which is copied; `name` is for messages. NULL: failed.
 */
struct ordinary *
ordinary_build(struct text content, const char *name, struct err *err);

/* The same of a file. 160,000 words take some 5 ms. */
struct ordinary *ordinary_read(const char *path, struct err *err);

void ordinary_free(struct ordinary *words);

/*
 * A word's rank; at most one wrong answer in 10^8 for words that are not in
 * the set. Bytes other than a to z are in no word.
 */
enum ordinary_rank
ordinary_rank(const struct ordinary *words, struct text word);

size_t ordinary_count(const struct ordinary *words);

/*
 * One word after the other, in the file's order: *at is 0 at first. False:
 * there is none left.
 */
bool ordinary_next(const struct ordinary *words, size_t *at, struct text *word);

/* The same of those that are common. */
bool ordinary_next_common(const struct ordinary *words, size_t *at,
                          struct text *word);

#endif
