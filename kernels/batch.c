#include "kernels/batch.h"

#include <assert.h>
#include <cblas.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

// Rows and queries at a time: 256 rows of 1,024 are 1 MiB, which stays in the
// second-level cache for the next query.
enum { TILE = 256 };

// Written once, by batch_init, before there are threads.
static bool blas_wrong;

// One caller at a time. A sequential OpenBLAS (Debian's 0.3.21 "serial") hands
// the same work buffer to two threads that call at once: products were wrong by
// orders of magnitude in 1 of 500 calls. Held for one product, over BLAS alone.
static pthread_mutex_t blas_turn = PTHREAD_MUTEX_INITIALIZER;

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

double
batch_error(size_t dim, double lengths)
{
    // Each of the two sums is off by at most g |a| |b|, g = n u / (1 - n u),
    // u = 2^-24, in any order (Higham, "Accuracy and Stability of Numerical
    // Algorithms", 2nd ed., 3.1, and Cauchy-Schwarz); underflow costs less than
    // the smallest normal float per product, even where it flushes to zero.
    const double n_u = (double)dim * 0x1p-24;

    if (n_u >= 0.5 || !(lengths < (double)FLT_MAX / 2)) {
        return (double)INFINITY;
    }
    return 2 * (n_u / (1 - n_u) * lengths + (double)dim * (double)FLT_MIN);
}

/*
 * No less than the length of v[dim], whatever the rounding and underflow of
 * dot: of positive terms it is off by at most dim / 64 + 8 roundings.
 */
static double
length_bound(const struct kernel_set *set, const float *v, size_t dim)
{
    const double squares = (double)set->dot(v, v, dim);
    const double roundings = (double)dim / 64 + 8;

    return sqrt(squares * (1 + roundings * 0x1p-23) + (double)dim * 0x1p-149);
}

static bool
near_threshold(const struct batch *batch, double score, double error)
{
    for (size_t t = 0; t < batch->n_thresholds; t++) {
        // A NaN is near everything.
        if (!(fabs(score - batch->thresholds[t]) > error)) {
            return true;
        }
    }
    return false;
}

struct tile {
    size_t query, n_queries;
    size_t row, n_rows;
    double query_lengths[TILE];
    double longest_row;
};

static size_t
recheck(const struct kernel_set *set, const struct batch *batch,
        const struct tile *tile, float *out)
{
    size_t rechecked = 0;

    for (size_t i = 0; i < tile->n_queries; i++) {
        const float *const query =
            batch->queries + (tile->query + i) * batch->dim;
        float *const scores = out + (tile->query + i) * batch->n_rows;
        const double error =
            batch_error(batch->dim, tile->query_lengths[i] * tile->longest_row);

        for (size_t r = tile->row; r < tile->row + tile->n_rows; r++) {
            if (near_threshold(batch, (double)scores[r], error)) {
                scores[r] =
                    set->dot(batch->rows + r * batch->dim, query, batch->dim);
                rechecked++;
            }
        }
    }
    return rechecked;
}

/* Waits until BLAS may be called; what it returns goes to end_turn. */
static bool
begin_turn(void)
{
    const bool alone = openblas_get_parallel() == OPENBLAS_SEQUENTIAL;

    if (alone) {
        pthread_mutex_lock(&blas_turn);
    }
    return alone;
}

static void
end_turn(bool alone)
{
    if (alone) {
        pthread_mutex_unlock(&blas_turn);
    }
}

/* rows[] and queries[] of one tile through BLAS into their part of out. */
static void
multiply(const struct batch *batch, const struct tile *tile, float *out)
{
    const blasint dim = (blasint)batch->dim;
    const bool alone = begin_turn();

    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
                (blasint)tile->n_queries, (blasint)tile->n_rows, dim, 1,
                batch->queries + tile->query * batch->dim, dim,
                batch->rows + tile->row * batch->dim, dim, 0,
                out + tile->query * batch->n_rows + tile->row,
                (blasint)batch->n_rows);
    end_turn(alone);
}

static size_t
filtered_dots(const struct kernel_set *set, const struct batch *batch,
              float *out)
{
    const size_t dim = batch->dim;
    struct tile tile;
    size_t rechecked = 0;

    for (size_t q = 0; q < batch->n_queries; q += TILE) {
        tile.query = q;
        tile.n_queries = smaller(batch->n_queries - q, TILE);
        for (size_t i = 0; i < tile.n_queries; i++) {
            tile.query_lengths[i] =
                length_bound(set, batch->queries + (q + i) * dim, dim);
        }
        for (size_t r = 0; r < batch->n_rows; r += TILE) {
            tile.row = r;
            tile.n_rows = smaller(batch->n_rows - r, TILE);
            tile.longest_row = 0;
            for (size_t i = r; i < r + tile.n_rows; i++) {
                const double length =
                    length_bound(set, batch->rows + i * dim, dim);

                if (length > tile.longest_row) {
                    tile.longest_row = length;
                }
            }
            multiply(batch, &tile, out);
            rechecked += recheck(set, batch, &tile, out);
        }
    }
    return rechecked;
}

static void
exact_dots(const struct kernel_set *set, const struct batch *batch, float *out)
{
    const size_t dim = batch->dim;

    for (size_t r = 0; r < batch->n_rows; r += TILE) {
        const size_t n_rows = smaller(batch->n_rows - r, TILE);

        for (size_t q = 0; q < batch->n_queries; q++) {
            set->dots(batch->rows + r * dim, n_rows, batch->queries + q * dim,
                      dim, out + q * batch->n_rows + r);
        }
    }
}

size_t
batch_dots(const struct kernel_set *set, const struct batch *batch, float *out)
{
    assert(batch->dim <= INT_MAX && batch->n_rows <= INT_MAX &&
           batch->n_queries <= INT_MAX);
    if (blas_wrong || batch->n_queries < BATCH_QUERIES || batch->dim == 0) {
        exact_dots(set, batch, out);
        return 0;
    }
    return filtered_dots(set, batch, out);
}

/* Adds the dots of whole numbers one product after another. */
static void
add_plainly(const struct batch_whole *batch, double *out, size_t stride)
{
    for (size_t q = 0; q < batch->n_queries; q++) {
        const double *const query = batch->queries + q * batch->dim;
        for (size_t r = 0; r < batch->n_rows; r++) {
            const double *const row = batch->rows + r * batch->dim;
            double sum = 0;
            for (size_t i = 0; i < batch->dim; i++) {
                sum += query[i] * row[i];
            }
            out[q * stride + r] += sum;
        }
    }
}

void
batch_add_whole(const struct batch_whole *batch, double *out, size_t stride)
{
    const blasint dim = (blasint)batch->dim;

    assert(batch->dim <= INT_MAX && stride <= INT_MAX &&
           batch->n_rows <= stride && batch->n_queries <= INT_MAX);
    if (blas_wrong) {
        add_plainly(batch, out, stride);
        return;
    }
    if (batch->n_queries == 0 || batch->n_rows == 0 || batch->dim == 0) {
        return; // BLAS refuses a stride of 0
    }
    const bool alone = begin_turn();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
                (blasint)batch->n_queries, (blasint)batch->n_rows, dim, 1,
                batch->queries, dim, batch->rows, dim, 1, out, (blasint)stride);
    end_turn(alone);
}

/* Does BLAS multiply whole numbers without rounding? */
static bool
whole_is_exact(void)
{
    enum { DIM = 192, COUNT = 12 };
    static double numbers[COUNT * DIM]; // static: 18 KB, at start only
    double got[COUNT * COUNT] = {0}, want[COUNT * COUNT] = {0};
    const struct batch_whole batch = {numbers, COUNT, numbers, COUNT, DIM};

    for (size_t i = 0; i < COUNT * DIM; i++) {
        // Of 22 bits, so that 192 products stay below 2^52.
        numbers[i] = (double)((uint32_t)i * 2654435769u >> 10) - 0x1p21;
    }
    batch_add_whole(&batch, got, COUNT);
    add_plainly(&batch, want, COUNT);
    return memcmp(got, want, sizeof(got)) == 0;
}

bool
batch_init(void)
{
    enum { DIM = 192, COUNT = 24 };
    static float vectors[COUNT * DIM]; // static: 18 KB, at start only
    float got[COUNT * COUNT];
    const struct batch batch = {
        .queries = vectors,
        .n_queries = COUNT,
        .rows = vectors,
        .n_rows = COUNT,
        .dim = DIM,
    };

    for (size_t i = 0; i < COUNT * DIM; i++) {
        // Weyl's sequence, which fills -1..1 evenly.
        vectors[i] = (float)((uint32_t)i * 2654435769u) * 0x1p-31F - 1;
    }
    openblas_set_num_threads(1);
    batch_blas_dots(&batch, got);
    blas_wrong = false;
    for (size_t i = 0; i < COUNT * COUNT; i++) {
        const float want = kernel_scalar.dot(vectors + i / COUNT * DIM,
                                             vectors + i % COUNT * DIM, DIM);

        // DIM: no length squared is more than that.
        if (!(fabs((double)got[i] - (double)want) <= batch_error(DIM, DIM))) {
            blas_wrong = true;
        }
    }
    blas_wrong = !whole_is_exact() || blas_wrong;
    return !blas_wrong;
}

const char *
batch_core(void)
{
    return openblas_get_corename();
}

float
batch_blas_dot(const float *a, const float *b, size_t n)
{
    return cblas_sdot((blasint)n, a, 1, b, 1);
}

void
batch_blas_rows(const float *rows, size_t n_rows, const float *query,
                size_t dim, float *out)
{
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (blasint)n_rows, (blasint)dim, 1,
                rows, (blasint)dim, query, 1, 0, out, 1);
}

void
batch_blas_dots(const struct batch *batch, float *out)
{
    const blasint dim = (blasint)batch->dim;

    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
                (blasint)batch->n_queries, (blasint)batch->n_rows, dim, 1,
                batch->queries, dim, batch->rows, dim, 0, out,
                (blasint)batch->n_rows);
}
