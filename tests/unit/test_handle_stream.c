/* The stream operations, message by message. */
#include "sidecar/serve/handle.h"

#include "proto/wire.h"
#include "sidecar/base/clock.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_word.h"

static struct engine *engine;
static struct desk desk;
static struct handle_server server;
static struct handle_message like; /* what messages have, but for the body */

static const struct stream_table_limits limits = {
    .streams = 2, .per_client = 2, .bytes = 1 << 20, .idle_ns = UINT64_MAX};

static void
set_up(void)
{
    support_config_enter();
    engine = support_word_engine("zorblax", "");
    server = (struct handle_server){.rotation = rotation_new(),
                                    .streams = stream_table_new(&limits)};
    like = (struct handle_message){.client = 1, .retry_after_ms = 77};
    ck_assert(handle_desk_init(&desk, engine->config));
}

static void
tear_down(void)
{
    handle_desk_clear(&desk);
    rotation_free(server.rotation);
    stream_table_free(server.streams);
    engine_drop(engine);
    support_config_leave();
}

/* --- messages and replies ----------------------------------------------- */

struct row {
    const char *op, *id;
    long long seq;    /* below 0: none */
    const char *text; /* NULL: none */
};

static struct handle_outcome
ask(struct row row)
{
    struct buffer body;
    size_t count = 2;

    buffer_init(&body, SIZE_MAX);
    const struct wire_open map = wire_open_map(&body);
    wire_put_str(&body, TEXT("v"));
    wire_put_int(&body, REQUEST_VERSION);
    wire_put_str(&body, TEXT("op"));
    wire_put_str(&body, text_of(row.op));
    if (row.id != NULL) {
        wire_put_str(&body, TEXT("stream"));
        wire_put_str(&body, text_of(row.id));
        count++;
    }
    if (row.id == NULL && strcmp(row.op, "ping") != 0) {
        // So that all of it comes with the close.
        wire_put_str(&body, TEXT("mode"));
        wire_put_str(&body, TEXT("final"));
        count++;
    }
    if (row.text != NULL) {
        wire_put_str(&body, TEXT("seq"));
        wire_put_int(&body, row.seq);
        wire_put_str(&body, TEXT("text"));
        wire_put_bin(&body, text_of(row.text));
        count += 2;
    }
    wire_close_map(&body, map, count);
    struct handle_message message = like;
    message.body = buffer_text(&body);
    message.body_bytes = body.len;
    message.arrived_ns = clock_ns();
    const struct handle_outcome outcome =
        handle_one(&desk, engine, &server, &message);
    buffer_clear(&body);
    return outcome;
}

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

static struct wire_reader
reply_at(const char *outer, const char *inner, const char *innermost)
{
    static struct err err;
    struct wire_reader r;

    wire_read(&r, buffer_text(&desk.reply), &err);
    ck_assert(find(&r, outer));
    ck_assert(inner == NULL || find(&r, inner));
    ck_assert(innermost == NULL || find(&r, innermost));
    return r;
}

static void
expect_text(const char *key, const char *want)
{
    struct wire_reader r = reply_at(key, NULL, NULL);
    const struct text got = wire_read_bytes(&r);

    ck_assert_msg(text_is(got, want), "%s: %.*s", key, TEXT_ARGS(got));
}

static void
expect_error(struct handle_outcome outcome, enum err_kind kind)
{
    struct wire_reader r = reply_at("error", "message", NULL);
    const struct text message = wire_read_bytes(&r);

    ck_assert_msg(!outcome.ok && outcome.kind == kind, "%.*s",
                  TEXT_ARGS(message));
}

static char name[STREAM_TABLE_ID];

static void
open_stream(void)
{
    ck_assert(ask((struct row){"stream.open", NULL, -1, NULL}).ok);
    struct wire_reader r = reply_at("stream", NULL, NULL);
    const struct text id = wire_read_bytes(&r);
    ck_assert_uint_eq(id.len, REQUEST_STREAM_BYTES);
    memcpy(name, id.at, id.len);
}

static struct handle_outcome
feed(long long seq, const char *text)
{
    return ask((struct row){"stream.feed", name, seq, text});
}

static struct handle_outcome
close_stream(void)
{
    return ask((struct row){"stream.close", name, -1, NULL});
}

/* --- tests -------------------------------------------------------------- */

START_TEST(from_open_to_close)
{
    open_stream();
    ck_assert(feed(0, "All is ").ok && feed(1, "well.").ok);
    const struct handle_outcome outcome = close_stream();
    ck_assert(outcome.ok && outcome.judged);
    ck_assert_int_eq(outcome.verdict, VERDICT_PASS);
    expect_text("emit", "All is well.");
    expect_error(feed(2, "x"), ERR_STATE);
    expect_error(close_stream(), ERR_STATE);
}
END_TEST

START_TEST(gap_names_what_is_expected)
{
    open_stream();
    for (long long seq = 1; seq < 4; seq++) {
        expect_error(feed(seq, "x"), ERR_STATE);
        struct wire_reader r = reply_at("error", "details", "expected");
        ck_assert_int_eq(wire_read_int(&r, 0, 9), 0);
    }
    ck_assert(feed(0, "x").ok && feed(1, "y").ok && feed(2, "z").ok);
    expect_error(feed(0, "x"), ERR_STATE);
    struct wire_reader r = reply_at("error", "details", "expected");
    ck_assert_int_eq(wire_read_int(&r, 0, 9), 3);
}
END_TEST

START_TEST(repeated_feed_changes_nothing)
{
    open_stream();
    ck_assert(feed(0, "caf\xc3").ok);
    for (int i = 0; i < 3; i++) {
        ck_assert(feed(0, "caf\xc3").ok);
    }
    expect_error(feed(0, "cafe"), ERR_IDEMPOTENCY);
    ck_assert(feed(1, "\xa9").ok && close_stream().ok);
    expect_text("emit", "caf\xc3\xa9");
}
END_TEST

START_TEST(failed_feed_does_not_count)
{
    open_stream();
    expect_error(feed(0, "\xff"), ERR_BAD_REQUEST);
    ck_assert(feed(0, "ok\xe2").ok);
    expect_error(close_stream(), ERR_STATE);
    expect_error(feed(1, "x"), ERR_BAD_REQUEST);
    ck_assert(feed(1, "\x82\xac").ok && close_stream().ok);
    expect_text("emit", "ok\xe2\x82\xac");
}
END_TEST

/* The client may ask again without a new stream. */
START_TEST(close_without_memory_leaves_it_open)
{
    open_stream();
    ck_assert(feed(0, "hello").ok);
    buffer_clear(&desk.reply);
    const size_t limit = desk.reply.limit;
    desk.reply.limit = 700;
    expect_error(close_stream(), ERR_MEMORY);
    desk.reply.limit = limit;
    ck_assert(close_stream().ok);
    expect_text("emit", "hello");
}
END_TEST

START_TEST(full_house_is_told_with_a_time)
{
    open_stream();
    open_stream();
    expect_error(ask((struct row){"stream.open", NULL, -1, NULL}),
                 ERR_OVERLOADED);
    struct wire_reader r = reply_at("error", "retryAfterMs", NULL);
    ck_assert_int_gt(wire_read_int(&r, 0, 100000), 0);
}
END_TEST

START_TEST(unknown_one_is_not_found)
{
    static const char *const ops[] = {"stream.close", "stream.abort"};

    memcpy(name, "0123456789abcdef0123456789abcdef", sizeof(name));
    expect_error(feed(0, "x"), ERR_NOT_FOUND);
    for (size_t i = 0; i < 2; i++) {
        expect_error(ask((struct row){ops[i], name, -1, NULL}), ERR_NOT_FOUND);
    }
}
END_TEST

START_TEST(abort_twice_is_harmless)
{
    open_stream();
    ck_assert(ask((struct row){"stream.abort", name, -1, NULL}).ok);
    ck_assert(ask((struct row){"stream.abort", name, -1, NULL}).ok);
    expect_text("stream", name);
    expect_error(feed(0, "x"), ERR_STATE);
}
END_TEST

/* What a thread of the transport's may not wait for, another thread does. */
START_TEST(busy_stream_is_left_to_a_thread_that_may_wait)
{
    struct stream_entry *entry = NULL;

    open_stream();
    const struct stream_table_query query = {.id = text_of(name), .client = 1};
    ck_assert_int_eq(stream_table_take(server.streams, &query, &entry),
                     STREAM_TABLE_TAKEN);
    const struct handle_outcome outcome = feed(0, "x");
    ck_assert_int_eq(outcome.later, HANDLE_BY_BLOCK);
    ck_assert_uint_eq(desk.reply.len, 0);
    like.may_block = true;
    expect_error(feed(0, "x"), ERR_DEADLINE); // the stream is not given back
    stream_table_put(server.streams, entry);
    ck_assert(feed(0, "x").ok);
}
END_TEST

START_TEST(long_text_is_left_to_a_thread_that_may_take_its_time)
{
    char *text = support_repeat("x", 8192);

    open_stream();
    ck_assert(feed(0, text).ok);
    ck_assert(feed(1, "y").ok); // now it is long
    ck_assert_int_eq(feed(2, "z").later, HANDLE_BY_BLOCK);
    ck_assert_int_eq(close_stream().later, HANDLE_BY_BLOCK);
    like.may_block = true;
    ck_assert(feed(2, "z").ok && close_stream().ok);
    free(text);
}
END_TEST

START_TEST(stopping_sidecar_lets_streams_end)
{
    open_stream();
    like.mark = HANDLE_DRAINING;
    ck_assert(feed(0, "bye").ok);
    expect_error(ask((struct row){"stream.open", NULL, -1, NULL}),
                 ERR_DRAINING);
    struct wire_reader r = reply_at("error", "retryAfterMs", NULL);
    ck_assert_int_eq(wire_read_int(&r, 0, 100000), 77);
    expect_error(ask((struct row){"ping", NULL, -1, NULL}), ERR_DRAINING);
    ck_assert(close_stream().ok);
    expect_text("emit", "bye");
}
END_TEST

START_TEST(old_engine_answers_for_its_streams)
{
    struct engine *const first = engine;

    open_stream();
    ck_assert(feed(0, "It is zorblax ").ok);
    engine = support_word_engine("grolm", "");
    engine->generation = 2;
    ck_assert(feed(1, "and grolm.").ok);
    struct wire_reader r = reply_at("engine", "generation", NULL);
    ck_assert_int_eq(wire_read_int(&r, 0, 9), 1);
    expect_error(feed(5, "x"), ERR_STATE); // by the engine of now
    r = reply_at("engine", "generation", NULL);
    ck_assert_int_eq(wire_read_int(&r, 0, 9), 2);
    engine_drop(first); // the last reference but the stream's
    const struct handle_outcome outcome = close_stream();
    ck_assert(outcome.ok && outcome.verdict == VERDICT_REFUSE);
    ck_assert(ask((struct row){"ping", NULL, -1, NULL}).ok);
}
END_TEST

TEST_MAIN("handle_stream", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, from_open_to_close);
    tcase_add_test(tc, gap_names_what_is_expected);
    tcase_add_test(tc, repeated_feed_changes_nothing);
    tcase_add_test(tc, failed_feed_does_not_count);
    tcase_add_test(tc, close_without_memory_leaves_it_open);
    tcase_add_test(tc, full_house_is_told_with_a_time);
    tcase_add_test(tc, unknown_one_is_not_found);
    tcase_add_test(tc, abort_twice_is_harmless);
    tcase_add_test(tc, busy_stream_is_left_to_a_thread_that_may_wait);
    tcase_add_test(tc, long_text_is_left_to_a_thread_that_may_take_its_time);
    tcase_add_test(tc, stopping_sidecar_lets_streams_end);
    tcase_add_test(tc, old_engine_answers_for_its_streams);
})
