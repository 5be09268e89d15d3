#include "sidecar/engine/drift_scale.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/stable.h"

/* ln 0.7 / ln 0.05: a distance of 0.30 is a share of 5 %. */
static const double EXPONENT = 0.11906102126929743;

/* A rate of 1/51 as a reader writes it, 0.0196, must do for 50 lines. */
static const double SLACK = 1.001;

/* Steps of a distance on the wire: 4 decimals. */
static const double STEPS = 10000;

/* Lines that all score alike still need a width for the tails. */
static const double LEAST_SD = 1e-6;

/*
 * The tails go on from the outermost line, but never from further out than
 * this many standard deviations, where the normal distribution has nothing
 * left to scale.
 */
static const double FARTHEST = 8;

/*
 * What follows was learnt from the scores of 288 background speakers, each
 * judged by a model without his own and many others' works, with those of the
 * 32 development speakers in view; config/voice/README.md has the figures.
 */

/*
 * Spread of her lines below their mean, in parts of its distance from the
 * stranger: 0.55 of the first, 0.52 to 0.54 of the second, with 50 lines and
 * more.
 */
static const double STRANGE_PART = 0.54;

/* Lines of hers that this is worth: of the logarithm's error, by regression. */
static const double STRANGE_LINES = 30;

/* The spread that her lines show is taken for an error beyond this many times
 * the expected one, or below that part of it. */
static const double STRANGE_MOST = 10;

/*
 * Variance that the mean of n lines adds to that of five replies, times n: five
 * replies of one scene, and lines of one scene vary together, 1.3 times as much
 * as independent ones.
 */
static const double UNSURE = 6.5;

/* Lines of hers that the shape of everybody's scores is worth. */
static const double SHAPE_LINES = 50;

/* The share of own lines at least as many deviations out, from SHAPE_FIRST. */
static const double shape[] = {
    0.904, 0.881, 0.853, 0.817, 0.774, 0.726, 0.670, 0.604, 0.526,
    0.441, 0.352, 0.257, 0.163, 0.084, 0.035, 0.012, 0.005,
};
enum { SHAPE_LAST = sizeof(shape) / sizeof(shape[0]) - 1 };
static const double SHAPE_FIRST = -2, SHAPE_STEP = 0.25;

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct drift_scale
drift_scale_of(double *scores, size_t count)
{
    struct drift_scale scale = {scores, count, 0, LEAST_SD, false};
    double sum = 0, square = 0;

    if (count == 0) {
        return scale;
    }
    // Sorted first, so that the sums do not depend on the order of lines.
    qsort(scores, count, sizeof(*scores), ascending);
    for (size_t i = 0; i < count; i++) {
        sum += scores[i];
    }
    scale.mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        square += (scores[i] - scale.mean) * (scores[i] - scale.mean);
    }
    if (count > 1) {
        const double sd = sqrt(square / (double)(count - 1));
        scale.sd = sd > LEAST_SD ? sd : LEAST_SD;
    }
    return scale;
}

struct drift_scale
drift_scale_against(double *scores, size_t count, double stranger)
{
    struct drift_scale scale = drift_scale_of(scores, count);
    const double expected = STRANGE_PART * (scale.mean - stranger);
    const double n = (double)count;
    double square = 0;

    if (count == 0 || !(expected > LEAST_SD)) {
        return scale;
    }
    for (size_t i = 0; i < count && scores[i] < scale.mean; i++) {
        square += (scores[i] - scale.mean) * (scores[i] - scale.mean);
    }
    const double shown =
        fmax(expected / STRANGE_MOST,
             fmin(sqrt(2 * square / n), expected * STRANGE_MOST));
    const double log =
        (n * stable_log(shown) + STRANGE_LINES * stable_log(expected)) /
        (n + STRANGE_LINES);
    scale.sd = stable_exp(log) * sqrt(1 + UNSURE / n);
    scale.anchored = true;
    return scale;
}

/*
 * The normal tail beyond z (z <= edge), as a part of the tail beyond `edge`:
 * 1 at the edge, falling to 0.
 */
static double
tail(double z, double edge)
{
    const double shift = edge < -FARTHEST ? -FARTHEST - edge : 0;
    const double part =
        stable_normal_below(z + shift) / stable_normal_below(edge + shift);

    return part < 1 ? part : 1;
}

/* How many scores are at most this one. */
static size_t
rank_of(const struct drift_scale *scale, double score)
{
    size_t low = 0, high = scale->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (scale->scores[middle] <= score) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The share of her own lines, as they were, that score this low. */
static double
own_share(const struct drift_scale *scale, double score)
{
    const double *c = scale->scores;
    const size_t n = scale->count;
    const double step = 1.0 / ((double)n + 1);
    const double z = (score - scale->mean) / scale->sd;
    const size_t k = rank_of(scale, score);

    if (k == 0) {
        return step * tail(z, (c[0] - scale->mean) / scale->sd);
    }
    if (k == n) {
        return 1 - step * tail(-z, -(c[n - 1] - scale->mean) / scale->sd);
    }
    return step * ((double)k + (score - c[k - 1]) / (c[k] - c[k - 1]));
}

/* The share of anybody's own lines that lie as many deviations out. */
static double
shape_share(double deviations)
{
    const double last = SHAPE_FIRST + SHAPE_LAST * SHAPE_STEP;
    const double at = (deviations - SHAPE_FIRST) / SHAPE_STEP;

    if (deviations <= SHAPE_FIRST) {
        return 1 - (1 - shape[0]) * tail(deviations, SHAPE_FIRST);
    }
    if (deviations >= last) {
        return shape[SHAPE_LAST] * tail(-deviations, -last);
    }
    const size_t k = (size_t)at < SHAPE_LAST ? (size_t)at : SHAPE_LAST - 1;
    return shape[k] + (at - (double)k) * (shape[k + 1] - shape[k]);
}

double
drift_scale_share(const struct drift_scale *scale, double score)
{
    const double own = own_share(scale, score);
    const double n = (double)scale->count;

    if (!scale->anchored) {
        return own;
    }
    const double everybody = shape_share((scale->mean - score) / scale->sd);
    return (n * own + SHAPE_LINES * everybody) / (n + SHAPE_LINES);
}

double
drift_scale_score(const struct drift_scale *scale, double rate)
{
    const double *c = scale->scores;
    const double place = rate * ((double)scale->count + 1);

    if (!(place * SLACK >= 1)) {
        return (double)NAN;
    }
    const double below = place < 1 ? 1 : floor(place);
    if (below >= (double)scale->count) {
        return c[scale->count - 1];
    }
    const size_t k = (size_t)below;
    const double part = place > below ? place - below : 0;
    return c[k - 1] + part * (c[k] - c[k - 1]);
}

double
drift_scale_distance(double share)
{
    if (!(share > 0)) {
        return 1;
    }
    return share < 1 ? 1 - stable_exp(EXPONENT * stable_log(share)) : 0;
}

double
drift_scale_round(double distance)
{
    const double within = distance < 0 ? 0 : distance > 1 ? 1 : distance;

    return floor(within * STEPS + 0.5) / STEPS;
}

bool
drift_scale_threshold(size_t count, double rate, double *threshold,
                      struct err *err)
{
    if (!(rate > 0 && rate < 1)) {
        err_set(err, ERR_CONFIG, "alert_rate: %g is not between 0 and 1", rate);
        return false;
    }
    if (rate * SLACK * ((double)count + 1) < 1) {
        err_set(err, ERR_CONFIG,
                "alert_rate: %g takes %.0f lines of the persona's own; the "
                "fingerprint has %zu",
                rate, ceil(1 / (rate * SLACK) - 1), count);
        return false;
    }
    *threshold = drift_scale_round(drift_scale_distance(rate));
    return true;
}
