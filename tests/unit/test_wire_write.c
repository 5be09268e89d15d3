#include "proto/wire.h"

#include <math.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

static struct buffer out;

static void
wrote(const char *hex)
{
    const struct text want = support_bytes_hex(hex);

    ck_assert(!out.failed);
    ck_assert_msg(text_equal(buffer_text(&out), want), "%s, should be %s",
                  support_bytes_show(buffer_text(&out)), hex);
    support_bytes_free(want);
    buffer_reset(&out);
}

static const struct {
    long long value;
    const char *hex;
} written[] = {
    {0, "00"},
    {127, "7f"},
    {128, "cc 80"},
    {255, "cc ff"},
    {256, "cd 01 00"},
    {65535, "cd ff ff"},
    {65536, "ce 00 01 00 00"},
    {4294967295, "ce ff ff ff ff"},
    {4294967296, "cf 00 00 00 01 00 00 00 00"},
    {INT64_MAX, "cf 7f ff ff ff ff ff ff ff"},
    {-1, "ff"},
    {-32, "e0"},
    {-33, "d0 df"},
    {-128, "d0 80"},
    {-129, "d1 ff 7f"},
    {-32769, "d2 ff ff 7f ff"},
    {INT32_MIN, "d2 80 00 00 00"},
    {INT64_MIN, "d3 80 00 00 00 00 00 00 00"},
};

START_TEST(integers_take_the_shortest_form)
{
    buffer_init(&out, 100);
    wire_put_int(&out, written[_i].value);
    wrote(written[_i].hex);
    if (written[_i].value >= 0) {
        wire_put_uint(&out, (unsigned long long)written[_i].value);
        wrote(written[_i].hex);
    }
    buffer_clear(&out);
}
END_TEST

START_TEST(other_values_are_as_the_specification_has_them)
{
    buffer_init(&out, 1000);
    wire_put_nil(&out);
    wire_put_bool(&out, true);
    wire_put_bool(&out, false);
    wrote("c0 c3 c2");
    wire_put_double(&out, 0.5);
    wire_put_double(&out, -0.0);
    wrote("cb 3f e0 00 00 00 00 00 00 cb 80 00 00 00 00 00 00 00");
    wire_put_double(&out, (double)NAN);
    wire_put_double(&out, -(double)NAN);
    wrote("c0 c0");
    wire_put_double(&out, (double)INFINITY);
    wrote("cb 7f f0 00 00 00 00 00 00");
    wire_put_uint(&out, UINT64_MAX);
    wrote("cf ff ff ff ff ff ff ff ff");
    wire_put_str(&out, TEXT("a\0b"));
    wire_put_str(&out, (struct text){NULL, 0});
    wrote("a3 61 00 62 a0");
    wire_put_bin(&out, TEXT("\xff"));
    wire_put_bin(&out, (struct text){NULL, 0});
    wrote("c4 01 ff c4 00");
    wire_put_array(&out, 15);
    wire_put_array(&out, 16);
    wire_put_array(&out, 65536);
    wrote("9f dc 00 10 dd 00 01 00 00");
    wire_put_map(&out, 15);
    wire_put_map(&out, 16);
    wire_put_map(&out, 65536);
    wrote("8f de 00 10 df 00 01 00 00");
    buffer_clear(&out);
}
END_TEST

START_TEST(counts_of_open_maps_and_arrays_are_filled_in)
{
    buffer_init(&out, 100);
    const struct wire_open map = wire_open_map(&out);
    wire_put_str(&out, TEXT("a"));
    const struct wire_open array = wire_open_array(&out);
    wire_put_nil(&out);
    wire_put_nil(&out);
    wire_close_array(&out, array, 2);
    wire_put_str(&out, TEXT("b"));
    wire_close_map(&out, wire_open_map(&out), 0);
    wire_close_map(&out, map, 2);
    wrote("de 00 02 a1 61 dd 00 00 00 02 c0 c0 a1 62 de 00 00");
    wire_close_map(&out, wire_open_map(&out), 0x1234);
    wire_close_array(&out, wire_open_array(&out), 0x12345678);
    wrote("de 12 34 dd 12 34 56 78");
    buffer_clear(&out);
}
END_TEST

START_TEST(counts_that_cannot_be_written_fail)
{
    static const size_t counts[] = {UINT16_MAX, (size_t)UINT16_MAX + 1,
                                    UINT32_MAX, (size_t)UINT32_MAX + 1};

    for (size_t i = 0; i < 4; i++) {
        buffer_init(&out, 100);
        wire_close_map(&out, wire_open_map(&out), counts[i]);
        ck_assert_int_eq(out.failed, i > 0);
        buffer_reset(&out);
        wire_close_array(&out, wire_open_array(&out), counts[i]);
        ck_assert_int_eq(out.failed, i > 2);
        buffer_reset(&out);
        wire_put_array(&out, counts[i]);
        ck_assert_int_eq(out.failed, i > 2);
        buffer_reset(&out);
        wire_put_map(&out, counts[i]);
        ck_assert_int_eq(out.failed, i > 2);
        buffer_clear(&out);
    }
    buffer_init(&out, 100);
    wire_put_str(&out, (struct text){"", (size_t)UINT32_MAX + 1});
    ck_assert(out.failed);
    buffer_reset(&out);
    wire_put_bin(&out, (struct text){"", SIZE_MAX});
    ck_assert(out.failed);
    buffer_clear(&out);
}
END_TEST

/* With every limit below what is needed: failed, never a write beyond. */
START_TEST(full_buffer_fails_and_is_left_alone)
{
    for (size_t limit = 0; limit <= 18; limit++) {
        buffer_init(&out, limit);
        const struct wire_open map = wire_open_map(&out);
        wire_put_str(&out, TEXT("key"));
        const struct wire_open array = wire_open_array(&out);
        wire_put_int(&out, 1000);
        wire_put_bool(&out, true);
        wire_close_array(&out, array, 2);
        wire_close_map(&out, map, 1);
        ck_assert_msg(out.failed == (limit < 16), "limit %zu", limit);
        ck_assert_uint_le(out.len, limit);
        buffer_clear(&out);
    }
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST_MAIN("wire_write", {
    tcase_add_loop_test(tc, integers_take_the_shortest_form, 0, COUNT(written));
    tcase_add_test(tc, other_values_are_as_the_specification_has_them);
    tcase_add_test(tc, counts_of_open_maps_and_arrays_are_filled_in);
    tcase_add_test(tc, counts_that_cannot_be_written_fail);
    tcase_add_test(tc, full_buffer_fails_and_is_left_alone);
})
