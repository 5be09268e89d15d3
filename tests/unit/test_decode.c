#include "proto/decode.h"

#include <math.h>
#include <stdio.h>

#include "proto/json.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static struct arena *arena;
static struct request request;
static struct err err;

static bool
decode(struct text message)
{
    if (arena == NULL) {
        arena = arena_new(1 << 20);
    }
    arena_reset(arena);
    err = (struct err){.kind = ERR_NONE};
    return decode_request(message, &support_request_limits, arena, &request,
                          &err);
}

static void
done(struct text message)
{
    support_bytes_free(message);
    arena_free(arena);
    arena = NULL;
}

static void
check_refused(const char *what, enum err_kind kind, const char *path,
              const char *message)
{
    ck_assert_msg(err.kind == kind, "%s: kind %d: %s", what, err.kind,
                  err.message);
    ck_assert_msg(strcmp(err.path, path) == 0, "%s: path %s", what, err.path);
    ck_assert_msg(strcmp(err.message, message) == 0, "%s: %s", what,
                  err.message);
}

START_TEST(every_key_arrives)
{
    const struct text m = support_request_message(support_request_full);

    ck_assert_msg(decode(m), "%s", err.message);
    ck_assert_int_eq(request.op, REQUEST_SCORE);
    ck_assert(text_is(request.op_name, "score"));
    ck_assert(text_is(request.id, "r-1"));
    ck_assert_int_eq(request.deadline_ms, 250);
    ck_assert(text_is(request.token, "t0"));
    ck_assert(text_equal(request.metadata,
                         TEXT("\xde\0\2\xa1\x61\xa1\x62\xa1\x63\xa0")));
    ck_assert(text_is(request.traceparent, "00-ab-cd-01"));
    ck_assert(text_is(request.persona, "mira"));
    ck_assert(text_is(request.workspace, "w"));
    ck_assert(text_is(request.session, "s"));
    ck_assert(text_is(request.message_id, "m"));
    ck_assert_int_eq(request.turn, 7);
    ck_assert_int_eq(request.role, REQUEST_TOOL);
    ck_assert(text_is(request.locale, "de-AT"));
    ck_assert_uint_eq(request.candidate_count, 2);
    ck_assert(text_is(request.candidates[0].text, "one"));
    ck_assert_uint_eq(request.candidates[0].vector_count, 0);
    ck_assert(text_equal(request.candidates[1].text, TEXT("t\0w")));
    ck_assert_uint_eq(request.guardrails.count, 2);
    ck_assert(text_is(request.guardrails.at[1], "lang:de"));
    ck_assert(text_is(request.system_prompt, "You are Mira."));
    ck_assert_uint_eq(request.canaries.count, 1);
    ck_assert(text_is(request.canaries.at[0], "c1"));
    ck_assert_uint_eq(request.cast.count, 2);
    ck_assert(text_is(request.cast.at[1], "hal"));
    ck_assert(request.drift_threshold == 0.25);
    ck_assert_int_eq(request.attempt, 1);
    ck_assert(request.explain);
    done(m);
}
END_TEST

START_TEST(absent_keys_are_at_their_default)
{
    const struct text m =
        support_request_message("{\"op\":\"score\",\"text\":\"\",\"v\":1}");

    ck_assert_msg(decode(m), "%s", err.message);
    ck_assert_uint_eq(request.candidate_count, 1); // the empty text is a text
    ck_assert_uint_eq(request.candidates[0].text.len, 0);
    ck_assert_uint_eq(request.candidates[0].vector_count, 0);
    ck_assert_int_eq(request.deadline_ms, -1);
    ck_assert_int_eq(request.turn, -1);
    ck_assert_int_eq(request.role, REQUEST_ASSISTANT);
    ck_assert(isnan(request.drift_threshold));
    ck_assert_uint_eq(request.id.len + request.token.len +
                          request.traceparent.len + request.metadata.len +
                          request.persona.len + request.workspace.len +
                          request.session.len + request.message_id.len +
                          request.locale.len + request.system_prompt.len,
                      0);
    ck_assert_uint_eq(request.guardrails.count + request.canaries.count +
                          request.cast.count,
                      0);
    ck_assert(!request.explain && request.attempt == 0);
    done(m);
}
END_TEST

/* What an operation cannot do without, after a comma. */
static const char *
needs(int op)
{
    return op == REQUEST_SCORE         ? ",\"text\":\"\""
           : op == REQUEST_STREAM_FEED ? ",\"stream\":\"a\",\"seq\":0,"
                                         "\"text\":\"\""
           : op == REQUEST_STREAM_CLOSE || op == REQUEST_STREAM_ABORT
               ? ",\"stream\":\"a\""
           : op == REQUEST_SESSION_OPEN ? ",\"persona\":\"p\""
           : op >= REQUEST_SESSION_GET && op <= REQUEST_SESSION_END
               ? ",\"session\":\"s\""
           : op == REQUEST_MACHINE_STEP
               ? ",\"session\":\"s\",\"decision\":\"pass\""
           : op == REQUEST_FINGERPRINT_BUILD
               ? ",\"persona\":\"p\",\"samples\":[\"a\"]"
           : op == REQUEST_FINGERPRINT_PUT
               ? ",\"persona\":\"p\",\"model\":\"m\",\"vectors\":"
                 "[[1,0,0,0,0,0,0,0]]"
           : op == REQUEST_FINGERPRINT_DROP || op == REQUEST_FINGERPRINT_GET
               ? ",\"persona\":\"p\""
               : "";
}

START_TEST(every_operation_and_role_has_its_name)
{
    for (int op = 0; op < REQUEST_OPS; op++) {
        char json[160];
        snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}",
                 request_op_names[op], needs(op));
        const struct text m = support_request_message(json);
        ck_assert_msg(decode(m) && request.op == (enum request_op)op, "%s: %s",
                      json, err.message);
        done(m);
    }
    for (int role = 0; role < REQUEST_ROLES; role++) {
        char json[80];
        snprintf(json, sizeof(json),
                 "{\"v\":1,\"op\":\"score\",\"text\":\"\",\"role\":\"%s\"}",
                 request_role_names[role]);
        const struct text m = support_request_message(json);
        ck_assert(decode(m) && request.role == (enum request_role)role);
        done(m);
    }
}
END_TEST

/* ---------------------------------------------------------------- each key */

/* Each key with a value of the wrong kind, and what is said of it. */
static const struct {
    const char *key, *good, *bad, *message;
    enum err_kind kind;
    bool score; /* a key of score only */
} keys[] = {
    {"v", "1", "\"1\"", "v: expected int, got str", ERR_INVALID, false},
    {"op", "\"score\"", "1", "op: expected str, got int", ERR_INVALID, false},
    {"id", "\"r\"", "7", "id: expected str, got int", ERR_INVALID, false},
    {"deadlineMs", "0", "-1", "deadlineMs: outside 0..3600000", ERR_INVALID,
     false},
    {"deadlineMs", "3600000", "1.5", "deadlineMs: expected int, got float",
     ERR_INVALID, false},
    {"token", "\"\"", "null", "token: expected str, got nil", ERR_INVALID,
     false},
    {"metadata", "{}", "[]", "metadata: expected map, got array", ERR_INVALID,
     false},
    {"traceparent", "\"\"", "true", "traceparent: expected str, got bool",
     ERR_INVALID, false},
    {"persona", "\"p\"", "{}", "persona: expected str, got map", ERR_INVALID,
     true},
    {"persona", "\"\xc3\xa9\"", "\"\"", "persona: empty", ERR_INVALID, true},
    {"workspace", "\"\"", "\"a\\u0000b\"",
     "workspace: control character at byte 1", ERR_INVALID, true},
    {"session", "\"\"", "\"a\\u007f\"", "session: control character at byte 1",
     ERR_INVALID, true},
    {"messageId", "\"\"", "\"\\u001f\"",
     "messageId: control character at byte 0", ERR_INVALID, true},
    {"turn", "0", "-1", "turn: outside 0..1000000000", ERR_INVALID, true},
    {"turn", "1000000000", "18446744073709551615",
     "turn: outside 0..1000000000", ERR_INVALID, true},
    {"role", "\"user\"", "\"User\"",
     "role: one of assistant, user, tool, system", ERR_INVALID, true},
    {"role", "\"system\"", "0", "role: expected str, got int", ERR_INVALID,
     true},
    {"locale", "\"\"", "[]", "locale: expected str, got array", ERR_INVALID,
     true},
    {"extraGuardrails", "[]", "\"deny:x\"",
     "extraGuardrails: expected array, got str", ERR_INVALID, true},
    {"extraGuardrails", "[\"a\"]", "[\"a\",\"\"]", "extraGuardrails[1]: empty",
     ERR_INVALID, true},
    {"extraGuardrails", "[\"a\"]", "[1]",
     "extraGuardrails[0]: expected str, got int", ERR_INVALID, true},
    {"systemPrompt", "\"\"", "0.5", "systemPrompt: expected str, got float",
     ERR_INVALID, true},
    {"canaries", "[]", "{}", "canaries: expected array, got map", ERR_INVALID,
     true},
    {"canaries", "[\"a\"]", "[\"\"]", "canaries[0]: empty", ERR_INVALID, true},
    {"cast", "[]", "null", "cast: expected array, got nil", ERR_INVALID, true},
    {"scores", "{}", "[]", "scores: expected map, got array", ERR_INVALID,
     true},
    {"scores", "{\"a\":{\"b\":null}}", "{\"a\":{\"b\":2}}",
     "scores.a.b: outside 0..1", ERR_INVALID, true},
    {"cast", "[\"a\"]", "[[]]", "cast[0]: expected str, got array", ERR_INVALID,
     true},
    {"driftThreshold", "0", "-0.001", "driftThreshold: outside 0..1",
     ERR_INVALID, true},
    {"driftThreshold", "1.0", "1.001", "driftThreshold: outside 0..1",
     ERR_INVALID, true},
    {"driftThreshold", "0.5", "\"0.5\"",
     "driftThreshold: expected a number, got str", ERR_INVALID, true},
    {"attempt", "0", "17", "attempt: outside 0..16", ERR_INVALID, true},
    {"explain", "false", "\"true\"", "explain: expected bool, got str",
     ERR_INVALID, true},
    {"explain", "true", "1", "explain: expected bool, got int", ERR_INVALID,
     true},
    {"text", "\"\"", "7", "text: expected str, got int", ERR_INVALID, true},
    {"candidates", "[{\"text\":\"\"}]", "{}",
     "candidates: expected array, got map", ERR_INVALID, true},
};

/*
 * A message of map entries: "v" and "op" unless the key is one of them, "text"
 * where a score needs it, and the key `times` times.
 */
static struct text
request_with(const char *op, const char *key, const char *json, size_t times)
{
    struct buffer to;
    size_t entries = 0;

    buffer_init(&to, 10000);
    const struct wire_open map = wire_open_map(&to);
    if (strcmp(key, "v") != 0) {
        wire_put_str(&to, TEXT("v"));
        wire_put_int(&to, 1);
        entries++;
    }
    if (strcmp(key, "op") != 0) {
        wire_put_str(&to, TEXT("op"));
        wire_put_str(&to, text_of(op));
        entries++;
    }
    if (strcmp(op, "score") == 0 && strcmp(key, "text") != 0 &&
        strcmp(key, "candidates") != 0) {
        wire_put_str(&to, TEXT("text"));
        wire_put_str(&to, TEXT(""));
        entries++;
    }
    for (size_t i = 0; i < times; i++) {
        wire_put_str(&to, text_of(key));
        ck_assert_msg(json_to_wire(text_of(json), &to, &err), "%s", json);
        entries++;
    }
    wire_close_map(&to, map, entries);
    const struct text exact = support_bytes_exact(buffer_text(&to));
    buffer_clear(&to);
    return exact;
}

START_TEST(key_of_the_right_type_is_taken)
{
    const struct text m = request_with("score", keys[_i].key, keys[_i].good, 1);

    ck_assert_msg(decode(m), "%s: %s", keys[_i].key, err.message);
    done(m);
}
END_TEST

START_TEST(key_of_the_wrong_type_is_named)
{
    const struct text m = request_with("score", keys[_i].key, keys[_i].bad, 1);
    const char *colon = strchr(keys[_i].message, ':');
    char path[ERR_PATH_BYTES];

    ck_assert_msg(!decode(m), "%s", keys[_i].key);
    snprintf(path, sizeof(path), "%.*s", (int)(colon - keys[_i].message),
             keys[_i].message);
    check_refused(keys[_i].bad, keys[_i].kind, path, keys[_i].message);
    done(m);
}
END_TEST

START_TEST(key_that_stands_twice_is_refused)
{
    char want[80];
    const struct text m = request_with("score", keys[_i].key, keys[_i].good, 2);

    ck_assert(!decode(m));
    snprintf(want, sizeof(want), "%s: stands twice", keys[_i].key);
    check_refused("twice", ERR_INVALID, keys[_i].key, want);
    done(m);
}
END_TEST

START_TEST(key_of_score_is_for_score_only)
{
    char want[80];
    const char *key = keys[_i].key;

    for (int op = REQUEST_PING; op <= REQUEST_RELOAD; op++) {
        const char *name = request_op_names[op];
        if (strcmp(key, "op") == 0) {
            continue;
        }
        const struct text m = request_with(name, key, keys[_i].good, 1);
        const bool fits = !keys[_i].score || op == REQUEST_ECHO;
        ck_assert_msg(decode(m) == fits, "%s of %s: %s", key, name,
                      err.message);
        if (!fits) {
            snprintf(want, sizeof(want), "%s: not a key of %s", key, name);
            check_refused(key, ERR_INVALID, key, want);
        }
        done(m);
    }
}
END_TEST

/* The last letter left out. */
START_TEST(misspelt_key_gets_a_suggestion)
{
    const char *key = keys[_i].key;
    char wrong[40], want[120];

    snprintf(wrong, sizeof(wrong), "%.*s", (int)strlen(key) - 1, key);
    if (strlen(wrong) < 2) {
        return;
    }
    const struct text m = request_with("score", wrong, "1", 1);
    ck_assert(!decode(m));
    snprintf(want, sizeof(want), "%s: unknown key; did you mean \"%s\"?", wrong,
             key);
    check_refused(wrong, ERR_INVALID, wrong, want);
    done(m);
}
END_TEST

/* ------------------------------------------------------------ whole messages
 */

#define S "{\"v\":1,\"op\":\"score\","
#define P "{\"v\":1,\"op\":\"ping\","
#define OPS                                                                    \
    "; there are score, stream.open|feed|close|abort, "                        \
    "session.open|get|history|reset|end, machine.step, ping, echo, stats, "    \
    "config.reload, fingerprint.build|put|drop|get|list, compare"

static const struct {
    const char *json;
    enum err_kind kind;
    const char *path, *message;
} refused[] = {
    {"[]", ERR_BAD_REQUEST, "", "message: not a map"},
    {"\"score\"", ERR_BAD_REQUEST, "", "message: not a map"},
    {"{}", ERR_INVALID, "v", "v: missing"},
    {"{\"op\":\"ping\"}", ERR_INVALID, "v", "v: missing"},
    {"{\"v\":1}", ERR_INVALID, "op", "op: missing"},
    {"{\"v\":1,\"text\":\"\"}", ERR_INVALID, "op", "op: missing"},
    {"{\"op\":\"ping\",\"v\":2}", ERR_VERSION, "v",
     "v: version 2; this sidecar speaks 1"},
    {"{\"v\":0,\"op\":\"ping\"}", ERR_VERSION, "v",
     "v: version 0; this sidecar speaks 1"},
    {"{\"v\":-1,\"op\":\"ping\"}", ERR_VERSION, "v",
     "v: version -1; this sidecar speaks 1"},
    {"{\"v\":1.0,\"op\":\"ping\"}", ERR_INVALID, "v",
     "v: expected int, got float"},
    {"{\"v\":1,\"op\":\"scroe\"}", ERR_UNKNOWN_OP, "op",
     "op: unknown operation \"scroe\"; did you mean \"score\"?" OPS},
    {"{\"v\":1,\"op\":\"dance\"}", ERR_UNKNOWN_OP, "op",
     "op: unknown operation \"dance\"" OPS},
    {"{\"v\":1,\"op\":\"\"}", ERR_UNKNOWN_OP, "op",
     "op: unknown operation \"\"" OPS},
    {"{\"v\":1,\"op\":\"a\\n\\\"\\u001b\\u00e9\"}", ERR_UNKNOWN_OP, "op",
     "op: unknown operation \"a?????\"" OPS},
    {P "\"\":1}", ERR_INVALID, "", "unknown key"},
    {P "\"zebra\\n\":1}", ERR_INVALID, "zebra?", "zebra?: unknown key"},
    {P "\"metadata\":{\"a\":1}}", ERR_INVALID, "metadata.a",
     "metadata.a: expected str, got int"},
    {P "\"metadata\":{\"a\":\"\",\"b\":null}}", ERR_INVALID, "metadata.b",
     "metadata.b: expected str, got nil"},
    {S "\"id\":\"x\"}", ERR_INVALID, "text",
     "text: missing: text, or candidates"},
    {S "\"text\":\"\",\"candidates\":[{\"text\":\"\"}]}", ERR_INVALID, "text",
     "text: give text or candidates, not both"},
    {S "\"candidates\":[]}", ERR_INVALID, "candidates",
     "candidates: empty: 1 to 16 candidates"},
    {S "\"candidates\":[\"a\"]}", ERR_INVALID, "candidates[0]",
     "candidates[0]: expected map, got str"},
    {S "\"candidates\":[{}]}", ERR_INVALID, "candidates[0].text",
     "candidates[0].text: missing"},
    {S "\"candidates\":[{\"text\":\"\"},{\"embeddings\":{}}]}", ERR_INVALID,
     "candidates[1].text", "candidates[1].text: missing"},
    {S "\"candidates\":[{\"text\":null}]}", ERR_INVALID, "candidates[0].text",
     "candidates[0].text: expected str, got nil"},
    {S "\"candidates\":[{\"txt\":\"\"}]}", ERR_INVALID, "candidates[0].txt",
     "candidates[0].txt: unknown key; did you mean \"text\"?"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":[]}]}", ERR_INVALID,
     "candidates[0].embeddings",
     "candidates[0].embeddings: expected map, got array"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":{\"m\":\"x\"}}]}",
     ERR_INVALID, "candidates[0].embeddings.m",
     "candidates[0].embeddings.m: expected an array of numbers or a bin"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":{\"m\":[1,\"x\"]}}]}",
     ERR_INVALID, "candidates[0].embeddings.m[1]",
     "candidates[0].embeddings.m[1]: expected a number, got str"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":{\"m\":[[]]}}]}",
     ERR_INVALID, "candidates[0].embeddings.m[0]",
     "candidates[0].embeddings.m[0]: expected a number, got array"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":{\"\":[1]}}]}",
     ERR_INVALID, "candidates[0].embeddings",
     "candidates[0].embeddings: empty"},
    {S "\"candidates\":[{\"text\":\"\",\"embeddings\":{\"a\\nb\":[1]}}]}",
     ERR_INVALID, "candidates[0].embeddings",
     "candidates[0].embeddings: control character at byte 1"},
};

START_TEST(wrong_message_is_refused_with_its_place)
{
    const struct text m = support_request_message(refused[_i].json);

    ck_assert_msg(!decode(m), "%s", refused[_i].json);
    check_refused(refused[_i].json, refused[_i].kind, refused[_i].path,
                  refused[_i].message);
    done(m);
}
END_TEST

/* What JSON cannot say. {v: 1, op: ping, ...} */
#define PING  "83 a1 76 01 a2 6f 70 a4 70 69 6e 67 "
#define SCORE "83 a1 76 01 a2 6f 70 a5 73 63 6f 72 65 "
#define EMBEDDED                                                               \
    SCORE "aa 63 61 6e 64 69 64 61 74 65 73 91 82 a4 74 65 78 74 a0 "          \
          "aa 65 6d 62 65 64 64 69 6e 67 73 "

static const struct {
    const char *hex;
    enum err_kind kind;
    const char *path, *message;
} raw[] = {
    {"", ERR_BAD_REQUEST, "", "message: empty at byte 0"},
    {"c1", ERR_BAD_REQUEST, "", "message: unknown or extension type at byte 0"},
    {PING "05 c0", ERR_INVALID, "", "a key that is no str"},
    {PING "c4 02 69 64 c0", ERR_INVALID, "", "a key that is no str"},
    {PING "a2 ff fe c0", ERR_INVALID, "??", "??: unknown key"},
    {PING "a2 69 64 a1 ff", ERR_BAD_REQUEST, "id", "id: not UTF-8 at byte 0"},
    {PING "a2 69 64 a3 61 c0 80", ERR_BAD_REQUEST, "id",
     "id: not UTF-8 at byte 1"},
    {PING "a8 6d 65 74 61 64 61 74 61 81 a1 ff a0", ERR_BAD_REQUEST, "metadata",
     "metadata: not UTF-8 at byte 0"},
    {PING "a8 6d 65 74 61 64 61 74 61 81 01 a0", ERR_INVALID, "metadata",
     "metadata: expected str, got int"},
    {PING "a8 6d 65 74 61 64 61 74 61 82 a1 61 a0 a1 61 a0", ERR_INVALID,
     "metadata.a", "metadata.a: stands twice"},
    {SCORE "a4 74 65 78 74 a3 ed a0 80", ERR_BAD_REQUEST, "text",
     "text: not UTF-8 at byte 0"},
    {SCORE "a4 74 65 78 74 a4 f4 90 80 80", ERR_BAD_REQUEST, "text",
     "text: not UTF-8 at byte 0"},
    {SCORE "a4 74 65 78 74 a3 61 e2 82", ERR_BAD_REQUEST, "text",
     "text: not UTF-8 at byte 1"},
    {SCORE "a4 74 65 78 74 c4 01 61", ERR_INVALID, "text",
     "text: expected str, got bin"},
    {SCORE "ae 64 72 69 66 74 54 68 72 65 73 68 6f 6c 64 ca 7f c0 00 00",
     ERR_INVALID, "driftThreshold", "driftThreshold: outside 0..1"},
    {SCORE "aa 63 61 6e 64 69 64 61 74 65 73 91 81 01 a0", ERR_INVALID,
     "candidates[0]", "candidates[0]: a key that is no str"},
    {SCORE "aa 63 61 6e 64 69 64 61 74 65 73 91 "
           "82 a4 74 65 78 74 a0 a4 74 65 78 74 a0",
     ERR_INVALID, "candidates[0].text", "candidates[0].text: stands twice"},
    {EMBEDDED "82 a1 6d 90 a1 6d 90", ERR_INVALID, "candidates[0].embeddings.m",
     "candidates[0].embeddings.m: stands twice"},
    {EMBEDDED "81 a1 6d c4 03 00 00 00", ERR_INVALID,
     "candidates[0].embeddings.m",
     "candidates[0].embeddings.m: 3 bytes are no whole number of float32"},
    {EMBEDDED "81 05 90", ERR_INVALID, "candidates[0].embeddings",
     "candidates[0].embeddings: expected str, got int"},
};

START_TEST(wrong_bytes_are_refused_with_their_place)
{
    const struct text m = support_bytes_hex(raw[_i].hex);

    ck_assert_msg(!decode(m), "%s", raw[_i].hex);
    check_refused(raw[_i].hex, raw[_i].kind, raw[_i].path, raw[_i].message);
    done(m);
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("decode", {
    tcase_add_test(tc, every_key_arrives);
    tcase_add_test(tc, absent_keys_are_at_their_default);
    tcase_add_test(tc, every_operation_and_role_has_its_name);
    tcase_add_loop_test(tc, key_of_the_right_type_is_taken, 0, COUNT(keys));
    tcase_add_loop_test(tc, key_of_the_wrong_type_is_named, 0, COUNT(keys));
    tcase_add_loop_test(tc, key_that_stands_twice_is_refused, 0, COUNT(keys));
    tcase_add_loop_test(tc, key_of_score_is_for_score_only, 0, COUNT(keys));
    tcase_add_loop_test(tc, misspelt_key_gets_a_suggestion, 0, COUNT(keys));
    tcase_add_loop_test(tc, wrong_message_is_refused_with_its_place, 0,
                        COUNT(refused));
    tcase_add_loop_test(tc, wrong_bytes_are_refused_with_their_place, 0,
                        COUNT(raw));
})
