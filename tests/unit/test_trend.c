#include "tests/unit/harness.h"

#include <math.h>
#include <string.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/drift_scale.h"
#include "sidecar/engine/trend.h"

enum { CHARS = 120 };

/* The reading after `count` replies; turns are numbered from `first`. */
static struct trend_reading
feed(struct trend *t, const struct trend_options *o, uint64_t first,
     const double *deviations, size_t count)
{
    struct trend_reading r = trend_now(t, o);

    for (size_t i = 0; i < count; i++) {
        r = trend_add(t, o,
                      &(struct trend_turn){first + i, deviations[i], CHARS});
    }
    return r;
}

static struct trend_reading
repeat(struct trend *t, const struct trend_options *o, uint64_t first,
       double deviations, size_t count)
{
    struct trend_reading r = trend_now(t, o);

    for (size_t i = 0; i < count; i++) {
        r = feed(t, o, first + i, &deviations, 1);
    }
    return r;
}

/* About normal with mean 0 and deviation 1, fixed by the seed. */
static double
own(uint64_t seed)
{
    double sum = 0;

    for (uint64_t k = 0; k < 12; k++) {
        sum += (double)(hash_mix(12 * seed + k) >> 11) * 0x1p-53;
    }
    return sum - 6;
}

START_TEST(no_reply_is_stable_and_nothing_to_judge)
{
    const struct trend t = {.count = 0};

    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options o = trend_defaults((enum trend_statistic)s);
        const struct trend_reading r = trend_now(&t, &o);
        ck_assert_int_eq(r.state, TREND_STABLE);
        ck_assert(!r.enough && !r.changed);
        ck_assert_uint_eq(r.pooled, 0);
        ck_assert_uint_eq(r.since, 0);
        ck_assert_double_eq(r.statistic, 0);
        ck_assert_double_eq(r.distance, 0);
    }
}
END_TEST

START_TEST(pool_is_the_mean_of_the_last_five_times_their_root)
{
    static const double d[] = {0.5, -1, 2, 0.25, 1.5, -0.75, 1};
    const struct trend_options o = trend_defaults(TREND_POOLED);
    struct trend t = {.count = 0};

    for (size_t n = 1; n <= 7; n++) {
        const struct trend_reading r = feed(&t, &o, n, &d[n - 1], 1);
        const size_t pooled = n < 5 ? n : 5;
        double sum = 0;
        for (size_t i = n - pooled; i < n; i++) {
            sum += d[i];
        }
        ck_assert_uint_eq(r.pooled, pooled);
        ck_assert_uint_eq(r.from, n - pooled + 1);
        ck_assert_uint_eq(r.chars, pooled * CHARS);
        ck_assert_double_eq(r.deviation, sum / sqrt((double)pooled));
        ck_assert_double_eq(r.statistic, r.deviation);
    }
}
END_TEST

START_TEST(moving_mean_and_sum_follow_their_recurrences)
{
    const struct trend_options e = trend_defaults(TREND_EWMA);
    const struct trend_options c = trend_defaults(TREND_CUSUM);
    struct trend a = {.count = 0}, b = {.count = 0};
    double ewma = 0, cusum = 0;

    for (uint64_t i = 0; i < 200; i++) {
        const double d = own(i);
        ewma += 0.3 * (d - ewma);
        cusum = fmax(0, cusum + (d - 0.75));
        ck_assert_double_eq_tol(feed(&a, &e, i, &d, 1).statistic, ewma, 1e-12);
        ck_assert_double_eq_tol(feed(&b, &c, i, &d, 1).statistic, cusum, 1e-12);
    }
}
END_TEST

START_TEST(joint_is_the_greater_of_the_last_five_and_the_last_three)
{
    const struct trend_options j = trend_defaults(TREND_JOINT);
    struct trend t = {.count = 0};
    double d[200];
    size_t by_five = 0, by_three = 0;

    for (size_t i = 0; i < 200; i++) {
        d[i] = own(i) + (i % 50 > 40 ? 2 : 0);
        const double got = feed(&t, &j, i, &d[i], 1).statistic;
        double sum = 0, pools[2] = {0, 0};
        for (size_t k = 0; k < 5 && k <= i; k++) {
            sum += fmax(-3, fmin(d[i - k], 3));
            pools[0] = sum / sqrt((double)k + 1);
            pools[1] = k < 3 ? pools[0] : pools[1];
        }
        ck_assert_double_eq_tol(got, fmax(pools[0], pools[1]), 1e-12);
        by_five += pools[0] > pools[1];
        by_three += pools[1] > pools[0];
    }
    ck_assert(by_five > 20 && by_three > 20);
}
END_TEST

START_TEST(one_reply_counts_for_three_deviations_at_most)
{
    const struct trend_options o = trend_defaults(TREND_POOLED);
    struct trend far = {.count = 0}, three = {.count = 0};
    const double near = 3, wild = 1e300;

    ck_assert_double_eq(feed(&far, &o, 1, &wild, 1).deviation,
                        feed(&three, &o, 1, &near, 1).deviation);
    const double low = -3, lowest = -1e300;
    ck_assert_double_eq(feed(&far, &o, 2, &lowest, 1).deviation,
                        feed(&three, &o, 2, &low, 1).deviation);
}
END_TEST

START_TEST(state_changes_exactly_at_each_limit)
{
    const struct trend_options o = {TREND_POOLED, 1.0, 2.0, 0.5, 0};
    static const struct {
        double first;
        enum trend_state state;
    } rows[] = {
        {0.9999, TREND_STABLE}, {1.0, TREND_SLIPPING}, {1.9999, TREND_SLIPPING},
        {2.0, TREND_LOST},      {2.5, TREND_LOST},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trend t = {.count = 0};
        const struct trend_reading r = feed(&t, &o, 1, &rows[i].first, 1);
        ck_assert_msg(r.state == rows[i].state, "%g: %s", rows[i].first,
                      trend_state_name(r.state));
        ck_assert(r.changed == (r.state != TREND_STABLE));
        ck_assert(!trend_now(&t, &o).changed);
    }
}
END_TEST

START_TEST(state_improves_only_below_the_calm_part_of_its_limit)
{
    const struct trend_options o = {TREND_EWMA, 0.6, 0.9, 0.5, 0};
    struct trend t = {.count = 0};
    static const double drift[] = {3, 3};
    enum trend_state last = feed(&t, &o, 1, drift, 2).state;

    ck_assert_int_eq(last, TREND_LOST);
    for (uint64_t turn = 3; turn < 40; turn++) {
        const struct trend_reading r = repeat(&t, &o, turn, 0, 1);
        const double limit = last == TREND_LOST ? 0.45 : 0.3;
        const enum trend_state want =
            r.statistic < limit && last != TREND_STABLE
                ? (enum trend_state)(last - 1)
                : last;
        ck_assert_msg(r.state == want, "turn %d at %g: %s", (int)turn,
                      r.statistic, trend_state_name(r.state));
        last = r.state;
    }
    ck_assert_int_eq(last, TREND_STABLE);
}
END_TEST

START_TEST(steady_drift_is_found_and_dated)
{
    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options o = trend_defaults((enum trend_statistic)s);
        struct trend t = {.count = 0};
        (void)repeat(&t, &o, 1, 0.1, 20);
        ck_assert_int_eq(trend_now(&t, &o).state, TREND_STABLE);
        const struct trend_reading r = repeat(&t, &o, 21, 2.0, 5);
        ck_assert_msg(r.state != TREND_STABLE, "%s",
                      trend_statistic_name(o.statistic));
        ck_assert_uint_eq(r.since, 21);
        // The date stays where the state gets worse or a little better.
        const struct trend_reading later = repeat(&t, &o, 26, 2.0, 40);
        ck_assert_int_eq(later.state, TREND_LOST);
        ck_assert_uint_eq(later.since, 21);
    }
}
END_TEST

START_TEST(she_is_found_again_soon_after_a_long_drift)
{
    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options o = trend_defaults((enum trend_statistic)s);
        struct trend t = {.count = 0};
        (void)repeat(&t, &o, 1, 3.0, 500);
        const struct trend_reading r = repeat(&t, &o, 501, 0, 12);
        ck_assert_msg(r.state == TREND_STABLE, "%s: %g",
                      trend_statistic_name(o.statistic), r.statistic);
        ck_assert_uint_eq(r.since, 0);
    }
}
END_TEST

START_TEST(short_replies_are_judged_together)
{
    const struct trend_options o = {TREND_POOLED, 2, 3, 0.5, 50};
    struct trend t = {.count = 0};

    for (uint64_t turn = 1; turn <= 4; turn++) {
        const struct trend_reading r =
            trend_add(&t, &o, &(struct trend_turn){turn, 2.5, 13});
        ck_assert_msg(r.enough == (turn == 4), "turn %d", (int)turn);
        ck_assert_msg((r.state != TREND_STABLE) == (turn == 4), "turn %d",
                      (int)turn);
    }
    ck_assert_uint_eq(trend_now(&t, &o).since, 1);
}
END_TEST

START_TEST(distance_is_the_wire_scale_of_the_share)
{
    const struct trend_options o = trend_defaults(TREND_POOLED);
    double last = -1;

    for (double d = -3; d <= 3; d += 0.01) {
        struct trend t = {.count = 0};
        const struct trend_reading r = repeat(&t, &o, 1, d, 5);
        ck_assert(r.distance >= last && r.distance >= 0 && r.distance <= 1);
        ck_assert_double_eq(r.distance, drift_scale_round(r.distance));
        last = r.distance;
    }
    // 1.6449 deviations are a share of 5 %, which the wire calls 0.30.
    struct trend t = {.count = 0};
    const double five = 1.6448536269514722;
    ck_assert_double_eq_tol(repeat(&t, &o, 1, five, 1).distance, 0.30, 1e-4);
    struct trend u = {.count = 0};
    ck_assert_double_eq_tol(repeat(&u, &o, 1, five / sqrt(5), 5).distance, 0.30,
                            1e-4);
}
END_TEST

START_TEST(huge_texts_do_not_overflow)
{
    const struct trend_options o = trend_defaults(TREND_POOLED);
    struct trend t = {.count = 0};

    for (uint64_t turn = 1; turn <= 5; turn++) {
        (void)trend_add(&t, &o, &(struct trend_turn){turn, 0, SIZE_MAX});
    }
    ck_assert_uint_eq(trend_now(&t, &o).chars, SIZE_MAX);
}
END_TEST

START_TEST(few_sessions_of_her_own_alarm)
{
    // Of 500. The limits were set on real replies, which lie a tenth of a
    // deviation nearer to her than these, so that more of these alarm.
    static const int most[TREND_STATISTICS] = {[TREND_POOLED] = 75,
                                               [TREND_EWMA] = 75,
                                               [TREND_CUSUM] = 125,
                                               [TREND_JOINT] = 85};

    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options o = trend_defaults((enum trend_statistic)s);
        int alarms = 0;
        for (uint64_t session = 0; session < 500; session++) {
            struct trend t = {.count = 0};
            bool alarm = false;
            for (uint64_t turn = 1; turn <= 50; turn++) {
                const double d = own(session * 50 + turn);
                alarm =
                    alarm || feed(&t, &o, turn, &d, 1).state != TREND_STABLE;
            }
            alarms += alarm;
        }
        ck_assert_msg(alarms > 0 && alarms <= most[s], "%s: %d of 500",
                      trend_statistic_name(o.statistic), alarms);
    }
}
END_TEST

START_TEST(bad_options_are_named)
{
    static const struct {
        struct trend_options options;
        const char *word; // NULL: fine
    } rows[] = {
        {{TREND_POOLED, 1, 1, 0, 0}, NULL},
        {{TREND_CUSUM, 1, 2, 1, 0}, NULL},
        {{TREND_STATISTICS, 1, 2, 0.5, 0}, "statistic"},
        {{TREND_POOLED, 0, 2, 0.5, 0}, "slipping_at"},
        {{TREND_POOLED, (double)NAN, 2, 0.5, 0}, "slipping_at"},
        {{TREND_POOLED, (double)INFINITY, (double)INFINITY, 0.5, 0},
         "slipping_at"},
        {{TREND_POOLED, 2, 1.99, 0.5, 0}, "lost_at"},
        {{TREND_POOLED, 2, (double)NAN, 0.5, 0}, "lost_at"},
        {{TREND_POOLED, 1, 2, -0.01, 0}, "calm"},
        {{TREND_POOLED, 1, 2, 1.01, 0}, "calm"},
        {{TREND_POOLED, 1, 2, (double)NAN, 0}, "calm"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        const bool fine = trend_check(&rows[i].options, &err);
        ck_assert_msg(fine == (rows[i].word == NULL), "row %zu", i);
        ck_assert_msg(fine || strstr(err.message, rows[i].word) != NULL,
                      "row %zu: %s", i, err.message);
    }
    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options o = trend_defaults((enum trend_statistic)s);
        struct err err;
        ck_assert(trend_check(&o, &err));
    }
}
END_TEST

TEST_MAIN(
    "trend", tcase_add_test(tc, no_reply_is_stable_and_nothing_to_judge);
    tcase_add_test(tc, pool_is_the_mean_of_the_last_five_times_their_root);
    tcase_add_test(tc, moving_mean_and_sum_follow_their_recurrences);
    tcase_add_test(tc,
                   joint_is_the_greater_of_the_last_five_and_the_last_three);
    tcase_add_test(tc, one_reply_counts_for_three_deviations_at_most);
    tcase_add_test(tc, state_changes_exactly_at_each_limit);
    tcase_add_test(tc, state_improves_only_below_the_calm_part_of_its_limit);
    tcase_add_test(tc, steady_drift_is_found_and_dated);
    tcase_add_test(tc, she_is_found_again_soon_after_a_long_drift);
    tcase_add_test(tc, short_replies_are_judged_together);
    tcase_add_test(tc, distance_is_the_wire_scale_of_the_share);
    tcase_add_test(tc, huge_texts_do_not_overflow);
    tcase_add_test(tc, few_sessions_of_her_own_alarm);
    tcase_add_test(tc, bad_options_are_named);)
