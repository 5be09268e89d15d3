/*
 * Personas against each other, and against the baselines of the voice model:
 * who might be taken for whom.
 *
 * What is compared is the mean of one side's lines, so that a number is the
 * mean of what drift_measure says of them: scores are linear in the reply.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_COMPARE_H
#define SIDECAR_ENGINE_FINGERPRINT_COMPARE_H

#include "sidecar/engine/fingerprint.h"

/* What everybody, and what a generic assistant, would say in her place. */
enum fingerprint_baseline {
    FINGERPRINT_EVERYBODY,
    FINGERPRINT_ASSISTANT,
    FINGERPRINT_BASELINES
};

/* "everybody", "assistant". */
const char *fingerprint_baseline_name(enum fingerprint_baseline baseline);

/*
 * Two personas are nearly the same voice where the mean of their two deviations
 * is below this. Two halves of one speaker's lines were for all of 32 speakers
 * (0.05 at most), 5 of 72 pairs by one author and none of 424 others (0.8 at
 * least), with 50 lines each.
 */
#define FINGERPRINT_SAME_VOICE 0.25

/*
 * The matrix, by products of matrices of 64 by 64 personas.
 *
 *   prints  [count], each with lines, read with the model
 *   out     [count + FINGERPRINT_BASELINES][count]: how many of the second
 *           one's standard deviations below her own mean the mean line of the
 *           first one scores; personas in their order, then the baselines. 0
 *           on the diagonal
 *
 * The same bits on every machine: the products are of whole numbers. Fails with
 * ERR_MEMORY. Any thread, with no lock held (kernels/batch.h).
 */
bool fingerprint_compare(const struct voice_model *model,
                         const struct fingerprint *const *prints, size_t count,
                         double *out, struct err *err);

/* The mean of both directions of a pair out of that matrix. */
double fingerprint_compare_pair(const double *matrix, size_t count, size_t a,
                                size_t b);

#endif
