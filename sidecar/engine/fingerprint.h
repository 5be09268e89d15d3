/*
 * What a persona's own lines look like: the features of each line, a row of
 * weights that scores any text against them, and how her own lines score when
 * judged without their neighbours. Beside that, where the caller has an
 * embedding model of his own, any number of named sets of vectors.
 *
 * Built or read once, then immutable: any number of threads may measure with it
 * while another one is built to replace it. Counted, since engines share it.
 * Holds no text.
 */
#ifndef SIDECAR_ENGINE_FINGERPRINT_H
#define SIDECAR_ENGINE_FINGERPRINT_H

#include <stdatomic.h>

#include "kernels/kernels.h"
#include "sidecar/engine/drift_scale.h"
#include "sidecar/engine/voice_model.h"
#include "sidecar/engine/voice_trait.h"

enum {
    FINGERPRINT_LEAST_LINES = 20, /* default of fingerprint_request.least */
    FINGERPRINT_GOOD_LINES = 50,  /* fewer: fingerprint_warning has words */
    FINGERPRINT_MOST_LINES = 4096,
    FINGERPRINT_MOST_ROWS = 8192, /* windows of all lines together */
    FINGERPRINT_MOST_MODELS = 16,
    FINGERPRINT_MOST_REGISTERS = 8,
    FINGERPRINT_LEAST_DIM = 8, /* fewer numbers are no embedding of a text */
    FINGERPRINT_MOST_DIM = 16384,
    FINGERPRINT_NAME_BYTES = 256 /* of a persona, a source, a model's name */
};

/* One set of the caller's vectors. */
struct fingerprint_vectors {
    struct text model;     /* his name for what made them */
    size_t rows, dim;      /* both > 0 */
    const float *at;       /* [rows][dim] as they were given */
    const float *centroid; /* [dim] mean of the rows' directions, length 1; of
                              those of register 0 where all cancel out */
    /* Her manners (fingerprint_register.h): the means of each one's rows. */
    const float *registers;     /* [register_count][dim], each of length 1 */
    size_t register_count;      /* 1..FINGERPRINT_MOST_REGISTERS */
    const uint8_t *register_of; /* [rows] 0..register_count - 1 */
    /* Of cosines, each row against the nearest register without the row. */
    struct drift_scale scale;
};

/* How many lines were given, and what became of them. */
struct fingerprint_losses {
    size_t given;
    size_t duplicates; /* said twice: they count once */
    size_t unusable;   /* without a letter or digit: left out */
    size_t alike;      /* kept, but nearly repeat another line */
    size_t outliers;   /* far from all the others: left out */
};

struct fingerprint {
    struct text persona;
    struct text source; /* where the lines came from, or "" */
    int64_t created;    /* Unix seconds, as given; 0: not known */
    struct text model;  /* name of the voice model */
    struct digest model_digest;
    struct digest digest;      /* of its file's content: equal means the same */
    const struct voice *lines; /* [line_count]; spots and texts NULL */
    /* [line_count] the place of each among the lines given, ascending. */
    const uint32_t *origins;
    size_t line_count;        /* 0: no lines, only vectors */
    const int16_t *weights;   /* [VOICE_SLOTS], NULL without lines */
    double norm;              /* voice_norm of them */
    struct drift_scale scale; /* of voice_score, leave-block-out */
    const struct fingerprint_vectors *vectors; /* [vector_count] */
    size_t vector_count;
    struct voice_traits traits; /* of all lines; words 0: not known */
    /* What became of the lines it was built from; 0: not known. */
    struct fingerprint_losses lost;
    /*
     * The lines that were left out as not hers: places among the given ones,
     * [lost.outliers] ascending. NULL where the fingerprint was read.
     */
    const uint32_t *outliers;
    struct arena *arena;         /* owns everything here, the struct too */
    _Atomic unsigned references; /* of fingerprint_keep, less one */
};

/* Vectors to put into a fingerprint. */
struct fingerprint_source {
    struct text model; /* 1 to FINGERPRINT_NAME_BYTES bytes */
    const float *at;   /* [rows][dim] */
    size_t rows;       /* 1 to FINGERPRINT_MOST_LINES */
    size_t dim;        /* FINGERPRINT_LEAST_DIM to FINGERPRINT_MOST_DIM */
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
 * letter or digit are left out, and so are those that the others disown: from
 * FINGERPRINT_LEAST_LINES lines on those that lie three robust standard
 * deviations (four below FINGERPRINT_GOOD_LINES) below the median, but no more
 * than one line in ten. Lines that
 * nearly repeat another one do not count towards `least`. Neighbouring lines
 * are taken to belong together: the calibration leaves out runs of five.
 *
 * NULL: ERR_INVALID where too few lines are usable or they are too much alike
 * (the message says how many more it takes), where a text or vector is bad or
 * one limit above is passed; ERR_TOO_LARGE; ERR_MEMORY. Takes about 2 ms for 50
 * lines.
 */
struct fingerprint *
fingerprint_build(const struct voice_model *model,
                  const struct kernel_set *kernels,
                  const struct fingerprint_request *request, struct err *err);

/*
 * What a fingerprint is put together from, out of what there is already: the
 * lines of one, any vectors.
 */
struct fingerprint_parts {
    struct text persona;             /* as in fingerprint_request */
    struct text source;              /* likewise */
    int64_t created;                 /* likewise */
    const struct fingerprint *lines; /* whose lines; NULL, or none: no lines */
    const struct fingerprint_source *vectors; /* [vector_count] */
    size_t vector_count; /* 1 at least where there are no lines */
};

/* NULL: as fingerprint_build, whose cost it has. */
struct fingerprint *
fingerprint_join(const struct voice_model *model,
                 const struct kernel_set *kernels,
                 const struct fingerprint_parts *parts, struct err *err);

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

/*
 * Sets the time of creation, and with it the digest, of a fingerprint that
 * nobody else has seen yet. ERR_MEMORY, ERR_TOO_LARGE.
 */
bool
fingerprint_date(struct fingerprint *print, int64_t created, struct err *err);

/* One reference more; any thread that has one. */
struct fingerprint *fingerprint_keep(struct fingerprint *print);

/* Gives a reference back, and frees with the last one. Accepts NULL. */
void fingerprint_free(struct fingerprint *print);

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
 * Cosine of a checked vector with the nearest register of a set, -1..1.
 *
 *   which  the register, the first of equals
 */
double fingerprint_nearest_register(const struct kernel_set *kernels,
                                    const struct fingerprint_vectors *vectors,
                                    const float *vector, size_t *which);

/*
 * Does the operator need to know something? Writes one line, and returns false
 * where there is nothing to say.
 */
bool
fingerprint_warning(const struct fingerprint *print, char *out, size_t len);

#endif
