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

/* Shingles of `words` (2 to 16) words of the folded prompt. NULL: no memory. */
struct leak_index *leak_index_build(struct text prompt, size_t words,
                                    struct arena *arena, struct err *err);

struct leak_finding {
    double share;     /* of the reply's shingles, 0..1 */
    size_t run_words; /* longest run of words found in the prompt */
    struct span run;  /* where it stands in the reply; from == to: nowhere */
};

/* Cannot fail. The reply is folded as the prompt was. */
struct leak_finding
leak_find(const struct leak_index *index, struct text reply);

#endif
