#include "tests/unit/harness.h"

#include <math.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/drift_scale.h"

/* Scores as a persona's lines have them: about normal, fixed by the seed. */
static struct drift_scale
some_scale(double *scores, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (uint64_t k = 0; k < 12; k++) {
            sum += (double)(hash_mix(seed + 12 * i + k) >> 11) * 0x1p-53;
        }
        scores[i] = 3 + 2 * (sum - 6);
    }
    return drift_scale_of(scores, count);
}

START_TEST(a_line_of_her_own_has_its_plotting_position)
{
    double scores[50];
    const struct drift_scale s = some_scale(scores, 50, 1);

    for (size_t k = 1; k <= 50; k++) {
        ck_assert_double_eq_tol(drift_scale_share(&s, s.scores[k - 1]),
                                (double)k / 51, 1e-12);
        if (k < 50) {
            const double middle = (s.scores[k - 1] + s.scores[k]) / 2;
            ck_assert_double_eq_tol(drift_scale_share(&s, middle),
                                    ((double)k + 0.5) / 51, 1e-9);
        }
    }
}
END_TEST

START_TEST(shares_never_fall_and_stay_within_0_and_1)
{
    static const size_t counts[] = {1, 2, 3, 20, 50, 400};
    static double scores[400];

    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        const struct drift_scale s = some_scale(scores, counts[c], 7);
        double last = 0;
        for (double score = -400; score <= 400; score += 0.03125) {
            const double share = drift_scale_share(&s, score);
            ck_assert_msg(share >= last - 1e-15 && share <= 1,
                          "%zu lines, score %g: %g after %g", counts[c], score,
                          share, last);
            last = share;
        }
        ck_assert_double_eq_tol(last, 1, 1e-9);
    }
}
END_TEST

START_TEST(tails_are_continuous)
{
    double scores[50];
    const struct drift_scale s = some_scale(scores, 50, 3);
    const double step = 1e-9;

    ck_assert_double_eq_tol(drift_scale_share(&s, s.scores[0] - step), 1 / 51.0,
                            1e-8);
    ck_assert_double_eq_tol(drift_scale_share(&s, s.scores[49] + step),
                            50 / 51.0, 1e-8);
    ck_assert_double_lt(drift_scale_share(&s, s.mean - 6 * s.sd), 1e-6);
    ck_assert_double_gt(drift_scale_share(&s, s.mean + 6 * s.sd), 1 - 1e-6);
}
END_TEST

START_TEST(equal_and_outlying_lines_are_survived)
{
    double same[20], outlier[400];

    for (size_t i = 0; i < 20; i++) {
        same[i] = 1.5;
    }
    for (size_t i = 0; i < 400; i++) {
        outlier[i] = i == 0 ? -1e6 : 1 + (double)i * 1e-9;
    }
    const struct drift_scale a = drift_scale_of(same, 20);
    const struct drift_scale b = drift_scale_of(outlier, 400);
    ck_assert(a.sd > 0);
    ck_assert_double_eq_tol(drift_scale_share(&a, 1.5), 20 / 21.0, 1e-12);
    ck_assert_double_lt(drift_scale_share(&a, 1.4), 1e-3);
    const double beyond = drift_scale_share(&b, -2e6);
    ck_assert(beyond >= 0 && beyond < 1 / 401.0);
}
END_TEST

START_TEST(the_order_of_lines_does_not_matter)
{
    double up[50], down[50];
    const struct drift_scale a = some_scale(up, 50, 9);

    for (size_t i = 0; i < 50; i++) {
        down[i] = up[49 - i];
    }
    const struct drift_scale b = drift_scale_of(down, 50);
    ck_assert(a.mean == b.mean && a.sd == b.sd);
    ck_assert_mem_eq(up, down, sizeof(up));
}
END_TEST

/* The same lines, and a stranger this far below their mean. */
static struct drift_scale
some_anchored(double *scores, size_t count, uint64_t seed, double below)
{
    const double mean = some_scale(scores, count, seed).mean;

    return drift_scale_against(scores, count, mean - below);
}

START_TEST(a_stranger_who_tells_nothing_changes_nothing)
{
    static const double below[] = {0, -1e-9, -5, -1e300};
    double scores[50];
    const struct drift_scale plain = some_scale(scores, 50, 5);

    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        const struct drift_scale s =
            drift_scale_against(scores, 50, plain.mean - below[i]);
        ck_assert(!s.anchored);
        ck_assert(s.mean == plain.mean && s.sd == plain.sd);
        ck_assert(drift_scale_share(&s, 2) == drift_scale_share(&plain, 2));
    }
}
END_TEST

START_TEST(spread_lies_between_the_expected_and_the_shown_one)
{
    static const size_t counts[] = {5, 20, 50, 400};
    static double scores[400];
    double last = 1e9;

    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        // Shown: about 2. Expected: 0.54 times 10.
        const size_t n = counts[c];
        const struct drift_scale s = some_anchored(scores, n, 21, 10);
        const double sure = s.sd / sqrt(1 + 6.5 / (double)n);
        double square = 0;
        for (size_t i = 0; i < n && scores[i] < s.mean; i++) {
            square += (scores[i] - s.mean) * (scores[i] - s.mean);
        }
        const double shown = sqrt(2 * square / (double)n);
        const double want = exp(((double)n * log(shown) + 30 * log(0.54 * 10)) /
                                ((double)n + 30));
        ck_assert(s.anchored);
        ck_assert_double_eq_tol(sure, want, 1e-9);
        ck_assert_msg(sure < last && sure > shown, "%zu lines: %g", n, sure);
        last = sure;
    }
}
END_TEST

START_TEST(only_the_strange_side_spreads)
{
    // Two scales of one mean and one lower half.
    double even[4] = {-1, -1, 1, 1}, skewed[4] = {-1, -1, 0, 2};
    const struct drift_scale a = drift_scale_against(even, 4, -2);
    const struct drift_scale b = drift_scale_against(skewed, 4, -2);

    ck_assert(a.sd == b.sd);
}
END_TEST

START_TEST(no_spread_and_a_wild_one_are_capped)
{
    double same[20], wild[20];

    for (size_t i = 0; i < 20; i++) {
        same[i] = 1.5;
        wild[i] = i == 0 ? -1e9 : 1e9;
    }
    const struct drift_scale a = drift_scale_against(same, 20, 0.5);
    const struct drift_scale b =
        drift_scale_against(wild, 20, wild[19] * 0.9 - 1);
    ck_assert(a.anchored && b.anchored);
    ck_assert(a.sd > 0.054 && a.sd < 0.54);
    const double expected = 0.54 * (b.mean - (wild[19] * 0.9 - 1));
    ck_assert_double_lt(b.sd, 10 * expected * sqrt(1 + 6.5 / 20));
}
END_TEST

START_TEST(anchored_shares_never_fall_nor_jump)
{
    static const size_t counts[] = {1, 2, 3, 20, 50, 400};
    static double scores[400];

    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        const struct drift_scale s = some_anchored(scores, counts[c], 7, 4);
        double last = 0;
        ck_assert(s.anchored);
        for (double score = -100; score <= 100; score += 0x1p-10) {
            const double share = drift_scale_share(&s, score);
            ck_assert_msg(share >= last - 1e-15 && share <= 1 &&
                              share - last < 0.1,
                          "%zu lines, score %g: %g after %g", counts[c], score,
                          share, last);
            last = share;
        }
        ck_assert_double_eq_tol(last, 1, 1e-9);
        ck_assert_double_lt(drift_scale_share(&s, -100), 1e-9);
    }
}
END_TEST

START_TEST(shares_lean_on_everybody_the_more_the_fewer_the_lines)
{
    static double scores[400];
    const struct drift_scale few = some_anchored(scores, 20, 11, 4);
    // No line of hers lies there; of everybody's 3.5 % do.
    const double out = few.mean - 1.5 * few.sd;
    const double alone = drift_scale_share(
        &(struct drift_scale){few.scores, few.count, few.mean, few.sd, false},
        out);

    ck_assert_double_eq_tol(drift_scale_share(&few, out),
                            (20 * alone + 50 * 0.035) / 70, 1e-9);
}
END_TEST

static const struct {
    double share, distance;
} published[] = {
    {0.15, 0.2022}, {0.05, 0.3000}, {0.01, 0.4221}, {0.007, 0.4461},
    {0.5, 0.0792},  {1, 0},         {0, 1},         {0.0196, 0.3739},
};

START_TEST(distances_are_those_that_are_published)
{
    ck_assert_double_eq_tol(
        drift_scale_round(drift_scale_distance(published[_i].share)),
        published[_i].distance, 1e-9);
}
END_TEST

START_TEST(nothing_finite_leaves_0_to_1)
{
    ck_assert_double_eq(drift_scale_distance(-1), 1);
    ck_assert_double_eq(drift_scale_distance(2), 0);
    ck_assert_double_eq(drift_scale_distance((double)NAN), 1);
    ck_assert_double_eq(drift_scale_round(1.7), 1);
    ck_assert_double_eq(drift_scale_round(-0.1), 0);
    ck_assert_double_eq(drift_scale_round(0.12345), 0.1235);
    ck_assert_double_eq(drift_scale_round(0.3), 0.3);
}
END_TEST

static const struct {
    size_t count;
    double rate;
    double threshold; /* below 0: refused */
    const char *says;
} rates[] = {
    {50, 0.05, 0.3, NULL},       {19, 0.05, 0.3, NULL},
    {18, 0.05, -1, "19 lines"},  {50, 0.0196, 0.3739, NULL},
    {50, 0.019, -1, "52 lines"}, {50, 0.01, -1, "99 lines"},
    {99, 0.01, 0.4221, NULL},    {0, 0.5, -1, "1 lines"},
    {50, 0, -1, "between"},      {50, 1, -1, "between"},
    {50, -0.1, -1, "between"},   {50, (double)NAN, -1, "between"},
};

START_TEST(a_rate_takes_enough_lines)
{
    struct err err = {.kind = ERR_NONE};
    double threshold = -1;
    const bool done = drift_scale_threshold(rates[_i].count, rates[_i].rate,
                                            &threshold, &err);

    ck_assert_msg(done == (rates[_i].threshold >= 0), "%d: %s", _i,
                  err.message);
    if (done) {
        ck_assert_double_eq_tol(threshold, rates[_i].threshold, 1e-9);
    } else {
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_msg(strstr(err.message, rates[_i].says) != NULL, "%s",
                      err.message);
    }
}
END_TEST

/* The score of a share has that share, wherever there are lines to tell. */
START_TEST(a_share_has_its_score)
{
    for (size_t count = 1; count <= 60; count++) {
        double scores[60];
        for (size_t i = 0; i < count; i++) {
            scores[i] = (double)(i * i) - 7.5;
        }
        const struct drift_scale scale = drift_scale_of(scores, count);
        for (double rate = 0.005; rate < 1; rate += 0.005) {
            struct err err;
            double threshold;
            const double score = drift_scale_score(&scale, rate);
            if (!drift_scale_threshold(count, rate, &threshold, &err)) {
                ck_assert_msg(isnan(score), "%zu lines, %g", count, rate);
                continue;
            }
            const double most = (double)count / (double)(count + 1);
            const double share = rate < most ? rate : most;
            ck_assert_msg(fabs(drift_scale_share(&scale, score) - share) < 1e-3,
                          "%zu lines, %g: %g", count, rate,
                          drift_scale_share(&scale, score));
        }
    }
}
END_TEST

TEST_MAIN("drift_scale",
          tcase_add_test(tc, a_line_of_her_own_has_its_plotting_position);
          tcase_add_test(tc, shares_never_fall_and_stay_within_0_and_1);
          tcase_add_test(tc, tails_are_continuous);
          tcase_add_test(tc, equal_and_outlying_lines_are_survived);
          tcase_add_test(tc, the_order_of_lines_does_not_matter);
          tcase_add_test(tc, a_stranger_who_tells_nothing_changes_nothing);
          tcase_add_test(tc,
                         spread_lies_between_the_expected_and_the_shown_one);
          tcase_add_test(tc, only_the_strange_side_spreads);
          tcase_add_test(tc, no_spread_and_a_wild_one_are_capped);
          tcase_add_test(tc, anchored_shares_never_fall_nor_jump);
          tcase_add_test(tc,
                         shares_lean_on_everybody_the_more_the_fewer_the_lines);
          tcase_add_loop_test(tc, distances_are_those_that_are_published, 0,
                              sizeof(published) / sizeof(published[0]));
          tcase_add_test(tc, nothing_finite_leaves_0_to_1);
          tcase_add_loop_test(tc, a_rate_takes_enough_lines, 0,
                              sizeof(rates) / sizeof(rates[0]));
          tcase_add_test(tc, a_share_has_its_score);)
