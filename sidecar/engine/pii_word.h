/*
 * The words around a value: what tells an order number from a telephone
 * number. A word is a run of letters; case of ASCII letters does not matter.
 */
#ifndef SIDECAR_ENGINE_PII_WORD_H
#define SIDECAR_ENGINE_PII_WORD_H

#include "sidecar/base/text.h"

/* Is the word in the list, lower-case words parted by single spaces? */
bool pii_word_listed(struct text word, const char *list);

/*
 * Does one of the `count` words before offset `from`, or after `to`, stand in
 * the list? Looks at 32 bytes for each word at most.
 */
bool
pii_word_before(struct text text, size_t from, const char *list, size_t count);
bool
pii_word_after(struct text text, size_t to, const char *list, size_t count);

/*
 * The last word that ends at or before `at`, no further back than `stop`;
 * empty: there is none.
 */
struct text pii_word_last(struct text text, size_t at, size_t stop);

/* The letters are the same, ASCII case apart. */
bool pii_word_same(struct text a, struct text b);

#endif
