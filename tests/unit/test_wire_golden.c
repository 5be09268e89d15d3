/*
 * tests/golden/msgpack.json, the vectors that every client's codec is held to,
 * played against ours.
 */
#include <math.h>
#include <stdio.h>

#include "proto/decode.h"
#include "proto/json.h"
#include "sidecar/base/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_request.h"

static const struct wire_limits limits = {32, 1 << 16};
static struct buffer golden;
static struct err err;

static void
load(void)
{
    struct buffer json;

    ck_assert_msg(file_read("tests/golden/msgpack.json", 1 << 20, &json, &err),
                  "%s", err.message);
    buffer_init(&golden, 1 << 20);
    ck_assert_msg(json_to_wire(buffer_text(&json), &golden, &err), "%s",
                  err.message);
    buffer_clear(&json);
}

/* The value of a key of a map; `at` NULL: not there. */
static struct text
member(struct text map, const char *key)
{
    struct wire_reader r;
    struct text found = {NULL, 0};

    wire_read(&r, map, &err);
    for (size_t n = wire_read_map(&r); n > 0; n--) {
        const bool this_one = text_is(wire_read_bytes(&r), key);
        const struct text value = wire_skip(&r);
        found = this_one ? value : found;
    }
    return found;
}

static struct text
string(struct text value)
{
    struct wire_reader r;

    wire_read(&r, value, &err);
    const struct text s = wire_read_str(&r, SIZE_MAX);
    ck_assert(!r.failed);
    return s;
}

/* A NUL-ended copy; overwritten by the next call. */
static const char *
c_string(struct text value)
{
    static char copy[8192];

    ck_assert_uint_lt(value.len, sizeof(copy));
    memcpy(copy, value.at, value.len);
    copy[value.len] = '\0';
    return copy;
}

static struct text
hex_of(struct text row)
{
    return support_bytes_hex(c_string(string(member(row, "hex"))));
}

/* {"$kind": ...}; NULL: a value as it is. */
static const char *
marked(struct text value)
{
    static const char *const kinds[] = {"$int", "$float", "$bin", "$f32"};
    struct wire_reader r;

    wire_read(&r, value, &err);
    for (size_t i = 0; wire_next(&r) == WIRE_MAP && i < 4; i++) {
        if (member(value, kinds[i]).at != NULL) {
            return kinds[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ writing */

static void write_value(struct buffer *to, struct text value);

static void
write_marked(struct buffer *to, const char *kind, struct text value)
{
    const struct text inner = member(value, kind);
    struct wire_reader r;

    if (strcmp(kind, "$int") == 0) {
        const char *digits = c_string(string(inner));
        if (digits[0] == '-') {
            wire_put_int(to, strtoll(digits, NULL, 10));
        } else {
            wire_put_uint(to, strtoull(digits, NULL, 10));
        }
    } else if (strcmp(kind, "$float") == 0) {
        wire_put_double(to, strtod(c_string(string(inner)), NULL));
    } else if (strcmp(kind, "$bin") == 0) {
        const struct text bytes = support_bytes_hex(c_string(string(inner)));
        wire_put_bin(to, bytes);
        support_bytes_free(bytes);
    } else {
        char bytes[64];
        wire_read(&r, inner, &err);
        const size_t count = wire_read_array(&r);
        for (size_t i = 0; i < count; i++) {
            const float f = wire_read_float(&r);
            uint32_t bits;
            memcpy(&bits, &f, 4);
            for (size_t b = 0; b < 4; b++) {
                bytes[4 * i + b] = (char)(bits >> 8 * b);
            }
        }
        wire_put_bin(to, (struct text){bytes, 4 * count});
    }
}

static void
write_plain(struct buffer *to, struct text value)
{
    struct wire_reader r;

    wire_read(&r, value, &err);
    switch (wire_next(&r)) {
    case WIRE_INT:
        wire_put_int(to, wire_read_int(&r, INT64_MIN, INT64_MAX));
        break;
    case WIRE_FLOAT:
        wire_put_double(to, wire_read_number(&r, -1e308, 1e308));
        break;
    case WIRE_STR:
        wire_put_str(to, wire_read_bytes(&r));
        break;
    case WIRE_ARRAY: {
        const size_t count = wire_read_array(&r);
        wire_put_array(to, count);
        for (size_t i = 0; i < count; i++) {
            write_value(to, wire_skip(&r));
        }
        break;
    }
    case WIRE_MAP: {
        const size_t count = wire_read_map(&r);
        wire_put_map(to, count);
        for (size_t i = 0; i < 2 * count; i++) {
            write_value(to, wire_skip(&r));
        }
        break;
    }
    case WIRE_BOOL:
        wire_put_bool(to, wire_read_bool(&r));
        break;
    case WIRE_NIL:
    case WIRE_BIN:
        wire_put_nil(to);
        break;
    }
}

/* Golden values nest at most 8 deep. */
static void
write_value(struct buffer *to, struct text value)
{
    const char *kind = marked(value);

    if (kind != NULL) {
        write_marked(to, kind, value);
    } else {
        write_plain(to, value);
    }
}

/* ------------------------------------------------------------------ reading */

/* The message, each value written again in its shortest form. */
static void
rewrite(struct buffer *to, struct wire_reader *r)
{
    struct wire_reader again = *r;
    struct err beyond;
    size_t count;

    switch (wire_next(r)) {
    case WIRE_NIL:
        (void)wire_skip(r);
        wire_put_nil(to);
        break;
    case WIRE_BOOL:
        wire_put_bool(to, wire_read_bool(r));
        break;
    case WIRE_INT:
        again.err = &beyond;
        wire_put_uint(to, wire_read_uint(&again, UINT64_MAX));
        if (again.failed) {
            buffer_reset(to);
            wire_put_int(to, wire_read_int(r, INT64_MIN, INT64_MAX));
        } else {
            r->at = again.at;
        }
        break;
    case WIRE_FLOAT:
        if (isnan(wire_read_float(&again))) {
            r->at = again.at;
            wire_put_nil(to); // as wire_put_double writes it
        } else {
            wire_put_double(
                to, wire_read_number(r, -(double)INFINITY, (double)INFINITY));
        }
        break;
    case WIRE_STR:
        wire_put_str(to, wire_read_str(r, SIZE_MAX));
        break;
    case WIRE_BIN:
        wire_put_bin(to, wire_read_bytes(r));
        break;
    case WIRE_ARRAY:
    case WIRE_MAP:
        if (wire_next(r) == WIRE_MAP) {
            count = wire_read_map(r);
            wire_put_map(to, count);
            count *= 2;
        } else {
            count = wire_read_array(r);
            wire_put_array(to, count);
        }
        for (; count > 0; count--) {
            struct buffer one;
            buffer_init(&one, 1 << 20);
            rewrite(&one, r);
            buffer_add_text(to, buffer_text(&one));
            buffer_clear(&one);
        }
        break;
    }
}

static void
check_good(struct text row)
{
    const struct text value = member(row, "value"), hex = hex_of(row);
    const struct text title = string(member(row, "name"));
    const bool nan = text_is(title, "float nan"); // we write nil for it
    struct buffer expected, found;
    struct wire_reader r;

    ck_assert_msg(wire_scan(hex, &limits, &err), "%.*s: %s", TEXT_ARGS(title),
                  err.message);
    buffer_init(&expected, 1 << 20);
    buffer_init(&found, 1 << 20);
    write_value(&expected, value);
    wire_read(&r, hex, &err);
    rewrite(&found, &r);
    ck_assert_msg(!r.failed && r.at == r.end, "%.*s: %s", TEXT_ARGS(title),
                  err.message);
    ck_assert_msg(text_equal(buffer_text(&found), buffer_text(&expected)),
                  "%.*s: read as %s", TEXT_ARGS(title),
                  support_bytes_show(buffer_text(&found)));
    if (member(row, "encode").at == NULL && !nan) {
        ck_assert_msg(text_equal(buffer_text(&expected), hex),
                      "%.*s: written %s", TEXT_ARGS(title),
                      support_bytes_show(buffer_text(&expected)));
    }
    buffer_clear(&expected);
    buffer_clear(&found);
    support_bytes_free(hex);
}

/* Goes to the rows of "good" or "bad"; their number. */
static size_t
begin(const char *kind, struct wire_reader *r)
{
    load();
    const struct text rows = member(buffer_text(&golden), kind);
    ck_assert_ptr_nonnull(rows.at);
    wire_read(r, rows, &err);
    const size_t count = wire_read_array(r);
    ck_assert_uint_gt(count, 50);
    return count;
}

START_TEST(good_values_are_read_and_written)
{
    struct wire_reader r;

    for (size_t left = begin("good", &r); left > 0; left--) {
        check_good(wire_skip(&r));
    }
    buffer_clear(&golden);
}
END_TEST

/* Structure is wire_scan's; keys and text are refused by who reads them. */
static bool
refused(struct text message)
{
    static const char ping[] = "\x83\xa1v\x01\xa2op\xa4ping";
    struct arena *arena = arena_new(1 << 16);
    struct request request;
    struct buffer whole;

    if (!wire_scan(message, &limits, &err)) {
        arena_free(arena);
        return true;
    }
    const unsigned char first = (unsigned char)message.at[0];
    buffer_init(&whole, 1 << 16);
    buffer_add(&whole, ping, sizeof(ping) - 1);
    wire_put_str(&whole, first < 0x90 ? TEXT("metadata") : TEXT("id"));
    buffer_add_text(&whole, message);
    const bool taken = decode_request(
        buffer_text(&whole), &support_request_limits, arena, &request, &err);
    buffer_clear(&whole);
    arena_free(arena);
    return !taken;
}

START_TEST(bad_bytes_are_refused)
{
    struct wire_reader r;

    for (size_t left = begin("bad", &r); left > 0; left--) {
        const struct text row = wire_skip(&r), hex = hex_of(row);
        ck_assert_msg(refused(hex), "%s",
                      c_string(string(member(row, "name"))));
        support_bytes_free(hex);
    }
    buffer_clear(&golden);
}
END_TEST

TEST_MAIN("wire_golden", {
    tcase_add_test(tc, good_values_are_read_and_written);
    tcase_add_test(tc, bad_bytes_are_refused);
})
