/*
 * What is told of a fingerprint: from the engine's structs to those of
 * proto/encode_fingerprint.h.
 */
#ifndef SIDECAR_SERVE_FINGERPRINTS_SHOW_H
#define SIDECAR_SERVE_FINGERPRINTS_SHOW_H

#include "proto/encode_fingerprint.h"
#include "sidecar/engine/persona.h"

/*
 * Everything of a persona's fingerprint, which may be none. Lists and words are
 * in the arena; other texts are views into the persona. false: no memory.
 */
bool fingerprints_show(const struct persona *persona, struct arena *arena,
                       struct encode_fingerprint *out, struct err *err);

/* The voice of that model, "" being the built-in measure's; or NULL. */
const struct encode_voice *
fingerprints_show_voice(const struct encode_fingerprint *print,
                        struct text model);

#endif
