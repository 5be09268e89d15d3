#include "sidecar/base/text.h"

#include <stdio.h>

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
    tcase_add_test(tc, parts_are_views);
    tcase_add_test(tc, printf_takes_a_view);
})
