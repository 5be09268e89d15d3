#include "sidecar/engine/fingerprint_odd.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/engine/fingerprint_fit.h"

/*
 * Robust standard deviations below the median. Of 18,675 enrolled lines of 32
 * speakers 7 lie farther out; of assistant lines put among them, one in four.
 */
static const double FAR_OUT = 3;

/*
 * The same of a persona with fewer than FINGERPRINT_GOOD_LINES: the spread is
 * known less well, and with 20 lines each one left out costs.
 */
static const double FAR_OUT_OF_FEW = 4;

/* The median distance from the median, as a normal standard deviation. */
static const double MEDIAN_TO_SD = 1.4826;

/* At most one line in this many is left out. */
enum { MOST_PART = 10 };

/* Lines before it that one is compared with: 4,096 lines take 0.1 s. */
enum { LOOK_BACK = 256 };

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The score below which a line is odd. */
static double
odd_limit(const double *scores, size_t count, double *sorted)
{
    memcpy(sorted, scores, count * sizeof(*scores));
    const double median = median_of(sorted, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = fabs(scores[i] - median);
    }
    const double spread = MEDIAN_TO_SD * median_of(sorted, count);
    // Half the lines scoring alike say nothing about the width of the rest.
    const double far =
        count < FINGERPRINT_GOOD_LINES ? FAR_OUT_OF_FEW : FAR_OUT;
    const double limit = spread > 0 ? median - far * spread : -(double)INFINITY;

    memcpy(sorted, scores, count * sizeof(*scores));
    qsort(sorted, count, sizeof(*sorted), ascending);
    const double most = sorted[count / MOST_PART];
    return limit < most ? limit : most;
}

bool
fingerprint_odd_lines(const struct fingerprint *print,
                      const struct voice_model *model, bool *odd,
                      struct err *err)
{
    const size_t n = print->line_count;
    double *scores = calloc(2 * n, sizeof(*scores));
    bool done = false;

    if (scores == NULL) {
        err_memory(err, "a fingerprint");
        return false;
    }
    if (fingerprint_fit_scores(print, model, scores, err)) {
        const double limit = odd_limit(scores, n, scores + n);
        for (size_t i = 0; i < n; i++) {
            odd[i] = scores[i] < limit;
        }
        done = true;
    }
    free(scores);
    return done;
}

/* The trigrams of a line's windows, as a set of bits. */
struct trigrams {
    uint64_t bits[VOICE_BUCKETS / 64];
};

static void
set_trigrams(struct trigrams *t, const struct voice *line, bool on)
{
    for (size_t r = 0; r < line->row_count; r++) {
        const struct voice_row *row = &line->rows[r];
        for (size_t i = 0; i < row->counts[VOICE_TRIGRAMS]; i++) {
            const size_t bucket = row->buckets[i]; // the first family
            const uint64_t bit = UINT64_C(1) << bucket % 64;
            if (on) {
                t->bits[bucket / 64] |= bit;
            } else {
                t->bits[bucket / 64] &= ~bit;
            }
        }
    }
}

/* Do two lines of one window share four fifths of all that either has? */
static bool
nearly_repeats(const struct trigrams *t, const struct voice_row *line,
               const struct voice_row *other)
{
    const size_t a = line->counts[VOICE_TRIGRAMS];
    const size_t b = other->counts[VOICE_TRIGRAMS];
    size_t both = 0;

    if (5 * a < 4 * b || 5 * b < 4 * a) {
        return false;
    }
    for (size_t i = 0; i < b; i++) {
        const size_t bucket = other->buckets[i];
        both += t->bits[bucket / 64] >> bucket % 64 & 1;
    }
    return 5 * both >= 4 * (a + b - both);
}

size_t
fingerprint_odd_alike(const struct fingerprint *print)
{
    struct trigrams seen = {.bits = {0}};
    size_t alike = 0;

    for (size_t i = 0; i < print->line_count; i++) {
        const struct voice *line = &print->lines[i];
        const size_t first = i < LOOK_BACK ? 0 : i - LOOK_BACK;
        bool found = false;
        if (line->row_count != 1) {
            continue; // long texts are not templates
        }
        set_trigrams(&seen, line, true);
        for (size_t o = first; o < i && !found; o++) {
            found = print->lines[o].row_count == 1 &&
                    nearly_repeats(&seen, line->rows, print->lines[o].rows);
        }
        set_trigrams(&seen, line, false);
        alike += found;
    }
    return alike;
}
