/* The keys of fingerprint.* and compare, one by one and each limit. */
#include <stdio.h>

#include "proto/decode.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static struct request request;
static struct arena *arena;
static struct text message; /* that the request points into */
static struct err err;

static void
set_up(void)
{
    arena = arena_new(1 << 20);
}

static void
tear_down(void)
{
    support_bytes_free(message);
    arena_free(arena);
}

static bool
decode_with(const char *json, const struct decode_limits *limits)
{
    support_bytes_free(message);
    message = support_request_message(json);
    err = (struct err){.kind = ERR_NONE};
    return decode_request(message, limits, arena, &request, &err);
}

#define BUILD                                                                  \
    "{\"v\":1,\"op\":\"fingerprint.build\",\"persona\":\"p\",\"samples\":"
#define PUT                                                                    \
    "{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":\"m\","   \
    "\"vectors\":"
#define GET     "{\"v\":1,\"op\":\"fingerprint.get\",\"persona\":"
#define COMPARE "{\"v\":1,\"op\":\"compare\",\"personas\":"
#define EIGHT   "[1,0,0,0,0,0,0,0.5]"

/* In the order of their numbers; limits as in support_request.c. */
static const struct {
    const char *json;
    enum err_kind kind; /* ERR_NONE: good */
    const char *says;
} rows[] = {
    {BUILD "[\"a\",\"b\"]}", ERR_NONE, ""},
    {BUILD "[]}", ERR_INVALID, "samples: empty: 1 to 4096 lines"},
    {BUILD "[\"\"]}", ERR_INVALID, "samples[0]: empty"},
    {BUILD "\"a\"}", ERR_INVALID, "samples: expected array, got str"},
    {BUILD "[1]}", ERR_INVALID, "samples[0]: expected str, got int"},
    {BUILD "[\"a\"],\"model\":\"m\"}", ERR_INVALID,
     "model: not a key of fingerprint.build"},
    {BUILD "[\"a\"],\"sampels\":[]}", ERR_INVALID,
     "sampels: unknown key; did you mean \"samples\"?"},
    {"{\"v\":1,\"op\":\"fingerprint.build\",\"samples\":[\"a\"]}", ERR_INVALID,
     "persona: missing"},
    {"{\"v\":1,\"op\":\"fingerprint.build\",\"persona\":\"p\"}", ERR_INVALID,
     "samples: missing"},
    {PUT "[" EIGHT "]}", ERR_NONE, ""},
    {PUT "[" EIGHT "," EIGHT "]}", ERR_NONE, ""},
    {PUT "[]}", ERR_INVALID, "vectors: empty: 1 to 4096 vectors"},
    {PUT EIGHT "}", ERR_INVALID,
     "vectors[0]: expected an array of numbers or a bin"},
    {PUT "[[1,0,0,0,0,0,0]]}", ERR_INVALID,
     "vectors[0]: 7 dimensions, at least 8"},
    {PUT "[[]]}", ERR_INVALID, "vectors[0]: 0 dimensions, at least 8"},
    {PUT "[[1,0,0,0,0,0,0,0,0]]}", ERR_TOO_LARGE,
     "vectors[0]: 9 dimensions, at most 8"},
    {PUT "[" EIGHT ",[1,2]]}", ERR_INVALID,
     "vectors[1]: 2 dimensions, at least 8"},
    {PUT "[" EIGHT ",[1,0,0,0,0,0,0,\"x\"]]}", ERR_INVALID,
     "vectors[1][7]: expected a number, got str"},
    {PUT "[" EIGHT ",\"x\"]}", ERR_INVALID,
     "vectors[1]: expected an array of numbers or a bin"},
    {PUT "[" EIGHT "],\"samples\":[\"a\"]}", ERR_INVALID,
     "samples: not a key of fingerprint.put"},
    {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"vectors\":"
     "[" EIGHT "]}",
     ERR_INVALID, "model: missing"},
    {"{\"v\":1,\"op\":\"fingerprint.put\",\"persona\":\"p\",\"model\":\"\"}",
     ERR_INVALID, "model: empty"},
    {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"p\"}", ERR_NONE, ""},
    {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"p\",\"model\":\"m\"}",
     ERR_NONE, ""},
    {"{\"v\":1,\"op\":\"fingerprint.drop\"}", ERR_INVALID, "persona: missing"},
    {"{\"v\":1,\"op\":\"fingerprint.drop\",\"persona\":\"p\",\"vectors\":[]}",
     ERR_INVALID, "vectors: not a key of fingerprint.drop"},
    {"{\"v\":1,\"op\":\"fingerprint.list\"}", ERR_NONE, ""},
    {"{\"v\":1,\"op\":\"fingerprint.list\",\"persona\":\"p\"}", ERR_INVALID,
     "persona: not a key of fingerprint.list"},
    // Ids, which may become names of files.
    {GET "\"A.b_c:9-\"}", ERR_NONE, ""},
    {GET "\"9\"}", ERR_NONE, ""},
    {GET "\"\"}", ERR_INVALID, "persona: empty"},
    {GET "\".p\"}", ERR_INVALID, "persona: byte 0"},
    {GET "\"_p\"}", ERR_INVALID, "persona: byte 0"},
    {GET "\"-p\"}", ERR_INVALID, "persona: byte 0"},
    {GET "\"a/b\"}", ERR_INVALID, "persona: byte 1"},
    {GET "\"a b\"}", ERR_INVALID, "persona: byte 1"},
    {GET "\"ab\\u00e9\"}", ERR_INVALID, "persona: byte 2"},
    {GET "\"a\\u0000\"}", ERR_INVALID, "persona: control character"},
    {GET "\"../p\"}", ERR_INVALID, "persona: byte 0"},
    {COMPARE "[\"a\",\"b\"]}", ERR_NONE, ""},
    {COMPARE "[]}", ERR_NONE, ""},
    {"{\"v\":1,\"op\":\"compare\"}", ERR_NONE, ""},
    {COMPARE "[\"a\"]}", ERR_INVALID,
     "personas: 1 persona; 2 to 64, or none for all"},
    {COMPARE "[\"a\",\"b\",\"a\"]}", ERR_INVALID, "personas[2]: stands twice"},
    {COMPARE "[\"a\",\"\"]}", ERR_INVALID, "personas[1]: empty"},
};

START_TEST(each_message_is_taken_or_refused_with_its_place)
{
    const bool done = decode_with(rows[_i].json, &support_request_limits);

    ck_assert_msg(done == (rows[_i].kind == ERR_NONE), "%s: %s", rows[_i].json,
                  err.message);
    ck_assert_int_eq(err.kind, rows[_i].kind);
    ck_assert_msg(done || strstr(err.message, rows[_i].says) != NULL, "%s: %s",
                  rows[_i].json, err.message);
}
END_TEST

START_TEST(what_was_sent_is_what_is_read)
{
    ck_assert(decode_with(PUT "[" EIGHT ",[2,0,0,0,0,0,0,-1]]}",
                          &support_request_limits));
    ck_assert_int_eq(request.op, REQUEST_FINGERPRINT_PUT);
    ck_assert(text_is(request.persona, "p") && text_is(request.model, "m"));
    ck_assert_uint_eq(request.vectors.rows, 2);
    ck_assert_uint_eq(request.vectors.dim, 8);
    ck_assert(request.vectors.values[7] == 0.5f);
    ck_assert(request.vectors.values[8] == 2);
    ck_assert(request.vectors.values[15] == -1);
    ck_assert(decode_with(BUILD "[\"one\",\"two\"]}", &support_request_limits));
    ck_assert_uint_eq(request.samples.count, 2);
    ck_assert_uint_eq(request.vectors.rows, 0);
}
END_TEST

/* `count` samples, vectors of `dim` in bin or personas, by what is built. */
static struct text
build_message(const char *op, const char *key, size_t count, size_t dim,
              struct buffer *to)
{
    static const char zeros[16384 * 4 + 4];

    buffer_init(to, SIZE_MAX);
    const struct wire_open map = wire_open_map(to);
    wire_put_str(to, TEXT("v"));
    wire_put_int(to, 1);
    wire_put_str(to, TEXT("op"));
    wire_put_str(to, text_of(op));
    wire_put_str(to, text_of(key));
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%zu", i);
        if (dim > 0) {
            wire_put_bin(to, (struct text){zeros, dim * 4});
        } else {
            wire_put_str(to, text_of(name));
        }
    }
    size_t entries = 3;
    if (strcmp(op, "compare") != 0) {
        wire_put_str(to, TEXT("persona"));
        wire_put_str(to, TEXT("p"));
        entries++;
    }
    if (dim > 0) {
        wire_put_str(to, TEXT("model"));
        wire_put_str(to, TEXT("m"));
        entries++;
    }
    wire_close_map(to, map, entries);
    return buffer_text(to);
}

START_TEST(each_limit_holds_at_and_above)
{
    static const struct {
        const char *op, *key;
        size_t count, dim;
        enum err_kind kind;
        const char *says;
    } cases[] = {
        {"fingerprint.build", "samples", 4096, 0, ERR_NONE, ""},
        {"fingerprint.build", "samples", 4097, 0, ERR_TOO_LARGE,
         "samples: 4097 items, at most 4096"},
        {"fingerprint.put", "vectors", 4096, 8, ERR_NONE, ""},
        {"fingerprint.put", "vectors", 4097, 8, ERR_TOO_LARGE,
         "vectors: 4097 vectors, at most 4096"},
        {"fingerprint.put", "vectors", 2, 16384, ERR_NONE, ""},
        {"fingerprint.put", "vectors", 1, 16385, ERR_TOO_LARGE,
         "vectors[0]: 16385 dimensions, at most 16384"},
        {"compare", "personas", 64, 0, ERR_NONE, ""},
        {"compare", "personas", 65, 0, ERR_TOO_LARGE,
         "personas: 65 items, at most 64"},
    };
    struct decode_limits limits = support_request_limits;

    limits.wire.nodes = 20000;
    limits.dimensions = 16384;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer to;
        const struct text m = build_message(cases[i].op, cases[i].key,
                                            cases[i].count, cases[i].dim, &to);
        err = (struct err){.kind = ERR_NONE};
        arena_reset(arena);
        const bool done = decode_request(m, &limits, arena, &request, &err);
        ck_assert_msg(done == (cases[i].kind == ERR_NONE), "%zu: %s", i,
                      err.message);
        ck_assert_int_eq(err.kind, cases[i].kind);
        ck_assert_msg(done || strstr(err.message, cases[i].says) != NULL,
                      "%zu: %s", i, err.message);
        buffer_clear(&to);
    }
}
END_TEST

START_TEST(bins_of_unlike_width_or_broken_are_named)
{
    static const struct {
        size_t bytes;
        const char *says;
    } cases[] = {{31, "vectors[1]: 31 bytes are no whole number of float32"},
                 {28, "vectors[1]: 7 dimensions, at least 8"},
                 {36, "vectors[1]: 9 dimensions, where vectors[0] has 8"}};
    static const char zeros[64];
    struct decode_limits limits = support_request_limits;

    limits.dimensions = 16;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer to;
        buffer_init(&to, SIZE_MAX);
        wire_put_map(&to, 5);
        wire_put_str(&to, TEXT("v"));
        wire_put_int(&to, 1);
        wire_put_str(&to, TEXT("op"));
        wire_put_str(&to, TEXT("fingerprint.put"));
        wire_put_str(&to, TEXT("persona"));
        wire_put_str(&to, TEXT("p"));
        wire_put_str(&to, TEXT("model"));
        wire_put_str(&to, TEXT("m"));
        wire_put_str(&to, TEXT("vectors"));
        wire_put_array(&to, 2);
        wire_put_bin(&to, (struct text){zeros, 32});
        wire_put_bin(&to, (struct text){zeros, cases[i].bytes});
        ck_assert(
            !decode_request(buffer_text(&to), &limits, arena, &request, &err));
        ck_assert_str_eq(err.message, cases[i].says);
        ck_assert_str_eq(err.path, "vectors[1]");
        buffer_clear(&to);
    }
}
END_TEST

START_TEST(memory_that_ends_at_any_place_is_told)
{
    const struct text m = support_request_message(PUT "[" EIGHT "]}");

    for (size_t nth = 1;; nth++) {
        arena_reset(arena);
        arena_fail_at(arena, nth);
        err = (struct err){.kind = ERR_NONE};
        if (decode_request(m, &support_request_limits, arena, &request, &err)) {
            ck_assert_uint_gt(nth, 1);
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
    }
    support_bytes_free(m);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    const struct text m = support_request_message(PUT "[" EIGHT "]}");

    for (size_t len = 0; len < m.len; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, m.at, len);
        arena_reset(arena);
        ck_assert_msg(!decode_request((struct text){exact, len},
                                      &support_request_limits, arena, &request,
                                      &err),
                      "%zu bytes", len);
        free(exact);
    }
    support_bytes_free(m);
}
END_TEST

TEST_MAIN("decode_fingerprint",
          tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc,
                              each_message_is_taken_or_refused_with_its_place,
                              0, (int)(sizeof(rows) / sizeof(rows[0])));
          tcase_add_test(tc, what_was_sent_is_what_is_read);
          tcase_add_test(tc, each_limit_holds_at_and_above);
          tcase_add_test(tc, bins_of_unlike_width_or_broken_are_named);
          tcase_add_test(tc, memory_that_ends_at_any_place_is_told);
          tcase_add_test(tc, every_cut_is_refused);)
