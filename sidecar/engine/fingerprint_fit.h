/*
 * The half of a fingerprint that follows from the other: weights and
 * calibration from lines, centroids and calibration from vectors. Internal to
 * fingerprint.c and fingerprint_file.c.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_FIT_H
#define SIDECAR_ENGINE_FINGERPRINT_FIT_H

#include "sidecar/engine/fingerprint.h"

/* An empty fingerprint that owns its arena. NULL: err is filled. */
struct fingerprint *fingerprint_fit_new(struct err *err);

/* A copy in the fingerprint's arena; false: err is filled. */
bool fingerprint_fit_text(struct fingerprint *print, struct text from,
                          struct text *out, struct err *err);

/* Sets weights, norm and scale from print->lines, with line_count > 0. */
bool fingerprint_fit_lines(struct fingerprint *print,
                           const struct voice_model *model, struct err *err);

/*
 * The scores of the lines, each by the lines outside its block.
 *
 *   scores  [print->line_count]
 */
bool fingerprint_fit_scores(const struct fingerprint *print,
                            const struct voice_model *model, double *scores,
                            struct err *err);

/*
 * Checks vectors and fills one set from them, copied into the fingerprint's
 * arena.
 */
bool fingerprint_fit_vectors(struct fingerprint *print,
                             const struct kernel_set *kernels,
                             const struct fingerprint_source *from,
                             struct fingerprint_vectors *out, struct err *err);

#endif
