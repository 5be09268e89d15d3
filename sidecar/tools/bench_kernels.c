#include "sidecar/tools/bench_kernels.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/batch.h"
#include "kernels/kernels.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/hash.h"

enum {
    ROUNDS = 21,       // odd: the median is one of them
    ROUND_NS = 200000, // far above the clock's own 50 ns
    CONTESTANTS = 8,
    MOST_QUERIES = 256,
    WIDEST = 1536,
    ALIGNMENT = 64 // a cache line, as a mapped fingerprint has it
};

/* What one run works on; each contestant takes what it needs. */
struct load {
    const float *queries; /* [n_queries][dim] */
    size_t n_queries;
    const float *rows; /* [n_rows][dim] */
    size_t n_rows;
    size_t dim;
    float *out; /* [n_queries][n_rows] */
};

struct contestant {
    char name[24];
    void (*run)(const struct kernel_set *set, const struct load *load);
    const struct kernel_set *set;
    double ns[ROUNDS]; /* per run */
};

struct field {
    struct contestant list[CONTESTANTS];
    size_t count;
};

// Results go here, so that no compiler leaves out the work.
static volatile float sink;

/* --- contestants --- */

static void
run_dot(const struct kernel_set *set, const struct load *load)
{
    sink = set->dot(load->rows, load->queries, load->dim);
}

static void
run_cosine(const struct kernel_set *set, const struct load *load)
{
    sink = set->cosine(load->rows, load->queries, load->dim);
}

static void
run_blas_dot(const struct kernel_set *set, const struct load *load)
{
    (void)set;
    sink = batch_blas_dot(load->rows, load->queries, load->dim);
}

static void
run_rows(const struct kernel_set *set, const struct load *load)
{
    for (size_t q = 0; q < load->n_queries; q++) {
        set->dots(load->rows, load->n_rows, load->queries + q * load->dim,
                  load->dim, load->out + q * load->n_rows);
    }
    sink = load->out[0];
}

static void
run_blas_rows(const struct kernel_set *set, const struct load *load)
{
    (void)set;
    batch_blas_rows(load->rows, load->n_rows, load->queries, load->dim,
                    load->out);
    sink = load->out[0];
}

/* The C library looks for a byte that fill() never writes. */
static void
run_read(const struct kernel_set *set, const struct load *load)
{
    const size_t bytes = load->n_rows * load->dim * sizeof(*load->rows);

    (void)set;
    sink = memchr(load->rows, 0xff, bytes) != NULL ? 1 : 0;
}

static struct batch
batch_of(const struct load *load)
{
    // A threshold in the scores' midst, where most are computed again.
    static const double threshold = 0;

    return (struct batch){
        load->queries, load->n_queries, load->rows, load->n_rows,
        load->dim,     &threshold,      1};
}

static void
run_batch(const struct kernel_set *set, const struct load *load)
{
    const struct batch batch = batch_of(load);

    batch_dots(set, &batch, load->out);
    sink = load->out[0];
}

static void
run_blas_batch(const struct kernel_set *set, const struct load *load)
{
    const struct batch batch = batch_of(load);

    (void)set;
    batch_blas_dots(&batch, load->out);
    sink = load->out[0];
}

/* --- measuring --- */

static void
enter(struct field *field, const char *name,
      void (*run)(const struct kernel_set *, const struct load *),
      const struct kernel_set *set)
{
    struct contestant *const c = &field->list[field->count++];

    snprintf(c->name, sizeof(c->name), "%s", name);
    c->run = run;
    c->set = set;
}

static double
time_once(const struct contestant *c, const struct load *load, size_t times)
{
    const uint64_t start = clock_ns();

    for (size_t i = 0; i < times; i++) {
        c->run(c->set, load);
    }
    return (double)(clock_ns() - start) / (double)times;
}

/* How many runs fill a round. */
static size_t
times_of(const struct contestant *c, const struct load *load)
{
    size_t times = 1;

    c->run(c->set, load); // the first run pays for page faults and linking
    while (times < ROUND_NS) {
        const double first = time_once(c, load, times);
        const double second = time_once(c, load, times);
        const double ns = first < second ? first : second;

        if (ns * (double)times >= (double)ROUND_NS) {
            break;
        }
        times *= 2;
    }
    return times;
}

static void
measure(struct field *field, const struct load *load)
{
    size_t times[CONTESTANTS];

    for (size_t i = 0; i < field->count; i++) {
        times[i] = times_of(&field->list[i], load);
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < field->count; i++) {
            field->list[i].ns[round] =
                time_once(&field->list[i], load, times[i]);
        }
    }
}

static int
compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(const double values[ROUNDS])
{
    double sorted[ROUNDS];

    memcpy(sorted, values, sizeof(sorted));
    qsort(sorted, ROUNDS, sizeof(sorted[0]), compare_doubles);
    return sorted[ROUNDS / 2];
}

/* Median over the rounds of a's time by b's. */
static double
ratio(const struct contestant *a, const struct contestant *b)
{
    double ratios[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        ratios[i] = a->ns[i] / b->ns[i];
    }
    return median(ratios);
}

/* Floats of about 0.01 to 0.03, either sign, none of whose bytes is 0xff. */
static void
fill(float *values, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t random = (uint32_t)hash_mix(seed << 40 ^ i);
        const uint32_t bits = 0x3c000000u | (random & 0x80fefefeu);

        memcpy(&values[i], &bits, sizeof(bits));
    }
}

/* --- tables --- */

static void
bench_pairs(FILE *out, const struct load *space)
{
    static const size_t dims[] = {256, 512, 1024, 1536};
    const struct kernel_set *const best = kernels_pick(NULL);

    fprintf(out, "\nOne pair, ns (x: %s beside cblas_sdot)\n%6s", best->name,
            "dim");
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((*set)->usable()) {
            fprintf(out, " %8s", (*set)->name);
        }
    }
    fprintf(out, " %11s %6s %8s\n", "cblas_sdot", "x", "cosine");
    for (size_t i = 0; i < sizeof(dims) / sizeof(dims[0]); i++) {
        struct load load = *space;
        struct field field = {.count = 0};

        load.dim = dims[i];
        enter(&field, "cblas_sdot", run_blas_dot, NULL);
        enter(&field, "cosine", run_cosine, best);
        for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
            if ((*set)->usable()) {
                enter(&field, (*set)->name, run_dot, *set);
            }
        }
        measure(&field, &load);
        fprintf(out, "%6zu", load.dim);
        for (size_t c = 2; c < field.count; c++) {
            fprintf(out, " %8.1f", median(field.list[c].ns));
        }
        // The sets stand best first.
        fprintf(out, " %11.1f %6.2f %8.1f\n", median(field.list[0].ns),
                ratio(&field.list[2], &field.list[0]),
                median(field.list[1].ns));
    }
}

static void
bench_one_row_count(FILE *out, const struct load *load)
{
    const struct kernel_set *const best = kernels_pick(NULL);
    const double bytes = (double)(load->n_rows * load->dim) * sizeof(float);
    struct field field = {.count = 0};
    const struct contestant *const read = &field.list[0];
    const struct contestant *const ours = &field.list[1];
    const struct contestant *const blas = &field.list[2];

    enter(&field, "memory", run_read, NULL);
    enter(&field, best->name, run_rows, best);
    enter(&field, "cblas_sgemv", run_blas_rows, NULL);
    measure(&field, load);
    fprintf(out, "%6zu %8zu %12.2f %8.1f %8.2f %12.2f %6.2f %12.1f\n",
            load->dim, load->n_rows, median(ours->ns) / 1000,
            bytes / median(ours->ns), ratio(read, ours),
            median(blas->ns) / 1000, ratio(ours, blas),
            bytes / median(read->ns));
}

static void
bench_rows(FILE *out, const struct load *space, size_t floats)
{
    static const size_t dims[] = {256, 1024};
    static const size_t counts[] = {10, 1000, 10000, 100000};

    fprintf(out,
            "\nOne query, many rows (share: of the speed at which memchr reads "
            "the same bytes;\nx: beside cblas_sgemv)\n"
            "%6s %8s %12s %8s %8s %12s %6s %12s\n",
            "dim", "rows", "us", "GB/s", "share", "sgemv us", "x",
            "memchr GB/s");
    for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
        for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
            struct load load = *space;

            load.dim = dims[d];
            load.n_rows = counts[n];
            load.n_queries = 1;
            if (load.dim * load.n_rows <= floats) {
                bench_one_row_count(out, &load);
            } else {
                fprintf(out, "%6zu %8zu  left out: not enough memory free\n",
                        load.dim, load.n_rows);
            }
        }
    }
}

static void
bench_batches(FILE *out, const struct load *space)
{
    static const size_t dims[] = {256, 1024};
    static const size_t counts[] = {4, 12, 16, 64, MOST_QUERIES};
    const struct kernel_set *const best = kernels_pick(NULL);

    fprintf(out,
            "\nMany queries, 1000 rows, ns per pair (again: computed exactly; "
            "x: batch beside\ncblas_sgemm; BLAS is used from %d queries on)\n"
            "%6s %8s %10s %10s %8s %12s %6s\n",
            BATCH_QUERIES, "dim", "queries", best->name, "batch", "again",
            "cblas_sgemm", "x");
    for (size_t i = 0; i < 2 * sizeof(counts) / sizeof(counts[0]); i++) {
        struct load load = *space;
        struct field field = {.count = 0};

        load.dim = dims[i / (sizeof(counts) / sizeof(counts[0]))];
        load.n_queries = counts[i % (sizeof(counts) / sizeof(counts[0]))];
        load.n_rows = 1000;
        enter(&field, best->name, run_rows, best);
        enter(&field, "batch", run_batch, best);
        enter(&field, "cblas_sgemm", run_blas_batch, NULL);
        measure(&field, &load);

        const struct batch batch = batch_of(&load);
        const double pairs = (double)(load.n_queries * load.n_rows);
        const double again = (double)batch_dots(best, &batch, load.out);

        fprintf(out, "%6zu %8zu %10.1f %10.1f %7.2f%% %12.1f %6.2f\n", load.dim,
                load.n_queries, median(field.list[0].ns) / pairs,
                median(field.list[1].ns) / pairs, 100 * again / pairs,
                median(field.list[2].ns) / pairs,
                ratio(&field.list[1], &field.list[2]));
    }
}

/* --- the whole --- */

static bool
sets_are_right(FILE *out)
{
    bool right = true;

    fprintf(out, "Kernel sets:");
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((*set)->usable()) {
            const bool passes = kernels_self_test(*set);

            fprintf(out, " %s%s", (*set)->name,
                    passes ? "" : " (WRONG ANSWERS)");
            right = right && passes;
        }
    }
    fprintf(out, "; OpenBLAS: %s%s\n", batch_core(),
            batch_init() ? "" : " (WRONG ANSWERS)");
    return right;
}

/* The most floats that half of the free memory holds, at most `most`. */
static size_t
floats_to_use(size_t most)
{
    const long pages = sysconf(_SC_AVPHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);

    if (pages <= 0 || page <= 0) {
        return most;
    }
    const size_t half = (size_t)pages / 2 * ((size_t)page / sizeof(float));

    return half < most ? half : most;
}

int
bench_kernels_run(FILE *out)
{
    const size_t least = (size_t)1000 * WIDEST;
    const size_t most = (size_t)100000 * 1024;
    const size_t fit = floats_to_use(most) / ALIGNMENT * ALIGNMENT;
    const size_t floats = fit > least ? fit : least;
    const size_t n_queries = (size_t)MOST_QUERIES * WIDEST;
    const size_t n_out = (size_t)MOST_QUERIES * 1000;
    float *const rows = aligned_alloc(ALIGNMENT, floats * sizeof(*rows));
    float *const queries =
        aligned_alloc(ALIGNMENT, n_queries * sizeof(*queries));
    float *const scores = aligned_alloc(ALIGNMENT, n_out * sizeof(*scores));
    int status = 1;

    if (rows == NULL || queries == NULL || scores == NULL) {
        fprintf(out, "bench kernels: not enough memory\n");
    } else if (sets_are_right(out)) {
        const struct load space = {.queries = queries,
                                   .n_queries = 1,
                                   .rows = rows,
                                   .n_rows = 1,
                                   .out = scores};

        fill(rows, floats, 1);
        fill(queries, n_queries, 2);
        bench_pairs(out, &space);
        bench_rows(out, &space, floats);
        bench_batches(out, &space);
        status = 0;
    }
    free(rows);
    free(queries);
    free(scores);
    return status;
}
