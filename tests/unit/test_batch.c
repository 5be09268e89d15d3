#include "kernels/batch.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

enum { SEED = 20240608 };

static float *
random_floats(size_t n, uint64_t seed)
{
    float *const values = malloc(n > 0 ? n * sizeof(*values) : 1);

    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < n; i++) {
        const uint64_t random = hash_mix((SEED + seed) << 32 ^ i);

        values[i] = (float)((int32_t)(random >> 39) - (1 << 24)) * 0x1p-24F;
    }
    return values;
}

static void
scale_to_length_one(float *vectors, size_t n, size_t dim)
{
    for (size_t i = 0; i < n; i++) {
        const float norm = kernel_scalar.norm(vectors + i * dim, dim);

        for (size_t k = 0; k < dim; k++) {
            vectors[i * dim + k] /= norm;
        }
    }
}

static bool
same_side(double got, double want, double threshold)
{
    return (got < threshold) == (want < threshold) &&
           (got <= threshold) == (want <= threshold) &&
           (got == threshold) == (want == threshold);
}

/* Runs batch and checks every score against every threshold and the bound. */
static size_t
check_batch(const struct batch *batch, bool unit_length)
{
    const size_t count = batch->n_queries * batch->n_rows;
    float *const out = random_floats(count, 0);
    const size_t rechecked = batch_dots(kernels_pick(NULL), batch, out);

    for (size_t i = 0; i < count; i++) {
        const size_t q = i / batch->n_rows, r = i % batch->n_rows;
        const double want = (double)kernel_scalar.dot(
            batch->rows + r * batch->dim, batch->queries + q * batch->dim,
            batch->dim);
        const double got = (double)out[i];

        for (size_t t = 0; t < batch->n_thresholds; t++) {
            ck_assert_msg(same_side(got, want, batch->thresholds[t]),
                          "%zu x %zu x %zu, query %zu, row %zu: %a, exact %a, "
                          "threshold %a",
                          batch->n_queries, batch->n_rows, batch->dim, q, r,
                          got, want, batch->thresholds[t]);
        }
        // 1e-5: lengths scaled in float are not quite 1.
        ck_assert(!unit_length ||
                  fabs(got - want) <= batch_error(batch->dim, 1 + 1e-5));
    }
    free(out);
    return rechecked;
}

START_TEST(start_finds_blas_in_order)
{
    ck_assert(batch_init());
    ck_assert_uint_gt(strlen(batch_core()), 0);
}
END_TEST

START_TEST(every_shape_decides_as_the_exact_kernels_do)
{
    static const size_t queries[] = {0, 1, 15, 16, 17, 64, 255, 257};
    static const size_t rows[] = {0, 1, 2, 50, 256, 300, 513};
    static const size_t dims[] = {0, 1, 3, 64, 100, 257};
    const double thresholds[] = {0, 0.1, -0.05};

    ck_assert(batch_init());
    for (size_t i = 0; i < 8 * 7; i++) {
        const size_t dim = dims[i % 6];
        const size_t n_queries = queries[i % 8], n_rows = rows[i / 8];
        float *const q = random_floats(n_queries * dim, 1);
        float *const r = random_floats(n_rows * dim, 2);

        scale_to_length_one(q, n_queries, dim);
        scale_to_length_one(r, n_rows, dim);
        check_batch(
            &(struct batch){q, n_queries, r, n_rows, dim, thresholds, 3}, true);
        free(q);
        free(r);
    }
}
END_TEST

/* Whole numbers of up to 26 bits, so that sums of 257 products stay exact. */
static double *
random_whole(size_t n, uint64_t seed)
{
    double *const values = malloc(n > 0 ? n * sizeof(*values) : 1);

    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < n; i++) {
        const uint64_t random = hash_mix((SEED + seed) << 32 ^ i);

        values[i] = (double)((int64_t)(random >> 42) - (1 << 21));
    }
    return values;
}

/* _i: the shape. Neither what was there before nor what is beside is lost. */
START_TEST(whole_numbers_are_added_without_rounding)
{
    static const size_t sizes[] = {0, 1, 2, 15, 64, 66};
    static const size_t dims[] = {0, 1, 7, 64, 257};
    const size_t n_queries = sizes[_i % 6], n_rows = sizes[_i / 6 % 6];
    const size_t dim = dims[_i / 36], stride = n_rows + 3;
    double *const q = random_whole(n_queries * dim, 1);
    double *const r = random_whole(n_rows * dim, 2);
    double *const out = random_whole(n_queries * stride, 3);
    double *const before = random_whole(n_queries * stride, 3);

    ck_assert(batch_init());
    batch_add_whole(&(struct batch_whole){q, n_queries, r, n_rows, dim}, out,
                    stride);
    for (size_t i = 0; i < n_queries * stride; i++) {
        int64_t want = (int64_t)before[i];
        for (size_t k = 0; k < dim && i % stride < n_rows; k++) {
            want += (int64_t)q[i / stride * dim + k] *
                    (int64_t)r[i % stride * dim + k];
        }
        ck_assert_msg(out[i] == (double)want,
                      "%zu x %zu x %zu, at %zu: %.0f, not %lld", n_queries,
                      n_rows, dim, i, out[i], (long long)want);
    }
    free(q);
    free(r);
    free(out);
    free(before);
}
END_TEST

/*
 * Thresholds laid on exact scores, and one step beside them: BLAS's own bits
 * would decide some of these the other way.
 */
START_TEST(a_threshold_on_a_score_is_decided_exactly)
{
    enum { QUERIES = 32, ROWS = 64, DIM = 1024, LAID = 24 };
    float *const q = random_floats(QUERIES * DIM, 3);
    float *const r = random_floats(ROWS * DIM, 4);
    double thresholds[LAID];
    float *const blas = random_floats(QUERIES * ROWS, 0);
    size_t blas_differs = 0;

    ck_assert(batch_init());
    scale_to_length_one(q, QUERIES, DIM);
    scale_to_length_one(r, ROWS, DIM);
    const struct batch batch = {q, QUERIES, r, ROWS, DIM, thresholds, LAID};

    batch_blas_dots(&batch, blas);
    for (size_t t = 0; t < LAID; t++) {
        const size_t at_q = t % QUERIES, at_r = t * 7 % ROWS;
        const float score =
            kernel_scalar.dot(r + at_r * DIM, q + at_q * DIM, DIM);

        thresholds[t] = t % 3 == 0   ? (double)score
                        : t % 3 == 1 ? (double)nextafterf(score, 2)
                                     : nextafter((double)score, 2);
        blas_differs += blas[at_q * ROWS + at_r] != score;
    }
    ck_assert_uint_ge(check_batch(&batch, true), LAID);
    ck_assert_msg(blas_differs > 0, "this input does not test anything");
    free(blas);
    free(q);
    free(r);
}
END_TEST

START_TEST(few_scores_are_computed_again)
{
    enum { QUERIES = 64, ROWS = 300, DIM = 1024 };
    float *const q = random_floats(QUERIES * DIM, 5);
    float *const r = random_floats(ROWS * DIM, 6);
    const double threshold = 0.05;

    ck_assert(batch_init());
    scale_to_length_one(q, QUERIES, DIM);
    scale_to_length_one(r, ROWS, DIM);
    const size_t again = check_batch(
        &(struct batch){q, QUERIES, r, ROWS, DIM, &threshold, 1}, true);

    ck_assert_msg(again < QUERIES * ROWS / 100, "%zu of %d", again,
                  QUERIES * ROWS);
    free(q);
    free(r);
}
END_TEST

/* Each of these lengths against each, at thresholds of the scores' own size. */
START_TEST(any_size_of_numbers_decides_as_the_exact_kernels_do)
{
    enum { COUNT = 40, DIM = 130, LAID = 20 };
    static const float sizes[] = {1e-30F, 1e-22F, 1,     1e15F,
                                  1e18F,  3e19F,  1e30F, 1e38F};
    float *const q = random_floats(COUNT * DIM, 7);
    float *const r = random_floats(COUNT * DIM, 8);
    double thresholds[LAID];

    ck_assert(batch_init());
    for (size_t i = 0; i < COUNT * DIM; i++) {
        q[i] *= sizes[i / DIM % 8];
        r[i] *= sizes[i / DIM / 8 * 3 % 8];
    }
    for (size_t t = 0; t < LAID; t++) {
        const float score = kernel_scalar.dot(r + (t * 11 % COUNT) * DIM,
                                              q + (t * 3 % COUNT) * DIM, DIM);

        thresholds[t] = isfinite(score) ? (double)score : 0;
    }
    check_batch(&(struct batch){q, COUNT, r, COUNT, DIM, thresholds, LAID},
                false);
    free(q);
    free(r);
}
END_TEST

START_TEST(without_thresholds_nothing_is_computed_again)
{
    float *const v = random_floats(20 * 64, 9);

    ck_assert(batch_init());
    ck_assert_uint_eq(
        check_batch(&(struct batch){v, 20, v, 20, 64, NULL, 0}, false), 0);
    free(v);
}
END_TEST

START_TEST(the_bound_grows_with_width_and_lengths_and_knows_its_end)
{
    ck_assert_double_eq_tol(batch_error(1024, 1), 1.22e-4, 1e-6);
    ck_assert_double_gt(batch_error(1025, 1), batch_error(1024, 1));
    ck_assert_double_gt(batch_error(1024, 1.5), batch_error(1024, 1));
    ck_assert_double_gt(batch_error(1, 0), 0);
    ck_assert_double_eq(batch_error(0, 1), 0);
    ck_assert(isinf(batch_error(1024, (double)FLT_MAX)));
    ck_assert(isinf(batch_error(1024, (double)NAN)));
    ck_assert(isinf(batch_error((size_t)1 << 23, 1)));
    ck_assert(isfinite(batch_error(((size_t)1 << 23) - 1, 1)));
}
END_TEST

/* The same sign everywhere is where BLAS's sums are furthest from ours. */
START_TEST(blas_stays_within_the_bound)
{
    enum { COUNT = 16, DIM = 4097 };
    float *const v = random_floats(COUNT * DIM, 10);
    float out[COUNT * COUNT];
    double worst = 0;

    ck_assert(batch_init());
    for (size_t i = 0; i < COUNT * DIM; i++) {
        v[i] = fabsf(v[i]);
    }
    batch_blas_dots(&(struct batch){v, COUNT, v, COUNT, DIM, NULL, 0}, out);
    for (size_t i = 0; i < COUNT * COUNT; i++) {
        const float *const a = v + i / COUNT * DIM, *const b =
                                                        v + i % COUNT * DIM;
        const double lengths = (double)kernel_scalar.norm(a, DIM) *
                               (double)kernel_scalar.norm(b, DIM);
        const double off =
            fabs((double)out[i] - (double)kernel_scalar.dot(a, b, DIM));

        worst = fmax(worst, off / batch_error(DIM, lengths));
    }
    ck_assert_msg(worst <= 1, "%g of the bound", worst);
    free(v);
}
END_TEST

struct job {
    struct batch batch;
    const float *want;
    bool same;
};

static void *
run_job(void *context)
{
    struct job *const job = context;
    const size_t count = job->batch.n_queries * job->batch.n_rows;
    float *const out = malloc(count * sizeof(*out));

    job->same = out != NULL;
    for (int round = 0; job->same && round < 300; round++) {
        batch_dots(kernels_pick(NULL), &job->batch, out);
        job->same = memcmp(out, job->want, count * sizeof(*out)) == 0;
    }
    free(out);
    return NULL;
}

START_TEST(threads_at_once_get_what_one_gets)
{
    enum { THREADS = 4, COUNT = 48, DIM = 300 };
    float *const v = random_floats(COUNT * DIM, 11);
    float *const want = random_floats(COUNT * COUNT, 0);
    const double threshold = 1;
    const struct batch batch = {v, COUNT, v, COUNT, DIM, &threshold, 1};
    struct job jobs[THREADS];
    pthread_t threads[THREADS];

    ck_assert(batch_init());
    batch_dots(kernels_pick(NULL), &batch, want);
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){batch, want, false};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_job, &jobs[i]),
                         0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(jobs[i].same);
    }
    free(v);
    free(want);
}
END_TEST

START_TEST(blas_alone_has_the_shapes_we_say)
{
    const float rows[] = {1, 2, 3, 4, 5, 6}, query[] = {1, 10, 100};
    float out[2];

    batch_blas_rows(rows, 2, query, 3, out);
    ck_assert(out[0] == 321 && out[1] == 654);
    ck_assert(batch_blas_dot(rows, query, 3) == 321);
}
END_TEST

TEST_MAIN(
    "batch", tcase_add_test(tc, start_finds_blas_in_order);
    tcase_add_loop_test(tc, whole_numbers_are_added_without_rounding, 0,
                        6 * 6 * 5);
    tcase_add_test(tc, every_shape_decides_as_the_exact_kernels_do);
    tcase_add_test(tc, a_threshold_on_a_score_is_decided_exactly);
    tcase_add_test(tc, few_scores_are_computed_again);
    tcase_add_test(tc, any_size_of_numbers_decides_as_the_exact_kernels_do);
    tcase_add_test(tc, without_thresholds_nothing_is_computed_again);
    tcase_add_test(tc,
                   the_bound_grows_with_width_and_lengths_and_knows_its_end);
    tcase_add_test(tc, blas_stays_within_the_bound);
    tcase_add_test(tc, threads_at_once_get_what_one_gets);
    tcase_add_test(tc, blas_alone_has_the_shapes_we_say);)
