/*
 * Numbers that stand for every bit of what the drift engine computes over the
 * shipped personas' lines and fixed vectors: the same from every kernel set,
 * compiler, optimisation and machine, with BLAS and without (make arm compares
 * them). What they are follows the voice model, so no header says it.
 */
#ifndef TESTS_UNIT_SUPPORT_DRIFT_ANSWERS_H
#define TESTS_UNIT_SUPPORT_DRIFT_ANSWERS_H

#include "kernels/kernels.h"

enum support_drift_part {
    SUPPORT_DRIFT_PRINTS,  /* fingerprints as files: lines and vectors */
    SUPPORT_DRIFT_TEXTS,   /* scores of texts by the built-in measure */
    SUPPORT_DRIFT_REASONS, /* habits, words, own lines, the assistant's pull */
    SUPPORT_DRIFT_VECTORS, /* scores of vectors, by registers, on both scales */
    SUPPORT_DRIFT_FUSED,   /* of texts and vectors together */
    SUPPORT_DRIFT_COMPARE, /* the matrix of personas and baselines */
    SUPPORT_DRIFT_TREND,   /* of sessions, by each statistic */
    SUPPORT_DRIFT_PARTS
};

struct support_drift_answers {
    uint64_t parts[SUPPORT_DRIFT_PARTS];
};

/* "prints", "texts", ... */
const char *support_drift_part_name(enum support_drift_part part);

/*
 * Reads the shipped voice model and lines, from the root. false: they cannot be
 * read, or no memory; stderr has why.
 */
bool support_drift_answers(const struct kernel_set *set,
                           struct support_drift_answers *out);

#endif
