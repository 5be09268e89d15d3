/*
 * How far a reply has drifted from a persona's voice, and whether that is far
 * enough to alert. Pure: no clock, no files, no memory; any thread.
 */
#ifndef SIDECAR_ENGINE_DRIFT_H
#define SIDECAR_ENGINE_DRIFT_H

#include "proto/envelope.h"
#include "sidecar/engine/fingerprint.h"

enum drift_unit {
    DRIFT_CALIBRATED, /* 0.30 is what 5 % of her own lines exceed */
    DRIFT_COSINE,     /* 1 - cosine, clamped to 0..1 */
    DRIFT_UNITS
};

/* As on the wire: "calibrated", "cosine". */
const char *drift_unit_name(enum drift_unit unit);

enum { DRIFT_LEAST_CHARS = 50 }; /* default of drift_limits.least_chars */

/*
 * Rows that a set of the caller's vectors takes to be calibrated: with fewer,
 * every number between them would be an invention.
 */
enum { DRIFT_LEAST_ROWS = FINGERPRINT_LEAST_LINES };

struct drift_limits {
    double threshold; /* a score from here on alerts, 0..1 */
    enum drift_unit unit;
    size_t least_chars; /* code points; a shorter text is low evidence */
};

struct drift_reading {
    enum envelope_drift_status status;
    bool measured;     /* are score and raw there? (ok and low_evidence) */
    bool calibrated;   /* are percentile and deviations there? */
    bool alert;        /* status ok and score >= threshold */
    double score;      /* driftScore: 0..1, 4 decimals */
    double raw;        /* 1 - cosine, 0..2 */
    double percentile; /* share of her own lines as strange or stranger */
    double deviations; /* below her mean, in parts of drift_scale.sd */
    double threshold;  /* the one applied, 4 decimals */
    enum drift_unit unit;
    size_t register_index; /* the nearest one; 0 of the built-in measure */
};

/*
 * A text's distance by the built-in measure.
 *
 *   print  NULL, or without lines: no_fingerprint
 *   voice  of the text, read with the model that the print was made with
 *
 * score >= threshold holds for the two numbers as they are in the reading
 * exactly when a reading of status ok alerts.
 */
struct drift_reading
drift_measure(const struct fingerprint *print, const struct voice *voice,
              const struct drift_limits *limits);

/*
 * A vector's distance from the nearest register of the persona's vectors of the
 * same model.
 *
 *   vector  [dim] as it came from outside
 *   chars   code points of the text that it stands for; SIZE_MAX: not known
 *   err     filled for bad_vector, model_mismatch, and no_fingerprint where
 *           there are lines of text; else left alone
 */
struct drift_reading
drift_measure_vector(const struct fingerprint *print,
                     const struct kernel_set *kernels, struct text model,
                     const float *vector, size_t dim, size_t chars,
                     const struct drift_limits *limits, struct err *err);

/*
 * Two readings of one reply as one: by the built-in measure and by a vector.
 *
 *   voice, vector  of one reply and persona
 *   weight         of `vector`, 0..1; of `voice` the rest
 *
 * The deviations are averaged and read against the normal distribution, as if
 * the two always agreed: where they do not, fewer of her own lines alert than
 * were asked for, never more. `raw` is averaged too and register_index the
 * vector's.
 *
 * A reading that is not calibrated is left out; where neither is, the result is
 * `vector`. It is low evidence where both are, since the length that a vector
 * needs is its model's affair; limits->unit is not asked, the scale is
 * calibrated.
 */
struct drift_reading
drift_fuse(const struct drift_reading *voice,
           const struct drift_reading *vector, double weight,
           const struct drift_limits *limits);

/*
 * How alike two personas are, by the built-in measure: the mean calibrated
 * distance of each one's lines from the other, 0..1. A line of the persona's
 * own scores 0.12 in the mean, one that nobody would take for hers above 0.4.
 * Both have lines.
 */
double drift_between(const struct fingerprint *a, const struct fingerprint *b);

#endif
