#include "config/quantity.h"

#include "tests/unit/harness.h"

static const struct {
    const char *text;
    const char *unit;
    long long value; /* -99: refused */
} integers[] = {
    {"0", NULL, 0},
    {"-0", NULL, 0},
    {"12", NULL, 12},
    {"-12", NULL, -12},
    {"999999999999999999", NULL, 999999999999999999},
    {"1000000000000000000", NULL, -99},
    {"", NULL, -99},
    {"-", NULL, -99},
    {"+1", NULL, -99},
    {"01", NULL, -99},
    {"0o17", NULL, -99},
    {"1_000", NULL, -99},
    {"1e3", NULL, -99},
    {" 1", NULL, -99},
    {"1 ", NULL, -99},
    {"200ms", "ms", 200},
    {"2s", "ms", 2000},
    {"1m", "ms", 60000},
    {"1h", "ms", 3600000},
    {"1 s", "ms", -99},
    {"1S", "ms", -99},
    {"64KiB", "ms", -99},
    {"512", "bytes", 512},
    {"512B", "bytes", 512},
    {"64KiB", "bytes", 65536},
    {"1MiB", "bytes", 1048576},
    {"4GiB", "bytes", 4294967296},
    {"1KB", "bytes", -99},
    {"2s", "bytes", -99},
    {"2s", NULL, -99},
    {"9007199254740992GiB", "bytes", -99},
};

START_TEST(integer_is_read)
{
    long long value = -99;
    const char *what =
        quantity_integer(text_of(integers[_i].text), integers[_i].unit, &value);

    ck_assert_msg(
        value == integers[_i].value && (what == NULL) == (value != -99),
        "%s: %lld, %s", integers[_i].text, value, what != NULL ? what : "fine");
}
END_TEST

static const struct {
    const char *text;
    double value;
} numbers[] = {
    {"0", 0.0},
    {"0.30", 0.30},
    {".5", 0.5},
    {"5.", 5.0},
    {"-1", -1.0},
    {"1e-3", 1e-3},
    {"1E+3", 1e3},
    {"0.1", 0.1},
    {"0.7", 0.7},
    {"123456789012345", 123456789012345.0},
    {"0.123456789012345", 0.123456789012345},
    {"0.000000000000000000001", 1e-21},
    {"1e22", 1e22},
    {"9.5e-7", 9.5e-7},
};

START_TEST(number_is_the_nearest_double)
{
    double value = -99;
    const char *what = quantity_number(text_of(numbers[_i].text), &value);

    ck_assert_msg(what == NULL && value == numbers[_i].value, "%s: %a, %s",
                  numbers[_i].text, value, what != NULL ? what : "fine");
}
END_TEST

static const char *const no_numbers[] = {"",
                                         ".",
                                         "-",
                                         "+1",
                                         "1,5",
                                         "0,3",
                                         "nan",
                                         ".nan",
                                         "inf",
                                         "-.inf",
                                         "0x1",
                                         "1e",
                                         "e3",
                                         "1e+",
                                         "1.2.3",
                                         "1e23",
                                         "1e100",
                                         "1 ",
                                         "1e-3x",
                                         "1234567890123456",
                                         "0.00000000000000000000001"};

START_TEST(what_is_no_number_is_refused)
{
    double value = -99;

    ck_assert_msg(quantity_number(text_of(no_numbers[_i]), &value) != NULL &&
                      value == -99.0,
                  "%s: %a", no_numbers[_i], value);
}
END_TEST

START_TEST(boolean_is_true_or_false_only)
{
    static const char *const others[] = {"True", "yes", "on", "1", "", "t"};
    bool value = false;

    ck_assert_ptr_null(quantity_boolean(TEXT("true"), &value));
    ck_assert(value);
    ck_assert_ptr_null(quantity_boolean(TEXT("false"), &value));
    ck_assert(!value);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_msg(quantity_boolean(text_of(others[i]), &value) != NULL,
                      "%s", others[i]);
    }
}
END_TEST

START_TEST(words_say_what_may_be_written)
{
    static const struct {
        double value;
        const char *unit;
        const char *words;
    } cases[] = {
        {16777216, "bytes", "16MiB"}, {4294967296, "bytes", "4GiB"},
        {1024, "bytes", "1KiB"},      {256, "bytes", "256"},
        {1536, "bytes", "1536"},      {0, "bytes", "0"},
        {5000, "ms", "5000"},         {0.001, NULL, "0.001"},
        {16777216, NULL, "16777216"}, {-1, NULL, "-1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[QUANTITY_WORDS_BYTES];
        ck_assert_str_eq(quantity_words(cases[i].value, cases[i].unit, out),
                         cases[i].words);
    }
}
END_TEST

TEST_MAIN("quantity",
          tcase_add_loop_test(tc, integer_is_read, 0,
                              (int)(sizeof(integers) / sizeof(integers[0])));
          tcase_add_loop_test(tc, number_is_the_nearest_double, 0,
                              (int)(sizeof(numbers) / sizeof(numbers[0])));
          tcase_add_loop_test(tc, what_is_no_number_is_refused, 0,
                              (int)(sizeof(no_numbers) /
                                    sizeof(no_numbers[0])));
          tcase_add_test(tc, boolean_is_true_or_false_only);
          tcase_add_test(tc, words_say_what_may_be_written);)
