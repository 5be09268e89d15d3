#include "sidecar/base/text.h"

#include <stdio.h>

#include "sidecar/base/little.h"
#include "tests/unit/harness.h"

static const struct text none = {NULL, 0};

START_TEST(equality_is_of_bytes_and_length)
{
    ck_assert(text_equal(TEXT("a\0b"), TEXT("a\0b")));
    ck_assert(!text_equal(TEXT("a\0b"), TEXT("a\0c")));
    ck_assert(!text_equal(TEXT("a"), TEXT("a\0")));
    ck_assert(text_equal(none, TEXT("")));
    ck_assert(text_is(TEXT("abc"), "abc"));
    ck_assert(!text_is(TEXT("a\0b"), "a"));
    ck_assert(text_is(none, ""));
    ck_assert(text_equal(text_of(NULL), none));
}
END_TEST

START_TEST(beginnings_are_found)
{
    ck_assert(text_starts(TEXT("abc"), TEXT("ab")));
    ck_assert(text_starts(TEXT("abc"), TEXT("abc")));
    ck_assert(text_starts(TEXT("abc"), none));
    ck_assert(text_starts(none, none));
    ck_assert(!text_starts(TEXT("ab"), TEXT("abc")));
    ck_assert(!text_starts(TEXT("abc"), TEXT("b")));
    ck_assert(!text_starts(none, TEXT("a")));
}
END_TEST

START_TEST(ends_are_found)
{
    ck_assert(text_ends(TEXT("abc"), TEXT("bc")));
    ck_assert(text_ends(TEXT("abc"), TEXT("abc")));
    ck_assert(text_ends(TEXT("abc"), none));
    ck_assert(text_ends(none, none));
    ck_assert(!text_ends(TEXT("bc"), TEXT("abc")));
    ck_assert(!text_ends(TEXT("abc"), TEXT("b")));
    ck_assert(!text_ends(none, TEXT("a")));
}
END_TEST

START_TEST(numbers_are_little_endian_at_any_place)
{
    static const unsigned char bytes[] = {0xff, 0x78, 0x56, 0x34, 0x92,
                                          0x00, 0x00, 0xc0, 0xbf};

    ck_assert_uint_eq(little_u32(bytes + 1), 0x92345678u);
    ck_assert_double_eq((double)little_float(bytes + 5), -1.5);
}
END_TEST

START_TEST(parts_are_views)
{
    const struct text abc = TEXT("abc");

    ck_assert(text_is(text_part(abc, 1, 2), "b"));
    ck_assert(text_is(text_part(abc, 0, 3), "abc"));
    ck_assert(text_is(text_part(abc, 3, 3), ""));
    ck_assert_ptr_eq(text_part(abc, 1, 2).at, abc.at + 1);
    ck_assert_ptr_null(text_part(none, 0, 0).at);
}
END_TEST

START_TEST(printf_takes_a_view)
{
    char out[16];

    snprintf(out, sizeof(out), "<%.*s>",
             TEXT_ARGS(text_part(TEXT("abc"), 0, 2)));
    ck_assert_str_eq(out, "<ab>");
    snprintf(out, sizeof(out), "<%.*s>", TEXT_ARGS(none));
    ck_assert_str_eq(out, "<>");
}
END_TEST

TEST_MAIN("text", {
    tcase_add_test(tc, equality_is_of_bytes_and_length);
    tcase_add_test(tc, beginnings_are_found);
    tcase_add_test(tc, ends_are_found);
    tcase_add_test(tc, numbers_are_little_endian_at_any_place);
    tcase_add_test(tc, parts_are_views);
    tcase_add_test(tc, printf_takes_a_view);
})
