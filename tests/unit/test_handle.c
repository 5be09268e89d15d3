/* One message in, one reply out, whatever the message. */
#include "sidecar/serve/handle.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/wire.h"
#include "sidecar/base/clock.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_word.h"

static struct engine *engine;
static struct desk desk;
static struct rotation *rotation;
static unsigned reloads;
static bool reload_works;

static size_t
stats(void *context, struct encode_stat *out, size_t room,
      struct text *last_error, struct arena *arena)
{
    ck_assert_ptr_eq(context, &reloads);
    ck_assert_uint_gt(room, 1);
    out[0] = (struct encode_stat){"answer", 42};
    *last_error = arena_copy(arena, TEXT("it was late"));
    return 1;
}

static bool
reload(void *context, uint64_t *generation, struct err *err)
{
    ck_assert_ptr_eq(context, &reloads);
    reloads++;
    *generation = 7;
    if (!reload_works) {
        err_set(err, ERR_INVALID, "a.yaml:1:2: oops");
    }
    return reload_works;
}

static struct handle_server server = {
    .stats = stats, .reload = reload, .context = &reloads};

static void
set_up(void)
{
    support_config_enter();
    engine = support_word_engine("zorblax", "token: sesame\n"
                                            "limits: {deadline_max_ms: 1s}\n");
    rotation = rotation_new();
    server.rotation = rotation;
    reload_works = true;
    ck_assert(handle_desk_init(&desk, engine->config));
}

static void
tear_down(void)
{
    handle_desk_clear(&desk);
    rotation_free(rotation);
    engine_drop(engine);
    support_config_leave();
}

/* --- messages ----------------------------------------------------------- */

static struct buffer body;

/* v, op, id, and then pairs of strings, ended by NULL. */
static struct text
message(const char *op, ...)
{
    va_list pairs;
    size_t count = 3;

    buffer_init(&body, SIZE_MAX);
    const struct wire_open map = wire_open_map(&body);
    wire_put_str(&body, TEXT("v"));
    wire_put_int(&body, REQUEST_VERSION);
    wire_put_str(&body, TEXT("op"));
    wire_put_str(&body, text_of(op));
    wire_put_str(&body, TEXT("id"));
    wire_put_str(&body, TEXT("the id"));
    va_start(pairs, op);
    for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
        wire_put_str(&body, text_of(key));
        wire_put_str(&body, text_of(va_arg(pairs, const char *)));
        count++;
    }
    va_end(pairs);
    wire_close_map(&body, map, count);
    return buffer_text(&body);
}

static struct text
with_deadline(struct text sent, long long ms)
{
    static struct buffer longer;

    ck_assert_int_eq((unsigned char)sent.at[0], 0xde); // map 16
    buffer_clear(&longer);
    buffer_init(&longer, SIZE_MAX);
    buffer_add_text(&longer, sent);
    longer.at[2]++;
    wire_put_str(&longer, TEXT("deadlineMs"));
    wire_put_int(&longer, ms);
    return buffer_text(&longer);
}

static struct handle_outcome
ask(struct text sent, bool admin)
{
    const struct handle_message m = {.body = sent,
                                     .body_bytes = sent.len,
                                     .admin = admin,
                                     .may_wait = true,
                                     .arrived_ns = clock_ns(),
                                     .retry_after_ms = -1};

    return handle_one(&desk, engine, &server, &m);
}

/* --- replies ------------------------------------------------------------ */

/* The reader at the value of a key of the reply, or of one inside another. */
static bool
find(struct wire_reader *r, const char *key)
{
    const size_t entries = wire_next(r) == WIRE_MAP ? wire_read_map(r) : 0;

    for (size_t i = 0; i < entries; i++) {
        if (text_is(wire_read_bytes(r), key)) {
            return true;
        }
        (void)wire_skip(r);
    }
    return false;
}

static struct text
string_at(const struct buffer *reply, const char *outer, const char *inner)
{
    static const struct wire_limits limits = {WIRE_DEPTH_CAP, 1 << 20};
    static struct err err;
    struct wire_reader r;

    ck_assert_msg(wire_scan(buffer_text(reply), &limits, &err), "%s",
                  err.message);
    wire_read(&r, buffer_text(reply), &err);
    if (!find(&r, outer) || (inner != NULL && !find(&r, inner))) {
        return (struct text){NULL, 0};
    }
    return wire_next(&r) == WIRE_STR ? wire_read_bytes(&r) : wire_skip(&r);
}

static void
expect(struct text got, const char *want)
{
    ck_assert_msg(text_is(got, want), "%.*s is not %s", TEXT_ARGS(got), want);
}

static void
expect_error(const struct buffer *reply, const char *code)
{
    expect(string_at(reply, "error", "code"), code);
    ck_assert_uint_gt(string_at(reply, "error", "message").len, 0);
    ck_assert_ptr_null(string_at(reply, "results", NULL).at);
}

static bool
reply_holds(const char *words)
{
    const struct text wanted = text_of(words);
    const struct text reply = buffer_text(&desk.reply);

    for (size_t i = 0; i + wanted.len <= reply.len; i++) {
        if (text_starts(text_part(reply, i, reply.len), wanted)) {
            return true;
        }
    }
    return false;
}

/* --- tests -------------------------------------------------------------- */

START_TEST(each_operation_is_answered)
{
    static const struct {
        const char *op;
        const char *key;
    } rows[] = {{"ping", "version"},
                {"stats", "stats"},
                {"score", "results"},
                {"config.reload", "stats"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const bool score = strcmp(rows[i].op, "score") == 0;
        const struct text sent =
            message(rows[i].op, score ? "text" : NULL, "hello", NULL);
        const struct handle_outcome outcome = ask(sent, true);
        ck_assert_msg(outcome.ok, "%s", rows[i].op);
        ck_assert_int_eq(outcome.judged, score);
        expect(string_at(&desk.reply, "op", NULL), rows[i].op);
        expect(string_at(&desk.reply, "id", NULL), "the id");
        ck_assert_ptr_nonnull(string_at(&desk.reply, rows[i].key, NULL).at);
        ck_assert_ptr_null(string_at(&desk.reply, "error", NULL).at);
        buffer_clear(&body);
    }
    ck_assert_uint_eq(reloads, 1);
}
END_TEST

START_TEST(echo_is_the_message_itself)
{
    const struct text sent = message("echo", "traceparent", "t", NULL);

    ck_assert(ask(sent, true).ok);
    ck_assert(text_equal(buffer_text(&desk.reply), sent));
    buffer_clear(&body);
}
END_TEST

START_TEST(what_was_judged_is_told_to_the_counters)
{
    static const struct {
        const char *text;
        enum envelope_verdict verdict;
    } rows[] = {{"fine", VERDICT_PASS}, {"so zorblax", VERDICT_REFUSE}};

    for (size_t i = 0; i < 2; i++) {
        const struct handle_outcome outcome =
            ask(message("score", "text", rows[i].text, NULL), true);
        ck_assert(outcome.ok && outcome.judged);
        ck_assert_int_eq(outcome.verdict, rows[i].verdict);
        buffer_clear(&body);
    }
}
END_TEST

START_TEST(who_may_do_what)
{
    static const struct {
        const char *op, *token;
        bool admin;
        const char *code; /* NULL: done */
    } rows[] = {
        {"ping", NULL, false, "unauthorized"},
        {"ping", "", false, "unauthorized"},
        {"ping", "sesam", false, "unauthorized"},
        {"ping", "sesamee", false, "unauthorized"},
        {"ping", "sesame", false, NULL},
        {"ping", NULL, true, NULL},
        {"stats", NULL, false, "unauthorized"},
        {"stats", "sesame", false, "forbidden"},
        {"config.reload", "sesame", false, "forbidden"},
        {"stats", NULL, true, NULL},
        {"config.reload", NULL, true, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct text sent = message(
            rows[i].op, rows[i].token ? "token" : NULL, rows[i].token, NULL);
        ck_assert_msg(ask(sent, rows[i].admin).ok == (rows[i].code == NULL),
                      "row %zu", i);
        if (rows[i].code != NULL) {
            expect_error(&desk.reply, rows[i].code);
        }
        expect(string_at(&desk.reply, "id", NULL), "the id");
        buffer_clear(&body);
    }
    ck_assert_uint_eq(reloads, 1);
}
END_TEST

START_TEST(a_reload_waits_for_a_thread_that_may_wait)
{
    const struct text sent = message("config.reload", NULL);
    const struct handle_message m = {
        .body = sent, .admin = true, .arrived_ns = clock_ns()};

    const struct handle_outcome outcome =
        handle_one(&desk, engine, &server, &m);
    ck_assert(outcome.later);
    ck_assert_uint_eq(desk.reply.len, 0);
    ck_assert_uint_eq(reloads, 0);
    ck_assert(!ask(sent, true).later);
    ck_assert_uint_eq(reloads, 1);
    reload_works = false;
    ck_assert(!ask(sent, true).ok);
    expect_error(&desk.reply, "validation_failed");
    buffer_clear(&body);
}
END_TEST

START_TEST(deadlines)
{
    // deadline_ms asked for, time passed, is it too late?
    static const struct {
        long long ms;
        uint64_t passed_ms;
        bool late;
    } rows[] = {{0, 0, true},       {1, 0, false},     {100, 99, false},
                {100, 100, true},   {-1, 199, false},  {-1, 200, true},
                {5000, 999, false}, {5000, 1000, true} /* deadline_max_ms */};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text sent = message("score", "text", "x", NULL);
        if (rows[i].ms >= 0) {
            sent = with_deadline(sent, rows[i].ms);
        }
        clock_pin(1000000000u + rows[i].passed_ms * 1000000u, 0);
        const struct handle_message m = {
            .body = sent, .admin = true, .arrived_ns = 1000000000u};
        const struct handle_outcome outcome =
            handle_one(&desk, engine, &server, &m);
        clock_unpin();
        ck_assert_msg(outcome.ok == !rows[i].late, "row %zu", i);
        if (rows[i].late) {
            ck_assert_int_eq(outcome.kind, ERR_DEADLINE);
            expect_error(&desk.reply, "deadline_exceeded");
        }
        buffer_clear(&body);
    }
    (void)with_deadline(message("ping", NULL), 1); // and its memory
    buffer_clear(&body);
}
END_TEST

/* Every beginning of a good message is an error reply and no verdict. */
START_TEST(every_truncation_is_an_error)
{
    const struct text whole = message("score", "text", "fine", NULL);

    for (size_t len = 0; len < whole.len; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, whole.at, len);
        const struct handle_outcome outcome =
            ask((struct text){exact, len}, true);
        ck_assert_msg(!outcome.ok && !outcome.judged, "%zu bytes", len);
        expect_error(&desk.reply, "bad_request");
        free(exact);
    }
    buffer_clear(&body);
}
END_TEST

START_TEST(a_refusal_says_why_and_echoes_the_id)
{
    static const struct {
        enum handle_mark mark;
        const char *code;
        bool retry;
    } rows[] = {{HANDLE_TOO_LARGE, "too_large", false},
                {HANDLE_OVERLOADED, "overloaded", true},
                {HANDLE_DRAINING, "draining", true}};
    struct buffer reply;

    buffer_init(&reply, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct handle_message m = {
            .body = message("score", "text", "x", "traceparent", "tp", NULL),
            .mark = rows[i].mark,
            .arrived_ns = clock_ns(),
            .retry_after_ms = 17};
        const struct handle_outcome outcome = handle_refuse(&reply, engine, &m);
        ck_assert(!outcome.ok && !outcome.judged && !outcome.later);
        expect_error(&reply, rows[i].code);
        expect(string_at(&reply, "id", NULL), "the id");
        expect(string_at(&reply, "op", NULL), "score");
        expect(string_at(&reply, "traceparent", NULL), "tp");
        const struct text after = string_at(&reply, "error", "retryAfterMs");
        ck_assert_uint_eq(after.len, rows[i].retry ? 1 : 0);
        ck_assert(!rows[i].retry || after.at[0] == 17);
        buffer_clear(&body);
    }
    buffer_clear(&reply);
}
END_TEST

START_TEST(a_refusal_of_nonsense_is_a_refusal)
{
    static const struct text bodies[] = {
        {NULL, 0},           {"\xc1", 1},
        {"\x80", 1},         {"\xa1x", 2},
        {"\x81\xa2id", 4},   {"\x81\xa2id\x05", 5},
        {"\x81\x01\x02", 3}, {"\x81\xa2id\xa1\xff", 6}};
    struct buffer reply;

    buffer_init(&reply, 4096);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const struct handle_message m = {.body = bodies[i],
                                         .mark = HANDLE_OVERLOADED,
                                         .arrived_ns = clock_ns(),
                                         .retry_after_ms = 1};
        (void)handle_refuse(&reply, engine, &m);
        expect_error(&reply, "overloaded");
        expect(string_at(&reply, "id", NULL), "");
    }
    buffer_clear(&reply);
}
END_TEST

START_TEST(no_room_for_a_refusal_is_an_empty_reply)
{
    const struct handle_message m = {.mark = HANDLE_DRAINING,
                                     .arrived_ns = clock_ns()};

    for (size_t limit = 0; limit < 100; limit++) {
        struct buffer reply;
        buffer_init(&reply, limit);
        ck_assert_int_eq(handle_refuse(&reply, engine, &m).kind, ERR_DRAINING);
        ck_assert_uint_eq(reply.len, 0);
        buffer_clear(&reply);
    }
}
END_TEST

/* The nth piece of memory that judging takes is not to be had. */
START_TEST(no_memory_is_an_error_and_no_verdict)
{
    const struct text sent = message("score", "text", "so zorblax", NULL);
    size_t failures = 0;

    for (size_t nth = 1; nth < 10000; nth++) {
        arena_reset(judge_arena(desk.judge));
        arena_fail_at(judge_arena(desk.judge), nth);
        const struct handle_outcome outcome = ask(sent, true);
        if (outcome.ok) {
            ck_assert_int_eq(outcome.verdict, VERDICT_REFUSE);
            break;
        }
        ck_assert_int_eq(outcome.kind, ERR_MEMORY);
        expect_error(&desk.reply, "internal_error");
        expect(string_at(&desk.reply, "id", NULL), "the id");
        failures++;
    }
    arena_fail_at(judge_arena(desk.judge), 0);
    ck_assert_uint_gt(failures, 0);
    ck_assert(ask(sent, true).ok);
    buffer_clear(&body);
}
END_TEST

START_TEST(a_desk_serves_one_engine_after_another)
{
    const struct text sent = message("score", "text", "zorblax or nimbo", NULL);

    for (uint64_t i = 1; i < 6; i++) {
        const struct handle_outcome outcome = ask(sent, true);
        ck_assert_int_eq(outcome.verdict, VERDICT_REFUSE);
        expect(string_at(&desk.reply, "engine", "hash"), engine->hash);
        engine_drop(engine);
        engine = support_word_engine(i % 2 ? "nimbo" : "zorblax", "");
        engine->generation = i + 1;
    }
    buffer_clear(&body);
}
END_TEST

START_TEST(a_session_s_fallback_lines_take_turns)
{
    struct text last = {NULL, 0};
    char kept[64];

    for (int i = 0; i < 8; i++) {
        (void)ask(message("score", "text", "fine", "session", "s", NULL), true);
        buffer_clear(&body);
        (void)ask(message("score", "text", "zorblax", "session", "s", NULL),
                  true);
        buffer_clear(&body);
        const char *one = "One moment.", *two = "Where were we?";
        const bool is_one = reply_holds(one);
        ck_assert_int_ne(is_one, reply_holds(two));
        ck_assert(!text_is(last, is_one ? one : two));
        snprintf(kept, sizeof(kept), "%s", is_one ? one : two);
        last = text_of(kept);
    }
}
END_TEST

TEST_MAIN("handle", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, each_operation_is_answered);
          tcase_add_test(tc, echo_is_the_message_itself);
          tcase_add_test(tc, what_was_judged_is_told_to_the_counters);
          tcase_add_test(tc, who_may_do_what);
          tcase_add_test(tc, a_reload_waits_for_a_thread_that_may_wait);
          tcase_add_test(tc, deadlines);
          tcase_add_test(tc, every_truncation_is_an_error);
          tcase_add_test(tc, a_refusal_says_why_and_echoes_the_id);
          tcase_add_test(tc, a_refusal_of_nonsense_is_a_refusal);
          tcase_add_test(tc, no_room_for_a_refusal_is_an_empty_reply);
          tcase_add_test(tc, no_memory_is_an_error_and_no_verdict);
          tcase_add_test(tc, a_desk_serves_one_engine_after_another);
          tcase_add_test(tc, a_session_s_fallback_lines_take_turns);)
