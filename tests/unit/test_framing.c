#include "sidecar/serve/framing.h"

#include "sidecar/base/buffer.h"
#include "tests/unit/harness.h"

enum { SOFT = 1000 };

static const unsigned char req[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

static void
add_word(struct buffer *wire, unsigned long word)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buffer_add_byte(wire, (char)(unsigned char)(word >> shift & 0xff));
    }
}

static void
add_head(struct buffer *wire, bool ipc, uint64_t length)
{
    if (ipc) {
        buffer_add_byte(wire, 1);
    }
    add_word(wire, (unsigned long)(length >> 32));
    add_word(wire, (unsigned long)(length & 0xffffffff));
}

/* A message with `hops` hops and a body of `body` bytes. */
static void
add_message(struct buffer *wire, bool ipc, size_t hops, uint32_t id,
            size_t body)
{
    add_head(wire, ipc, 4 * hops + 4 + body);
    for (size_t i = 0; i < hops; i++) {
        add_word(wire, 1000 + i);
    }
    add_word(wire, 0x80000000u | id);
    for (size_t i = 0; i < body; i++) {
        buffer_add_byte(wire, (char)('a' + (int)((id + i) % 26)));
    }
}

/* What came out of a wire, one line for each thing, to compare and to read. */
struct log {
    struct buffer lines;
    struct buffer held; /* as a caller would hold the unused bytes */
    struct framing framing;
};

static void
log_init(struct log *log, bool ipc)
{
    buffer_init(&log->lines, 1 << 20);
    buffer_init(&log->held, 1 << 20);
    framing_init(&log->framing, ipc, SOFT);
}

static void
log_clear(struct log *log)
{
    buffer_clear(&log->lines);
    buffer_clear(&log->held);
}

static bool
log_step(struct log *log)
{
    // An exact copy, so that a read beyond the bytes given is seen.
    const struct text held = buffer_text(&log->held);
    char *exact = malloc(held.len + 1);
    struct framing_message message;
    size_t used = 0;

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, held.at != NULL ? held.at : "", held.len);
    const enum framing_event event = framing_next(
        &log->framing, (struct text){exact, held.len}, &used, &message);
    ck_assert_uint_le(used, held.len);
    if (event == FRAMING_GREETED) {
        buffer_format(&log->lines, "greeted\n");
    } else if (event == FRAMING_MESSAGE) {
        buffer_format(&log->lines, "message route=%d body=%.*s\n",
                      message.route.len, TEXT_ARGS(message.body));
    } else if (event == FRAMING_DROPPED) {
        buffer_format(&log->lines, "dropped route=%d payload=%zu\n",
                      message.route.len, message.payload_bytes);
    } else if (event == FRAMING_BAD) {
        buffer_format(&log->lines, "bad %d\n", (int)log->framing.fault);
    }
    if (used > 0) {
        memmove(log->held.at, log->held.at + used, held.len - used);
        log->held.len -= used;
    }
    free(exact);
    return event != FRAMING_MORE && event != FRAMING_BAD;
}

static void
log_feed(struct log *log, struct text bytes)
{
    buffer_add_text(&log->held, bytes);
    while (log_step(log)) {
    }
}

/* The lines of a wire fed whole, as a string to be freed. */
static char *
lines_of(bool ipc, struct text wire)
{
    struct log log;

    log_init(&log, ipc);
    log_feed(&log, wire);
    buffer_add_byte(&log.lines, '\0');
    char *lines = log.lines.at;
    log.lines.at = NULL;
    log_clear(&log);
    return lines;
}

static void
add_story(struct buffer *wire, bool ipc)
{
    buffer_add(wire, req, sizeof(req));
    add_message(wire, ipc, 0, 1, 0);
    add_message(wire, ipc, 0, 2, 30);
    add_message(wire, ipc, FRAMING_HOPS, 3, 5);
    add_message(wire, ipc, 2, 4, SOFT);
    add_message(wire, ipc, 1, 5, 12);
}

/* Each way of cutting in two, and byte by byte. _i: 0 tcp, 1 ipc. */
START_TEST(cut_anywhere_gives_the_same_messages)
{
    struct buffer wire;
    struct log log;

    buffer_init(&wire, 1 << 20);
    add_story(&wire, _i == 1);
    const struct text all = buffer_text(&wire);
    char *want = lines_of(_i == 1, all);
    ck_assert_msg(strstr(want, "dropped route=12 payload=1012") != NULL, "%s",
                  want);
    ck_assert_msg(strstr(want, "message route=36 body=defgh") != NULL, "%s",
                  want);
    for (size_t cut = 0; cut <= all.len; cut++) {
        log_init(&log, _i == 1);
        log_feed(&log, text_part(all, 0, cut));
        log_feed(&log, text_part(all, cut, all.len));
        buffer_add_byte(&log.lines, '\0');
        ck_assert_msg(strcmp(log.lines.at, want) == 0, "cut at %zu:\n%s", cut,
                      log.lines.at);
        log_clear(&log);
    }
    for (size_t size = 1; size <= 7; size++) {
        log_init(&log, _i == 1);
        for (size_t at = 0; at < all.len; at += size) {
            const size_t end = at + size < all.len ? at + size : all.len;
            log_feed(&log, text_part(all, at, end));
        }
        buffer_add_byte(&log.lines, '\0');
        ck_assert_msg(strcmp(log.lines.at, want) == 0, "pieces of %zu:\n%s",
                      size, log.lines.at);
        log_clear(&log);
    }
    free(want);
    buffer_clear(&wire);
}
END_TEST

START_TEST(a_prefix_of_a_message_is_neither_whole_nor_bad)
{
    struct buffer wire;
    struct log log;

    buffer_init(&wire, 1 << 20);
    add_message(&wire, true, 3, 9, 40);
    for (size_t len = 0; len < wire.len; len++) {
        log_init(&log, true);
        log_feed(&log, (struct text){(const char *)req, sizeof(req)});
        log_feed(&log, text_part(buffer_text(&wire), 0, len));
        ck_assert_msg(text_equal(buffer_text(&log.lines), TEXT("greeted\n")),
                      "%zu of %zu bytes: %.*s", len, wire.len,
                      TEXT_ARGS(buffer_text(&log.lines)));
        ck_assert_msg(framing_midway(&log.framing, log.held.len) == (len > 0),
                      "%zu", len);
        log_clear(&log);
    }
    buffer_clear(&wire);
}
END_TEST

START_TEST(a_wrong_greeting_is_bad_at_its_first_wrong_byte)
{
    for (size_t at = 0; at < sizeof(req); at++) {
        struct framing f;
        struct framing_message message;
        char bytes[sizeof(req)];
        size_t used = 0;

        memcpy(bytes, req, sizeof(bytes));
        bytes[at] = 'x';
        framing_init(&f, true, SOFT);
        ck_assert_int_eq(
            framing_next(&f, (struct text){bytes, at}, &used, &message),
            FRAMING_MORE);
        ck_assert_int_eq(
            framing_next(&f, (struct text){bytes, at + 1}, &used, &message),
            FRAMING_BAD);
        ck_assert_int_eq(f.fault, at < 4 ? FRAMING_NOT_SP : FRAMING_NOT_REQ);
        ck_assert_int_eq(
            framing_next(&f, (struct text){(const char *)req, sizeof(req)},
                         &used, &message),
            FRAMING_BAD);
    }
}
END_TEST

START_TEST(lengths_at_below_and_above_their_limits)
{
    static const struct {
        uint64_t length;
        const char *want; /* with the length, 36 words and no more */
    } rows[] = {
        {0, "greeted\nbad 4\n"},
        {3, "greeted\nbad 4\n"},
        {4, "greeted\nmessage route=4 body=\n"},
        {FRAMING_HARD_BYTES, "greeted\n"},
        {(uint64_t)FRAMING_HARD_BYTES + 1, "greeted\nbad 5\n"},
        {(uint64_t)1 << 32, "greeted\nbad 5\n"},
        {(uint64_t)1 << 40, "greeted\nbad 5\n"},
        {(uint64_t)1 << 62, "greeted\nbad 5\n"},
        {UINT64_MAX, "greeted\nbad 5\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (int ipc = 0; ipc <= 1; ipc++) {
            struct buffer wire;
            buffer_init(&wire, 1 << 20);
            buffer_add(&wire, req, sizeof(req));
            add_head(&wire, ipc == 1, rows[i].length);
            if (rows[i].length >= 4) {
                add_word(&wire, 0x80000001u);
            }
            char *lines = lines_of(ipc == 1, buffer_text(&wire));
            ck_assert_msg(strcmp(lines, rows[i].want) == 0, "length %llu: %s",
                          (unsigned long long)rows[i].length, lines);
            free(lines);
            buffer_clear(&wire);
        }
    }
}
END_TEST

START_TEST(the_soft_limit_decides_between_kept_and_dropped)
{
    static const struct {
        size_t payload;
        bool kept;
    } rows[] = {{SOFT - 1, true}, {SOFT, true}, {SOFT + 1, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer wire;
        buffer_init(&wire, 1 << 20);
        buffer_add(&wire, req, sizeof(req));
        add_message(&wire, false, 0, 7, rows[i].payload - 4);
        add_message(&wire, false, 0, 8, 1);
        char *lines = lines_of(false, buffer_text(&wire));
        ck_assert_msg((strstr(lines, "dropped") == NULL) == rows[i].kept,
                      "%zu: %s", rows[i].payload, lines);
        ck_assert_msg(strstr(lines, "message route=4 body=i\n") != NULL,
                      "%zu: %s", rows[i].payload, lines);
        free(lines);
        buffer_clear(&wire);
    }
}
END_TEST

START_TEST(hops_up_to_eight_and_no_further)
{
    for (size_t hops = 0; hops <= FRAMING_HOPS + 2; hops++) {
        struct buffer wire;
        buffer_init(&wire, 1 << 20);
        buffer_add(&wire, req, sizeof(req));
        add_message(&wire, true, hops, 1, 3);
        char *lines = lines_of(true, buffer_text(&wire));
        const bool good = strstr(lines, "message") != NULL;
        ck_assert_msg(good == (hops <= FRAMING_HOPS), "%zu hops: %s", hops,
                      lines);
        ck_assert_msg(good || strstr(lines, "bad 6") != NULL, "%zu hops: %s",
                      hops, lines);
        free(lines);
        buffer_clear(&wire);
    }
}
END_TEST

/* Without an id, bad as soon as that is certain: at the ninth word, or at the
 * end of a message that is shorter. */
START_TEST(a_route_without_an_id_is_bad)
{
    for (size_t payload = 4; payload < 60; payload++) {
        struct buffer wire;
        buffer_init(&wire, 1 << 20);
        buffer_add(&wire, req, sizeof(req));
        add_head(&wire, false, payload);
        for (size_t i = 0; i < payload; i++) {
            buffer_add_byte(&wire, 0x7f);
        }
        const size_t certain = sizeof(req) + 8 + (payload < 36 ? payload : 36);
        for (size_t len = sizeof(req); len <= wire.len; len++) {
            char *lines =
                lines_of(false, text_part(buffer_text(&wire), 0, len));
            ck_assert_msg((strstr(lines, "bad 6") != NULL) == (len >= certain),
                          "payload %zu, %zu bytes: %s", payload, len, lines);
            free(lines);
        }
        buffer_clear(&wire);
    }
}
END_TEST

START_TEST(every_first_byte_but_one_is_bad_on_ipc)
{
    for (int byte = 0; byte <= 255; byte++) {
        char wire[sizeof(req) + 1];
        memcpy(wire, req, sizeof(req));
        wire[sizeof(req)] = (char)(unsigned char)byte;
        char *lines = lines_of(true, (struct text){wire, sizeof(wire)});
        ck_assert_msg((strstr(lines, "bad 3") != NULL) == (byte != 1), "%d: %s",
                      byte, lines);
        free(lines);
    }
}
END_TEST

START_TEST(a_message_given_up_comes_out_dropped)
{
    struct buffer wire;
    struct log log;

    buffer_init(&wire, 1 << 20);
    add_message(&wire, true, 1, 5, 500);
    add_message(&wire, true, 0, 6, 2);
    log_init(&log, true);
    log_feed(&log, (struct text){(const char *)req, sizeof(req)});
    log_feed(&log, text_part(buffer_text(&wire), 0, 100));
    ck_assert_uint_eq(framing_wants(&log.framing), 9 + 8 + 500);
    framing_give_up(&log.framing);
    log_feed(&log, text_part(buffer_text(&wire), 100, wire.len));
    ck_assert_msg(
        text_equal(buffer_text(&log.lines), TEXT("greeted\ndropped route=8 "
                                                 "payload=508\n"
                                                 "message route=4 body=gh\n")),
        "%.*s", TEXT_ARGS(buffer_text(&log.lines)));
    log_clear(&log);
    buffer_clear(&wire);
}
END_TEST

START_TEST(a_reply_head_reads_back)
{
    static const size_t bodies[] = {0, 1, 255, 256, 65536, 1 << 24};
    struct framing_route route = {{(char)(unsigned char)0x80, 1, 2, 3}, 4};
    char head[FRAMING_REPLY_HEAD_BYTES];

    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        for (int ipc = 0; ipc <= 1; ipc++) {
            const size_t len =
                framing_reply_head(ipc == 1, &route, bodies[i], head);
            uint64_t length = 0;
            for (size_t at = (size_t)ipc; at < 8 + (size_t)ipc; at++) {
                length = length << 8 | (unsigned char)head[at];
            }
            ck_assert_uint_eq(len, (size_t)ipc + 8 + 4);
            ck_assert_uint_eq(length, 4 + bodies[i]);
            ck_assert_mem_eq(head + len - 4, route.at, 4);
            ck_assert(ipc == 0 || head[0] == 1);
        }
    }
}
END_TEST

/* 20,000 random wires: never beyond the
 * bytes, never stuck. */
START_TEST(random_bytes_do_no_harm)
{
    uint64_t seed = 42;

    for (int round = 0; round < 20000; round++) {
        struct buffer wire;
        buffer_init(&wire, 1 << 12);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (seed >> 63 != 0) {
            buffer_add(&wire, req, sizeof(req));
        }
        const size_t len = seed >> 40 & 0x7f;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const unsigned char byte = (unsigned char)(seed >> 56);
            // Mostly small, or no length is ever plausible.
            buffer_add_byte(&wire, (char)(byte < 200 ? byte % 3 : byte));
        }
        free(lines_of(round % 2 == 0, buffer_text(&wire)));
        buffer_clear(&wire);
    }
}
END_TEST

TEST_MAIN("framing",
          tcase_add_loop_test(tc, cut_anywhere_gives_the_same_messages, 0, 2);
          tcase_add_test(tc, a_prefix_of_a_message_is_neither_whole_nor_bad);
          tcase_add_test(tc, a_wrong_greeting_is_bad_at_its_first_wrong_byte);
          tcase_add_test(tc, lengths_at_below_and_above_their_limits);
          tcase_add_test(tc, the_soft_limit_decides_between_kept_and_dropped);
          tcase_add_test(tc, hops_up_to_eight_and_no_further);
          tcase_add_test(tc, a_route_without_an_id_is_bad);
          tcase_add_test(tc, every_first_byte_but_one_is_bad_on_ipc);
          tcase_add_test(tc, a_message_given_up_comes_out_dropped);
          tcase_add_test(tc, a_reply_head_reads_back);
          tcase_add_test(tc, random_bytes_do_no_harm);)
