/*
 * Terms in the squash view, where stretched words have one letter for each run:
 * "fagggot" is "fagot" there, and "nigggger" "niger".
 */
#ifndef SIDECAR_ENGINE_SQUASH_TERM_H
#define SIDECAR_ENGINE_SQUASH_TERM_H

#include "sidecar/engine/view.h"

/*
 * What a folded term becomes in a stretched word: every run of equal letters
 * one letter. Writes to out[term.len], returns the length. A term that has
 * double letters is looked for in the squash view in this form too.
 */
size_t squash_term(struct text term, char *out);

/*
 * Was that form found rightly? The letters and digits that the source has there
 * are the term's, each run of letters at least as long as in the term:
 * "niggggger" fits "nigger", "niger" does not.
 *
 *   term    folded
 *   source  that the squash view was made from
 *   raw     the hit's raw bytes
 *
 * Pure; safe from any thread.
 */
bool
squash_term_fits(struct text term, const struct view *source, struct span raw);

#endif
