#include "tests/unit/harness.h"

#include <math.h>

#include "sidecar/engine/drift.h"
#include "tests/unit/support_voice.h"

static const struct drift_limits usual = {0.30, DRIFT_CALIBRATED,
                                          DRIFT_LEAST_CHARS};

static struct drift_reading
read_text(const struct voice_model *model, const struct fingerprint *print,
          struct text text, const struct drift_limits *limits)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice voice;
    struct err err;

    ck_assert(voice_read(model, text, arena, &voice, &err));
    const struct drift_reading r = drift_measure(print, &voice, limits);
    arena_free(arena);
    return r;
}

static const char *const personas[] = {
    "falstaff", "algernon", "zarathustra", "huck", "pooter", "judy", "hamlet"};
enum { PERSONAS = sizeof(personas) / sizeof(personas[0]) };

static double
mean_score(const struct voice_model *model, const struct fingerprint *print,
           const char *whose, size_t *alerts)
{
    struct support_lines lines =
        support_voice_lines("tests/data/voices", whose);
    double sum = 0;

    *alerts = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const struct drift_reading r =
            read_text(model, print, lines.at[i], &usual);
        ck_assert_int_eq(r.status, DRIFT_OK);
        sum += r.score;
        *alerts += r.alert;
    }
    const double mean = sum / (double)lines.count;
    support_voice_lines_clear(&lines);
    return mean;
}

/* Lines that the fingerprint never saw, thirty a persona. */
START_TEST(each_shipped_persona_is_nearest_to_herself)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, personas[_i], 100);
    size_t alerts, others;
    const double own = mean_score(model, print, personas[_i], &alerts);

    ck_assert_msg(alerts <= 6, "%s: %zu of 30 own lines alert", personas[_i],
                  alerts);
    for (size_t p = 0; p < PERSONAS; p++) {
        if (p == (size_t)_i) {
            continue;
        }
        const double other = mean_score(model, print, personas[p], &others);
        ck_assert_msg(other > own + 0.03, "%s: own %g, %s %g", personas[_i],
                      own, personas[p], other);
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(an_assistant_is_none_of_them)
{
    static const char *const replies[] = {
        "Certainly! Here are some tips that can help you get started with "
        "your project. First, make sure to define your goals clearly.",
        "I'm sorry, but I can't help with that request. As an AI language "
        "model, my purpose is to provide helpful and accurate information.",
        "I understand that you're feeling overwhelmed. It's important to "
        "remember that seeking support from a professional can be helpful.",
    };
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, personas[_i], 100);

    size_t alerts = 0;
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct drift_reading r =
            read_text(model, print, text_of(replies[i]), &usual);
        alerts += r.alert;
        sum += r.score;
    }
    ck_assert_msg(alerts >= 2 && sum / 3 > 0.3, "%s: %zu of 3, mean %g",
                  personas[_i], alerts, sum / 3);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(an_alert_is_a_score_at_or_above_the_threshold)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "hamlet", 50);
    struct support_lines lines = support_voice_lines("config/voices", "judy");

    for (size_t i = 0; i < lines.count; i++) {
        struct drift_limits limits = {0.3, DRIFT_CALIBRATED, 0};
        const double score =
            read_text(model, print, lines.at[i], &limits).score;
        const double near[] = {
            score, score + 0.00004, score - 0.0001, score + 0.0001, 0, 1};
        for (size_t k = 0; k < sizeof(near) / sizeof(near[0]); k++) {
            limits.threshold = near[k];
            const struct drift_reading r =
                read_text(model, print, lines.at[i], &limits);
            ck_assert(r.score == score);
            ck_assert_msg(r.alert == (r.score >= r.threshold),
                          "%.17g against %.17g", r.score, r.threshold);
        }
        limits.threshold = score;
        ck_assert(read_text(model, print, lines.at[i], &limits).alert);
    }
    support_voice_lines_clear(&lines);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(a_short_text_is_scored_but_never_alerts)
{
    /* 49, 50 and 51 code points, with one character of two bytes. */
    static const char text[] =
        "Certainly! I'd be d\xc3\xa9lighted to assist you today!!!!";
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "huck", 50);

    ck_assert_uint_eq(sizeof(text) - 1, 52);
    for (size_t cut = 0; cut <= 2; cut++) {
        const struct drift_reading r = read_text(
            model, print, (struct text){text, sizeof(text) - 1 - cut}, &usual);
        ck_assert(r.measured);
        ck_assert_int_eq(r.status, cut < 2 ? DRIFT_OK : DRIFT_LOW_EVIDENCE);
        ck_assert(r.alert == (cut < 2 && r.score >= r.threshold));
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(what_cannot_be_measured_says_why)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "huck", 50);
    struct drift_reading r = read_text(model, NULL, TEXT("Hello"), &usual);

    ck_assert_int_eq(r.status, DRIFT_NO_FINGERPRINT);
    ck_assert(!r.measured && !r.alert);
    r = read_text(model, print, TEXT(" ** "), &usual);
    ck_assert_int_eq(r.status, DRIFT_NOT_APPLICABLE);
    ck_assert(!r.measured && !r.alert);
    ck_assert_double_eq(r.threshold, 0.3);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(raw_is_a_cosine_distance_and_the_cosine_scale_shows_it)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "judy", 50);
    const struct drift_limits limits = {0.99, DRIFT_COSINE, 0};
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    double last_raw = -1, last_percentile = 2;

    for (size_t i = 0; i < lines.count; i++) {
        const struct drift_reading r =
            read_text(model, print, lines.at[i], &limits);
        ck_assert(r.raw >= 0 && r.raw <= 2);
        ck_assert(r.score == drift_scale_round(r.raw < 1 ? r.raw : 1));
        ck_assert(i == 0 ||
                  (r.raw - last_raw) * (r.percentile - last_percentile) <= 0);
        last_raw = r.raw;
        last_percentile = r.percentile;
    }
    support_voice_lines_clear(&lines);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(quotes_dashes_and_markdown_do_not_move_a_score)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "algernon", 60);
    const struct drift_reading a =
        read_text(model, print,
                  TEXT("\"My dear fellow\" - he said - it's quite absurd... "
                       "to be so serious--really."),
                  &usual);
    const struct drift_reading b = read_text(
        model, print,
        TEXT("\xe2\x80\x9cMy **dear** fellow\xe2\x80\x9d \xe2\x80\x93 "
             "he\xc2\xa0said \xe2\x80\x93\nit\xe2\x80\x99s quite "
             "ab\xe2\x80\x8bsurd\xe2\x80\xa6 to be _so_ "
             "serious\xe2\x80\x94really.\n"),
        &usual);

    ck_assert(a.score == b.score && a.raw == b.raw &&
              a.percentile == b.percentile && a.status == b.status);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

/* Rows of a persona: the first axis and a little of one other each. */
static struct fingerprint *
vector_print(const struct voice_model *model, size_t rows)
{
    static float at[64 * 8];
    struct err err;

    memset(at, 0, sizeof(at));
    for (size_t r = 0; r < rows; r++) {
        at[r * 8] = 2;
        at[r * 8 + 1 + r % 7] = 0.5f + 0.01f * (float)r;
    }
    const struct fingerprint_source source = {TEXT("emb-1"), at, rows, 8};
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    return print;
}

START_TEST(the_same_vector_is_at_0_and_the_opposite_at_2)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = vector_print(model, 30);
    const struct drift_limits limits = {0.3, DRIFT_COSINE, 50};
    const float *centroid = print->vectors[0].centroid;
    float opposite[8];
    struct err err;

    for (size_t i = 0; i < 8; i++) {
        opposite[i] = -40 * centroid[i];
    }
    struct drift_reading r =
        drift_measure_vector(print, &kernel_scalar, TEXT("emb-1"), centroid, 8,
                             SIZE_MAX, &limits, &err);
    ck_assert_int_eq(r.status, DRIFT_OK);
    ck_assert(r.raw == 0 && r.score == 0 && !r.alert);
    r = drift_measure_vector(print, &kernel_scalar, TEXT("emb-1"), opposite, 8,
                             SIZE_MAX, &limits, &err);
    ck_assert(r.raw == 2 && r.score == 1 && r.alert);
    r = drift_measure_vector(print, &kernel_scalar, TEXT("emb-1"), opposite, 8,
                             49, &limits, &err);
    ck_assert_int_eq(r.status, DRIFT_LOW_EVIDENCE);
    ck_assert(!r.alert);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(vectors_may_be_calibrated_where_there_are_enough)
{
    struct voice_model *model = support_voice_model();
    static const float far[] = {0, 1, 0, 0, 0, 0, 0, 0};
    struct err err;

    for (size_t rows = DRIFT_LEAST_ROWS - 1; rows <= DRIFT_LEAST_ROWS; rows++) {
        struct fingerprint *print = vector_print(model, rows);
        const struct drift_reading r =
            drift_measure_vector(print, &kernel_scalar, TEXT("emb-1"), far, 8,
                                 SIZE_MAX, &usual, &err);
        if (rows < DRIFT_LEAST_ROWS) {
            ck_assert_int_eq(r.status, DRIFT_UNAVAILABLE);
            ck_assert(!r.measured);
        } else {
            ck_assert_int_eq(r.status, DRIFT_OK);
            ck_assert(r.alert && r.calibrated && r.percentile < 0.05);
        }
        fingerprint_free(print);
    }
    voice_model_free(model);
}
END_TEST

START_TEST(bad_vectors_have_no_score)
{
    static const float good[] = {1, 0, 0, 0, 0, 0, 0, 0},
                       hurt[] = {1, 0, 0, NAN, 0, 0, 0, 0};
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = vector_print(model, 30);
    struct fingerprint *lines = support_voice_print(model, "huck", 20);
    const struct {
        const struct fingerprint *print;
        struct text model;
        const float *vector;
        size_t dim;
        enum envelope_drift_status status;
        const char *says;
    } cases[] = {
        {print, TEXT("emb-1"), hurt, 8, DRIFT_BAD_VECTOR, "vector[3] is NaN"},
        {print, TEXT("emb-1"), good, 7, DRIFT_BAD_VECTOR,
         "has 7 dimensions, the fingerprint's have 8"},
        {print, TEXT("emb-2"), good, 8, DRIFT_MODEL_MISMATCH, "\"emb-1\""},
        {NULL, TEXT("emb-1"), good, 8, DRIFT_NO_FINGERPRINT, ""},
        {lines, TEXT("emb-1"), good, 8, DRIFT_NO_FINGERPRINT,
         "has lines of text and no vectors"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {.message = ""};
        const struct drift_reading r = drift_measure_vector(
            cases[i].print, &kernel_scalar, cases[i].model, cases[i].vector,
            cases[i].dim, SIZE_MAX, &usual, &err);
        ck_assert_int_eq(r.status, cases[i].status);
        ck_assert(!r.measured && !r.alert);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "%s",
                      err.message);
    }
    fingerprint_free(lines);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(personas_lie_apart_but_not_from_themselves)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *a = support_voice_print(model, "huck", 60);
    struct fingerprint *b = support_voice_print(model, "zarathustra", 60);
    const double apart = drift_between(a, b);

    ck_assert(apart == drift_between(b, a));
    ck_assert_double_gt(apart, 0.3);
    ck_assert_double_lt(drift_between(a, a), 0.1);
    fingerprint_free(a);
    fingerprint_free(b);
    voice_model_free(model);
}
END_TEST

/* As drift_measure gives it for so many deviations. */
static struct drift_reading
reading_at(double deviations, double raw, enum envelope_drift_status status)
{
    return (struct drift_reading){.status = status,
                                  .measured = true,
                                  .calibrated = true,
                                  .deviations = deviations,
                                  .raw = raw};
}

START_TEST(two_measures_become_one_by_their_weights)
{
    const struct drift_limits limits = {0.30, DRIFT_CALIBRATED, 50};
    const struct drift_reading far = reading_at(3, 0.9, DRIFT_OK);
    const struct drift_reading near = reading_at(-1, 0.5, DRIFT_OK);
    double last = -1;

    for (double weight = 0; weight <= 1; weight += 0.125) {
        const struct drift_reading r = drift_fuse(&near, &far, weight, &limits);
        ck_assert_double_eq_tol(r.deviations, 4 * weight - 1, 1e-12);
        ck_assert_double_eq_tol(r.raw, 0.5 + 0.4 * weight, 1e-12);
        ck_assert_double_gt(r.score, last);
        // 1.645 deviations are a share of 5 %, which alerts at 0.30.
        ck_assert(r.alert == (4 * weight - 1 > 1.645));
        last = r.score;
    }
}
END_TEST

START_TEST(a_measure_without_calibration_is_left_out)
{
    const struct drift_limits limits = {0.30, DRIFT_CALIBRATED, 50};
    const struct drift_reading good = reading_at(3, 0.9, DRIFT_OK);
    const struct drift_reading none = {.status = DRIFT_MODEL_MISMATCH};

    ck_assert_double_eq(drift_fuse(&good, &none, 0.5, &limits).deviations, 3);
    ck_assert_double_eq(drift_fuse(&none, &good, 0.5, &limits).deviations, 3);
    ck_assert_int_eq(drift_fuse(&none, &none, 0.5, &limits).status,
                     DRIFT_MODEL_MISMATCH);
}
END_TEST

START_TEST(low_evidence_of_both_never_alerts)
{
    const struct drift_limits limits = {0.30, DRIFT_CALIBRATED, 50};
    const struct drift_reading ok = reading_at(4, 0.9, DRIFT_OK);
    const struct drift_reading low = reading_at(4, 0.9, DRIFT_LOW_EVIDENCE);

    ck_assert(drift_fuse(&ok, &low, 0.5, &limits).alert);
    ck_assert(drift_fuse(&low, &ok, 0.5, &limits).alert);
    ck_assert(!drift_fuse(&low, &low, 0.5, &limits).alert);
    ck_assert_int_eq(drift_fuse(&low, &low, 0.5, &limits).status,
                     DRIFT_LOW_EVIDENCE);
}
END_TEST

START_TEST(names_are_those_of_the_wire)
{
    static const char *const names[DRIFT_STATUSES] = {
        "ok",           "not_applicable", "no_fingerprint",
        "low_evidence", "model_mismatch", "bad_vector",
        "unavailable"};

    for (size_t i = 0; i < DRIFT_STATUSES; i++) {
        ck_assert_str_eq(envelope_drift_names[i], names[i]);
    }
    ck_assert_str_eq(drift_unit_name(DRIFT_CALIBRATED), "calibrated");
    ck_assert_str_eq(drift_unit_name(DRIFT_COSINE), "cosine");
}
END_TEST

TEST_MAIN(
    "drift", tcase_add_loop_test(tc, each_shipped_persona_is_nearest_to_herself,
                                 0, PERSONAS);
    tcase_add_loop_test(tc, an_assistant_is_none_of_them, 0, PERSONAS);
    tcase_add_test(tc, an_alert_is_a_score_at_or_above_the_threshold);
    tcase_add_test(tc, a_short_text_is_scored_but_never_alerts);
    tcase_add_test(tc, what_cannot_be_measured_says_why);
    tcase_add_test(tc, raw_is_a_cosine_distance_and_the_cosine_scale_shows_it);
    tcase_add_test(tc, quotes_dashes_and_markdown_do_not_move_a_score);
    tcase_add_test(tc, the_same_vector_is_at_0_and_the_opposite_at_2);
    tcase_add_test(tc, vectors_may_be_calibrated_where_there_are_enough);
    tcase_add_test(tc, bad_vectors_have_no_score);
    tcase_add_test(tc, personas_lie_apart_but_not_from_themselves);
    tcase_add_test(tc, two_measures_become_one_by_their_weights);
    tcase_add_test(tc, a_measure_without_calibration_is_left_out);
    tcase_add_test(tc, low_evidence_of_both_never_alerts);
    tcase_add_test(tc, names_are_those_of_the_wire);)
