/* The keys of the stream operations. */
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static struct request request;
static struct err err;
static struct arena *arena;

static bool
decode(struct text message)
{
    err = (struct err){.kind = ERR_NONE};
    arena_reset(arena);
    return decode_request(message, &support_request_limits, arena, &request,
                          &err);
}

static void
set_up(void)
{
    arena = arena_new(1 << 20);
}

static void
tear_down(void)
{
    arena_free(arena);
}

#define ID "\"stream\":\"0123456789abcdef0123456789abcdef\""

static const struct {
    const char *op, *keys;
} good[] = {
    {"stream.open", ""},
    {"stream.open", ",\"mode\":\"gate\""},
    {"stream.open", ",\"mode\":\"shadow\",\"persona\":\"p\",\"turn\":3"},
    {"stream.open", ",\"mode\":\"final\",\"extraGuardrails\":[\"@a\"]"},
    {"stream.feed", "," ID ",\"seq\":0,\"text\":\"\""},
    {"stream.feed", ",\"text\":\"a\",\"seq\":9007199254740992," ID},
    {"stream.close", "," ID},
    {"stream.close", ",\"stream\":\"anything\""},
    {"stream.abort", "," ID ",\"metadata\":{\"a\":\"b\"}"},
};

/* The keys before the operation too: it may stand last. */
START_TEST(good_message_is_read)
{
    char json[512];

    for (int last = 0; last < 2; last++) {
        if (last == 0) {
            snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}",
                     good[_i].op, good[_i].keys);
        } else {
            snprintf(json, sizeof(json), "{\"v\":1%s,\"op\":\"%s\"}",
                     good[_i].keys, good[_i].op);
        }
        const struct text m = support_request_message(json);
        ck_assert_msg(decode(m), "%s: %s", json, err.message);
        ck_assert(text_is(request.op_name, good[_i].op));
        support_bytes_free(m);
    }
}
END_TEST

static const struct {
    const char *op, *keys;
    enum err_kind kind;
    const char *message;
} bad[] = {
    {"stream.open", ",\"mode\":\"gates\"", ERR_INVALID,
     "mode: one of gate, shadow, final"},
    {"stream.open", ",\"mode\":1", ERR_INVALID, NULL},
    {"stream.open", ",\"mode\":null", ERR_INVALID, NULL},
    {"stream.open", ",\"text\":\"a\"", ERR_INVALID,
     "text: not a key of stream.open"},
    {"stream.open", ",\"candidates\":[]", ERR_INVALID,
     "candidates: not a key of stream.open"},
    {"stream.open", "," ID, ERR_INVALID, "stream: not a key of stream.open"},
    {"stream.open", ",\"moode\":\"gate\"", ERR_INVALID,
     "moode: unknown key; did you mean \"mode\"?"},
    {"stream.feed", ",\"seq\":0,\"text\":\"\"", ERR_INVALID, "stream: missing"},
    {"stream.feed", "," ID ",\"text\":\"\"", ERR_INVALID, "seq: missing"},
    {"stream.feed", "," ID ",\"seq\":0", ERR_INVALID, "text: missing"},
    {"stream.feed", "," ID ",\"seq\":-1,\"text\":\"\"", ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":9007199254740993,\"text\":\"\"",
     ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":0.5,\"text\":\"\"", ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":\"0\",\"text\":\"\"", ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":0,\"text\":null", ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":0,\"text\":[\"a\"]", ERR_INVALID, NULL},
    {"stream.feed", "," ID ",\"seq\":0,\"text\":\"\",\"mode\":\"gate\"",
     ERR_INVALID, "mode: not a key of stream.feed"},
    {"stream.feed", "," ID ",\"seq\":0,\"text\":\"\",\"persona\":\"p\"",
     ERR_INVALID, "persona: not a key of stream.feed"},
    {"stream.feed", ",\"stream\":\"\",\"seq\":0,\"text\":\"\"", ERR_INVALID,
     "stream: empty"},
    {"stream.feed", ",\"stream\":5,\"seq\":0,\"text\":\"\"", ERR_INVALID, NULL},
    {"stream.close", "", ERR_INVALID, "stream: missing"},
    {"stream.close", "," ID ",\"seq\":1", ERR_INVALID,
     "seq: not a key of stream.close"},
    {"stream.close", "," ID ",\"text\":\"\"", ERR_INVALID,
     "text: not a key of stream.close"},
    {"stream.abort", "", ERR_INVALID, "stream: missing"},
    {"stream.abort", ",\"steam\":\"a\"", ERR_INVALID,
     "steam: unknown key; did you mean \"stream\"?"},
};

START_TEST(wrong_message_is_refused_with_its_place)
{
    char json[512];

    snprintf(json, sizeof(json), "{\"v\":1,\"op\":\"%s\"%s}", bad[_i].op,
             bad[_i].keys);
    const struct text m = support_request_message(json);
    ck_assert_msg(!decode(m), "%s", json);
    ck_assert_msg(err.kind == bad[_i].kind, "%s: %s", json, err.message);
    ck_assert_msg(bad[_i].message == NULL ||
                      strcmp(err.message, bad[_i].message) == 0,
                  "%s: %s", json, err.message);
    support_bytes_free(m);
}
END_TEST

/* A feed of these bytes, as a bin or as a str. */
static struct buffer
feed_of(struct text delta, bool bin)
{
    struct buffer to;

    buffer_init(&to, SIZE_MAX);
    wire_put_map(&to, 5);
    wire_put_str(&to, TEXT("v"));
    wire_put_int(&to, 1);
    wire_put_str(&to, TEXT("op"));
    wire_put_str(&to, TEXT("stream.feed"));
    wire_put_str(&to, TEXT("stream"));
    wire_put_str(&to, TEXT("a"));
    wire_put_str(&to, TEXT("seq"));
    wire_put_int(&to, 7);
    wire_put_str(&to, TEXT("text"));
    if (bin) {
        wire_put_bin(&to, delta);
    } else {
        wire_put_str(&to, delta);
    }
    return to;
}

START_TEST(bin_may_cut_a_character_str_may_not)
{
    const struct text half = TEXT("caf\xc3");

    for (int bin = 0; bin < 2; bin++) {
        struct buffer message = feed_of(half, bin == 1);
        ck_assert_msg(decode(buffer_text(&message)) == (bin == 1), "%s",
                      err.message);
        if (bin == 1) {
            ck_assert(text_equal(request.delta, half) && request.seq == 7);
        } else {
            ck_assert_str_eq(err.path, "text");
        }
        buffer_clear(&message);
    }
}
END_TEST

/* _i: a bin, else a str. */
START_TEST(delta_has_the_limit_of_a_text)
{
    const size_t limit = support_request_limits.text_bytes;
    char *text = support_request_expand("$S", limit + 1);

    for (size_t more = 0; more < 2; more++) {
        struct buffer message =
            feed_of((struct text){text, limit + more}, _i == 1);
        ck_assert_msg(decode(buffer_text(&message)) == (more == 0), "%s",
                      err.message);
        ck_assert(more == 0 || err.kind == ERR_TOO_LARGE);
        buffer_clear(&message);
    }
    free(text);
}
END_TEST

START_TEST(every_cut_of_a_message_is_refused)
{
    struct buffer message = feed_of(TEXT("hello"), true);

    for (size_t len = 0; len < message.len; len++) {
        // A block of exactly its size, for the sanitizers.
        char *cut = malloc(len > 0 ? len : 1);
        memcpy(cut, message.at, len);
        ck_assert_msg(!decode((struct text){cut, len}), "%zu bytes", len);
        free(cut);
    }
    ck_assert(decode(buffer_text(&message)));
    buffer_clear(&message);
}
END_TEST

TEST_MAIN("decode_stream", {
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, good_message_is_read, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tc, wrong_message_is_refused_with_its_place, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tc, bin_may_cut_a_character_str_may_not);
    tcase_add_loop_test(tc, delta_has_the_limit_of_a_text, 0, 2);
    tcase_add_test(tc, every_cut_of_a_message_is_refused);
})
