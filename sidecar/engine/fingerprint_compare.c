#include "sidecar/engine/fingerprint_compare.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/batch.h"
#include "kernels/stable.h"

/*
 * Personas in one product, their lines with the baselines: the tables of one
 * family take 34 MB.
 */
enum { BLOCK = 64, LINES = BLOCK + FINGERPRINT_BASELINES };

/*
 * Lines and weights are multiplied as whole numbers, without any rounding, so
 * that the matrix has the same bits on every machine. A line's mean is taken in
 * steps of 2^-27, which moves a deviation by less than 1e-5; a weight times
 * twice its family's is whole anyway. The slots of a line add up to the root of
 * how many features a window has: with twice the families' weights to 1,300 at
 * most, times 2^27, times 2^15 of a persona's weight: below 2^53.
 */
static const double LINE_ONE = 0x1p27;
static const double FAMILY_ONE = 2;

static const char *const baseline_names[FINGERPRINT_BASELINES] = {
    [FINGERPRINT_EVERYBODY] = "everybody",
    [FINGERPRINT_ASSISTANT] = "assistant",
};

const char *
fingerprint_baseline_name(enum fingerprint_baseline baseline)
{
    return baseline_names[baseline];
}

/* What a comparison needs while it runs. */
struct compare {
    const struct voice_model *model;
    const struct fingerprint *const *prints;
    size_t count;
    double *lines;                /* [LINES][VOICE_BUCKETS] mean lines */
    double *weights;              /* [BLOCK][VOICE_BUCKETS] */
    double sizes[VOICE_FAMILIES]; /* mean root of the sets' sizes */
};

/* One family of the mean of her lines' vectors; with voice_score it commutes.
 */
static void
mean_line(const struct fingerprint *print, size_t family, double *out)
{
    memset(out, 0, VOICE_BUCKETS * sizeof(*out));
    for (size_t i = 0; i < print->line_count; i++) {
        const struct voice *line = &print->lines[i];
        for (size_t r = 0; r < line->row_count; r++) {
            const struct voice_row *row = &line->rows[r];
            const size_t n = row->counts[family];
            const uint16_t *bucket = row->buckets;
            for (size_t f = 0; f < family; f++) {
                bucket += row->counts[f];
            }
            const double part = 1 / (sqrt((double)n) * (double)line->row_count *
                                     (double)print->line_count);
            for (size_t k = 0; k < n; k++) {
                out[bucket[k]] += part;
            }
        }
    }
}

/*
 * The mean line of a baseline: a set of n features has each with about n times
 * its share, and length 1 where n is large.
 */
static void
baseline_line(const struct compare *c, enum fingerprint_baseline baseline,
              size_t family, double *out)
{
    const double *prior = c->model->prior + family * VOICE_BUCKETS;
    const double *pull = c->model->pull + family * VOICE_BUCKETS;
    double sum = 0;

    for (size_t j = 0; j < VOICE_BUCKETS; j++) {
        out[j] = baseline == FINGERPRINT_ASSISTANT
                     ? prior[j] * stable_exp(pull[j])
                     : prior[j];
        sum += out[j];
    }
    for (size_t j = 0; j < VOICE_BUCKETS; j++) {
        out[j] = out[j] / sum * c->sizes[family];
    }
}

static void
weights_of(const struct fingerprint *print, size_t family, double *out)
{
    const double scale =
        FAMILY_ONE * voice_family_weight((enum voice_family)family);
    const int16_t *weights = print->weights + family * VOICE_BUCKETS;

    for (size_t j = 0; j < VOICE_BUCKETS; j++) {
        out[j] = scale * weights[j];
    }
}

static void
mean_sizes(struct compare *c)
{
    size_t rows = 0;

    for (size_t p = 0; p < c->count; p++) {
        for (size_t i = 0; i < c->prints[p]->line_count; i++) {
            const struct voice *line = &c->prints[p]->lines[i];
            for (size_t r = 0; r < line->row_count; r++, rows++) {
                for (size_t f = 0; f < VOICE_FAMILIES; f++) {
                    c->sizes[f] += sqrt((double)line->rows[r].counts[f]);
                }
            }
        }
    }
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        c->sizes[f] /= (double)rows;
    }
}

/* The mean lines from `first` on, personas and then baselines. */
static size_t
fill_lines(const struct compare *c, size_t first, size_t family)
{
    size_t n = 0;

    for (; n < LINES && first + n < c->count + FINGERPRINT_BASELINES; n++) {
        double *to = c->lines + n * VOICE_BUCKETS;
        if (first + n < c->count) {
            mean_line(c->prints[first + n], family, to);
        } else {
            baseline_line(c, (enum fingerprint_baseline)(first + n - c->count),
                          family, to);
        }
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            to[j] = floor(to[j] * LINE_ONE + 0.5);
        }
    }
    return n;
}

/* Adds one family's part of the scores of the lines from `first` on. */
static void
add_family(const struct compare *c, size_t first, size_t family, double *out)
{
    struct batch_whole batch = {
        .queries = c->lines, .rows = c->weights, .dim = VOICE_BUCKETS};

    batch.n_queries = fill_lines(c, first, family);
    for (size_t p = 0; p < c->count; p += BLOCK) {
        size_t n = 0;
        for (; n < BLOCK && p + n < c->count; n++) {
            weights_of(c->prints[p + n], family,
                       c->weights + n * VOICE_BUCKETS);
        }
        batch.n_rows = n;
        batch_add_whole(&batch, out + first * c->count + p, c->count);
    }
}

/* From sums of whole numbers to deviations. */
static void
scale_all(const struct compare *c, double *out)
{
    const double one = LINE_ONE * FAMILY_ONE * VOICE_WEIGHT_ONE;

    for (size_t q = 0; q < c->count + FINGERPRINT_BASELINES; q++) {
        for (size_t p = 0; p < c->count; p++) {
            const struct drift_scale *s = &c->prints[p]->scale;
            double *const at = &out[q * c->count + p];
            // Her own lines made the weights, so they say nothing here.
            *at = q == p ? 0 : (s->mean - *at / one) / s->sd;
        }
    }
}

bool
fingerprint_compare(const struct voice_model *model,
                    const struct fingerprint *const *prints, size_t count,
                    double *out, struct err *err)
{
    struct compare c = {
        .model = model,
        .prints = prints,
        .count = count,
        .lines = calloc((size_t)LINES * VOICE_BUCKETS, sizeof(double)),
        .weights = calloc((size_t)BLOCK * VOICE_BUCKETS, sizeof(double)),
    };
    const bool room = c.lines != NULL && c.weights != NULL;

    if (!room) {
        err_memory(err, "a comparison of personas");
    } else if (count > 0) {
        const size_t lines = count + FINGERPRINT_BASELINES;
        mean_sizes(&c);
        memset(out, 0, lines * count * sizeof(*out));
        for (size_t q = 0; q < lines; q += LINES) {
            for (size_t f = 0; f < VOICE_FAMILIES; f++) {
                add_family(&c, q, f, out);
            }
        }
        scale_all(&c, out);
    }
    free(c.lines);
    free(c.weights);
    return room;
}

double
fingerprint_compare_pair(const double *matrix, size_t count, size_t a, size_t b)
{
    return (matrix[a * count + b] + matrix[b * count + a]) / 2;
}
