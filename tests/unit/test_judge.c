#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "proto/encode.h"
#include "proto/json.h"
#include "sidecar/base/clock.h"
#include "tests/unit/support_engine.h"

static const char yaml[] =
    "schema: 1\n"
    "limits: {hits: 4}\n"
    "categories: {c: {}}\n"
    "fallbacks:\n"
    "  default: {pick: rotate, en: [\"One thing.\", \"Another thing.\"]}\n"
    "rules:\n"
    "- {id: F, type: terms, terms: [flagged], category: c, action: flag}\n"
    "- {id: R, type: terms, terms: [secret], category: c, action: redact,\n"
    "   operator: {type: remove}}\n"
    "- {id: M, type: terms, terms: [masked], category: c, action: redact,\n"
    "   operator: {type: mask}}\n"
    "- {id: FB, type: terms, terms: [refused], category: c, action: "
    "fallback}\n"
    "- {id: B, type: terms, terms: [blocked], category: c, action: block}\n"
    "personas:\n"
    "- {id: mira, name: Mira}\n"
    "- {id: tom}\n";

static struct support_bench bench;

static void
bench_open(void)
{
    bench = support_bench_of(yaml);
}

static void
bench_close(void)
{
    support_bench_clear(&bench);
}

/* The whole envelope as JSON, to be freed. */
static char *
shown(const struct envelope *envelope)
{
    struct buffer wire, json;
    struct err err;

    buffer_init(&wire, 4 << 20);
    buffer_init(&json, 16 << 20);
    encode_envelope(&wire, envelope);
    ck_assert(!wire.failed);
    ck_assert_msg(json_from_wire(buffer_text(&wire), false, &json, &err), "%s",
                  err.message);
    buffer_add_byte(&json, '\0');
    ck_assert(!json.failed);
    buffer_clear(&wire);
    return json.at;
}

/* ----------------------------------------------------------- one candidate */

START_TEST(each_action_has_its_envelope)
{
    static const struct {
        const char *text, *content, *pool;
        enum envelope_verdict verdict;
        enum envelope_action action;
        int http;
        size_t alerts;
    } rows[] = {
        {"", NULL, "", VERDICT_PASS, ACTION_SHIP, 0, 0},
        {"a clean line", NULL, "", VERDICT_PASS, ACTION_SHIP, 0, 0},
        {"a flagged line", NULL, "", VERDICT_FLAG, ACTION_SHIP, 0, 1},
        {"a secret line", "a  line", "", VERDICT_REDACT, ACTION_REDACT, 0, 1},
        {"secret", "", "", VERDICT_REDACT, ACTION_REDACT, 0, 1},
        {"a masked \xf0\x9f\x98\x80", "a ****** \xf0\x9f\x98\x80", "",
         VERDICT_REDACT, ACTION_REDACT, 0, 1},
        {"a refused line", "One thing.", "default", VERDICT_REFUSE,
         ACTION_FALLBACK, 0, 1},
        {"a blocked secret", NULL, "", VERDICT_REFUSE, ACTION_BLOCK, 422, 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct envelope *e = support_say(&bench, rows[i].text);
        ck_assert_msg(
            e->verdict == rows[i].verdict && e->action == rows[i].action &&
                (e->content.at == NULL) == (rows[i].content == NULL) &&
                (rows[i].content == NULL ||
                 text_is(e->content, rows[i].content)) &&
                text_is(e->pool, rows[i].pool) &&
                e->error_http == rows[i].http &&
                (e->error_code != NULL) == (rows[i].http != 0) &&
                e->alert_count == rows[i].alerts,
            "\"%s\": %s, \"%.*s\"", rows[i].text,
            envelope_action_names[e->action], TEXT_ARGS(e->content));
        ck_assert_uint_eq(e->coverage.bytes, strlen(rows[i].text));
        ck_assert_uint_eq(e->coverage.errors, 0);
        ck_assert_int_eq(e->drift.status, DRIFT_NOT_APPLICABLE);
    }
}
END_TEST

/* Byte, code point and UTF-16 offsets, with emoji before and inside. */
START_TEST(spans_are_told_in_three_units)
{
    static const struct {
        const char *text;
        size_t bytes[2], points[2], units[2];
        int via;
    } rows[] = {
        {"flagged", {0, 7}, {0, 7}, {0, 7}, ENVELOPE_VIA_RAW},
        {"\xc3\xa9 flagged", {3, 10}, {2, 9}, {2, 9}, ENVELOPE_VIA_RAW},
        {"\xf0\x9f\x98\x80 flagged",
         {5, 12},
         {2, 9},
         {3, 10},
         ENVELOPE_VIA_RAW},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80 FLAGGED \xf0\x9f\x98\x80",
         {9, 16},
         {3, 10},
         {5, 12},
         ENVELOPE_VIA_RAW},
        {"fl\xe2\x80\x8b"
         "agged",
         {0, 10},
         {0, 8},
         {0, 8},
         ENVELOPE_VIA_FOLD},
        {"\xf0\x9d\x90\x9flagged", /* a mathematical f: two UTF-16 units */
         {0, 10},
         {0, 7},
         {0, 8},
         ENVELOPE_VIA_FOLD},
        {"\xf0\x9f\x98\x80 fl\xd0\xb0gged",
         {5, 13},
         {2, 9},
         {3, 10},
         ENVELOPE_VIA_FOLD},
        {"\xef\xb7\xba flagged", {4, 11}, {2, 9}, {2, 9}, ENVELOPE_VIA_RAW},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct envelope *e = support_say(&bench, rows[i].text);
        ck_assert_msg(e->hit_count == 1, "\"%s\"", rows[i].text);
        const struct envelope_hit *h = &e->hits[0];
        ck_assert_msg(
            h->bytes.from == rows[i].bytes[0] &&
                h->bytes.to == rows[i].bytes[1] &&
                h->code_points.from == rows[i].points[0] &&
                h->code_points.to == rows[i].points[1] &&
                h->utf16.from == rows[i].units[0] &&
                h->utf16.to == rows[i].units[1] && h->via == rows[i].via,
            "\"%s\": [%zu,%zu) [%zu,%zu) [%zu,%zu) via %d", rows[i].text,
            h->bytes.from, h->bytes.to, h->code_points.from, h->code_points.to,
            h->utf16.from, h->utf16.to, h->via);
    }
}
END_TEST

START_TEST(a_match_made_by_a_redaction_is_a_fallback)
{
    struct support_bench b = support_bench_of(
        SUPPORT_ENGINE_RULES
        "- {id: CUT, type: regex, pattern: '<[a-z]{0,9}>', category: c, "
        "action: redact, operator: {type: remove}}\n"
        "- {id: BAD, type: terms, terms: [joined], category: c, action: "
        "redact}\n"
        "- {id: WORSE, type: terms, terms: [jailed], category: c, action: "
        "block}\n"
        "- {id: MILD, type: terms, terms: [jarred], category: c, action: "
        "flag}\n");
    const struct envelope *e = support_say(&b, "\xc3\xa9 jo<x>ined");

    ck_assert_int_eq(e->verdict, VERDICT_REFUSE);
    ck_assert_int_eq(e->action, ACTION_FALLBACK);
    ck_assert(text_is(e->content, "One thing."));
    ck_assert(text_is(e->decided_by.id, "BAD"));
    // Told at its place in the text that was sent, and in what stage.
    ck_assert_str_eq(support_hits(e), "CUT[5,8) BAD[3,12)");
    ck_assert(text_is(e->hits[0].stage, "output"));
    ck_assert(text_is(e->hits[1].stage, "redacted"));
    ck_assert_uint_eq(e->hits[1].code_points.from, 2);
    ck_assert_uint_eq(e->hits[1].code_points.to, 11);
    ck_assert_ptr_null(e->hits[0].replacement.at);

    e = support_say(&b, "ja<x>iled");
    ck_assert_int_eq(e->action, ACTION_BLOCK);
    ck_assert_ptr_null(e->content.at);
    ck_assert_int_eq(e->error_http, 422);
    ck_assert(text_is(e->decided_by.id, "WORSE"));
    ck_assert_ptr_null(e->hits[0].replacement.at);

    e = support_say(&b, "ja<x>rred");
    ck_assert_int_eq(e->action, ACTION_REDACT);
    ck_assert(text_is(e->content, "jarred"));
    support_bench_clear(&b);
}
END_TEST

START_TEST(all_hits_are_redacted_though_few_are_listed)
{
    char *text = support_repeat("masked ", 500);
    char *want = support_repeat("****** ", 500);
    const struct envelope *e = support_say(&bench, text);

    ck_assert_int_eq(e->action, ACTION_REDACT);
    ck_assert_uint_eq(e->hit_count, 4);
    ck_assert(e->coverage.truncated_matches);
    ck_assert(text_is(e->content, want));
    free(want);
    free(text);
    text = support_repeat("masked ", 4);
    e = support_say(&bench, text);
    ck_assert_uint_eq(e->hit_count, 4);
    ck_assert(!e->coverage.truncated_matches);
    free(text);
}
END_TEST

/* ------------------------------------------------------ several candidates */

START_TEST(the_mildest_candidate_is_chosen_then_the_first)
{
    static const struct {
        const char *texts[4];
        size_t chosen;
    } rows[] = {
        {{"clean", "clean", "clean", "clean"}, 0},
        {{"blocked", "refused", "secret", "clean"}, 3},
        {{"blocked", "refused", "secret", "blocked"}, 2},
        {{"blocked", "refused", "refused", "blocked"}, 1},
        {{"blocked", "flagged", "clean", "blocked"}, 1}, /* both ship */
        {{"blocked", "blocked", "blocked", "blocked"}, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct request_candidate candidates[4] = {{.text = {NULL, 0}}};
        for (size_t k = 0; k < 4; k++) {
            candidates[k].text = text_of(rows[i].texts[k]);
        }
        struct request request = support_request(candidates);
        request.candidate_count = 4;
        (void)support_judge(&bench, &request);
        ck_assert_uint_eq(bench.result.count, 4);
        ck_assert_msg(bench.result.chosen == rows[i].chosen, "row %zu: %zu", i,
                      bench.result.chosen);
    }
}
END_TEST

START_TEST(candidates_are_judged_as_if_alone)
{
    static const char *const texts[] = {"a secret and a flagged word", "",
                                        "refused", "masked masked", "clean"};
    struct request_candidate candidates[5];
    char *alone[5];

    for (size_t i = 0; i < 5; i++) {
        candidates[i] = (struct request_candidate){.text = text_of(texts[i])};
        alone[i] = shown(support_say(&bench, texts[i]));
    }
    struct request request = support_request(candidates);
    request.candidate_count = 5;
    (void)support_judge(&bench, &request);
    for (size_t i = 0; i < 5; i++) {
        char *together = shown(&bench.result.envelopes[i]);
        ck_assert_str_eq(together, alone[i]);
        free(together);
        free(alone[i]);
    }
}
END_TEST

START_TEST(the_same_request_has_the_same_answer)
{
    static const char *const texts[] = {"a secret and a flagged word",
                                        "refused", "blocked", ""};
    struct judge *other =
        judge_new((size_t)bench.engine->config->limits.request_memory);

    ck_assert_ptr_nonnull(other);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *first = shown(support_say(&bench, texts[i]));
        (void)support_say(&bench, "something else, masked and refused");
        char *again = shown(support_say(&bench, texts[i]));
        ck_assert_str_eq(first, again);
        free(again);
        struct support_bench b = {.engine = bench.engine, .judge = other};
        again = shown(support_say(&b, texts[i]));
        ck_assert_str_eq(first, again);
        free(again);
        free(first);
    }
    judge_free(other);
}
END_TEST

START_TEST(each_session_turns_through_its_own_lines)
{
    const struct request_candidate candidate = {.text = TEXT("refused")};
    const struct request request = support_request(&candidate);
    size_t last[2] = {SIZE_MAX, SIZE_MAX};
    uint64_t turn[2] = {3, 8};

    for (size_t i = 0; i < 12; i++) {
        const size_t session = i * 7 / 3 % 2; /* 0 0 0 1 1 1 0 ... */
        const struct judge_terms terms = {.deadline_ns = UINT64_MAX,
                                          .rotation = turn[session]++};
        ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
        ck_assert(judge_request(bench.judge, bench.engine, &request, &terms,
                                &bench.result, &bench.err));
        const size_t line = bench.result.envelopes[0].line;
        ck_assert_uint_ne(line, last[session]);
        last[session] = line;
    }
}
END_TEST

/* ------------------------------------------------- what fails, fails whole */

START_TEST(unknown_persona_is_not_found_and_the_near_one_is_named)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct request_candidate candidate = {.text = TEXT("clean")};
    struct request request = support_request(&candidate);

    request.persona = TEXT("mria");
    ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
    ck_assert(!judge_request(bench.judge, bench.engine, &request, &terms,
                             &bench.result, &bench.err));
    ck_assert_int_eq(bench.err.kind, ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(bench.err.message, "\"mira\""));
    request.persona = TEXT("zarathustra");
    ck_assert(!judge_request(bench.judge, bench.engine, &request, &terms,
                             &bench.result, &bench.err));
    ck_assert_ptr_null(strstr(bench.err.message, "mean"));
}
END_TEST

START_TEST(a_deadline_that_passed_is_an_error)
{
    const struct request_candidate candidate = {.text = TEXT("clean")};
    const struct request request = support_request(&candidate);

    clock_pin(1000, 0);
    for (uint64_t deadline = 998; deadline <= 1001; deadline++) {
        const struct judge_terms terms = {.deadline_ns = deadline};
        ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
        const bool done = judge_request(bench.judge, bench.engine, &request,
                                        &terms, &bench.result, &bench.err);
        ck_assert_int_eq(done, deadline >= 1000);
        if (!done) {
            ck_assert_int_eq(bench.err.kind, ERR_DEADLINE);
        }
    }
    clock_unpin();
}
END_TEST

/* Also one that takes the time with the square of the text. */
START_TEST(a_deadline_ends_a_pattern_without_bounds)
{
    struct support_bench b = support_bench_of(
        SUPPORT_ENGINE_RULES "- {id: R, type: regex, pattern: '[a-z ]{3,}\\d', "
                             "category: c, action: flag}\n");
    char *text = support_repeat("ab", 32768);
    text[0] = '1'; // without a digit it would not be run at all
    const struct request_candidate candidate = {.text = text_of(text)};
    const struct request request = support_request(&candidate);
    const struct judge_terms terms = {.deadline_ns = clock_ns() + 1000000};

    ck_assert(judge_begin(b.judge, b.engine, &b.err));
    ck_assert(
        !judge_request(b.judge, b.engine, &request, &terms, &b.result, &b.err));
    ck_assert_int_eq(b.err.kind, ERR_DEADLINE);
    free(text);
    support_bench_clear(&b);
}
END_TEST

START_TEST(a_pattern_that_runs_away_is_never_a_pass)
{
    struct support_bench b = support_bench_of(
        SUPPORT_ENGINE_RULES
        "- {id: RUN, type: regex, pattern: '(a+)+[bd]', category: c, action: "
        "flag}\n"
        "- {id: OTHER, type: terms, terms: [end], category: c, action: "
        "flag}\n");
    char *text = support_repeat("a", 65536);
    memcpy(text + 65532, " end", 4);
    const struct envelope *e = support_say(&b, text);

    ck_assert_int_eq(e->verdict, VERDICT_REFUSE);
    ck_assert_int_eq(e->action, ACTION_FALLBACK);
    ck_assert(text_is(e->decided_by.kind, "error"));
    ck_assert(text_is(e->decided_by.id, "RUN"));
    ck_assert_uint_eq(e->coverage.errors, 1);
    ck_assert(e->coverage.degraded);
    ck_assert_str_eq(support_hits(e), "OTHER[65533,65536)"); /* others ran */
    free(text);
    support_bench_clear(&b);
}
END_TEST

/* The nth allocation and all after it fail, for every n. */
START_TEST(without_memory_there_is_no_verdict)
{
    static const char *const texts[] = {"clean", "a secret \xd1\x91 flagged",
                                        "refused", "masked secret masked"};
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    static const struct text canary = {"q9", 2};
    const struct request_candidate candidate = {.text = text_of(texts[_i])};
    struct request request = support_request(&candidate);
    bool done = false;
    size_t n = 0;

    request.canaries = (struct request_texts){&canary, 1};
    request.system_prompt = TEXT("You are Mira.");
    request.persona = TEXT("mira");
    char *want = shown(support_judge(&bench, &request));
    while (!done && n < 10000) {
        ck_assert(judge_begin(bench.judge, bench.engine, &bench.err));
        arena_fail_at(judge_arena(bench.judge), ++n);
        done = judge_request(bench.judge, bench.engine, &request, &terms,
                             &bench.result, &bench.err);
        arena_fail_at(judge_arena(bench.judge), 0);
        ck_assert_msg(done || bench.err.kind == ERR_MEMORY, "n = %zu: %s", n,
                      bench.err.message);
    }
    ck_assert(done);
    ck_assert_uint_gt(n, 10);
    char *got = shown(&bench.result.envelopes[0]);
    ck_assert_str_eq(got, want);
    free(got);
    free(want);
}
END_TEST

START_TEST(a_small_arena_is_an_error_and_no_pass)
{
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    char *text = support_repeat("masked ", 9000);
    const struct request_candidate candidate = {.text = text_of(text)};
    const struct request request = support_request(&candidate);
    struct judge *small = judge_new(256 << 10);

    ck_assert_ptr_nonnull(small);
    ck_assert(judge_begin(small, bench.engine, &bench.err));
    ck_assert(!judge_request(small, bench.engine, &request, &terms,
                             &bench.result, &bench.err));
    ck_assert_int_eq(bench.err.kind, ERR_MEMORY);
    const struct request_candidate short_one = {.text = TEXT("clean")};
    const struct request next = support_request(&short_one);
    ck_assert(judge_begin(small, bench.engine, &bench.err));
    ck_assert(judge_request(small, bench.engine, &next, &terms, &bench.result,
                            &bench.err));
    judge_free(small);
    free(text);
}
END_TEST

/* One judge goes from engine to engine, as on a reload. */
START_TEST(a_judge_serves_engines_in_turn)
{
    struct support_bench other = support_bench_of(
        SUPPORT_ENGINE_RULES
        "- {id: X, type: terms, terms: [clean], category: c, action: flag}\n");
    struct support_bench b = {.engine = other.engine, .judge = bench.judge};

    other.engine->generation = 2;
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(support_hits(support_say(&bench, "clean")), "");
        ck_assert_str_eq(support_hits(support_say(&b, "clean")), "X[0,5)");
    }
    support_bench_clear(&other);
}
END_TEST

START_TEST(nothing_can_be_freed)
{
    judge_free(NULL);
    engine_drop(NULL);
}
END_TEST

TEST_MAIN(
    "judge", tcase_add_checked_fixture(tc, bench_open, bench_close);
    tcase_add_test(tc, each_action_has_its_envelope);
    tcase_add_test(tc, spans_are_told_in_three_units);
    tcase_add_test(tc, a_match_made_by_a_redaction_is_a_fallback);
    tcase_add_test(tc, all_hits_are_redacted_though_few_are_listed);
    tcase_add_test(tc, the_mildest_candidate_is_chosen_then_the_first);
    tcase_add_test(tc, candidates_are_judged_as_if_alone);
    tcase_add_test(tc, the_same_request_has_the_same_answer);
    tcase_add_test(tc, each_session_turns_through_its_own_lines);
    tcase_add_test(tc, unknown_persona_is_not_found_and_the_near_one_is_named);
    tcase_add_test(tc, a_deadline_that_passed_is_an_error);
    tcase_add_test(tc, a_deadline_ends_a_pattern_without_bounds);
    tcase_add_test(tc, a_pattern_that_runs_away_is_never_a_pass);
    tcase_add_loop_test(tc, without_memory_there_is_no_verdict, 0, 4);
    tcase_add_test(tc, a_small_arena_is_an_error_and_no_pass);
    tcase_add_test(tc, a_judge_serves_engines_in_turn);
    tcase_add_test(tc, nothing_can_be_freed);)
