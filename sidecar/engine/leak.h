/*
 * Does a reply give away a prompt? Shingles (word n-grams; Broder, "On the
 * resemblance and containment of documents", 1997) of the prompt are kept as a
 * set; a reply's containment in it and its longest verbatim run are measured.
 */
#ifndef SIDECAR_ENGINE_LEAK_H
#define SIDECAR_ENGINE_LEAK_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

struct leak_index; /* lives in the arena it was built in */

/*
 * Shingles of `words` (2 to 16) words of the folded prompt, which it keeps.
 * NULL: no memory.
 */
struct leak_index *leak_index_build(struct text prompt, size_t words,
                                    struct arena *arena, struct err *err);

struct leak_finding {
    double share;     /* of the reply's shingles, 0..1 */
    size_t run_words; /* longest run of words found in the prompt */
    struct span run;  /* where it stands in the reply; from == to: nowhere */
};

/* A run of `words` words; returning false ends the search. */
typedef bool leak_found(void *context, struct span run, size_t words);

/*
 * Cannot fail. The reply is folded as the prompt was. Tells of every run of at
 * least `least` words, in order of place; `found` NULL: of none.
 */
struct leak_finding leak_find(const struct leak_index *index, struct text reply,
                              size_t least, leak_found *found, void *context);

/*
 * The words at the end of a reply that grows, as far back as they may become a
 * run: each two neighbours stand so in the prompt, and so do all shingles.
 */
struct leak_tail;

/* In the arena; keeps the index. NULL: no memory. */
struct leak_tail *
leak_tail_new(const struct leak_index *index, struct arena *arena);

/*
 * The next word of the folded reply, which begins at `at` of whatever the
 * caller counts by. An empty one stands for a word that nobody can read: it may
 * be any.
 */
void leak_tail_word(struct leak_tail *tail, struct text word, size_t at);

/* How many words the tail has, and where it begins; 0: nowhere. */
size_t leak_tail_words(const struct leak_tail *tail, size_t *from);

/* Is it a byte of a word? */
bool leak_in_word(char c);

#endif
