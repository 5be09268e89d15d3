#include "sidecar/base/buffer.h"

#include "tests/unit/harness.h"

static struct buffer b;

START_TEST(grows_and_keeps_what_was_written)
{
    buffer_init(&b, SIZE_MAX);
    for (unsigned i = 0; i < 100000; i++) {
        buffer_add_byte(&b, (char)(i % 251));
    }
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.len, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        if (b.at[i] != (char)(i % 251)) {
            ck_abort_msg("byte %u: %d", i, b.at[i]);
        }
    }
    buffer_clear(&b);
    ck_assert_ptr_null(b.at);
    ck_assert_uint_eq(b.cap, 0);
}
END_TEST

/* The length written (_i) against a limit of 10, in each way of writing. */
START_TEST(limit_holds_at_the_byte)
{
    static const char digits[] = "0123456789ab";
    const size_t len = (size_t)_i;
    const bool fits = len <= 10;

    buffer_init(&b, 10);
    buffer_add(&b, digits, len);
    ck_assert_msg(b.failed == !fits, "add %zu", len);
    buffer_reset(&b);
    buffer_format(&b, "%.*s", (int)len, digits);
    ck_assert_msg(b.failed == !fits, "format %zu", len);
    ck_assert_uint_eq(b.len, fits ? len : 0);
    buffer_reset(&b);
    ck_assert_msg((buffer_extend(&b, len) != NULL) == fits, "extend %zu", len);
    buffer_reset(&b);
    for (size_t i = 0; i < len; i++) {
        buffer_add_byte(&b, digits[i]);
    }
    ck_assert_msg(b.failed == !fits, "bytes %zu", len);
    ck_assert_mem_eq(b.at, digits, fits ? len : 10);
    buffer_clear(&b);
}
END_TEST

START_TEST(failure_sticks_until_reset)
{
    buffer_init(&b, 4);
    buffer_add_text(&b, TEXT("abcde"));
    buffer_add_text(&b, TEXT("a"));
    buffer_format(&b, "a");
    ck_assert_ptr_null(buffer_extend(&b, 0));
    ck_assert(b.failed);
    ck_assert_uint_eq(b.len, 0);
    buffer_reset(&b);
    buffer_add_text(&b, TEXT("abcd"));
    ck_assert(!b.failed);
    ck_assert(text_is(buffer_text(&b), "abcd"));
    buffer_clear(&b);
}
END_TEST

START_TEST(extending_by_nothing_gives_a_place)
{
    buffer_init(&b, 0);
    ck_assert_ptr_nonnull(buffer_extend(&b, 0));
    ck_assert(!b.failed);
    ck_assert_ptr_null(buffer_extend(&b, 1));
    buffer_clear(&b);
}
END_TEST

START_TEST(sizes_that_cannot_be_fail)
{
    static const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 1,
#ifndef LEEWAY_SANITIZED // which ends the process at such a request
                                        SIZE_MAX / 2 + 1
#endif
    };

    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        buffer_init(&b, SIZE_MAX);
        buffer_add_byte(&b, 'x');
        ck_assert_ptr_null(buffer_extend(&b, impossible[i]));
        ck_assert(b.failed);
        ck_assert_uint_eq(b.len, 1);
        buffer_clear(&b);
    }
}
END_TEST

START_TEST(nothing_may_be_added_from_nowhere)
{
    buffer_init(&b, 4);
    buffer_add(&b, NULL, 0);
    buffer_add_text(&b, (struct text){NULL, 0});
    ck_assert(!b.failed);
    ck_assert_uint_eq(buffer_text(&b).len, 0);
    buffer_clear(&b);
}
END_TEST

START_TEST(format_writes_what_printf_would)
{
    buffer_init(&b, SIZE_MAX);
    buffer_format(&b, "%s-%d;", "a", -5);
    buffer_format(&b, "%*s", 5000, "");
    buffer_format(&b, "%c", 'z');
    ck_assert_uint_eq(b.len, 5 + 5000 + 1);
    ck_assert(text_starts(buffer_text(&b), TEXT("a--5; ")));
    ck_assert_int_eq(b.at[b.len - 1], 'z');
    buffer_clear(&b);
}
END_TEST

TEST_MAIN("buffer", {
    tcase_add_test(tc, grows_and_keeps_what_was_written);
    tcase_add_loop_test(tc, limit_holds_at_the_byte, 1, 12);
    tcase_add_test(tc, failure_sticks_until_reset);
    tcase_add_test(tc, extending_by_nothing_gives_a_place);
    tcase_add_test(tc, sizes_that_cannot_be_fail);
    tcase_add_test(tc, nothing_may_be_added_from_nowhere);
    tcase_add_test(tc, format_writes_what_printf_would);
})
