/*
 * The baseline of the PAN authorship verification tasks: cosine between TF-IDF
 * vectors of lower-case character 4-grams (Kestemont et al., "Overview of the
 * Cross-Domain Authorship Verification Task at PAN 2020"), the 3,000 most
 * frequent ones, idf = ln((1 + texts) / (1 + texts with it)) + 1, length 1. A
 * persona is the mean of her lines' vectors.
 */
#ifndef TESTS_BENCH_PAN_H
#define TESTS_BENCH_PAN_H

#include "sidecar/base/arena.h"
#include "sidecar/base/text.h"

enum { PAN_FEATURES = 3000 };

struct pan; /* the 4-grams and their idf */

struct pan_vector {
    const uint16_t *at;  /* [count] features */
    const float *values; /* [count], length 1 together */
    size_t count;
};

/* From texts; NULL: no memory. */
struct pan *pan_fit(const struct text *texts, size_t count);
void pan_free(struct pan *pan);

/* A text's vector, in the arena; false: no memory. */
bool pan_read(const struct pan *pan, struct text text, struct arena *arena,
              struct pan_vector *out);

/* The mean of vectors, of length 1. */
void pan_mean(const struct pan_vector *const *vectors, size_t count,
              float mean[PAN_FEATURES]);

/* 1 - cosine. */
double pan_distance(const float mean[PAN_FEATURES], const struct pan_vector *v);

#endif
