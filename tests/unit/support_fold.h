/*
 * The fold view's slow reference, and what its tests share.
 */
#ifndef TESTS_UNIT_SUPPORT_FOLD_H
#define TESTS_UNIT_SUPPORT_FOLD_H

#include "sidecar/engine/fold.h"

/* The view by whole passes over the text; free() its bytes. At most 4,096
 * characters. */
struct text support_fold_slow(struct text raw);

/* An arena for the test, made at the first call. */
struct arena *support_fold_arena(void);

/* fold_view into that arena; the test fails if it does. */
struct view support_fold_view(struct text raw);

/* Is the map as view.h says, and the view as long as fold.h allows? */
void support_fold_check_map(const struct view *view, struct text raw);

/*
 * Is the view the reference's, its map sound, and its own fold itself? Empties
 * the arena.
 */
void support_fold_check(struct text raw);

/* For messages: ASCII as it is, the rest as \u{...}. Good for four calls. */
const char *support_fold_shown(struct text text);

/* The same draws in every run; seed before, not with 0. */
void support_fold_seed(uint64_t seed);
uint32_t support_fold_draw(uint32_t below);

/* Fewer than `most` characters of up to four kinds; room[4 * most]. */
struct text support_fold_random(char *room, size_t most);

#endif
