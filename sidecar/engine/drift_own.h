/*
 * The lines of the persona's own that a reply is most and least like: for
 * people who ask what she is measured by.
 */
#ifndef SIDECAR_ENGINE_DRIFT_OWN_H
#define SIDECAR_ENGINE_DRIFT_OWN_H

#include "sidecar/engine/fingerprint.h"

/* One of her lines. */
struct drift_own_line {
    uint32_t
        sample; /* its place among the samples she was built from, from 0 */
    double likeness; /* 0 nothing in common .. 1 the same features */
};

/*
 * The nearest and the farthest of her lines, the first of equals.
 *
 *   print  has lines
 *   model  that it was made with
 *   voice  of the reply, read with the model
 *
 * Likeness is the mean over families, by their weights, of the shared features'
 * surprise (-log2 of the share that everybody has) over the geometric mean of
 * both sides' surprise. false: the reply has no voice, or no memory for the
 * marks (20 KB of the arena; err is filled only then).
 */
bool drift_own_lines(const struct fingerprint *print,
                     const struct voice_model *model, const struct voice *voice,
                     struct arena *arena, struct drift_own_line *nearest,
                     struct drift_own_line *farthest, struct err *err);

#endif
