/*
 * The engine that answers now. One pointer, swapped whole: a request that took
 * the old engine finishes with it.
 */
#ifndef SIDECAR_SERVE_SLOT_H
#define SIDECAR_SERVE_SLOT_H

#include "sidecar/engine/engine.h"

struct slot;

/* Takes the reference to the first engine. NULL: no memory. */
struct slot *slot_new(struct engine *engine);
void slot_free(struct slot *slot); /* NULL is fine */

/* A reference to the engine of now; the caller drops it. Any thread. */
struct engine *slot_take(struct slot *slot);

/*
 * Takes the reference to a new engine, numbers it one above the old one, and
 * drops the old one. Any thread.
 */
void slot_swap(struct slot *slot, struct engine *engine);

/*
 * The same, but only while `old` still answers: of two changes that were made
 * from one engine the second is told so, and can be made again from the new
 * one. false: nothing happened, the reference is still the caller's.
 *
 *   old  one that the caller has a reference to
 */
bool slot_replace(struct slot *slot, const struct engine *old,
                  struct engine *engine);

#endif
