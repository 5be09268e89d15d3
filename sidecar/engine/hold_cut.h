/*
 * Where a growing text may be cut: what stands before the place reads the same
 * in every view, whatever follows.
 */
#ifndef SIDECAR_ENGINE_HOLD_CUT_H
#define SIDECAR_ENGINE_HOLD_CUT_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

/*
 * The last place up to which the rest of a text that is cut at its beginning is
 * made of plain words, none of them to be joined with another in any view: up
 * to there every view is the text itself in small letters. 0: none.
 */
size_t hold_cut_plain(struct text rest);

/*
 * The last place at which all views allow a cut; *fold: the fold view of what
 * comes before it. False: the arena is full.
 */
bool hold_cut(struct text rest, struct arena *arena, size_t *cut,
              struct view *fold, struct err *err);

/*
 * How much of the text the fold view has for certain, with the characters of
 * ASCII at its end that nothing can change.
 */
size_t hold_cut_certain(struct text text);

#endif
