#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sidecar/engine/fingerprint_file.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_voice.h"

static const char yaml[] =
    SUPPORT_ENGINE_HEAD "allow_empty: true\n"
                        "drift: {threshold: 0.4}\n"
                        "personas:\n"
                        "- {id: zoe}\n"
                        "- {id: jack}\n"
                        "- {id: jacks, drift: {threshold: 0.2}}\n"
                        "- {id: al, drift: {alert_rate: 0.05}}\n";

static struct engine *
falstaff(void)
{
    const char *const overrides[] = {
        "drift.background=" SUPPORT_VOICE_MODEL,
        "personas.jack.samples=config/voices/falstaff.jsonl", NULL};

    return support_engine_set(yaml, overrides);
}

START_TEST(persona_is_found_by_her_whole_id)
{
    static const struct {
        const char *id;
        bool found;
        const char *near;
    } rows[] = {{"", true, NULL},           {"zoe", true, NULL},
                {"jack", true, NULL},       {"jacks", true, NULL},
                {"al", true, NULL},         {"jac", false, "jack"},
                {"jackss", false, "jacks"}, {"Jack", false, "jack"},
                {"a", false, NULL},         {"nobody at all", false, NULL}};
    struct engine *engine = support_engine(yaml);

    ck_assert_uint_eq(personas_count(engine->personas), 4);
    ck_assert_ptr_null(personas_model(engine->personas));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct persona *found;
        struct err err;
        const bool done =
            persona_find(engine->personas, text_of(rows[i].id), &found, &err);
        ck_assert_msg(done == rows[i].found, "%s", rows[i].id);
        ck_assert_int_eq(found != NULL, done && rows[i].id[0] != '\0');
        if (found != NULL) {
            ck_assert(text_is(found->config->id, rows[i].id));
        }
        if (!done) {
            ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
            ck_assert_msg(rows[i].near != NULL
                              ? strstr(err.message, rows[i].near) != NULL
                              : strstr(err.message, "mean") == NULL,
                          "%s: %s", rows[i].id, err.message);
        }
    }
    engine_drop(engine);
}
END_TEST

START_TEST(threshold_has_its_source)
{
    struct support_bench b = support_bench(falstaff());
    static const struct {
        const char *id, *source;
        double threshold;
    } rows[] = {{"jack", "config", 0.4}, {"jacks", "persona", 0.2}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct request_candidate candidate = {.text = TEXT("Hello.")};
        struct request request = support_request(&candidate);
        request.persona = text_of(rows[i].id);
        const struct envelope *e = support_judge(&b, &request);
        ck_assert_double_eq(e->drift.threshold, rows[i].threshold);
        ck_assert(text_is(e->drift.threshold_source, rows[i].source));
    }
    support_bench_clear(&b);
}
END_TEST

START_TEST(status_says_why_there_is_no_score)
{
    struct support_bench b = support_bench(falstaff());
    char *huge = support_repeat("word ", 13108); /* 65,540 bytes */
    char *most = support_repeat("words and ", 6553);
    const struct {
        const char *persona, *text;
        enum envelope_drift_status status;
    } rows[] = {
        {"", "Hello.", DRIFT_NOT_APPLICABLE},
        {"zoe", "Hello.", DRIFT_NO_FINGERPRINT},
        {"jack", "", DRIFT_NOT_APPLICABLE},
        {"jack", "Hello.", DRIFT_LOW_EVIDENCE},
        {"jack",
         "What is honour? a word. What is in that word honour? what is that "
         "honour? air. A trim reckoning!",
         DRIFT_OK},
        {"jack", most, DRIFT_OK},
        {"jack", huge, DRIFT_UNAVAILABLE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct request_candidate candidate = {.text =
                                                        text_of(rows[i].text)};
        struct request request = support_request(&candidate);
        request.persona = text_of(rows[i].persona);
        const struct envelope *e = support_judge(&b, &request);
        const bool measured =
            rows[i].status == DRIFT_OK || rows[i].status == DRIFT_LOW_EVIDENCE;
        ck_assert_msg(
            e->drift.status == rows[i].status &&
                isnan(e->drift.score) == !measured &&
                (e->drift.alert == false || rows[i].status == DRIFT_OK),
            "row %zu: %s, %g", i, envelope_drift_names[e->drift.status],
            e->drift.score);
    }
    free(most);
    free(huge);
    support_bench_clear(&b);
}
END_TEST

START_TEST(the_shipped_personas_know_their_own_lines)
{
    struct support_bench b = support_bench(support_engine_shipped());
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    size_t alerts = 0, measured = 0;

    for (size_t i = 0; i < lines.count && i < 60; i++) {
        const struct request_candidate candidate = {.text = lines.at[i]};
        struct request request = support_request(&candidate);
        request.persona = TEXT("judy");
        const struct envelope *e = support_judge(&b, &request);
        measured += e->drift.status == DRIFT_OK;
        alerts += e->drift.alert;
    }
    ck_assert_uint_gt(measured, 20);
    ck_assert_uint_le(alerts * 5, measured); /* 5 % in the mean */
    support_voice_lines_clear(&lines);
    support_bench_clear(&b);
}
END_TEST

/* ---------------------------------------------------------------- vectors */

enum { DIM = 8, ROWS = 24 };

/* Vectors that all point nearly the same way: 1 in each, and some noise. */
static void
write_print(const char *path)
{
    struct voice_model *model = support_voice_model();
    float at[ROWS * DIM];
    struct err err;

    for (size_t i = 0; i < ROWS * DIM; i++) {
        at[i] = 1.0f + (float)(i * 37 % 11) / 50.0f;
    }
    const struct fingerprint_source vectors = {
        .model = TEXT("m1"), .at = at, .rows = ROWS, .dim = DIM};
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("mira"), &vectors, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_msg(fingerprint_write(print, path, &err), "%s", err.message);
    fingerprint_free(print);
    voice_model_free(model);
}

static struct support_bench
bench_with_vectors(void)
{
    char path[] = "/tmp/leeway-print-XXXXXX", set[96];
    static const char persona_yaml[] = SUPPORT_ENGINE_HEAD
        "allow_empty: true\n"
        "personas:\n"
        "- {id: mira, drift: {threshold: 0.3, min_chars: 10, on_alert: "
        "block}}\n";
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    write_print(path);
    snprintf(set, sizeof(set), "personas.mira.fingerprint=%s", path);
    const char *const overrides[] = {"drift.background=" SUPPORT_VOICE_MODEL,
                                     set, NULL};
    struct support_bench b =
        support_bench(support_engine_set(persona_yaml, overrides));
    ck_assert_int_eq(unlink(path), 0);
    return b;
}

#define LONG_TEXT "a text that is long enough to be evidence"

START_TEST(vectors_are_checked_before_they_are_measured)
{
    static const float good[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const float off[DIM] = {1, -1, 1, -1, 1, -1, 1, -1};
    static const float nan_in[DIM] = {1, 1, NAN, 1, 1, 1, 1, 1};
    static const float inf_in[DIM] = {1, 1, 1, 1, 1, 1, 1, INFINITY};
    static const float zero[DIM] = {0};
    static const float tiny[DIM] = {1e-30f};
    static const float huge[DIM] = {1e30f, 1e30f};
    static const struct {
        const char *name, *model, *text;
        const float *values;
        size_t dim;
        enum envelope_drift_status status;
        bool alert;
    } rows[] = {
        {"good", "m1", LONG_TEXT, good, DIM, DRIFT_OK, false},
        {"off", "m1", LONG_TEXT, off, DIM, DRIFT_OK, true},
        {"short text", "m1", "short", good, DIM, DRIFT_LOW_EVIDENCE, false},
        {"short and off", "m1", "short", off, DIM, DRIFT_LOW_EVIDENCE, false},
        {"NaN", "m1", LONG_TEXT, nan_in, DIM, DRIFT_BAD_VECTOR, false},
        {"infinity", "m1", LONG_TEXT, inf_in, DIM, DRIFT_BAD_VECTOR, false},
        {"zero", "m1", LONG_TEXT, zero, DIM, DRIFT_BAD_VECTOR, false},
        {"tiny", "m1", LONG_TEXT, tiny, DIM, DRIFT_BAD_VECTOR, false},
        {"huge", "m1", LONG_TEXT, huge, DIM, DRIFT_BAD_VECTOR, false},
        {"too few", "m1", LONG_TEXT, good, DIM - 1, DRIFT_BAD_VECTOR, false},
        {"none", "m1", LONG_TEXT, good, 0, DRIFT_BAD_VECTOR, false},
        {"model", "m2", LONG_TEXT, good, DIM, DRIFT_MODEL_MISMATCH, false},
        {"no model", "", LONG_TEXT, good, DIM, DRIFT_MODEL_MISMATCH, false},
    };
    struct support_bench b = bench_with_vectors();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct request_vector vector = {.model = text_of(rows[i].model),
                                              .values = rows[i].values,
                                              .dim = rows[i].dim};
        const struct request_candidate candidate = {.text =
                                                        text_of(rows[i].text),
                                                    .vectors = &vector,
                                                    .vector_count = 1};
        struct request request = support_request(&candidate);
        request.persona = TEXT("mira");
        const struct envelope *e = support_judge(&b, &request);
        const bool measured =
            rows[i].status == DRIFT_OK || rows[i].status == DRIFT_LOW_EVIDENCE;
        ck_assert_msg(e->drift.status == rows[i].status &&
                          e->drift.alert == rows[i].alert &&
                          isnan(e->drift.score) == !measured,
                      "%s: %s, score %g", rows[i].name,
                      envelope_drift_names[e->drift.status], e->drift.score);
        ck_assert_int_eq(e->action, rows[i].alert ? ACTION_BLOCK : ACTION_SHIP);
        ck_assert(text_is(e->drift.source, "caller"));
        ck_assert_int_eq(e->drift.reason.len > 0, !measured);
        if (rows[i].alert) {
            ck_assert_int_eq(e->error_http, 409);
            ck_assert_str_eq(e->error_code, "drift_blocked");
            ck_assert(text_is(e->decided_by.kind, "drift"));
            ck_assert_uint_eq(e->alert_count, 1);
            ck_assert(text_is(e->alerts[0].type, "persona.audit_failed"));
        }
    }
    support_bench_clear(&b);
}
END_TEST

START_TEST(the_vector_of_a_model_she_has_is_taken)
{
    static const float good[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const float bad[3] = {NAN, 0, 0};
    const struct request_vector vectors[] = {
        {.model = TEXT("other"), .values = bad, .dim = 3},
        {.model = TEXT("m1"), .values = good, .dim = DIM}};
    const struct request_candidate candidate = {
        .text = TEXT(LONG_TEXT), .vectors = vectors, .vector_count = 2};
    struct request request = support_request(&candidate);
    struct support_bench b = bench_with_vectors();

    request.persona = TEXT("mira");
    const struct envelope *e = support_judge(&b, &request);
    ck_assert_int_eq(e->drift.status, DRIFT_OK);
    ck_assert(text_is(e->drift.model, "m1"));
    support_bench_clear(&b);
}
END_TEST

START_TEST(the_lower_drift_is_chosen_and_an_unmeasured_one_last)
{
    static const float at[3][DIM] = {{1, 1, 1, 1, 1, 1, 1, 0},
                                     {1, 1, 1, 1, 1, 1, 1, 1},
                                     {NAN, 1, 1, 1, 1, 1, 1, 1}};
    static const struct {
        size_t order[3], chosen;
    } rows[] = {{{0, 1, 2}, 1}, {{1, 0, 2}, 0}, {{2, 1, 0}, 1}, {{2, 0, 1}, 2},
                {{2, 2, 2}, 0}, {{2, 0, 0}, 1}, {{1, 1, 2}, 0}};
    struct support_bench b = bench_with_vectors();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct request_vector vectors[3];
        struct request_candidate candidates[3];
        for (size_t k = 0; k < 3; k++) {
            vectors[k] = (struct request_vector){.model = TEXT("m1"),
                                                 .values = at[rows[i].order[k]],
                                                 .dim = DIM};
            candidates[k] = (struct request_candidate){.text = TEXT(LONG_TEXT),
                                                       .vectors = &vectors[k],
                                                       .vector_count = 1};
        }
        struct request request = support_request(candidates);
        request.candidate_count = 3;
        request.persona = TEXT("mira");
        (void)support_judge(&b, &request);
        ck_assert_msg(b.result.chosen == rows[i].chosen, "row %zu: %zu", i,
                      b.result.chosen);
    }
    support_bench_clear(&b);
}
END_TEST

START_TEST(only_the_assistant_has_a_voice)
{
    static const float off[DIM] = {1, -1, 1, -1, 1, -1, 1, -1};
    const struct request_vector vector = {
        .model = TEXT("m1"), .values = off, .dim = DIM};
    const struct request_candidate candidate = {
        .text = TEXT(LONG_TEXT), .vectors = &vector, .vector_count = 1};
    struct request request = support_request(&candidate);
    struct support_bench b = bench_with_vectors();

    request.persona = TEXT("mira");
    for (int role = 0; role < REQUEST_ROLES; role++) {
        request.role = (enum request_role)role;
        const struct envelope *e = support_judge(&b, &request);
        ck_assert_int_eq(e->drift.status, role == REQUEST_ASSISTANT
                                              ? DRIFT_OK
                                              : DRIFT_NOT_APPLICABLE);
    }
    request.role = REQUEST_ASSISTANT;
    request.persona = (struct text){NULL, 0};
    ck_assert_int_eq(support_judge(&b, &request)->drift.status,
                     DRIFT_NOT_APPLICABLE);
    support_bench_clear(&b);
}
END_TEST

START_TEST(a_threshold_of_the_request_is_taken)
{
    static const float near_by[DIM] = {1, 1, 1, 1, 1, 1, 1, 0};
    const struct request_vector vector = {
        .model = TEXT("m1"), .values = near_by, .dim = DIM};
    const struct request_candidate candidate = {
        .text = TEXT(LONG_TEXT), .vectors = &vector, .vector_count = 1};
    struct request request = support_request(&candidate);
    struct support_bench b = bench_with_vectors();

    request.persona = TEXT("mira");
    const struct envelope *e = support_judge(&b, &request);
    const double score = e->drift.score;
    ck_assert(!e->drift.alert);
    ck_assert(text_is(e->drift.threshold_source, "persona"));
    request.drift_threshold = score;
    e = support_judge(&b, &request);
    ck_assert(e->drift.alert); /* reached when equal */
    ck_assert(text_is(e->drift.threshold_source, "request"));
    request.drift_threshold = score + 0.0001;
    ck_assert(!support_judge(&b, &request)->drift.alert);
    support_bench_clear(&b);
}
END_TEST

/* The first 25 lines of hers as a file: few, but enough. */
static void
write_few_lines(const char *path)
{
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < 25; i++) {
        ck_assert_int_ge(fprintf(file, "%.*s\n", TEXT_ARGS(lines.at[i])), 0);
    }
    ck_assert_int_eq(fclose(file), 0);
    support_voice_lines_clear(&lines);
}

/* Warnings, which do not stop anybody. */
START_TEST(what_will_disappoint_is_warned_of)
{
    static const struct {
        const char *drift;
        bool few;
        const char *says; /* "": nothing */
    } rows[] = {
        {"threshold: 0.30", false, ""},
        {"scale: cosine, threshold: 0.30", false,
         "warning: personas.p.drift.scale: cosine: 100 of 100 lines"},
        {"scale: cosine, threshold: 1", false, ""},
        {"threshold: 0.30", true,
         "warning: personas.p.samples: 25 lines are few: with 25 more"},
    };
    char few[64];

    snprintf(few, sizeof(few), "/tmp/leeway-few-%ld.txt", (long)getpid());
    write_few_lines(few);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512], set[96];
        snprintf(text, sizeof(text),
                 SUPPORT_ENGINE_HEAD "allow_empty: true\n"
                                     "personas:\n"
                                     "- {id: p, drift: {%s}}\n",
                 rows[i].drift);
        snprintf(set, sizeof(set), "personas.p.samples=%s",
                 rows[i].few ? few : "config/voices/judy.jsonl");
        const char *const overrides[] = {
            "drift.background=" SUPPORT_VOICE_MODEL, set, NULL};
        char *said = support_engine_problems_set(text, overrides);
        ck_assert_msg(rows[i].says[0] == '\0'
                          ? said[0] == '\0'
                          : strstr(said, rows[i].says) != NULL,
                      "%zu: %s", i, said);
        free(said);
    }
    ck_assert_int_eq(unlink(few), 0);
}
END_TEST

TEST_MAIN("persona", tcase_add_test(tc, persona_is_found_by_her_whole_id);
          tcase_add_test(tc, threshold_has_its_source);
          tcase_add_test(tc, status_says_why_there_is_no_score);
          tcase_add_test(tc, the_shipped_personas_know_their_own_lines);
          tcase_add_test(tc, vectors_are_checked_before_they_are_measured);
          tcase_add_test(tc, the_vector_of_a_model_she_has_is_taken);
          tcase_add_test(tc,
                         the_lower_drift_is_chosen_and_an_unmeasured_one_last);
          tcase_add_test(tc, only_the_assistant_has_a_voice);
          tcase_add_test(tc, a_threshold_of_the_request_is_taken);
          tcase_add_test(tc, what_will_disappoint_is_warned_of);)
