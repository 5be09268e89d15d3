/*
 * What a persona's own lines look like: the features of each line, a row of
 * weights that scores any text against them, and how her own lines score when
 * judged without their neighbours. Beside that, where the caller has an
 * embedding model of his own, any number of named sets of vectors.
 *
 * Built or read once, then immutable: any number of threads may measure with it
 * while another one is built to replace it. Holds no text.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_H
#define SIDECAR_ENGINE_FINGERPRINT_H

#include "kernels/kernels.h"
#include "sidecar/engine/drift_scale.h"
#include "sidecar/engine/voice_model.h"

enum {
    FINGERPRINT_LEAST_LINES = 20, /* default of fingerprint_request.least */
    FINGERPRINT_GOOD_LINES = 50,  /* fewer: fingerprint_warning has words */
    FINGERPRINT_MOST_LINES = 4096,
    FINGERPRINT_MOST_ROWS = 8192, /* windows of all lines together */
    FINGERPRINT_MOST_MODELS = 16,
    FINGERPRINT_MOST_DIM = 8192,
    FINGERPRINT_NAME_BYTES = 256 /* of a persona, a source, a model's name */
};

/* One set of the caller's vectors. */
struct fingerprint_vectors {
    struct text model;     /* his name for what made them */
    size_t rows, dim;      /* both > 0 */
    const float *at;       /* [rows][dim] as they were given */
    const float *centroid; /* [dim] mean of the rows' directions, length 1 */
    /* Of cosines, each row against the centroid of the others. */
    struct drift_scale scale;
};

struct fingerprint {
    struct text persona;
    struct text source; /* where the lines came from, or "" */
    int64_t created;    /* Unix seconds, as given; 0: not known */
    struct text model;  /* name of the voice model */
    struct digest model_digest;
    struct digest digest;      /* of its file's content: equal means the same */
    const struct voice *lines; /* [line_count]; spots and texts NULL */
    size_t line_count;         /* 0: no lines, only vectors */
    const int16_t *weights;    /* [VOICE_SLOTS], NULL without lines */
    double norm;               /* voice_norm of them */
    struct drift_scale scale;  /* of voice_score, leave-block-out */
    const struct fingerprint_vectors *vectors; /* [vector_count] */
    size_t vector_count;
    /* What became of the lines it was built from; 0 where it was read. */
    size_t given, duplicates, unusable;
    struct arena *arena; /* owns everything here, the struct too */
};

/* Vectors to put into a fingerprint. */
struct fingerprint_source {
    struct text model; /* 1 to FINGERPRINT_NAME_BYTES bytes */
    const float *at;   /* [rows][dim] */
    size_t rows;       /* 1 to FINGERPRINT_MOST_LINES */
    size_t dim;        /* 1 to FINGERPRINT_MOST_DIM */
};

struct fingerprint_request {
    struct text persona;      /* 1 to FINGERPRINT_NAME_BYTES bytes */
    struct text source;       /* at most FINGERPRINT_NAME_BYTES */
    int64_t created;          /* Unix seconds, >= 0 */
    const struct text *lines; /* [line_count] valid UTF-8, in their order */
    size_t line_count;        /* 0 only where there are vectors */
    size_t least; /* usable lines it takes, >= 2; 0: FINGERPRINT_LEAST_LINES */
    const struct fingerprint_source *vectors; /* [vector_count] */
    size_t vector_count;
};

/*
 * Builds a fingerprint. Lines that fold alike count once; lines without a
 * letter or digit are left out. Neighbouring lines are taken to belong
 * together: the calibration leaves out runs of five.
 *
 * NULL: ERR_INVALID where too few lines are usable (the message says how many
 * more it takes), where a text or vector is bad or one limit above is passed;
 * ERR_TOO_LARGE; ERR_MEMORY. Takes about 2 ms for 50 lines.
 */
struct fingerprint *
fingerprint_build(const struct voice_model *model,
                  const struct kernel_set *kernels,
                  const struct fingerprint_request *request, struct err *err);

/*
 * Another fingerprint: `base` with one set of vectors put in, in the place of
 * one of the same name. `base` may be NULL: then one of only these vectors,
 * for `persona`.
 */
struct fingerprint *
fingerprint_with(const struct fingerprint *base,
                 const struct voice_model *model,
                 const struct kernel_set *kernels, struct text persona,
                 const struct fingerprint_source *vectors, struct err *err);

void fingerprint_free(struct fingerprint *print); /* accepts NULL */

/* The vectors of that model, or NULL. */
const struct fingerprint_vectors *
fingerprint_vectors_of(const struct fingerprint *print, struct text model);

/*
 * Is this a vector that a distance can be measured to? Refused (ERR_INVALID,
 * naming what and where): NaN, infinity, all zero, a squared length outside
 * 1e-12..1e12.
 */
bool fingerprint_vector_check(const struct kernel_set *kernels,
                              const float *vector, size_t dim, struct err *err);

/*
 * Cosine of two checked vectors, -1..1: exactly 1 for the same direction and
 * -1 for the opposite one, whatever their lengths.
 */
double fingerprint_cosine(const struct kernel_set *kernels, const float *a,
                          const float *b, size_t dim);

/*
 * Does the operator need to know something? Writes one line, and returns false
 * where there is nothing to say.
 */
bool
fingerprint_warning(const struct fingerprint *print, char *out, size_t len);

#endif
