#include "sidecar/engine/secret_check.h"

#include "tests/unit/harness.h"

/* The base-62 sums were computed with Python's zlib. */
static const struct {
    const char *body;
    bool sums;
} sums[] = {
    {"abcdefghijklmnopqrstuvwxyz0123456789", false},
    {"0123456789abcdefghijABCDEFGHIJ3mpbCX", true},
    {"0123456789abcdefghijABCDEFGHIK3mpbCX", false},
    {"0123456789abcdefghijABCDEFGHIJ3mpbCc", false},
    {"0123456789abcdefghijABCDEFGHIJ3mpb-X", false},
    {"000000", false},
    {"", false},
};

START_TEST(the_last_six_are_the_sum_of_the_rest)
{
    const struct text body = text_of(sums[_i].body);

    ck_assert_msg(secret_check_crc(body) == sums[_i].sums, "%s", sums[_i].body);
}
END_TEST

static const struct {
    const char *part;
    bool header;
} headers[] = {
    {"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", true}, /* {"alg":"HS256",.. */
    {"eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0", true},  /* {"typ":..,"alg":.. */
    {"eyJ0eXAiOiJKV1QifQ", false},                  /* {"typ":"JWT"} */
    {"eyJhbGciOiJIUzI1NiIsInR5", false},            /* cut off */
    {"YWxn", false},
    {"eyJ", false},
    {"", false},
};

START_TEST(a_jwt_says_its_algorithm)
{
    ck_assert_msg(secret_check_jwt_header(text_of(headers[_i].part)) ==
                      headers[_i].header,
                  "%s", headers[_i].part);
}
END_TEST

START_TEST(an_account_is_base64_of_digits)
{
    /* 12345678901234567, 123456789012345678901 (one too many), letters */
    ck_assert(secret_check_account(TEXT("MTIzNDU2Nzg5MDEyMzQ1Njc")));
    ck_assert(!secret_check_account(TEXT("MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx")));
    ck_assert(!secret_check_account(TEXT("YWJjZGVmZ2hpamtsbW5vcHE")));
    ck_assert(!secret_check_account(TEXT("")));
}
END_TEST

START_TEST(entropy_counts_what_differs)
{
    ck_assert_double_eq_tol(secret_check_bits(TEXT("")), 0, 1e-12);
    ck_assert_double_eq_tol(secret_check_bits(TEXT("aaaa")), 0, 1e-12);
    ck_assert_double_eq_tol(secret_check_bits(TEXT("abab")), 1, 1e-12);
    ck_assert_double_eq_tol(secret_check_bits(TEXT("abcdefgh")), 3, 1e-12);
}
END_TEST

static const struct {
    const char *value;
    bool placeholder;
} placeholders[] = {
    {"", true},
    {"********", true},
    {"xxxxxxxxxxxx", true},
    {"<your token>", true},
    {"${TOKEN}", true},
    {"$TOKEN", true},
    {"{{ token }}", true},
    {"your_api_key_here", true},
    {"YOUR-KEY", true},
    {"ChangeMe", true},
    {"password", true},
    {"None", true},
    {"sk-....", true},
    {"hunter2", false},
    {"tr0ub4dor", false},
    {"a", true},
};

START_TEST(placeholders_are_told_from_values)
{
    ck_assert_msg(secret_check_placeholder(text_of(placeholders[_i].value)) ==
                      placeholders[_i].placeholder,
                  "%s", placeholders[_i].value);
}
END_TEST

static const struct {
    const char *token;
    bool random;
} tokens[] = {
    {"q7Xk2LmP9vRt4WzB6nYc8DfG", true},
    {"9f86d081884c7d659a2feaa0c55ad015", true},
    {"Zx9-kQ2_vB7nM4pL8wR3tY6u", true},
    {"k3v9x2m7q1p8z4w6t5r0y2n8", true},
    {"550e8400-e29b-41d4-a716-446655440000", false},
    {"thequickbrownfoxjumpsoverthelazydog", false},
    {"TheQuickBrownFoxJumpsOverTheLazyDog2", false},
    {"MyRequestHandlerVersion2Factory", false},
    {"a-long-title-of-a-post-from-2024-11", false},
    {"some_snake_case_name_with_123", false},
    {"usr/local/share/fonts/dejavu2", false},
    {"00000000000000000000000000000000", false},
    {"12345678901234567890123456789012", false},
    {"VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw==", false}, /* The quick brown .. */
    {"aaaaaaaaaaaaaaaaaaaaaaaa", false},
};

START_TEST(random_is_told_from_words)
{
    ck_assert_msg(secret_check_random(text_of(tokens[_i].token)) ==
                      tokens[_i].random,
                  "%s", tokens[_i].token);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("secret_check",
          tcase_add_loop_test(tc, the_last_six_are_the_sum_of_the_rest, 0,
                              ROWS(sums));
          tcase_add_loop_test(tc, a_jwt_says_its_algorithm, 0, ROWS(headers));
          tcase_add_test(tc, an_account_is_base64_of_digits);
          tcase_add_test(tc, entropy_counts_what_differs);
          tcase_add_loop_test(tc, placeholders_are_told_from_values, 0,
                              ROWS(placeholders));
          tcase_add_loop_test(tc, random_is_told_from_words, 0, ROWS(tokens));)
