#include "sidecar/engine/fingerprint_compare.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/batch.h"
#include "kernels/stable.h"

/* Personas in one product: two blocks of them take 84 MB. */
enum { BLOCK = 64 };

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
    const struct kernel_set *kernels;
    const struct voice_model *model;
    const struct fingerprint *const *prints;
    size_t count;
    float *lines;                 /* [BLOCK][VOICE_SLOTS] mean lines */
    float *weights;               /* [BLOCK][VOICE_SLOTS] */
    float *scores;                /* [BLOCK][BLOCK] */
    double sizes[VOICE_FAMILIES]; /* mean root of the sets' sizes */
};

/* The mean of her lines' vectors; with voice_score it commutes. */
static void
mean_line(const struct fingerprint *print, float *out)
{
    memset(out, 0, VOICE_SLOTS * sizeof(*out));
    for (size_t i = 0; i < print->line_count; i++) {
        const struct voice *line = &print->lines[i];
        for (size_t r = 0; r < line->row_count; r++) {
            const uint16_t *bucket = line->rows[r].buckets;
            for (size_t f = 0; f < VOICE_FAMILIES; f++) {
                const size_t n = line->rows[r].counts[f];
                const double part =
                    1 / (sqrt((double)n) * (double)line->row_count *
                         (double)print->line_count);
                for (size_t k = 0; k < n; k++) {
                    out[f * VOICE_BUCKETS + *bucket++] += (float)part;
                }
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
              float *out)
{
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const size_t first = f * VOICE_BUCKETS;
        double sum = 0;
        for (size_t j = first; j < first + VOICE_BUCKETS; j++) {
            const double pull = baseline == FINGERPRINT_ASSISTANT
                                    ? stable_exp(c->model->pull[j])
                                    : 1;
            out[j] = (float)(c->model->prior[j] * pull);
            sum += (double)out[j];
        }
        for (size_t j = first; j < first + VOICE_BUCKETS; j++) {
            out[j] = (float)((double)out[j] / sum * c->sizes[f]);
        }
    }
}

static void
weights_of(const struct fingerprint *print, float *out)
{
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const double scale =
            voice_family_weight((enum voice_family)f) / VOICE_WEIGHT_ONE;
        for (size_t j = f * VOICE_BUCKETS; j < (f + 1) * VOICE_BUCKETS; j++) {
            out[j] = (float)(scale * print->weights[j]);
        }
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
fill_lines(const struct compare *c, size_t first)
{
    size_t n = 0;

    for (; n < BLOCK && first + n < c->count + FINGERPRINT_BASELINES; n++) {
        float *to = c->lines + n * VOICE_SLOTS;
        if (first + n < c->count) {
            mean_line(c->prints[first + n], to);
        } else {
            baseline_line(c, (enum fingerprint_baseline)(first + n - c->count),
                          to);
        }
    }
    return n;
}

static void
compare_block(const struct compare *c, size_t line, size_t lines,
              size_t persona, double *out)
{
    size_t n = 0;

    for (; n < BLOCK && persona + n < c->count; n++) {
        weights_of(c->prints[persona + n], c->weights + n * VOICE_SLOTS);
    }
    const struct batch batch = {.queries = c->lines,
                                .n_queries = lines,
                                .rows = c->weights,
                                .n_rows = n,
                                .dim = VOICE_SLOTS};
    (void)batch_dots(c->kernels, &batch, c->scores);
    for (size_t q = 0; q < lines; q++) {
        for (size_t r = 0; r < n; r++) {
            const struct drift_scale *s = &c->prints[persona + r]->scale;
            const double score = (double)c->scores[q * n + r];
            // Her own lines made the weights, so they say nothing here.
            out[(line + q) * c->count + persona + r] =
                line + q == persona + r ? 0 : (s->mean - score) / s->sd;
        }
    }
}

bool
fingerprint_compare(const struct kernel_set *kernels,
                    const struct voice_model *model,
                    const struct fingerprint *const *prints, size_t count,
                    double *out, struct err *err)
{
    struct compare c = {
        .kernels = kernels,
        .model = model,
        .prints = prints,
        .count = count,
        .lines = calloc((size_t)BLOCK * VOICE_SLOTS, sizeof(float)),
        .weights = calloc((size_t)BLOCK * VOICE_SLOTS, sizeof(float)),
        .scores = calloc((size_t)BLOCK * BLOCK, sizeof(float)),
    };
    const bool room = c.lines != NULL && c.weights != NULL && c.scores != NULL;

    if (room && count > 0) {
        mean_sizes(&c);
        for (size_t q = 0; q < count + FINGERPRINT_BASELINES; q += BLOCK) {
            const size_t lines = fill_lines(&c, q);
            for (size_t p = 0; p < count; p += BLOCK) {
                compare_block(&c, q, lines, p, out);
            }
        }
    } else if (!room) {
        err_memory(err, "a comparison of personas");
    }
    free(c.lines);
    free(c.weights);
    free(c.scores);
    return room;
}

double
fingerprint_compare_pair(const double *matrix, size_t count, size_t a, size_t b)
{
    return (matrix[a * count + b] + matrix[b * count + a]) / 2;
}
