/*
 * Why a reply lies far from a persona's voice: the words, phrases, marks and
 * openings in it that count most against her.
 */
#ifndef SIDECAR_ENGINE_DRIFT_REASONS_H
#define SIDECAR_ENGINE_DRIFT_REASONS_H

#include "sidecar/engine/fingerprint.h"

struct drift_reason {
    const char *kind;    /* "word", "phrase", "mark", "opening" */
    struct text text;    /* what it is about, of the folded text */
    double contribution; /* to the score, below 0 */
};

/*
 * The strongest reasons, strongest first, none inside another one.
 *
 *   print  has lines
 *   voice  of the reply, from voice_read_spots with the print's model
 *   out    [most] room
 *   count  how many there are, 0..most
 *
 * Character runs are left out: they repeat what the words say. The texts are
 * views into the voice's. Fails with ERR_MEMORY: some 40 bytes of the arena for
 * each feature.
 */
bool drift_reasons(const struct fingerprint *print, const struct voice *voice,
                   struct arena *arena, struct drift_reason *out, size_t most,
                   size_t *count, struct err *err);

#endif
