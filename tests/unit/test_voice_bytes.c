#include "tests/unit/harness.h"

#include "sidecar/engine/voice_bytes.h"

START_TEST(what_was_put_is_taken)
{
    struct buffer out;

    buffer_init(&out, 1024);
    voice_bytes_put(&out, 0x1234, 2);
    voice_bytes_put(&out, UINT64_MAX, 8);
    voice_bytes_put_text(&out, TEXT("name"));
    voice_bytes_put_float(&out, -1.5f);
    ck_assert(!out.failed);
    ck_assert_int_eq(out.at[0], 0x34);
    ck_assert_int_eq(out.at[1], 0x12);

    struct voice_bytes in = {buffer_text(&out), false};
    ck_assert_uint_eq(voice_bytes_number(&in, 2), 0x1234);
    ck_assert_uint_eq(voice_bytes_number(&in, 8), UINT64_MAX);
    ck_assert(text_is(voice_bytes_text(&in), "name"));
    ck_assert(voice_bytes_float(&in) == -1.5f);
    ck_assert(!in.cut);
    ck_assert_uint_eq(in.left.len, 0);
    buffer_clear(&out);
}
END_TEST

START_TEST(past_the_end_everything_is_zero_and_cut)
{
    struct voice_bytes in = {TEXT("\x05\0\0\0abcd"), false};

    ck_assert_uint_eq(voice_bytes_text(&in).len, 0);
    ck_assert(in.cut);
    ck_assert_uint_eq(voice_bytes_number(&in, 1), 0);
    ck_assert_ptr_null(voice_bytes_take(&in, 1).at);
    ck_assert(voice_bytes_float(&in) == 0);
}
END_TEST

START_TEST(a_full_buffer_says_so)
{
    struct buffer out;

    buffer_init(&out, 5);
    voice_bytes_put_text(&out, TEXT("ab"));
    ck_assert(out.failed);
    buffer_clear(&out);
}
END_TEST

TEST_MAIN("voice_bytes", tcase_add_test(tc, what_was_put_is_taken);
          tcase_add_test(tc, past_the_end_everything_is_zero_and_cut);
          tcase_add_test(tc, a_full_buffer_says_so);)
