/*
 * A scene with several personas: whose voice is a reply nearest to?
 */
#ifndef SIDECAR_ENGINE_CAST_H
#define SIDECAR_ENGINE_CAST_H

#include "sidecar/engine/persona.h"

/*
 * Fills out->nearest_other, margin and swap_suspected from the built-in
 * measure of the request's cast, where that measure spoke. Both distances are
 * in standard deviations below each persona's own mean; the margin is the
 * nearest other's less the speaker's, so below 0 the other is nearer. A swap is
 * suspected where the reply alerts and another is nearer. Members without a
 * fingerprint are passed over. Fails (ERR_NOT_FOUND) where a member is unknown.
 */
bool
cast_compare(const struct personas *personas, const struct persona_query *query,
             struct envelope_drift *out, struct err *err);

#endif
