#include "sidecar/engine/fingerprint_fit.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/engine/fingerprint_register.h"

/*
 * Lines judged without each other: neighbours share a scene and its words, and
 * leaving out one at a time would make her own lines look too much alike (13 %
 * false alerts where 5 % was asked, with 20 lines).
 */
enum { BLOCK_LINES = 5 };

/* Squared lengths between which products of two stay exact enough. */
static const double LEAST_SQUARE = 1e-12, MOST_SQUARE = 1e12;

/* Rounding of a float dot product at MOST_DIM: nearer than this is the same. */
static const double SAME_DIRECTION = 1e-6;

struct fingerprint *
fingerprint_fit_new(struct err *err)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct fingerprint *print =
        arena != NULL ? ARENA_ARRAY(arena, struct fingerprint, 1) : NULL;

    if (print == NULL) {
        arena_free(arena);
        err_memory(err, "a fingerprint");
        return NULL;
    }
    print->arena = arena;
    return print;
}

bool
fingerprint_fit_text(struct fingerprint *print, struct text from,
                     struct text *out, struct err *err)
{
    *out = arena_copy(print->arena, from);
    if (out->at == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    return true;
}

/* How many rows have each bucket, and the sums over families. */
struct tally {
    uint32_t counts[VOICE_SLOTS];
    uint32_t totals[VOICE_FAMILIES];
};

/* Adds the line's rows, or with `less` takes them away again. */
static void
tally_line(struct tally *t, const struct voice *line, bool less)
{
    const uint32_t one = less ? UINT32_MAX : 1; // modulo 2^32: minus one

    for (size_t r = 0; r < line->row_count; r++) {
        const struct voice_row *row = &line->rows[r];
        const uint16_t *bucket = row->buckets;
        for (size_t f = 0; f < VOICE_FAMILIES; f++) {
            uint32_t *counts = t->counts + f * VOICE_BUCKETS;
            for (size_t i = 0; i < row->counts[f]; i++) {
                counts[*bucket++] += one;
            }
            t->totals[f] += less ? -(uint32_t)row->counts[f] : row->counts[f];
        }
    }
}

/* The weights that one line needs to be scored. */
static void
weigh_line(const struct voice_model *model, const struct tally *t,
           const struct voice *line, int16_t *weights)
{
    for (size_t r = 0; r < line->row_count; r++) {
        const struct voice_row *row = &line->rows[r];
        const uint16_t *bucket = row->buckets;
        for (size_t f = 0; f < VOICE_FAMILIES; f++) {
            for (size_t i = 0; i < row->counts[f]; i++) {
                const size_t slot = f * VOICE_BUCKETS + *bucket++;
                weights[slot] = voice_model_weight(model, slot, t->counts[slot],
                                                   t->totals[f]);
            }
        }
    }
}

/* Scores each line by the lines outside its block. */
static void
score_blocks(const struct fingerprint *print, const struct voice_model *model,
             struct tally *t, int16_t *weights, double *scores)
{
    for (size_t from = 0; from < print->line_count; from += BLOCK_LINES) {
        const size_t left = print->line_count - from;
        const size_t to = from + (left < BLOCK_LINES ? left : BLOCK_LINES);
        for (size_t i = from; i < to; i++) {
            tally_line(t, &print->lines[i], true);
        }
        for (size_t i = from; i < to; i++) {
            weigh_line(model, t, &print->lines[i], weights);
            scores[i] = voice_score(weights, &print->lines[i]);
        }
        for (size_t i = from; i < to; i++) {
            tally_line(t, &print->lines[i], false);
        }
    }
}

/* All lines counted; NULL: no memory. */
static struct tally *
tally_lines(const struct fingerprint *print)
{
    struct tally *t = calloc(1, sizeof(*t));

    for (size_t i = 0; t != NULL && i < print->line_count; i++) {
        tally_line(t, &print->lines[i], false);
    }
    return t;
}

bool
fingerprint_fit_scores(const struct fingerprint *print,
                       const struct voice_model *model, double *scores,
                       struct err *err)
{
    struct tally *t = tally_lines(print);
    int16_t *weights = calloc(VOICE_SLOTS, sizeof(*weights));
    const bool room = t != NULL && weights != NULL;

    if (room) {
        score_blocks(print, model, t, weights, scores);
    } else {
        err_memory(err, "a fingerprint");
    }
    free(t);
    free(weights);
    return room;
}

/* The mean over lines of the root of a family's set. */
static double
mean_root(const struct fingerprint *print, size_t family)
{
    double sum = 0;

    for (size_t i = 0; i < print->line_count; i++) {
        const struct voice *line = &print->lines[i];
        double roots = 0;
        for (size_t r = 0; r < line->row_count; r++) {
            roots += sqrt((double)line->rows[r].counts[family]);
        }
        sum += line->row_count > 0 ? roots / (double)line->row_count : 0;
    }
    return sum / (double)print->line_count;
}

/*
 * What a stranger's line is expected to score: one as long as hers, of features
 * that everybody has as often as the model says.
 */
static double
stranger_score(const struct fingerprint *print, const struct voice_model *model,
               const int16_t *weights)
{
    double score = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const double *prior = model->prior + f * VOICE_BUCKETS;
        const int16_t *family = weights + f * VOICE_BUCKETS;
        double sum = 0, shares = 0;
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            sum += prior[j] * family[j];
            shares += prior[j];
        }
        score += voice_family_weight((enum voice_family)f) *
                 mean_root(print, f) * sum / shares;
    }
    return score / VOICE_WEIGHT_ONE;
}

bool
fingerprint_fit_lines(struct fingerprint *print,
                      const struct voice_model *model, struct err *err)
{
    struct tally *t = tally_lines(print);
    int16_t *weights = arena_take(print->arena, VOICE_SLOTS * sizeof(*weights));
    double *scores = ARENA_ARRAY(print->arena, double, print->line_count);

    if (t == NULL || weights == NULL || scores == NULL) {
        free(t);
        err_memory(err, "a fingerprint");
        return false;
    }
    // The row of weights is scratch here and filled for good below.
    score_blocks(print, model, t, weights, scores);
    for (size_t slot = 0; slot < VOICE_SLOTS; slot++) {
        weights[slot] = voice_model_weight(model, slot, t->counts[slot],
                                           t->totals[slot / VOICE_BUCKETS]);
    }
    free(t);
    print->weights = weights;
    print->norm = voice_norm(weights);
    print->scale = drift_scale_against(scores, print->line_count,
                                       stranger_score(print, model, weights));
    return true;
}

bool
fingerprint_vector_check(const struct kernel_set *kernels, const float *vector,
                         size_t dim, struct err *err)
{
    for (size_t i = 0; i < dim; i++) {
        if (!isfinite(vector[i])) {
            err_set(err, ERR_INVALID, "vector[%zu] is %s", i,
                    isnan(vector[i]) ? "NaN" : "infinite");
            return false;
        }
    }
    const double square = (double)kernels->dot(vector, vector, dim);
    if (square == 0) {
        err_set(err, ERR_INVALID, "the vector is zero: it has no direction");
        return false;
    }
    if (!(square >= LEAST_SQUARE && square <= MOST_SQUARE)) {
        err_set(err, ERR_INVALID,
                "the vector's squared length %g is outside %g..%g", square,
                LEAST_SQUARE, MOST_SQUARE);
        return false;
    }
    return true;
}

double
fingerprint_cosine(const struct kernel_set *kernels, const float *a,
                   const float *b, size_t dim)
{
    // The product of two floats is exact in double, and so is its root where
    // a and b are the same: identical vectors give 1 and not nearly 1.
    const double aa = (double)kernels->dot(a, a, dim);
    const double bb = (double)kernels->dot(b, b, dim);
    const double cosine = (double)kernels->dot(a, b, dim) / sqrt(aa * bb);

    if (cosine > 1 - SAME_DIRECTION) {
        return 1;
    }
    return cosine < SAME_DIRECTION - 1 ? -1 : cosine;
}

/* Adds a row's direction to the sums, times `sign`. */
static void
add_direction(const struct kernel_set *kernels, const float *row, size_t dim,
              double sign, double *sums)
{
    const double length = sqrt((double)kernels->dot(row, row, dim));

    for (size_t i = 0; i < dim; i++) {
        sums[i] += sign * ((double)row[i] / length);
    }
}

/* The sums as a vector of length 1; false where they point nowhere. */
static bool
normalise(const double *sums, size_t dim, float *out)
{
    double square = 0;

    for (size_t i = 0; i < dim; i++) {
        square += sums[i] * sums[i];
    }
    const double length = sqrt(square);
    if (!(square > LEAST_SQUARE)) {
        return false;
    }
    for (size_t i = 0; i < dim; i++) {
        out[i] = (float)(sums[i] / length);
    }
    return true;
}

double
fingerprint_nearest_register(const struct kernel_set *kernels,
                             const struct fingerprint_vectors *v,
                             const float *vector, size_t *which)
{
    double best = -2;

    for (size_t g = 0; g < v->register_count; g++) {
        const double cosine = fingerprint_cosine(
            kernels, vector, v->registers + g * v->dim, v->dim);
        if (cosine > best) {
            best = cosine;
            *which = g;
        }
    }
    return best;
}

/* Adds the directions of one register's rows to sums that are 0. */
static void
sum_register(const struct kernel_set *kernels,
             const struct fingerprint_vectors *v, size_t which, double *sums)
{
    for (size_t r = 0; r < v->rows; r++) {
        if (v->register_of[r] == which) {
            add_direction(kernels, v->at + r * v->dim, v->dim, 1, sums);
        }
    }
}

/*
 * Each row's cosine with the nearest register, its own without the row.
 *
 *   sums    [dim] scratch
 *   others  [dim] scratch
 */
static bool
calibrate(const struct kernel_set *kernels, const struct fingerprint_vectors *v,
          double *sums, float *others, double *scores)
{
    for (size_t g = 0; g < v->register_count; g++) {
        memset(sums, 0, v->dim * sizeof(*sums));
        sum_register(kernels, v, g, sums);
        for (size_t r = 0; r < v->rows; r++) {
            const float *row = v->at + r * v->dim;
            const bool own = v->register_of[r] == g;
            if (own) {
                add_direction(kernels, row, v->dim, -1, sums);
            }
            // Two opposite rows leave nothing to compare a third one with.
            if (!normalise(sums, v->dim, others)) {
                return false;
            }
            const double cosine =
                fingerprint_cosine(kernels, row, others, v->dim);
            scores[r] = g == 0 || cosine > scores[r] ? cosine : scores[r];
            if (own) {
                add_direction(kernels, row, v->dim, 1, sums);
            }
        }
    }
    return true;
}

static bool
check_rows(const struct kernel_set *kernels,
           const struct fingerprint_source *from, struct err *err)
{
    if (from->model.len == 0 || from->model.len > FINGERPRINT_NAME_BYTES) {
        err_set(err, ERR_INVALID,
                "a model's name of %zu bytes is outside 1..%d", from->model.len,
                FINGERPRINT_NAME_BYTES);
        return false;
    }
    if (from->rows == 0 || from->rows > FINGERPRINT_MOST_LINES) {
        err_set(err, ERR_INVALID, "%zu vectors are outside 1..%d", from->rows,
                FINGERPRINT_MOST_LINES);
        return false;
    }
    if (from->dim < FINGERPRINT_LEAST_DIM || from->dim > FINGERPRINT_MOST_DIM) {
        err_set(err, ERR_INVALID, "a dimension of %zu is outside %d..%d",
                from->dim, FINGERPRINT_LEAST_DIM, FINGERPRINT_MOST_DIM);
        return false;
    }
    for (size_t r = 0; r < from->rows; r++) {
        if (!fingerprint_vector_check(kernels, from->at + r * from->dim,
                                      from->dim, err)) {
            err_under(err, "vectors[%zu]", r);
            return false;
        }
    }
    return true;
}

/* Finds the registers of a set whose rows are there, and their means. */
static bool
fit_registers(struct fingerprint *print, const struct kernel_set *kernels,
              struct fingerprint_vectors *v, double *sums, struct err *err)
{
    const struct fingerprint_register_rows rows = {kernels, v->at, v->rows,
                                                   v->dim};
    uint8_t *labels = arena_take(print->arena, v->rows);
    const size_t count =
        labels != NULL ? fingerprint_register_split(&rows, labels) : 0;
    float *registers =
        count > 0 ? ARENA_ARRAY(print->arena, float, count * v->dim) : NULL;

    if (registers == NULL) {
        err_memory(err, "a fingerprint's registers");
        return false;
    }
    v->register_of = labels;
    v->register_count = count;
    v->registers = registers;
    for (size_t g = 0; g < count; g++) {
        memset(sums, 0, v->dim * sizeof(*sums));
        sum_register(kernels, v, g, sums);
        if (!normalise(sums, v->dim, registers + g * v->dim)) {
            err_set(err, ERR_INVALID, "the vectors cancel out: no centroid");
            return false;
        }
    }
    return true;
}

/* Centroid, registers and calibration of a set whose rows are there. */
static bool
fit_centroid(struct fingerprint *print, const struct kernel_set *kernels,
             struct fingerprint_vectors *v, struct err *err)
{
    float *centroid = ARENA_ARRAY(print->arena, float, v->dim);
    double *scores = ARENA_ARRAY(print->arena, double, v->rows);
    double *sums = calloc(v->dim, sizeof(*sums));
    float *others = calloc(v->dim, sizeof(*others));
    bool done = false;

    if (scores == NULL || sums == NULL || others == NULL) {
        err_memory(err, "a fingerprint's vectors");
        goto out;
    }
    if (!fit_registers(print, kernels, v, sums, err)) {
        goto out;
    }
    memset(sums, 0, v->dim * sizeof(*sums));
    for (size_t r = 0; r < v->rows; r++) {
        add_direction(kernels, v->at + r * v->dim, v->dim, 1, sums);
    }
    v->centroid = normalise(sums, v->dim, centroid) ? centroid : v->registers;
    v->scale = (struct drift_scale){.sd = 1};
    if (v->rows > 1 && calibrate(kernels, v, sums, others, scores)) {
        v->scale = drift_scale_of(scores, v->rows);
    }
    done = true;
out:
    free(sums);
    free(others);
    return done;
}

bool
fingerprint_fit_vectors(struct fingerprint *print,
                        const struct kernel_set *kernels,
                        const struct fingerprint_source *from,
                        struct fingerprint_vectors *out, struct err *err)
{
    if (!check_rows(kernels, from, err)) {
        return false;
    }
    float *at = ARENA_ARRAY(print->arena, float, from->rows * from->dim);
    if (at == NULL) {
        err_memory(err, "a fingerprint's vectors");
        return false;
    }
    memcpy(at, from->at, from->rows * from->dim * sizeof(*at));
    *out = (struct fingerprint_vectors){
        .rows = from->rows, .dim = from->dim, .at = at};
    return fingerprint_fit_text(print, from->model, &out->model, err) &&
           fit_centroid(print, kernels, out, err);
}
