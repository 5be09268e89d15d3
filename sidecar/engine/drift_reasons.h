/*
 * Why a reply lies far from a persona's voice: the words, patterns and shapes
 * in it that count most against her. Reads the text once more, so it is for
 * explanations and hints, not for every request.
 */
#ifndef SIDECAR_ENGINE_DRIFT_REASONS_H
#define SIDECAR_ENGINE_DRIFT_REASONS_H

#include "sidecar/engine/fingerprint.h"

struct drift_reason {
    const char *kind;    /* "word", "pattern", "opening", "ending", ... */
    struct text text;    /* what it is about, of the folded text */
    double contribution; /* to the score, below 0 */
};

/*
 * The strongest reasons, strongest first, none inside another one.
 *
 *   print  has lines
 *   text   valid UTF-8, at most VOICE_TEXT_BYTES
 *   out    [most] room
 *   count  how many there are, 0..most
 *
 * Character runs are left out: they repeat what the words say. The texts are
 * views into the arena. Fails with ERR_TOO_LARGE or ERR_MEMORY.
 */
bool
drift_reasons(const struct fingerprint *print, const struct voice_model *model,
              struct text text, struct arena *arena, struct drift_reason *out,
              size_t most, size_t *count, struct err *err);

#endif
