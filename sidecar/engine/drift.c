#include "sidecar/engine/drift.h"

#include "kernels/stable.h"

const char *
drift_unit_name(enum drift_unit unit)
{
    return unit == DRIFT_CALIBRATED ? "calibrated" : "cosine";
}

static struct drift_reading
unmeasured(const struct drift_limits *limits, enum envelope_drift_status status)
{
    return (struct drift_reading){
        .status = status,
        .threshold = drift_scale_round(limits->threshold),
        .unit = limits->unit,
    };
}

/* The reading of a score that stands for a cosine, on either scale. */
static struct drift_reading
read_score(const struct drift_scale *scale, bool calibrated, double score,
           double cosine, size_t chars, const struct drift_limits *limits)
{
    struct drift_reading r = unmeasured(limits, DRIFT_OK);

    if (calibrated) {
        r.calibrated = true;
        r.percentile = drift_scale_share(scale, score);
        r.deviations = (scale->mean - score) / scale->sd;
    } else if (limits->unit == DRIFT_CALIBRATED) {
        return unmeasured(limits, DRIFT_UNAVAILABLE);
    }
    r.measured = true;
    r.raw = 1 - cosine;
    const double distance = limits->unit == DRIFT_CALIBRATED
                                ? drift_scale_distance(r.percentile)
                                : r.raw;
    // Rounded before it is compared: the caller sees the rounded number.
    r.score = drift_scale_round(distance);
    if (chars < limits->least_chars) {
        r.status = DRIFT_LOW_EVIDENCE;
        return r;
    }
    r.alert = !(r.score < r.threshold);
    return r;
}

struct drift_reading
drift_measure(const struct fingerprint *print, const struct voice *voice,
              const struct drift_limits *limits)
{
    if (print == NULL || print->line_count == 0) {
        return unmeasured(limits, DRIFT_NO_FINGERPRINT);
    }
    if (voice->row_count == 0) {
        return unmeasured(limits, DRIFT_NOT_APPLICABLE);
    }
    const double score = voice_score(print->weights, voice);
    return read_score(&print->scale, true, score,
                      voice_cosine(score, print->norm), voice->chars, limits);
}

struct drift_reading
drift_measure_vector(const struct fingerprint *print,
                     const struct kernel_set *kernels, struct text model,
                     const float *vector, size_t dim, size_t chars,
                     const struct drift_limits *limits, struct err *err)
{
    if (print == NULL || print->vector_count == 0) {
        if (print != NULL) {
            err_set(err, ERR_INVALID,
                    "the persona has lines of text and no vectors: without a "
                    "vector the text would be measured");
        }
        return unmeasured(limits, DRIFT_NO_FINGERPRINT);
    }
    const struct fingerprint_vectors *v = fingerprint_vectors_of(print, model);
    if (v == NULL) {
        err_set(err, ERR_INVALID,
                "no vectors of model \"%.*s\"; there are "
                "those of \"%.*s\"",
                TEXT_ARGS(model), TEXT_ARGS(print->vectors[0].model));
        return unmeasured(limits, DRIFT_MODEL_MISMATCH);
    }
    if (dim != v->dim) {
        err_set(err, ERR_INVALID,
                "the vector has %zu dimensions, the fingerprint's have %zu",
                dim, v->dim);
        return unmeasured(limits, DRIFT_BAD_VECTOR);
    }
    if (!fingerprint_vector_check(kernels, vector, dim, err)) {
        return unmeasured(limits, DRIFT_BAD_VECTOR);
    }
    size_t which = 0;
    const double cosine =
        fingerprint_nearest_register(kernels, v, vector, &which);
    struct drift_reading r =
        read_score(&v->scale, v->scale.count >= DRIFT_LEAST_ROWS, cosine,
                   cosine, chars, limits);
    r.register_index = which;
    return r;
}

struct drift_reading
drift_fuse(const struct drift_reading *voice,
           const struct drift_reading *vector, double weight,
           const struct drift_limits *limits)
{
    if (!voice->calibrated || !vector->calibrated) {
        return voice->calibrated ? *voice : *vector;
    }
    struct drift_reading r = *vector;
    r.unit = DRIFT_CALIBRATED;
    r.threshold = drift_scale_round(limits->threshold);
    r.raw = weight * vector->raw + (1 - weight) * voice->raw;
    r.deviations =
        weight * vector->deviations + (1 - weight) * voice->deviations;
    r.percentile = stable_normal_below(-r.deviations);
    r.score = drift_scale_round(drift_scale_distance(r.percentile));
    r.status = voice->status == DRIFT_OK ? DRIFT_OK : vector->status;
    r.alert = r.status == DRIFT_OK && !(r.score < r.threshold);
    return r;
}

/* The mean distance of one's lines from the other. */
static double
mean_distance(const struct fingerprint *from, const struct fingerprint *lines)
{
    double sum = 0;

    for (size_t i = 0; i < lines->line_count; i++) {
        const double score = voice_score(from->weights, &lines->lines[i]);
        sum += drift_scale_distance(drift_scale_share(&from->scale, score));
    }
    return sum / (double)lines->line_count;
}

double
drift_between(const struct fingerprint *a, const struct fingerprint *b)
{
    return (mean_distance(a, b) + mean_distance(b, a)) / 2;
}
