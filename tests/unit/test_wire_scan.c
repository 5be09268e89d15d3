#include "proto/wire.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_wire.h"

static const struct wire_limits wide = {32, 1 << 20};
static struct err err;

static bool
scan_hex(const char *hex, const struct wire_limits *limits)
{
    const struct text message = support_bytes_hex(hex);
    const bool fine = wire_scan(message, limits, &err);

    support_bytes_free(message);
    return fine;
}

/* In a block of exactly its size, so that a byte too far is seen. */
START_TEST(every_truncation_is_refused)
{
    const struct text whole = support_bytes_hex(support_wire_good[_i]);

    ck_assert_msg(wire_scan(whole, &wide, &err), "%s: %s",
                  support_wire_good[_i], err.message);
    for (size_t len = 0; len < whole.len; len++) {
        const struct text part =
            support_bytes_exact((struct text){whole.at, len});
        err.kind = ERR_NONE;
        ck_assert_msg(!wire_scan(part, &wide, &err), "%zu bytes of %s", len,
                      support_wire_good[_i]);
        ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
        support_bytes_free(part);
    }
    support_bytes_free(whole);
}
END_TEST

START_TEST(a_byte_too_many_is_refused)
{
    char hex[128], want[64];
    const struct text whole = support_bytes_hex(support_wire_good[_i]);

    snprintf(hex, sizeof(hex), "%s c0", support_wire_good[_i]);
    ck_assert(!scan_hex(hex, &wide));
    snprintf(want, sizeof(want), "message: trailing bytes at byte %zu",
             whole.len);
    ck_assert_str_eq(err.message, want);
    support_bytes_free(whole);
}
END_TEST

static const struct {
    const char *hex;
    enum err_kind kind;
    const char *message;
} refused[] = {
    {"", ERR_BAD_REQUEST, "message: empty at byte 0"},
    {"c1", ERR_BAD_REQUEST, "message: unknown or extension type at byte 0"},
    {"92 c0 c1", ERR_BAD_REQUEST,
     "message: unknown or extension type at byte 2"},
    {"d4 01 00", ERR_BAD_REQUEST,
     "message: unknown or extension type at byte 0"},
    {"d6 ff 00 00 00 00", ERR_BAD_REQUEST,
     "message: unknown or extension type at byte 0"},
    {"c7 01 05 00", ERR_BAD_REQUEST,
     "message: unknown or extension type at byte 0"},
    {"c0 c0", ERR_BAD_REQUEST, "message: trailing bytes at byte 1"},
    {"a3 61 62", ERR_BAD_REQUEST, "message: truncated at byte 0"},
    {"92 c0 cd 01", ERR_BAD_REQUEST, "message: truncated at byte 2"},
    {"db ff ff ff ff 61", ERR_BAD_REQUEST, "message: truncated at byte 0"},
    {"c6 ff ff ff ff", ERR_BAD_REQUEST, "message: truncated at byte 0"},
    {"dd ff ff ff ff", ERR_BAD_REQUEST,
     "message: length beyond the message at byte 0"},
    {"df ff ff ff ff", ERR_BAD_REQUEST,
     "message: length beyond the message at byte 0"},
    {"df 80 00 00 00 c0", ERR_BAD_REQUEST,
     "message: length beyond the message at byte 0"},
    {"82 a1 61 c0", ERR_BAD_REQUEST,
     "message: length beyond the message at byte 0"},
    {"93 91 c0 c0", ERR_BAD_REQUEST, "message: truncated at byte 4"},
    {"91 91 91 91 c0", ERR_TOO_LARGE, "message: nested too deep at byte 3"},
    {"91 91 91 81 a0 c0", ERR_TOO_LARGE, "message: nested too deep at byte 3"},
    {"96 00 01 02 03 04 05", ERR_TOO_LARGE,
     "message: too many values at byte 6"},
};

START_TEST(refusal_says_what_and_where)
{
    static const struct wire_limits narrow = {3, 6};

    ck_assert_msg(!scan_hex(refused[_i].hex, &narrow), "%s", refused[_i].hex);
    ck_assert_str_eq(err.message, refused[_i].message);
    ck_assert_int_eq(err.kind, refused[_i].kind);
    ck_assert_str_eq(err.path, "");
}
END_TEST

/* Each type byte, followed by enough zeros: the ten that are none of ours. */
START_TEST(types_are_known_or_refused)
{
    char bytes[40] = {(char)(unsigned char)_i};
    const bool ext = (_i >= 0xc7 && _i <= 0xc9) || (_i >= 0xd4 && _i <= 0xd8);

    const bool fine =
        wire_scan((struct text){bytes, sizeof(bytes)}, &wide, &err);
    ck_assert(!fine); // bytes are left, or the type is wrong
    ck_assert_msg((strstr(err.message, "type") != NULL) == (ext || _i == 0xc1),
                  "%02x: %s", (unsigned)_i, err.message);
}
END_TEST

/* `depth` arrays around a nil, or around an empty one. */
static bool
scan_nested(size_t depth, unsigned char open, unsigned char core,
            const struct wire_limits *limits)
{
    char bytes[300];
    size_t len = 0;

    for (size_t i = 0; i < depth; i++) {
        bytes[len++] = (char)open;
        if (open == 0x81) {
            bytes[len++] = (char)0xa0;
        }
    }
    bytes[len++] = (char)core;
    return wire_scan((struct text){bytes, len}, limits, &err);
}

START_TEST(depth_is_exact)
{
    static const struct {
        size_t limit, deepest;
    } rows[] = {{0, 0}, {1, 1}, {8, 8}, {64, 64}, {65, 64}, {SIZE_MAX, 64}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct wire_limits limits = {rows[i].limit, 1000};
        const size_t deepest = rows[i].deepest;
        ck_assert(scan_nested(deepest, 0x91, 0xc0, &limits));
        ck_assert(scan_nested(deepest, 0x81, 0xc0, &limits));
        ck_assert(scan_nested(deepest, 0x91, 0x90, &limits));
        ck_assert(!scan_nested(deepest + 1, 0x91, 0xc0, &limits));
        ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
        ck_assert(!scan_nested(deepest + 1, 0x81, 0xc0, &limits));
    }
}
END_TEST

START_TEST(depth_is_of_what_is_open)
{
    const struct wire_limits limits = {2, 100};

    ck_assert(scan_hex("94 91 c0 91 c0 81 a0 c0 91 90", &limits));
    ck_assert(scan_hex("82 91 c0 91 c0 a0 91 c0", &limits)); // keys as well
}
END_TEST

START_TEST(values_are_counted_exactly)
{
    for (size_t nodes = 5; nodes <= 7; nodes++) {
        const struct wire_limits limits = {8, nodes};
        ck_assert_msg(scan_hex("82 a0 c0 a0 91 c0", &limits) == (nodes >= 6),
                      "%zu", nodes);
    }
}
END_TEST

START_TEST(a_million_claims_cost_nothing)
{
    const size_t len = 1 << 20;
    char *bytes = malloc(len);
    const struct wire_limits limits = {8, 4096};

    memset(bytes, 0xc0, len);
    memcpy(bytes, "\xdd\x00\x0f\xff\xfb", 5);
    ck_assert(!wire_scan((struct text){bytes, len}, &limits, &err));
    ck_assert_str_eq(err.message, "message: too many values at byte 4100");
    memset(bytes, 0x91, len);
    ck_assert(!wire_scan((struct text){bytes, len}, &limits, &err));
    ck_assert_str_eq(err.message, "message: nested too deep at byte 8");
    free(bytes);
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("wire_scan", {
    tcase_add_loop_test(tc, every_truncation_is_refused, 0, SUPPORT_WIRE_GOOD);
    tcase_add_loop_test(tc, a_byte_too_many_is_refused, 0, SUPPORT_WIRE_GOOD);
    tcase_add_loop_test(tc, refusal_says_what_and_where, 0, COUNT(refused));
    tcase_add_loop_test(tc, types_are_known_or_refused, 0, 256);
    tcase_add_test(tc, depth_is_exact);
    tcase_add_test(tc, depth_is_of_what_is_open);
    tcase_add_test(tc, values_are_counted_exactly);
    tcase_add_test(tc, a_million_claims_cost_nothing);
})
