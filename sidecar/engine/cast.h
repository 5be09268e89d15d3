/*
 * A scene with several personas: whose voice is a reply nearest to?
 */
#ifndef SIDECAR_ENGINE_CAST_H
#define SIDECAR_ENGINE_CAST_H

#include "sidecar/engine/persona.h"

/*
 * Fills out->nearest_other, margin and swap_suspected from the request's cast.
 *
 *   arena  for a while: nothing in it is needed afterwards
 *   out    of persona_measure: what was said of the speaker
 *
 * A member is measured as the speaker was, by the text, a vector of the same
 * model or both; where she cannot be, but both have lines and the text was
 * read, by the text alone; else she is passed over, as is the speaker herself.
 * Her margin is how many more standard deviations the reply lies below her own
 * mean than below the speaker's by the same measure: below 0 she is nearer. The
 * least margin is the one that is told, and of equals the first member's. A
 * swap is suspected where the reply alerts and another is nearer.
 *
 * false: ERR_NOT_FOUND, a member is unknown; no memory.
 */
bool
cast_compare(const struct personas *personas, const struct persona_query *query,
             struct arena *arena, struct envelope_drift *out, struct err *err);

#endif
