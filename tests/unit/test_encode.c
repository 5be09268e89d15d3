#include "proto/encode.h"

#include <math.h>
#include <stdio.h>

#include "proto/json.h"
#include "proto/wire.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_msgpack.h"

static const struct wire_limits limits = {32, 1 << 16};
static struct buffer reply, json;
static struct err err;

static void
begin(void)
{
    buffer_init(&reply, 1 << 20);
    buffer_init(&json, 1 << 20);
}

static void
end(void)
{
    buffer_clear(&reply);
    buffer_clear(&json);
}

/*
 * The reply as JSON, after our own scan and msgpack-c have found the same
 * values in it: a wrong count in a header fails there.
 */
static const char *
replied(void)
{
    size_t used = 0;

    ck_assert(!reply.failed);
    const struct text exact = support_bytes_exact(buffer_text(&reply));
    ck_assert_msg(wire_scan(exact, &limits, &err), "%s", err.message);
    ck_assert_int_eq(support_msgpack_ask(exact, true, &used),
                     SUPPORT_MSGPACK_TAKEN);
    ck_assert_uint_eq(used, exact.len);
    buffer_reset(&json);
    ck_assert_msg(json_from_wire(exact, false, &json, &err), "%s", err.message);
    buffer_add_byte(&json, '\0');
    support_bytes_free(exact);
    buffer_reset(&reply);
    return json.at;
}

/* ---------------------------------------------------------------- envelopes */

static struct envelope
plain_envelope(void)
{
    return (struct envelope){.drift = {.status = DRIFT_NOT_APPLICABLE,
                                       .score = (double)NAN,
                                       .threshold = (double)NAN,
                                       .raw = (double)NAN,
                                       .percentile = (double)NAN,
                                       .register_index = -1}};
}

#define PLAIN_HEAD "{\"moderationVerdict\":\"pass\",\"action\":\"ship\","
#define PLAIN_MIDDLE                                                           \
    "\"contentReplaced\":false,\"flagged\":false,\"decidedBy\":null,"          \
    "\"wouldAction\":\"ship\",\"categories\":{},\"hits\":[],"
#define PLAIN_DRIFT                                                            \
    "\"driftScore\":null,\"driftThreshold\":null,\"driftAlert\":null,"         \
    "\"drift\":{\"status\":\"not_applicable\",\"raw\":null,\"scale\":\"\","    \
    "\"source\":\"\",\"model\":\"\",\"thresholdSource\":\"\","                 \
    "\"percentile\":null,\"register\":null},"
#define PLAIN_COVERAGE                                                         \
    "\"coverage\":{\"bytes\":0,\"rulesRun\":0,\"rulesSkipped\":0,"             \
    "\"errors\":0,\"deadlineHit\":false,\"degraded\":false}"
#define PLAIN                                                                  \
    PLAIN_HEAD PLAIN_MIDDLE PLAIN_DRIFT "\"alerts\":[]," PLAIN_COVERAGE "}"

START_TEST(envelope_without_any_optional_key)
{
    const struct envelope e = plain_envelope();

    begin();
    encode_envelope(&reply, &e);
    ck_assert_str_eq(replied(), PLAIN);
    end();
}
END_TEST

START_TEST(envelope_with_every_optional_key)
{
    static const struct envelope_hit hits[] = {
        {.rule = {"r1", 2},
         .type = {"keyword", 7},
         .category = {"violence", 8},
         .severity = {"high", 4},
         .mode = {"enforce", 7},
         .stage = {"rules", 5},
         .entity = {"EMAIL", 5},
         .replacement = {"", 0},
         .score = 0.123456,
         .via = ENVELOPE_VIA_RAW | ENVELOPE_VIA_FOLD,
         .bytes = {1, 300},
         .code_points = {2, 70000},
         .utf16 = {3, 5000000000}},
        {.rule = {"r2", 2}, .score = -1, .via = ENVELOPE_VIA_FOLD},
        {.rule = {"r3", 2}, .score = (double)NAN, .via = 0}};
    static const struct envelope_category categories[] = {
        {.name = {"violence", 8},
         .score = 0.99996,
         .threshold = 0.5,
         .flagged = true},
        {.name = {"pii", 3}, .score = 0.00004, .threshold = (double)NAN}};
    static const struct envelope_hint hints[] = {{.kind = "habit",
                                                  .text = {"longer", 6},
                                                  .about = {"sentences", 9},
                                                  .here = 12.34567,
                                                  .hers = 0,
                                                  .strength = 2.5,
                                                  .sample = -1},
                                                 {.kind = "nearest_line",
                                                  .text = {"warmer", 6},
                                                  .here = (double)NAN,
                                                  .hers = (double)NAN,
                                                  .strength = (double)NAN,
                                                  .sample = 0}};
    static const struct envelope_part drift_parts[] = {
        {.source = {"builtin", 7},
         .model = {"m", 1},
         .status = DRIFT_OK,
         .weight = 0.25,
         .score = 0.5,
         .raw = 0.9,
         .percentile = 0.003},
        {.source = {"caller", 6},
         .model = {"v", 1},
         .status = DRIFT_LOW_EVIDENCE,
         .weight = 0.75,
         .score = (double)NAN,
         .raw = 0.25,
         .percentile = (double)NAN}};
    static const struct envelope_line own[ENVELOPE_OWN] = {{7, 0.5}, {0, 0}};
    static const struct envelope_pull pull = {-0.05, 2.125, 0.75};
    static const struct envelope_trend trend = {.state = {"slipping", 8},
                                                .ewma = 1.23456,
                                                .since = 7,
                                                .drifting = true,
                                                .statistic = {"pooled", 6},
                                                .value = 2.75,
                                                .pooled = 5,
                                                .from = 4,
                                                .chars = 321,
                                                .enough = true,
                                                .score = 0.5,
                                                .percentile = 0.003};
    static const struct text unsupported[] = {{"be nice", 7}};
    struct envelope e = {
        .verdict = VERDICT_REFUSE,
        .action = ACTION_BLOCK,
        .would_action = ACTION_FALLBACK,
        .decided_by = {TEXT("rule"), TEXT("r1")},
        .content = TEXT("instead"),
        .pool = TEXT("mira"),
        .locale = TEXT("en"),
        .line = 3,
        .categories = categories,
        .category_count = 2,
        .hits = hits,
        .hit_count = 3,
        .drift = {.status = DRIFT_OK,
                  .score = 0.5,
                  .threshold = 0.3,
                  .alert = true,
                  .raw = 1.23456789,
                  .percentile = 0.98765,
                  .scale = TEXT("calibrated"),
                  .source = TEXT("builtin"),
                  .model = TEXT("m"),
                  .threshold_source = TEXT("persona"),
                  .reason = TEXT("why"),
                  .register_index = 2,
                  .hints = hints,
                  .hint_count = 2,
                  .parts = drift_parts,
                  .part_count = 2,
                  .own = own,
                  .pull = &pull,
                  .trend = &trend},
        .alerts = {{TEXT("t1"), TEXT("r"), TEXT("i"), TEXT("k"), TEXT("s")},
                   {TEXT("t2"), TEXT(""), TEXT(""), TEXT(""), TEXT("")}},
        .alert_count = 2,
        .coverage = {9, 8, 7, 6, true, true, true},
        .unsupported = unsupported,
        .unsupported_count = 1,
        .error_code = "moderation_blocked",
        .error_http = 422,
        .error_message = "blocked"};

    begin();
    encode_envelope(&reply, &e);
    ck_assert_str_eq(
        replied(),
        "{\"moderationVerdict\":\"refuse\",\"action\":\"block\","
        "\"content\":\"instead\",\"contentReplaced\":true,\"flagged\":true,"
        "\"decidedBy\":{\"kind\":\"rule\",\"id\":\"r1\"},"
        "\"wouldAction\":\"fallback\","
        "\"categories\":{\"violence\":{\"score\":1,\"threshold\":0.5,"
        "\"flagged\":true},\"pii\":{\"score\":0,\"threshold\":null,"
        "\"flagged\":false}},"
        "\"hits\":[{\"rule\":\"r1\",\"type\":\"keyword\","
        "\"category\":\"violence\",\"severity\":\"high\","
        "\"mode\":\"enforce\",\"score\":0.1235,\"stage\":\"rules\","
        "\"via\":[\"raw\",\"fold\"],\"span\":[1,300],\"spanCp\":[2,70000],"
        "\"spanU16\":[3,5000000000],\"entity\":\"EMAIL\","
        "\"replacement\":\"\"},"
        "{\"rule\":\"r2\",\"type\":\"\",\"category\":\"\",\"severity\":\"\","
        "\"mode\":\"\",\"score\":-1,\"stage\":\"\",\"via\":[\"fold\"],"
        "\"span\":[0,0],\"spanCp\":[0,0],\"spanU16\":[0,0]},"
        "{\"rule\":\"r3\",\"type\":\"\",\"category\":\"\",\"severity\":\"\","
        "\"mode\":\"\",\"score\":null,\"stage\":\"\",\"via\":[],"
        "\"span\":[0,0],\"spanCp\":[0,0],\"spanU16\":[0,0]}],"
        "\"driftScore\":0.5,\"driftThreshold\":0.3,\"driftAlert\":true,"
        "\"drift\":{\"status\":\"ok\",\"raw\":1.2346,"
        "\"scale\":\"calibrated\",\"source\":\"builtin\",\"model\":\"m\","
        "\"thresholdSource\":\"persona\",\"percentile\":0.9877,"
        "\"register\":2,\"reason\":\"why\","
        "\"hints\":[{\"kind\":\"habit\",\"text\":\"longer\","
        "\"about\":\"sentences\",\"here\":12.3457,\"hers\":0,"
        "\"strength\":2.5},{\"kind\":\"nearest_line\","
        "\"text\":\"warmer\",\"sample\":0}],"
        "\"parts\":{\"builtin\":{\"status\":\"ok\",\"weight\":0.25,"
        "\"driftScore\":0.5,\"raw\":0.9,\"percentile\":0.003,"
        "\"model\":\"m\"},\"caller\":{\"status\":\"low_evidence\","
        "\"weight\":0.75,\"driftScore\":null,\"raw\":0.25,"
        "\"percentile\":null,\"model\":\"v\"}},"
        "\"ownLines\":{\"nearest\":{\"sample\":7,\"likeness\":0.5},"
        "\"farthest\":{\"sample\":0,\"likeness\":0}},"
        "\"assistant\":{\"pull\":-0.05,\"deviations\":2.125,"
        "\"percentile\":0.75},"
        "\"trend\":{\"state\":\"slipping\",\"ewma\":1.2346,"
        "\"sinceTurn\":7,\"statistic\":\"pooled\",\"value\":2.75,"
        "\"pooled\":{\"turns\":5,\"fromTurn\":4,\"chars\":321,"
        "\"enough\":true,\"driftScore\":0.5,\"percentile\":0.003}}},"
        "\"alerts\":[{\"type\":\"t1\",\"reason\":\"r\",\"id\":\"i\","
        "\"dedupKey\":\"k\",\"severity\":\"s\"},{\"type\":\"t2\","
        "\"reason\":\"\",\"id\":\"\",\"dedupKey\":\"\",\"severity\":\"\"}],"
        "\"coverage\":{\"bytes\":9,\"rulesRun\":8,\"rulesSkipped\":7,"
        "\"errors\":6,\"deadlineHit\":true,\"degraded\":true,"
        "\"truncatedMatches\":true},"
        "\"fallback\":{\"pool\":\"mira\",\"locale\":\"en\",\"line\":3},"
        "\"unsupportedGuardrails\":[\"be nice\"],"
        "\"error\":{\"code\":\"moderation_blocked\",\"http\":422,"
        "\"message\":\"blocked\"}}");
    end();
}
END_TEST

/* Each optional key alone (_i), in the place that is its own. */
START_TEST(envelope_with_one_optional_key)
{
    static const char *const wants[] = {
        PLAIN_HEAD "\"content\":\"\",\"contentReplaced\":true,"
                   "\"flagged\":false,",
        "\"degraded\":false,\"truncatedMatches\":true}}",
        PLAIN_COVERAGE ",\"fallback\":{\"pool\":\"p\",\"locale\":\"\","
                       "\"line\":0}}",
        PLAIN_COVERAGE ",\"unsupportedGuardrails\":[\"g\"]}",
        PLAIN_COVERAGE ",\"error\":{\"code\":\"c\",\"http\":409,"
                       "\"message\":\"m\"}}",
        "\"register\":0}",
        "\"register\":null,\"reason\":\"r\"}",
        "\"register\":null,\"hints\":[{\"kind\":\"word\",\"text\":"
        "\"g\",\"strength\":0}]}",
        "\"register\":null,\"trend\":{\"state\":\"stable\",\"ewma\":0,"
        "\"sinceTurn\":null,\"statistic\":\"\",\"value\":0,\"pooled\":{"
        "\"turns\":0,\"fromTurn\":0,\"chars\":0,\"enough\":false,"
        "\"driftScore\":0,\"percentile\":0}}}",
        "\"decidedBy\":{\"kind\":\"drift\",\"id\":\"\"},",
    };
    static const struct text one[] = {{"g", 1}};
    static const struct envelope_hint hint = {
        .kind = "word", .text = {"g", 1}, .here = (double)NAN, .sample = -1};
    static const struct envelope_trend stable = {.state = {"stable", 6},
                                                 .since = 9};
    struct envelope e = plain_envelope();

    switch (_i) {
    case 0:
        e.content = TEXT(""); // empty is a content, absent is none
        break;
    case 1:
        e.coverage.truncated_matches = true;
        break;
    case 2:
        e.pool = TEXT("p");
        break;
    case 3:
        e.unsupported = one;
        e.unsupported_count = 1;
        break;
    case 4:
        e.error_code = "c";
        e.error_http = 409;
        e.error_message = "m";
        break;
    case 5:
        e.drift.register_index = 0;
        break;
    case 6:
        e.drift.reason = TEXT("r");
        break;
    case 7:
        e.drift.hints = &hint;
        e.drift.hint_count = 1;
        break;
    case 8:
        e.drift.trend = &stable;
        break;
    default:
        e.decided_by.kind = TEXT("drift");
        break;
    }
    begin();
    encode_envelope(&reply, &e);
    const char *got = replied();
    ck_assert_msg(strstr(got, wants[_i]) != NULL, "%s\nin %s", wants[_i], got);
    end();
}
END_TEST

/* Every pair of names; driftAlert is a boolean with status ok only. */
START_TEST(names_of_verdicts_actions_and_states)
{
    char want[200];

    for (int v = 0; v < VERDICTS; v++) {
        for (int a = 0; a < ACTIONS; a++) {
            struct envelope e = plain_envelope();
            e.verdict = (enum envelope_verdict)v;
            e.action = (enum envelope_action)a;
            e.would_action = (enum envelope_action)(ACTIONS - 1 - a);
            begin();
            encode_envelope(&reply, &e);
            snprintf(want, sizeof(want),
                     "{\"moderationVerdict\":\"%s\",\"action\":\"%s\","
                     "\"contentReplaced\":false,\"flagged\":%s,"
                     "\"decidedBy\":null,\"wouldAction\":\"%s\",",
                     envelope_verdict_names[v], envelope_action_names[a],
                     v > 0 ? "true" : "false",
                     envelope_action_names[ACTIONS - 1 - a]);
            ck_assert_msg(text_starts(text_of(replied()), text_of(want)), "%s",
                          json.at);
            end();
        }
    }
    for (int s = 0; s < DRIFT_STATUSES; s++) {
        struct envelope e = plain_envelope();
        e.drift.status = (enum envelope_drift_status)s;
        e.drift.alert = true;
        begin();
        encode_envelope(&reply, &e);
        snprintf(want, sizeof(want),
                 "\"driftAlert\":%s,\"drift\":{\"status\":\"%s\",",
                 s == DRIFT_OK ? "true" : "null", envelope_drift_names[s]);
        ck_assert_ptr_nonnull(strstr(replied(), want));
        end();
    }
}
END_TEST

static const struct {
    double score;
    const char *written;
} scores[] = {
    {0, "0"},
    {1, "1"},
    {0.5, "0.5"},
    {0.00005, "0.0001"},
    {0.00004999, "0"},
    {0.12344, "0.1234"},
    {0.12346, "0.1235"},
    {0.99995, "1"},
    {0.99994, "0.9999"},
    {-0.5, "-0.5"},
    {-0.00001, "0"},
    {-0.12346, "-0.1235"},
    {(double)0.1f, "0.1"},
    {(double)NAN, "null"},
};

START_TEST(scores_have_four_decimals)
{
    struct envelope_hit hit = {.score = scores[_i].score};
    struct envelope_category category = {
        .name = TEXT("c"), .score = scores[_i].score, .threshold = 0.123456789};
    struct envelope e = plain_envelope();
    char want[100];

    e.hits = &hit;
    e.hit_count = 1;
    e.categories = &category;
    e.category_count = 1;
    e.drift.percentile = scores[_i].score;
    e.drift.raw = scores[_i].score;
    begin();
    encode_envelope(&reply, &e);
    const char *got = replied();
    snprintf(want, sizeof(want), "\"score\":%s,\"stage\"", scores[_i].written);
    ck_assert_msg(strstr(got, want) != NULL, "%s in %s", want, got);
    // A threshold is the operator's own number, and is told as he wrote it.
    snprintf(want, sizeof(want), "\"score\":%s,\"threshold\":0.123456789",
             scores[_i].written);
    ck_assert_msg(strstr(got, want) != NULL, "%s in %s", want, got);
    snprintf(want, sizeof(want), "\"percentile\":%s,", scores[_i].written);
    ck_assert_msg(strstr(got, want) != NULL, "%s in %s", want, got);
    snprintf(want, sizeof(want), "\"raw\":%s,", scores[_i].written);
    ck_assert_msg(strstr(got, want) != NULL, "%s in %s", want, got);
    end();
}
END_TEST

/* ------------------------------------------------------------------- replies
 */

#define HEAD(op, id, ok)                                                       \
    "{\"v\":1,\"op\":\"" op "\",\"id\":\"" id "\",\"ok\":" ok ","              \
    "\"engine\":{\"generation\":4,\"hash\":\"abcd\"},"                         \
    "\"timingUs\":{\"total\":6,\"queue\":1,\"normalise\":2,\"rules\":3,"       \
    "\"embed\":4,\"drift\":5},"

static struct request request;

static struct encode_answer
answer(const char *op, const char *id)
{
    request = (struct request){.op_name = text_of(op), .id = text_of(id)};
    return (struct encode_answer){.request = &request,
                                  .engine = {4, TEXT("abcd")},
                                  .timing = {6, 1, 2, 3, 4, 5}};
}

START_TEST(score_lists_its_envelopes)
{
    const struct encode_answer a = answer("score", "r-1");
    struct envelope results[16];

    for (size_t i = 0; i < 16; i++) {
        results[i] = plain_envelope();
    }
    begin();
    encode_score(&reply, &a, results, 1, 0);
    ck_assert_str_eq(replied(),
                     HEAD("score", "r-1", "true") "\"results\":[" PLAIN
                                                  "],\"chosen\":0}");
    encode_score(&reply, &a, results, 2, 1);
    ck_assert_str_eq(replied(),
                     HEAD("score", "r-1", "true") "\"results\":[" PLAIN
                                                  "," PLAIN "],\"chosen\":1}");
    encode_score(&reply, &a, results, 16, 15);
    ck_assert_ptr_nonnull(strstr(replied(), "\"chosen\":15}"));
    end();
}
END_TEST

START_TEST(metadata_and_traceparent_are_echoed)
{
    const struct encode_answer a = answer("ping", "");

    begin();
    request.metadata = TEXT("\x82\xa1x\xa1y\xa1z\xd9\0");
    request.traceparent = TEXT("00-1");
    encode_ping(&reply, &a, TEXT("1.2.3"));
    ck_assert_str_eq(replied(),
                     HEAD("ping", "", "true") "\"metadata\":{\"x\":\"y\","
                                              "\"z\":\"\"},"
                                              "\"traceparent\":\"00-1\","
                                              "\"version\":\"1.2.3\"}");
    request.metadata = (struct text){NULL, 0};
    encode_ping(&reply, &a, TEXT("1.2.3"));
    ck_assert_str_eq(replied(),
                     HEAD("ping", "", "true") "\"traceparent\":\"00-1\","
                                              "\"version\":\"1.2.3\"}");
    end();
}
END_TEST

START_TEST(stats_are_numbers_by_name)
{
    static const struct encode_stat stats[] = {{"a.b", 0}, {"c", UINT64_MAX}};
    const struct encode_answer a = answer("stats", "s");

    begin();
    encode_stats(&reply, &a, stats, 2, TEXT("a.yaml:1:2: bad"));
    ck_assert_str_eq(
        replied(),
        HEAD("stats", "s", "true") "\"stats\":{"
                                   "\"a.b\":0,\"c\":18446744073709551615},"
                                   "\"lastReloadError\":\"a.yaml:1:2: bad\"}");
    encode_stats(&reply, &a, NULL, 0, (struct text){NULL, 0});
    ck_assert_str_eq(replied(),
                     HEAD("stats", "s", "true") "\"stats\":{},"
                                                "\"lastReloadError\":\"\"}");
    end();
}
END_TEST

START_TEST(error_names_code_place_and_patience)
{
    const struct encode_answer a = answer("score", "r");

    begin();
    err_at(&err, ERR_TOO_LARGE, "text", "text: 9 bytes, at most 8");
    struct err told = err;
    encode_error(&reply, &a, &told, -1);
    ck_assert_str_eq(
        replied(),
        HEAD("score", "r",
             "false") "\"error\":{\"code\":\"too_large\","
                      "\"message\":\"text: 9 bytes, at most 8\",\"http\":413,"
                      "\"details\":{\"path\":\"text\"}}}");
    err_set(&told, ERR_OVERLOADED, "queue is full");
    encode_error(&reply, &a, &told, 0);
    ck_assert_str_eq(
        replied(),
        HEAD("score", "r", "false") "\"error\":{\"code\":\"overloaded\","
                                    "\"message\":\"queue is "
                                    "full\",\"http\":429,\"details\":{},"
                                    "\"retryAfterMs\":0}}");
    encode_error(&reply, &a, &told, 5000);
    ck_assert_ptr_nonnull(strstr(replied(), "\"retryAfterMs\":5000}}"));
    end();
}
END_TEST

/* Of a file name that is not UTF-8, say: the reply still is. */
START_TEST(message_that_is_not_utf8_is_made_so)
{
    const struct encode_answer a = answer("", "");
    struct err told;

    begin();
    err_set(&told, ERR_IO, "caf\xe9.yaml\xff\xc3\xa9");
    encode_error(&reply, &a, &told, -1);
    ck_assert_ptr_nonnull(
        strstr(replied(), "\"message\":\"caf?.yaml?\xc3\xa9\""));
    memset(told.message, 0x80, sizeof(told.message) - 1);
    encode_error(&reply, &a, &told, -1);
    ck_assert_ptr_nonnull(strstr(replied(), "??????????"));
    encode_stats(&reply, &a, NULL, 0, TEXT("\xc3"));
    ck_assert_ptr_nonnull(strstr(replied(), "\"lastReloadError\":\"?\""));
    end();
}
END_TEST

/* Every limit below what the reply takes: failed, and nothing beyond it. */
START_TEST(full_buffer_fails)
{
    const struct encode_answer a = answer("score", "r-1");
    const struct envelope e = plain_envelope();

    begin();
    encode_score(&reply, &a, &e, 1, 0);
    const size_t need = reply.len;
    for (size_t limit = 0; limit <= need; limit++) {
        struct buffer small;
        buffer_init(&small, limit);
        encode_score(&small, &a, &e, 1, 0);
        ck_assert_msg(small.failed == (limit < need), "limit %zu", limit);
        ck_assert_uint_le(small.len, limit);
        buffer_clear(&small);
    }
    end();
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("encode", {
    tcase_add_test(tc, envelope_without_any_optional_key);
    tcase_add_test(tc, envelope_with_every_optional_key);
    tcase_add_loop_test(tc, envelope_with_one_optional_key, 0, 10);
    tcase_add_test(tc, names_of_verdicts_actions_and_states);
    tcase_add_loop_test(tc, scores_have_four_decimals, 0, COUNT(scores));
    tcase_add_test(tc, score_lists_its_envelopes);
    tcase_add_test(tc, metadata_and_traceparent_are_echoed);
    tcase_add_test(tc, stats_are_numbers_by_name);
    tcase_add_test(tc, error_names_code_place_and_patience);
    tcase_add_test(tc, message_that_is_not_utf8_is_made_so);
    tcase_add_test(tc, full_buffer_fails);
})
