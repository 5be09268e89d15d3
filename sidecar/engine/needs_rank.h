/*
 * How much a string, and a set of them, tells: a phrase of everyday words is in
 * every other text, and rules nothing out.
 */
#ifndef SIDECAR_ENGINE_NEEDS_RANK_H
#define SIDECAR_ENGINE_NEEDS_RANK_H

#include "sidecar/engine/needs.h"

/*
 * Bytes of the (lower-case) string in words that are not among the most
 * frequent, and of marks other than spaces and apostrophes.
 */
size_t needs_rank(struct text s);

/* Is each of them worth looking for? */
bool needs_rank_telling(const struct needs_set *set);

/* Fills in what the set tells. */
void needs_rank_set(struct needs_set *set);

/* Do fewer texts hold one of a? By telling letters, length, then number. */
bool needs_rank_better(const struct needs_set *a, const struct needs_set *b);

#endif
