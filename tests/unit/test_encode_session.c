/* What sessions and machines look like on the wire. */
#include "proto/encode_session.h"

#include <stdio.h>

#include "proto/json.h"
#include "tests/unit/harness.h"

static struct buffer to, json;

static void
set_up(void)
{
    buffer_init(&to, SIZE_MAX);
    buffer_init(&json, SIZE_MAX);
}

static void
tear_down(void)
{
    buffer_clear(&to);
    buffer_clear(&json);
}

static const struct request request = {.op_name = {"o", 1}};
static const struct encode_answer answer = {.request = &request};

/* Does the reply, as JSON, hold this? */
static void
expect(const char *part)
{
    struct err err;

    buffer_reset(&json);
    ck_assert(!to.failed);
    ck_assert(json_from_wire(buffer_text(&to), false, &json, &err));
    buffer_add_byte(&json, '\0');
    ck_assert_msg(strstr(json.at, part) != NULL, "%s\nis not in\n%s", part,
                  json.at);
}

START_TEST(times_are_utc_with_milliseconds)
{
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        {1, "\"1970-01-01T00:00:00.001Z\""},
        {999, "\"1970-01-01T00:00:00.999Z\""},
        {1000, "\"1970-01-01T00:00:01.000Z\""},
        {951782399999, "\"2000-02-28T23:59:59.999Z\""},
        {951782400000, "\"2000-02-29T00:00:00.000Z\""},
        {1795224225678, "\"2026-11-21T01:23:45.678Z\""},
        {253402300799999, "\"9999-12-31T23:59:59.999Z\""},
        {INT64_MAX, "\"292278994-08-17T07:12:55.807Z\""},
        {-1, "null"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char want[80];
        const struct encode_session session = {.ended_ms = rows[i].ms};
        buffer_reset(&to);
        encode_session(&to, &answer, &session);
        snprintf(want, sizeof(want), "\"endedAt\":%s,", rows[i].want);
        expect(want);
    }
}
END_TEST

START_TEST(a_session_that_has_nothing_says_so)
{
    const struct encode_session session = {.id = TEXT("s"),
                                           .status = TEXT("active")};

    encode_session(&to, &answer, &session);
    expect("\"session\":\"s\",\"status\":\"active\",\"messageCount\":0,"
           "\"startedAt\":\"1970-01-01T00:00:00.000Z\","
           "\"lastActiveAt\":\"1970-01-01T00:00:00.000Z\",\"endedAt\":null,"
           "\"persona\":\"\",\"user\":\"\",\"workspace\":\"\",\"title\":\"\"}");
}
END_TEST

START_TEST(a_machine_has_every_key)
{
    const struct envelope_unlocked unlocked = {TEXT("b"), TEXT("k"), TEXT("n"),
                                               true};
    const struct envelope_machine stands = {
        .id = TEXT("m"), .state = TEXT("a"), .scoring = "scoring"};
    const struct envelope_machine stepped = {.id = TEXT("m"),
                                             .state = TEXT("z"),
                                             .score = 3.75,
                                             .outcome = "ACCEPT",
                                             .decision = "pass",
                                             .follow_up = true,
                                             .redirects = 1,
                                             .follow_ups = 2,
                                             .scoring = "scoring",
                                             .unlocked = &unlocked,
                                             .unlocked_count = 1,
                                             .moved_by = "decision",
                                             .ended_by = "terminal",
                                             .from = TEXT("a"),
                                             .score_delta = -0.25};

    encode_step(&to, &answer, TEXT(""), &stands);
    expect("\"machine\":{\"machine_id\":\"m\",\"current_state\":\"a\","
           "\"score\":0,\"outcome\":null,\"decision\":null,"
           "\"follow_up\":false,\"redirect_count\":0,\"follow_up_count\":0,"
           "\"scoring_mode\":\"scoring\",\"machine_completed\":false,"
           "\"unlocked_machines\":[],\"moved_by\":null,\"ended_by\":null,"
           "\"delta\":null}}");
    buffer_reset(&to);
    encode_step(&to, &answer, TEXT("s"), &stepped);
    expect("\"session\":\"s\",\"machine\":{\"machine_id\":\"m\","
           "\"current_state\":\"z\",\"score\":3.75,\"outcome\":\"ACCEPT\","
           "\"decision\":\"pass\",\"follow_up\":true,\"redirect_count\":1,"
           "\"follow_up_count\":2,\"scoring_mode\":\"scoring\","
           "\"machine_completed\":true,\"unlocked_machines\":[{"
           "\"machine_id\":\"b\",\"machine_key\":\"k\",\"name\":\"n\","
           "\"is_auto_advance\":true}],\"moved_by\":\"decision\","
           "\"ended_by\":\"terminal\",\"delta\":{\"from_state\":\"a\","
           "\"to_state\":\"z\",\"score\":-0.25}}}");
}
END_TEST

START_TEST(history_ends_with_a_cursor_or_nil)
{
    const struct encode_past past = {.turn = 3, .at_ms = 5};

    encode_history(&to, &answer, TEXT("s"), &past, 1, 0);
    expect("\"turns\":[{\"turn\":3,\"at\":\"1970-01-01T00:00:00.005Z\","
           "\"messageId\":\"\",\"role\":\"\",\"envelope\":null}],"
           "\"cursor\":null}");
    buffer_reset(&to);
    encode_history(&to, &answer, TEXT("s"), &past, 0, UINT64_MAX);
    expect("\"turns\":[],\"cursor\":\"18446744073709551615\"}");
}
END_TEST

START_TEST(what_is_kept_holds_no_words)
{
    const struct envelope_reason reason = {.gram = TEXT("canary")};
    const struct envelope_hit hit = {.rule = TEXT("R"),
                                     .reasons = &reason,
                                     .reason_count = 1,
                                     .replacement = TEXT("canary")};
    const struct envelope_hint hint = {.kind = "word", .text = TEXT("canary")};
    const struct text guardrail = TEXT("canary");
    const struct envelope e = {.content = TEXT("canary"),
                               .hits = &hit,
                               .hit_count = 1,
                               .drift = {.hints = &hint, .hint_count = 1},
                               .unsupported = &guardrail,
                               .unsupported_count = 1};

    encode_kept(&to, &e);
    expect("\"contentReplaced\":true");
    expect("\"rule\":\"R\"");
    ck_assert_ptr_null(strstr(json.at, "canary"));
}
END_TEST

TEST_MAIN("encode_session", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, times_are_utc_with_milliseconds);
          tcase_add_test(tc, a_session_that_has_nothing_says_so);
          tcase_add_test(tc, a_machine_has_every_key);
          tcase_add_test(tc, history_ends_with_a_cursor_or_nil);
          tcase_add_test(tc, what_is_kept_holds_no_words);)
