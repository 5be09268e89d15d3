/*
 * What all vectors of an embedding model have in common, which says nothing
 * about anybody and is subtracted before two of them are compared.
 *
 * Such vectors lie in a narrow cone: any two texts have a cosine of 0.6 or
 * more, whoever wrote them. The mean of many texts' directions is the axis of
 * the cone, and once it is gone what is left is what makes a text different (Mu
 * and Viswanath, "All-but-the-top", ICLR 2018, of word vectors).
 *
 * Immutable once opened; any thread.
 */
#ifndef SIDECAR_ENGINE_VECTOR_BACKGROUND_H
#define SIDECAR_ENGINE_VECTOR_BACKGROUND_H

#include "config/config.h"
#include "sidecar/engine/fingerprint.h"

enum {
    VECTOR_BACKGROUND_ROWS = 100000, /* in one file, at most */
    VECTOR_BACKGROUND_BYTES = 256 << 20
};

struct vector_background {
    struct text model;
    size_t dim, rows;
    float *mean;          /* [dim] of the rows' directions */
    struct digest digest; /* of the file and of how it is read */
};

struct vector_backgrounds; /* those of a configuration */

/*
 * Reads all that drift.vector_backgrounds names. What is wrong goes to
 * problems with its place; NULL where anything is.
 *
 * A file that is named *.jsonl has a vector under "embedding" or "vector" in
 * each line; any other one is little-endian float32, `dimension` of them after
 * one another for each vector. All of one dimension, each checked
 * (fingerprint_vector_check).
 */
struct vector_backgrounds *
vector_backgrounds_build(const struct config_drift *drift,
                         const struct kernel_set *kernels,
                         struct problems *problems);
void vector_backgrounds_free(struct vector_backgrounds *backgrounds);

/* That of the model, or NULL; backgrounds may be NULL. */
const struct vector_background *
vector_backgrounds_of(const struct vector_backgrounds *backgrounds,
                      struct text model);

/* In the order of the configuration. */
size_t vector_backgrounds_count(const struct vector_backgrounds *backgrounds);
const struct vector_background *
vector_backgrounds_at(const struct vector_backgrounds *backgrounds, size_t i);

/*
 * A vector's direction less the background.
 *
 *   vector  [dim] checked
 *   out     [dim]; all zero where nothing is left
 */
void vector_background_subtract(const struct vector_background *background,
                                const struct kernel_set *kernels,
                                const float *vector, float *out);

/*
 * The fingerprint with the backgrounds subtracted from its vectors, which are
 * calibrated anew: what vectors that went through vector_background_subtract
 * are measured against. Another one; to be freed.
 *
 *   out  NULL where no background is of a model that it has
 *
 * false: ERR_INVALID where dimensions differ or a row is the background itself;
 * ERR_MEMORY.
 */
bool vector_backgrounds_print(const struct vector_backgrounds *backgrounds,
                              const struct fingerprint *print,
                              const struct voice_model *model,
                              const struct kernel_set *kernels,
                              struct fingerprint **out, struct err *err);

#endif
