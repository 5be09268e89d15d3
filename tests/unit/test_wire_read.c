#include "proto/wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_wire.h"

static const struct wire_limits wide = {32, 1 << 20};
static struct err err;
static struct text message;
static struct wire_reader r;

static void
begin(const char *hex)
{
    message = support_bytes_hex(hex);
    ck_assert_msg(wire_scan(message, &wide, &err), "%s: %s", hex, err.message);
    wire_read(&r, message, &err);
}

static void
end(void)
{
    ck_assert_ptr_eq(r.at, r.end);
    support_bytes_free(message);
}

static const struct {
    const char *hex;
    long long value;
    bool beyond; /* of long long */
    bool below;  /* 0: no unsigned */
} integers[] = {
    {"00", 0, false, false},
    {"7f", 127, false, false},
    {"ff", -1, false, true},
    {"e0", -32, false, true},
    {"cc 00", 0, false, false},
    {"cc ff", 255, false, false},
    {"cd ff ff", 65535, false, false},
    {"ce ff ff ff ff", 4294967295, false, false},
    {"cf 7f ff ff ff ff ff ff ff", INT64_MAX, false, false},
    {"cf 80 00 00 00 00 00 00 00", 0, true, false},
    {"cf ff ff ff ff ff ff ff ff", 0, true, false},
    {"d0 7f", 127, false, false},
    {"d0 80", -128, false, true},
    {"d0 ff", -1, false, true},
    {"d1 7f ff", 32767, false, false},
    {"d1 80 00", -32768, false, true},
    {"d2 7f ff ff ff", INT32_MAX, false, false},
    {"d2 80 00 00 00", INT32_MIN, false, true},
    {"d3 7f ff ff ff ff ff ff ff", INT64_MAX, false, false},
    {"d3 80 00 00 00 00 00 00 00", INT64_MIN, false, true},
    {"d3 ff ff ff ff ff ff ff ff", -1, false, true},
};

START_TEST(integers_of_every_width)
{
    const char *hex = integers[_i].hex;

    begin(hex);
    const long long value = wire_read_int(&r, INT64_MIN, INT64_MAX);
    if (integers[_i].beyond) {
        ck_assert_str_eq(err.message, "outside -9223372036854775808.."
                                      "9223372036854775807");
    } else {
        ck_assert_msg(!r.failed && value == integers[_i].value, "%s: %lld", hex,
                      value);
    }
    end();
    begin(hex);
    const unsigned long long natural = wire_read_uint(&r, UINT64_MAX);
    ck_assert_int_eq(r.failed, integers[_i].below);
    if (!integers[_i].below && !integers[_i].beyond) {
        ck_assert_uint_eq(natural, (unsigned long long)integers[_i].value);
    }
    end();
    if (!integers[_i].beyond) {
        begin(hex);
        const double real = wire_read_number(&r, -1e300, 1e300);
        ck_assert_double_eq(real, (double)integers[_i].value);
        end();
        begin(hex);
        const float single = wire_read_float(&r);
        ck_assert(single == (float)integers[_i].value);
        end();
    }
}
END_TEST

START_TEST(integer_range_is_exact)
{
    static const struct {
        const char *hex;
        bool fits; /* -5..10 */
    } rows[] = {{"fa", false}, {"fb", true}, {"0a", true}, {"0b", false}};

    for (size_t i = 0; i < 4; i++) {
        begin(rows[i].hex);
        const long long value = wire_read_int(&r, -5, 10);
        ck_assert_msg(r.failed == !rows[i].fits, "%s", rows[i].hex);
        if (!rows[i].fits) {
            ck_assert_int_eq(value, -5);
            ck_assert_str_eq(err.message, "outside -5..10");
            ck_assert_int_eq(err.kind, ERR_INVALID);
        }
        end();
    }
    begin("cf ff ff ff ff ff ff ff ff");
    ck_assert(wire_read_uint(&r, UINT64_MAX) == UINT64_MAX && !r.failed);
    end();
    begin("05");
    ck_assert(wire_read_uint(&r, 4) == 0 && r.failed);
    ck_assert_str_eq(err.message, "outside 0..4");
    end();
}
END_TEST

static const struct {
    const char *hex;
    bool within; /* -2..2 */
    float single;
} reals[] = {
    {"ca 3f 00 00 00", true, 0.5f},
    {"cb bf e0 00 00 00 00 00 00", true, -0.5f},
    {"cb 40 00 00 00 00 00 00 00", true, 2.0f},
    {"cb 40 00 00 00 00 00 00 01", false, 2.0f},
    {"cb c0 00 00 00 00 00 00 01", false, -2.0f},
    {"ca 7f c0 00 00", false, NAN},
    {"ca ff c0 00 00", false, NAN},
    {"cb 7f f8 00 00 00 00 00 00", false, NAN},
    {"cb 7f f0 00 00 00 00 00 01", false, NAN}, /* signalling */
    {"ca 7f 80 00 00", false, INFINITY},
    {"ca ff 80 00 00", false, -INFINITY},
    {"cb 7f f0 00 00 00 00 00 00", false, INFINITY},
    {"cb 7f ef ff ff ff ff ff ff", false, INFINITY}, /* DBL_MAX */
    {"cb ff ef ff ff ff ff ff ff", false, -INFINITY},
    {"cb 47 ef ff ff e0 00 00 00", false, FLT_MAX},
    {"ca 00 00 00 01", true, 1e-45f},
    {"cb 00 00 00 00 00 00 00 01", true, 0.0f},
    {"cb 80 00 00 00 00 00 00 00", true, -0.0f},
    {"02", true, 2.0f},
    {"03", false, 3.0f},
    {"cf ff ff ff ff ff ff ff ff", false, 18446744073709551616.0f},
};

START_TEST(numbers_are_checked_and_vectors_are_not)
{
    begin(reals[_i].hex);
    (void)wire_read_number(&r, -2, 2);
    ck_assert_msg(r.failed == !reals[_i].within, "%s", reals[_i].hex);
    if (r.failed) {
        ck_assert_str_eq(err.message, "outside -2..2");
    }
    end();
    begin(reals[_i].hex);
    const float single = wire_read_float(&r), want = reals[_i].single;
    ck_assert(!r.failed);
    ck_assert_msg(isnan(want)
                      ? isnan(single)
                      : single == want && signbit(single) == signbit(want),
                  "%s: %a", reals[_i].hex, (double)single);
    end();
}
END_TEST

/* One value of each type, in the order of enum wire_type. */
static const char *const typed[] = {
    "c0",    "c3",       "05",    "ca 3f 00 00 00",
    "a1 61", "c4 01 61", "91 c0", "81 a1 61 c0"};
static const char *const type_names[] = {"nil", "bool", "int",   "float",
                                         "str", "bin",  "array", "map"};
enum { TYPES = sizeof(typed) / sizeof(typed[0]) };

static void
check_mismatch(const char *expected, bool fits, const char *found)
{
    char want[64];

    ck_assert_msg(r.failed == !fits, "%s as %s", found, expected);
    if (!fits) {
        snprintf(want, sizeof(want), "k: expected %s, got %s", expected, found);
        ck_assert_str_eq(err.message, want);
        ck_assert_str_eq(err.path, "k");
        ck_assert_int_eq(err.kind, ERR_INVALID);
        ck_assert_ptr_eq(r.at, r.end);
    }
}

/* Every kind of read (reading) on every type of value (_i). */
START_TEST(wrong_type_is_told)
{
    const enum wire_type type = (enum wire_type)_i;

    for (int reading = 0; reading < 9; reading++) {
        begin(typed[_i]);
        ck_assert_int_eq(wire_next(&r), type);
        snprintf(r.path, sizeof(r.path), "k");
        const bool number = type == WIRE_INT || type == WIRE_FLOAT;
        switch (reading) {
        case 0:
            (void)wire_read_bool(&r);
            check_mismatch("bool", type == WIRE_BOOL, type_names[_i]);
            break;
        case 1:
            (void)wire_read_int(&r, 0, 9);
            check_mismatch("int", type == WIRE_INT, type_names[_i]);
            break;
        case 2:
            (void)wire_read_uint(&r, 9);
            check_mismatch("int", type == WIRE_INT, type_names[_i]);
            break;
        case 3:
            (void)wire_read_number(&r, 0, 9);
            check_mismatch("a number", number, type_names[_i]);
            break;
        case 4:
            (void)wire_read_float(&r);
            check_mismatch("a number", number, type_names[_i]);
            break;
        case 5:
            (void)wire_read_str(&r, 9);
            check_mismatch("str", type == WIRE_STR, type_names[_i]);
            break;
        case 6:
            (void)wire_read_bytes(&r);
            check_mismatch("str or bin", type == WIRE_STR || type == WIRE_BIN,
                           type_names[_i]);
            break;
        case 7:
            (void)wire_read_array(&r);
            check_mismatch("array", type == WIRE_ARRAY, type_names[_i]);
            break;
        default:
            (void)wire_read_map(&r);
            check_mismatch("map", type == WIRE_MAP, type_names[_i]);
            break;
        }
        support_bytes_free(message);
    }
}
END_TEST

START_TEST(first_error_stays_and_later_reads_are_empty)
{
    begin("93 a1 61 05 c3");
    ck_assert_uint_eq(wire_read_array(&r), 3);
    (void)wire_read_int(&r, 3, 9);
    ck_assert_str_eq(err.message, "expected int, got str");
    wire_fail_as(&r, ERR_INTERNAL, "another");
    ck_assert_str_eq(err.message, "expected int, got str");
    ck_assert_int_eq(err.kind, ERR_INVALID);
    ck_assert_int_eq(wire_next(&r), WIRE_NIL);
    ck_assert_int_eq(wire_read_int(&r, 3, 9), 3);
    ck_assert_uint_eq(wire_read_uint(&r, 9), 0);
    ck_assert(wire_read_number(&r, -1, 1) == -1);
    ck_assert(wire_read_float(&r) == 0);
    ck_assert(!wire_read_bool(&r));
    ck_assert_uint_eq(wire_read_str(&r, 9).len, 0);
    ck_assert_uint_eq(wire_read_bytes(&r).len, 0);
    ck_assert_uint_eq(wire_read_array(&r), 0);
    ck_assert_uint_eq(wire_read_map(&r), 0);
    ck_assert_uint_eq(wire_skip(&r).len, 0);
    ck_assert_str_eq(err.message, "expected int, got str");
    end();
}
END_TEST

START_TEST(long_message_and_path_are_cut)
{
    char word[600];

    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    begin("c0");
    memset(r.path, 'p', sizeof(r.path) - 1);
    r.path[sizeof(r.path) - 1] = '\0';
    wire_fail(&r, "%s", word);
    ck_assert_uint_lt(strlen(err.message), ERR_MESSAGE_BYTES);
    ck_assert_uint_eq(strlen(err.path), ERR_PATH_BYTES - 1);
    end();
}
END_TEST

START_TEST(str_is_checked_for_length_and_utf8)
{
    begin("a3 61 00 62");
    ck_assert(text_equal(wire_read_str(&r, 3), TEXT("a\0b")));
    end();
    begin("a3 61 00 62");
    ck_assert_uint_eq(wire_read_str(&r, 2).len, 0);
    ck_assert_str_eq(err.message, "3 bytes, at most 2");
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    end();
    begin("a0");
    const struct text empty = wire_read_str(&r, 0);
    ck_assert(!r.failed && empty.len == 0 && empty.at != NULL);
    end();
    begin("a4 61 61 ed a0");
    ck_assert_uint_eq(wire_read_str(&r, 9).len, 0);
    ck_assert_str_eq(err.message, "not UTF-8 at byte 2");
    ck_assert_int_eq(err.kind, ERR_BAD_REQUEST);
    end();
    begin("a2 ff fe"); // bytes are not looked at
    ck_assert_uint_eq(wire_read_bytes(&r).len, 2);
    ck_assert(!r.failed);
    end();
}
END_TEST

/* Each good message whole; its bytes are what was skipped. */
START_TEST(skip_steps_over_one_value)
{
    char hex[128];

    snprintf(hex, sizeof(hex), "92 %s a1 7a", support_wire_good[_i]);
    begin(hex);
    ck_assert_uint_eq(wire_read_array(&r), 2);
    const struct text skipped = wire_skip(&r);
    ck_assert_uint_eq(skipped.len, message.len - 3);
    ck_assert_ptr_eq(skipped.at, message.at + 1);
    ck_assert(text_is(wire_read_str(&r, 1), "z"));
    end();
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("wire_read", {
    tcase_add_loop_test(tc, integers_of_every_width, 0, COUNT(integers));
    tcase_add_test(tc, integer_range_is_exact);
    tcase_add_loop_test(tc, numbers_are_checked_and_vectors_are_not, 0,
                        COUNT(reals));
    tcase_add_loop_test(tc, wrong_type_is_told, 0, TYPES);
    tcase_add_test(tc, first_error_stays_and_later_reads_are_empty);
    tcase_add_test(tc, long_message_and_path_are_cut);
    tcase_add_test(tc, str_is_checked_for_length_and_utf8);
    tcase_add_loop_test(tc, skip_steps_over_one_value, 0, SUPPORT_WIRE_GOOD);
})
