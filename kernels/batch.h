/*
 * Many vectors against many rows, for offline work, casts and large rosters:
 * OpenBLAS does the bulk, and every score that it leaves near a threshold is
 * computed again by the exact kernels. BLAS adds in an order of its own, which
 * changes with its version and the processor; a decision must not.
 *
 * OpenBLAS is told to use one thread: its own threads under ours are slower and
 * spin. batch_init once at start, before threads; then the products are safe
 * from any thread. Where the OpenBLAS installed is a sequential one, threads
 * take turns in it, up to a few milliseconds each: no other lock may be held
 * across a call.
 */
#ifndef KERNELS_BATCH_H
#define KERNELS_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"

struct batch {
    const float *queries; /* [n_queries][dim] */
    size_t n_queries;     /* at most 2^31 - 1, as are the next two */
    const float *rows;    /* [n_rows][dim] */
    size_t n_rows;
    size_t dim;
    const double *thresholds; /* [n_thresholds]: all that a score of this batch
                                 will ever be compared with */
    size_t n_thresholds;
};

/*
 * One thread for BLAS, its buffers allocated and its core chosen, a small
 * product of each kind checked against the exact one.
 *
 *   returns  false where one is wrong: then BLAS is never called and all stays
 *            right; the caller warns
 */
bool batch_init(void);

/* Which code OpenBLAS chose, "SkylakeX", "Haswell": for logs. Static. */
const char *batch_core(void);

/*
 * All dots: out[q][r] belongs to queries[q] and rows[r].
 *
 * For each threshold t, `out < t`, `out <= t` and `out == t` are what they are
 * for the exact dot of the pair; the value itself may differ by batch_error.
 * Below BATCH_QUERIES queries BLAS does not pay and all scores are exact.
 *
 *   set      the process's kernel set
 *   out      [n_queries][n_rows] floats, not overlapping the inputs
 *   returns  how many scores were computed again
 */
size_t
batch_dots(const struct kernel_set *set, const struct batch *batch, float *out);

/* Tables of whole numbers, to be multiplied without any rounding. */
struct batch_whole {
    const double *queries; /* [n_queries][dim] whole numbers */
    size_t n_queries;      /* at most 2^31 - 1, as are the next two */
    const double *rows;    /* [n_rows][dim] whole numbers */
    size_t n_rows;
    size_t dim;
};

/*
 * Adds all dots: out[q * stride + r] has that of queries[q] and rows[r] added.
 *
 * Where |out| plus the sum of |products| is below 2^53 for every pair, no sum
 * of any part of them is ever rounded: so every order of additions gives the
 * same bits, that of BLAS too, and nothing has to be computed again. Callers
 * see to it that it is.
 */
void
batch_add_whole(const struct batch_whole *batch, double *out, size_t stride);

/*
 * Where BLAS begins to pay, recheck included: measured at 256 and 1,024 wide
 * with 16 to 10,000 rows, OpenBLAS's Haswell code breaks even at 8 to 32
 * queries, its SkylakeX code at 4 to 24, by shape.
 */
enum { BATCH_QUERIES = 16 };

/*
 * How far a BLAS dot may lie from the exact kernels', at most: no order of
 * additions, with or without fused multiply-add, can do worse.
 *
 *   dim      width of the vectors
 *   lengths  the product of their two Euclidean lengths, 1 for unit vectors
 *   returns  1.2e-4 for unit vectors of 1,024; infinity where a partial sum
 *            might overflow
 */
double batch_error(size_t dim, double lengths);

/*
 * BLAS bare, to measure ours beside: for `leeway bench kernels` and tests, from
 * one thread. Shapes as in batch_dots, one query for batch_blas_rows.
 */
float batch_blas_dot(const float *a, const float *b, size_t n);
void batch_blas_rows(const float *rows, size_t n_rows, const float *query,
                     size_t dim, float *out);
void batch_blas_dots(const struct batch *batch, float *out);

#endif
