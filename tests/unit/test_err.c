#include "sidecar/base/err.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"

static struct err err;

START_TEST(set_fills_kind_and_message_and_empties_the_path)
{
    err_at(&err, ERR_INVALID, "turn", "before");
    err_set(&err, ERR_IO, "%s: %d", "file", 7);
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_str_eq(err.message, "file: 7");
    ck_assert_str_eq(err.path, "");
}
END_TEST

START_TEST(at_names_the_key)
{
    err_at(&err, ERR_INVALID, "candidates[0].text", "missing");
    ck_assert_str_eq(err.path, "candidates[0].text");
    ck_assert_str_eq(err.message, "missing");
}
END_TEST

START_TEST(under_puts_the_context_first_and_keeps_the_rest)
{
    err_at(&err, ERR_TOO_LARGE, "text", "9 bytes");
    err_under(&err, "line %d", 3);
    err_under(&err, "a.jsonl");
    ck_assert_str_eq(err.message, "a.jsonl: line 3: 9 bytes");
    ck_assert_str_eq(err.path, "text");
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
}
END_TEST

START_TEST(memory_says_for_what)
{
    err_memory(&err, "a candidate");
    ck_assert_int_eq(err.kind, ERR_MEMORY);
    ck_assert_str_eq(err.message, "out of memory: a candidate");
}
END_TEST

/*
 * A message of _i ASCII letters and then characters of 1 to 4 bytes: however
 * the cut falls, what is left is valid and as long as it can be.
 */
START_TEST(cut_falls_between_two_characters)
{
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe6\xbc\xa2",
                                             "\xf0\x9f\x99\x82"};

    for (size_t c = 0; c < 4; c++) {
        char text[1024] = "";
        size_t len = (size_t)_i, bad = 0;
        memset(text, 'a', len);
        while (len + 5 < sizeof(text)) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                    characters[c]);
        }
        err_set(&err, ERR_IO, "%s", text);
        ck_assert_msg(utf8_check(text_of(err.message), &bad),
                      "%d letters, then %zu bytes each: bad at %zu", _i, c + 1,
                      bad);
        ck_assert_uint_gt(strlen(err.message) + c + 1, ERR_MESSAGE_BYTES - 1);
        err_at(&err, ERR_IO, text, "x");
        ck_assert(utf8_check(text_of(err.path), &bad));
        err_set(&err, ERR_IO, "short");
        err_under(&err, "%s", text);
        ck_assert(utf8_check(text_of(err.message), &bad));
    }
}
END_TEST

START_TEST(message_at_its_limit_is_whole)
{
    char text[ERR_MESSAGE_BYTES + 1];

    for (size_t len = ERR_MESSAGE_BYTES - 2; len <= ERR_MESSAGE_BYTES; len++) {
        memset(text, 'a', len);
        text[len] = '\0';
        err_set(&err, ERR_IO, "%s", text);
        ck_assert_uint_eq(strlen(err.message), len < ERR_MESSAGE_BYTES
                                                   ? len
                                                   : ERR_MESSAGE_BYTES - 1);
    }
}
END_TEST

START_TEST(message_of_continuation_bytes_only_is_cut_safely)
{
    char text[ERR_MESSAGE_BYTES * 2];

    memset(text, 0x80, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&err, ERR_IO, "%s", text);
    ck_assert_uint_lt(strlen(err.message), ERR_MESSAGE_BYTES);
}
END_TEST

TEST_MAIN("err", {
    tcase_add_test(tc, set_fills_kind_and_message_and_empties_the_path);
    tcase_add_test(tc, at_names_the_key);
    tcase_add_test(tc, under_puts_the_context_first_and_keeps_the_rest);
    tcase_add_test(tc, memory_says_for_what);
    tcase_add_loop_test(tc, cut_falls_between_two_characters, 0, 8);
    tcase_add_test(tc, message_at_its_limit_is_whole);
    tcase_add_test(tc, message_of_continuation_bytes_only_is_cut_safely);
})
