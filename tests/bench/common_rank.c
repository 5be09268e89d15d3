#include "tests/bench/common_rank.h"

#include <stdlib.h>

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
area(const double *own, size_t owns, const double *other, size_t others)
{
    size_t below = 0, upto = 0;
    double wins = 0;

    for (size_t i = 0; i < others; i++) {
        while (below < owns && own[below] < other[i]) {
            below++;
        }
        while (upto < owns && own[upto] <= other[i]) {
            upto++;
        }
        wins += (double)below + 0.5 * (double)(upto - below);
    }
    return wins / ((double)owns * (double)others);
}

/*
 * The threshold moves up through her own distances until the share of others
 * that it misses passes the share of hers that it stops.
 */
static double
equal_error(const double *own, size_t owns, const double *other, size_t others)
{
    size_t missed = 0;

    for (size_t i = 0; i < owns; i++) {
        while (missed < others && other[missed] <= own[i]) {
            missed++;
        }
        const double stopped = (double)(owns - 1 - i) / (double)owns;
        const double passed = (double)missed / (double)others;
        if (passed >= stopped) {
            return (passed + stopped) / 2;
        }
    }
    return 0;
}

struct rank
rank_of(double *own, size_t owns, double *other, size_t others)
{
    size_t above = 0;

    qsort(own, owns, sizeof(*own), ascending);
    qsort(other, others, sizeof(*other), ascending);
    const double limit = own[owns - 1 - owns / 20];
    while (above < others && other[others - 1 - above] > limit) {
        above++;
    }
    return (struct rank){
        .auc = area(own, owns, other, others),
        .eer = equal_error(own, owns, other, others),
        .caught = (double)above / (double)others,
    };
}
