#include "tests/unit/harness.h"

#include <math.h>
#include <string.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/drift.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/fingerprint_register.h"
#include "tests/unit/support_voice.h"

enum { MOST_ROWS = 96, MOST_DIM = 1024 };

/* About normal, fixed by the seed. */
static double
normal(uint64_t seed)
{
    double sum = 0;

    for (uint64_t k = 0; k < 12; k++) {
        sum += (double)(hash_mix(12 * seed + k) >> 11) * 0x1p-53;
    }
    return sum - 6;
}

/*
 * Rows around `registers` directions that share a part, with noise: row r
 * belongs to register r % registers.
 *
 *   shared  the part of a direction that all registers have, 0..1
 *   noise   length of the noise beside directions of length 1
 */
static void
make_rows(float *rows, size_t count, size_t dim, size_t registers,
          double shared, double noise, uint64_t seed)
{
    const double scale = sqrt((double)dim);

    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < dim; i++) {
            const uint64_t own = seed + 1 + r % registers;
            const double all = normal(seed * 977 + i);
            const double part = normal(own * 65537 + i);
            const double rest = normal((seed + 99 + r) * 1000003 + i);
            rows[r * dim + i] =
                (float)((sqrt(shared) * all + sqrt(1 - shared) * part +
                         noise * rest) /
                        scale);
        }
    }
}

static size_t
split(const float *rows, size_t count, size_t dim, uint8_t *labels)
{
    return fingerprint_register_split(
        &(struct fingerprint_register_rows){&kernel_scalar, rows, count, dim},
        labels);
}

static const struct {
    size_t count, dim, registers;
    double shared, noise;
} known[] = {
    {50, 256, 1, 0, 1},    {50, 1024, 1, 0, 2},   {50, 8, 1, 0, 0.5},
    {20, 256, 1, 0, 1},    {96, 64, 1, 0, 0.7},   {50, 256, 2, 0, 0.7},
    {50, 1024, 2, 0.5, 1}, {50, 32, 2, 0.3, 0.3}, {20, 256, 2, 0.3, 0.5},
    {60, 256, 3, 0.2, 1},  {96, 512, 6, 0.2, 1},  {96, 512, 8, 0.2, 0.4},
};

START_TEST(registers_are_as_many_as_there_are)
{
    static float rows[MOST_ROWS * MOST_DIM];
    uint8_t labels[MOST_ROWS];
    const size_t k = known[_i].registers;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        make_rows(rows, known[_i].count, known[_i].dim, k, known[_i].shared,
                  known[_i].noise, seed);
        ck_assert_uint_eq(split(rows, known[_i].count, known[_i].dim, labels),
                          k);
        for (size_t r = 0; r < known[_i].count; r++) {
            ck_assert_msg(labels[r] == r % k, "row %zu: %d", r, labels[r]);
        }
    }
}
END_TEST

START_TEST(few_rows_and_stragglers_are_no_register)
{
    static float rows[MOST_ROWS * 64];
    uint8_t labels[MOST_ROWS];

    for (size_t count = 1; count <= 2 * FINGERPRINT_REGISTER_LEAST; count++) {
        make_rows(rows, count, 64, 2, 0, 0.3, 3);
        const bool enough = count == 2 * FINGERPRINT_REGISTER_LEAST;
        ck_assert_msg(split(rows, count, 64, labels) == (enough ? 2 : 1),
                      "%zu rows", count);
    }
    // Seven of fifty point elsewhere; the eighth makes them a register.
    for (size_t away = 7; away <= 8; away++) {
        make_rows(rows, 50, 64, 1, 0, 0.3, 3);
        make_rows(rows, away, 64, 1, 0, 0.3, 8);
        ck_assert_msg(split(rows, 50, 64, labels) == away - 6, "%zu away",
                      away);
    }
}
END_TEST

START_TEST(equal_rows_are_one_register)
{
    static float rows[MOST_ROWS * 16];
    uint8_t labels[MOST_ROWS];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows[i] = i % 16 == 3 ? 2.0f : 0.25f;
    }
    ck_assert_uint_eq(split(rows, MOST_ROWS, 16, labels), 1);
}
END_TEST

START_TEST(opposite_rows_are_two_registers)
{
    static float rows[40 * 8];
    uint8_t labels[40];

    memset(rows, 0, sizeof(rows));
    for (size_t r = 0; r < 40; r++) {
        rows[r * 8] = r < 20 ? 1.0f : -1.0f;
        rows[r * 8 + 1 + r % 3] = 0.01f;
    }
    ck_assert_uint_eq(split(rows, 40, 8, labels), 2);
    const struct fingerprint_source source = {TEXT("emb"), rows, 40, 8};
    struct voice_model *model = support_voice_model();
    struct err err;
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    const struct fingerprint_vectors *v = &print->vectors[0];
    ck_assert_uint_eq(v->register_count, 2);
    for (size_t r = 0; r < 40; r++) {
        size_t which = 9;
        const double cosine = fingerprint_nearest_register(
            &kernel_scalar, v, rows + r * 8, &which);
        ck_assert_uint_eq(which, r / 20);
        ck_assert_double_gt(cosine, 0.99);
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(normal_samples_pass_and_two_heaps_do_not)
{
    double sample[60];
    size_t odd = 0;

    for (uint64_t s = 0; s < 200; s++) {
        // Expected places of a normal sample, each moved a little.
        for (size_t i = 0; i < 60; i++) {
            const double p = ((double)i + 0.5) / 60;
            double low = -5, high = 5;
            for (int step = 0; step < 40; step++) {
                const double middle = (low + high) / 2;
                const double z = middle / sqrt(2);
                if (0.5 * erfc(-z) < p) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            sample[i] = low + 1e-4 * (double)(s % 7);
        }
        odd += fingerprint_register_normality(sample, 60) > 1;
    }
    ck_assert_uint_eq(odd, 0);
    for (size_t i = 0; i < 60; i++) {
        sample[i] = (i < 30 ? 0 : 10) + 0.01 * (double)i;
    }
    ck_assert_double_gt(fingerprint_register_normality(sample, 60), 5);
    for (size_t i = 0; i < 60; i++) {
        sample[i] = 4;
    }
    ck_assert_double_eq(fingerprint_register_normality(sample, 60), 0);
}
END_TEST

/*
 * A persona of two manners and a text that has a bit of both: judged by her
 * mean the blend is hers and her own lines are not.
 */
START_TEST(own_lines_of_two_registers_score_lower_than_a_blend)
{
    enum { ROWS = 50, DIM = 256 };
    static float rows[(ROWS + 20) * DIM];
    float blend[DIM];
    struct voice_model *model = support_voice_model();
    struct err err;

    make_rows(rows, ROWS + 20, DIM, 2, 0.2, 0.5, 17);
    const struct fingerprint_source source = {TEXT("emb"), rows, ROWS, DIM};
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    const struct fingerprint_vectors *v = &print->vectors[0];
    ck_assert_uint_eq(v->register_count, 2);
    memcpy(blend, v->centroid, sizeof(blend));

    const struct drift_limits limits = {0.30, DRIFT_COSINE, 0};
    const double bland =
        drift_measure_vector(print, &kernel_scalar, TEXT("emb"), blend, DIM,
                             SIZE_MAX, &limits, &err)
            .score;
    for (size_t r = ROWS; r < ROWS + 20; r++) {
        const struct drift_reading own =
            drift_measure_vector(print, &kernel_scalar, TEXT("emb"),
                                 rows + r * DIM, DIM, SIZE_MAX, &limits, &err);
        ck_assert_msg(own.score < bland, "row %zu: %g, the blend %g", r,
                      own.score, bland);
        ck_assert_uint_eq(own.register_index, r % 2);
        const double by_mean =
            1 - fingerprint_cosine(&kernel_scalar, rows + r * DIM, v->centroid,
                                   DIM);
        ck_assert_msg(by_mean > 0.1, "row %zu by the mean: %g", r, by_mean);
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

static double
length_of(const float *row, size_t dim)
{
    double square = 0;

    for (size_t i = 0; i < dim; i++) {
        square += (double)row[i] * (double)row[i];
    }
    return sqrt(square);
}

/* Each row's calibration score is its cosine where it was never enrolled. */
START_TEST(calibration_leaves_a_row_out_of_its_own_register)
{
    enum { ROWS = 24, DIM = 32 };
    static float rows[ROWS * DIM];
    double scores[ROWS], sum = 0;
    struct voice_model *model = support_voice_model();
    struct err err;

    make_rows(rows, ROWS, DIM, 2, 0.2, 0.4, 5);
    const struct fingerprint_source source = {TEXT("emb"), rows, ROWS, DIM};
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_uint_eq(print->vectors[0].register_count, 2);
    for (size_t r = 0; r < ROWS; r++) {
        double best = -2;
        for (size_t g = 0; g < 2; g++) {
            double mean[DIM] = {0}, dot = 0;
            for (size_t o = g; o < ROWS; o += 2) {
                const double length = length_of(rows + o * DIM, DIM);
                for (size_t i = 0; o != r && i < DIM; i++) {
                    mean[i] += (double)rows[o * DIM + i] / length;
                }
            }
            double square = 0;
            for (size_t i = 0; i < DIM; i++) {
                dot += mean[i] * (double)rows[r * DIM + i];
                square += mean[i] * mean[i];
            }
            best =
                fmax(best, dot / sqrt(square) / length_of(rows + r * DIM, DIM));
        }
        scores[r] = best;
        sum += best;
    }
    ck_assert_double_eq_tol(print->vectors[0].scale.mean, sum / ROWS, 1e-6);
    const struct drift_scale want = drift_scale_of(scores, ROWS);
    for (size_t r = 0; r < ROWS; r++) {
        ck_assert_double_eq_tol(print->vectors[0].scale.scores[r],
                                want.scores[r], 1e-6);
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("fingerprint_register",
          tcase_add_loop_test(tc, registers_are_as_many_as_there_are, 0,
                              sizeof(known) / sizeof(known[0]));
          tcase_add_test(tc, few_rows_and_stragglers_are_no_register);
          tcase_add_test(tc, equal_rows_are_one_register);
          tcase_add_test(tc, opposite_rows_are_two_registers);
          tcase_add_test(tc, normal_samples_pass_and_two_heaps_do_not);
          tcase_add_test(tc,
                         own_lines_of_two_registers_score_lower_than_a_blend);
          tcase_add_test(tc, calibration_leaves_a_row_out_of_its_own_register);)
