/*
 * The personas that were enrolled over the wire: for each one fingerprint of
 * nothing but what was built or put for her, whatever the configuration has. A
 * value: immutable, counted, shared by any number of engines and threads.
 */
#ifndef SIDECAR_ENGINE_ROSTER_H
#define SIDECAR_ENGINE_ROSTER_H

#include "sidecar/engine/fingerprint.h"

struct roster;

/*
 * Of these fingerprints, whose references it takes, also on failure; no two of
 * one persona.
 *
 *   prints  [count]; ordered here
 *
 * NULL: no memory.
 */
struct roster *roster_new(struct fingerprint **prints, size_t count);

struct roster *roster_keep(struct roster *roster);
void roster_drop(struct roster *roster); /* frees with the last; NULL is fine */

size_t roster_count(const struct roster *roster);

/* The nth in order of the personas' ids. */
struct fingerprint *roster_at(const struct roster *roster, size_t index);

/* The persona's, or NULL. */
struct fingerprint *
roster_find(const struct roster *roster, struct text persona);

/*
 * Another roster: with this fingerprint in the place of its persona's, or
 * without that persona where it is NULL. Keeps a reference. NULL: no memory.
 */
struct roster *roster_with(const struct roster *roster, struct text persona,
                           struct fingerprint *print);

#endif
