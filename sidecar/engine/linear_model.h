/*
 * The inside of a linear model, shared by the files that read, apply and
 * explain it.
 */
#ifndef SIDECAR_ENGINE_LINEAR_MODEL_H
#define SIDECAR_ENGINE_LINEAR_MODEL_H

#include "sidecar/engine/linear.h"
#include "sidecar/engine/linear_gram.h"

enum {
    LINEAR_LEAST_BITS = 4, /* of a bucket's number; small ones are for tests */
    LINEAR_MOST_BITS = 17, /* with eight heads half of LINEAR_FILE_BYTES */
    /* A weight is kept as itself plus this, so that lanes never borrow. */
    LINEAR_ZERO = 128
};

struct linear_model_head {
    char name[LINEAR_NAME_BYTES];
    double scale, bias; /* log odds = bias + scale * sum / sqrt(n-grams) */
    float thresholds[LINEAR_PRESETS];
};

struct linear_model {
    struct digest digest;
    char about[LINEAR_ABOUT_BYTES];
    size_t head_count;
    struct linear_model_head heads[LINEAR_HEADS];
    unsigned bits;
    uint64_t *rows; /* [2^bits] lane h, bits 8h to 8h + 7: head h's weight */
};

/* The row of an n-gram's hash. */
static inline uint64_t
linear_model_row(const struct linear_model *model, uint32_t hash)
{
    return model->rows[hash >> (32 - model->bits)];
}

/* Weights of n-grams, added up. */
struct linear_sum {
    int64_t lanes[LINEAR_HEADS];
    size_t count;
};

/* Adds the rows of n hashes. */
void linear_sum_add(const struct linear_model *model, const uint32_t *hashes,
                    size_t n, struct linear_sum *sum);

/* Both together. */
struct linear_sum
linear_sum_of(const struct linear_sum *a, const struct linear_sum *b);

/* The head's log odds for that sum, of at least one n-gram. */
double linear_sum_odds(const struct linear_model *model, size_t head,
                       const struct linear_sum *sum);

/* 1 / (1 + e to the -odds). Never falls as odds grow. */
float linear_sum_score(double odds);

#endif
