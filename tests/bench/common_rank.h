/*
 * How well a distance tells a persona's own texts from others'.
 */
#ifndef TESTS_BENCH_RANK_H
#define TESTS_BENCH_RANK_H

#include <stddef.h>

struct rank {
    double auc; /* how often another's lies above one of her own, ties half */
    double eer; /* error where as many of hers are above as others below */
    double caught; /* others above all but 5 % of her own */
};

/* Of distances, both > 0 in number; sorts them. */
struct rank
rank_of(double *own, size_t own_count, double *other, size_t other_count);

#endif
