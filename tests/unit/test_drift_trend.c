#include "tests/unit/harness.h"

#include <math.h>

#include "sidecar/engine/drift_trend.h"
#include "tests/unit/support_engine.h"

static struct config_drift
drift_of(enum config_trend_statistic statistic, double slipping_at,
         double lost_at)
{
    return (struct config_drift){.min_chars = 50,
                                 .trend = {.statistic = statistic,
                                           .slipping_at = slipping_at,
                                           .lost_at = lost_at,
                                           .calm = 0.5}};
}

static const double none = (double)NAN;

START_TEST(limits_that_are_not_given_are_the_statistics_own)
{
    static const enum trend_statistic want[] = {
        [CONFIG_TREND_POOLED] = TREND_POOLED,
        [CONFIG_TREND_EWMA] = TREND_EWMA,
        [CONFIG_TREND_CUSUM] = TREND_CUSUM,
        [CONFIG_TREND_JOINT] = TREND_JOINT};
    const enum config_trend_statistic statistic =
        (enum config_trend_statistic)_i;
    struct config_drift drift = drift_of(statistic, none, none);
    struct trend_options options = drift_trend_options(&drift);
    const struct trend_options usual = trend_defaults(want[_i]);
    struct err err;

    ck_assert_int_eq(options.statistic, want[_i]);
    ck_assert_double_eq(options.slipping_at, usual.slipping_at);
    ck_assert_double_eq(options.lost_at, usual.lost_at);
    ck_assert_uint_eq(options.least_chars, 50);
    ck_assert_msg(trend_check(&options, &err), "%s", err.message);

    drift = drift_of(statistic, 1, 9);
    drift.min_chars = 7;
    drift.trend.calm = 0.25;
    options = drift_trend_options(&drift);
    ck_assert(options.slipping_at == 1 && options.lost_at == 9);
    ck_assert(options.least_chars == 7 && options.calm == 0.25);
}
END_TEST

START_TEST(a_session_is_not_lost_before_it_slips)
{
    static const struct {
        double slipping_at, lost_at;
        const char *key; /* NULL: in order */
        const char *says;
    } rows[] = {
        {2.70, 3.30, NULL, ""},
        {3, 3, NULL, ""},
        {3, 2.99, "lost_at", "2.99 is below slipping_at, 3;"},
        {(double)NAN, 2.70, NULL, ""},
        {(double)NAN, 2.69, "lost_at",
         "2.69 is below slipping_at, 2.7, the statistic's own;"},
        {3.30, (double)NAN, NULL, ""},
        {3.31, (double)NAN, "slipping_at",
         "3.31 is above lost_at, 3.3, the statistic's own; give lost_at too"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct config_drift drift =
            drift_of(CONFIG_TREND_POOLED, rows[i].slipping_at, rows[i].lost_at);
        const char *key = NULL;
        struct err err = {.message = ""};
        ck_assert_int_eq(drift_trend_check(&drift, &key, &err),
                         rows[i].key == NULL);
        if (rows[i].key != NULL) {
            ck_assert_str_eq(key, rows[i].key);
            ck_assert_msg(strstr(err.message, rows[i].says) != NULL,
                          "row %zu: %s", i, err.message);
        }
    }
}
END_TEST

START_TEST(a_configuration_out_of_order_is_told_with_its_place)
{
    char *said = support_engine_problems(
        SUPPORT_ENGINE_HEAD "allow_empty: true\n"
                            "drift:\n"
                            "  trend: {lost_at: 2}\n"
                            "personas:\n"
                            "- id: zoe\n"
                            "  drift: {trend: {statistic: ewma, slipping_at: "
                            "2}}\n",
        false);

    ck_assert_msg(strstr(said, ":8:20: drift.trend.lost_at: 2 is below") !=
                      NULL,
                  "%s", said);
    ck_assert_msg(strstr(said, "personas.zoe.drift.trend.slipping_at: 2 is "
                               "above lost_at, 1.36") != NULL,
                  "%s", said);
    free(said);
}
END_TEST

/* A reply as persona_measure leaves it. */
static struct envelope_drift
reply(enum envelope_drift_status status, double deviations, size_t chars)
{
    return (struct envelope_drift){
        .status = status, .deviations = deviations, .chars = chars};
}

START_TEST(short_replies_are_judged_together)
{
    const struct config_drift drift = drift_of(CONFIG_TREND_POOLED, none, none);
    const struct trend_options options = drift_trend_options(&drift);
    const struct envelope_drift short_one = reply(DRIFT_LOW_EVIDENCE, 2.5, 12);
    struct trend trend = {.count = 0};

    for (uint64_t turn = 1; turn <= 5; turn++) {
        const struct envelope_trend t =
            drift_trend_add(&trend, &options, turn, &short_one);
        // Five times 12 characters are the first to be 50 and more.
        ck_assert_int_eq(t.enough, turn == 5);
        ck_assert(text_is(t.state, turn < 5 ? "stable" : "lost"));
        ck_assert_int_eq(t.drifting, turn == 5);
        ck_assert_uint_eq(t.pooled, turn);
        ck_assert_uint_eq(t.from, 1);
        ck_assert_uint_eq(t.chars, 12 * turn);
        ck_assert(text_is(t.statistic, "pooled"));
    }
    const struct envelope_trend t = drift_trend_add(
        &trend, &options, 6, &(struct envelope_drift){.deviations = none});
    ck_assert_uint_eq(t.since, 1);
    ck_assert_double_gt(t.score, 0.5);
    ck_assert_double_gt(t.ewma, 1.25);
}
END_TEST

START_TEST(what_was_not_measured_changes_nothing)
{
    const struct config_drift drift = drift_of(CONFIG_TREND_EWMA, none, none);
    const struct trend_options options = drift_trend_options(&drift);
    struct trend trend = {.count = 0};
    const struct envelope_drift good = reply(DRIFT_OK, 0.5, 100);

    (void)drift_trend_add(&trend, &options, 1, &good);
    for (int s = 0; s < DRIFT_STATUSES; s++) {
        for (int has = 0; has < 2; has++) {
            struct trend copy = trend;
            const struct envelope_drift d =
                reply((enum envelope_drift_status)s, has ? 2 : none, 100);
            const struct envelope_trend t =
                drift_trend_add(&copy, &options, 2, &d);
            const bool counts =
                has && (s == DRIFT_OK || s == DRIFT_LOW_EVIDENCE);
            ck_assert_uint_eq(copy.count, counts ? 2 : 1);
            ck_assert_uint_eq(t.pooled, counts ? 2 : 1);
            ck_assert_double_eq(t.ewma, copy.ewma);
        }
    }
}
END_TEST

TEST_MAIN("drift_trend",
          tcase_add_loop_test(tc,
                              limits_that_are_not_given_are_the_statistics_own,
                              0, TREND_STATISTICS);
          tcase_add_test(tc, a_session_is_not_lost_before_it_slips);
          tcase_add_test(tc,
                         a_configuration_out_of_order_is_told_with_its_place);
          tcase_add_test(tc, short_replies_are_judged_together);
          tcase_add_test(tc, what_was_not_measured_changes_nothing);)
