#include "sidecar/engine/drift_scale.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/stable.h"

/* ln 0.7 / ln 0.05: a distance of 0.30 is a share of 5 %. */
static const double EXPONENT = 0.11906102126929743;

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

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct drift_scale
drift_scale_of(double *scores, size_t count)
{
    struct drift_scale scale = {scores, count, 0, LEAST_SD};
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

double
drift_scale_share(const struct drift_scale *scale, double score)
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
    // A rate of 1/51 as a reader writes it, 0.0196, must do for 50 lines.
    const double slack = 1.001;

    if (!(rate > 0 && rate < 1)) {
        err_set(err, ERR_CONFIG, "alert_rate: %g is not between 0 and 1", rate);
        return false;
    }
    if (rate * slack * ((double)count + 1) < 1) {
        err_set(err, ERR_CONFIG,
                "alert_rate: %g takes %.0f lines of the persona's own; the "
                "fingerprint has %zu",
                rate, ceil(1 / (rate * slack) - 1), count);
        return false;
    }
    *threshold = drift_scale_round(drift_scale_distance(rate));
    return true;
}
