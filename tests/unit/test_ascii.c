/* Every byte, signed and not, against lists; what lies outside ASCII. */
#include "sidecar/base/ascii.h"

#include <limits.h>
#include <string.h>

#include "sidecar/base/ident.h"
#include "tests/unit/harness.h"

static const char small[] = "abcdefghijklmnopqrstuvwxyz";
static const char capital[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool
among(int c, const char *list)
{
    return c > 0 && c < 128 && strchr(list, c) != NULL;
}

static void
check(int c)
{
    const bool is_small = among(c, small), is_capital = among(c, capital);
    const bool is_digit = among(c, digits);

    ck_assert_msg(ascii_is_small(c) == is_small, "%d", c);
    ck_assert_msg(ascii_is_capital(c) == is_capital, "%d", c);
    ck_assert_msg(ascii_is_letter(c) == (is_small || is_capital), "%d", c);
    ck_assert_msg(ascii_is_digit(c) == is_digit, "%d", c);
    ck_assert_msg(ascii_is_alnum(c) == (is_small || is_capital || is_digit),
                  "%d", c);
}

START_TEST(each_byte_and_code_point_is_what_it_is)
{
    for (int c = -256; c <= 0x2200; c++) {
        check(c); // bytes as char and as unsigned char, and beyond
    }
    check(0x10ffff);
    check(INT_MAX);
    check(INT_MIN);
}
END_TEST

START_TEST(case_is_of_letters_alone)
{
    for (int i = 0; i < 256; i++) {
        const char c = (char)i;
        const char *at_small = among(i, small) ? strchr(small, i) : NULL;
        const char *at_capital = among(i, capital) ? strchr(capital, i) : NULL;
        const char lower = at_capital ? small[at_capital - capital] : c;
        const char upper = at_small ? capital[at_small - small] : c;
        ck_assert_msg(ascii_lower(c) == lower, "%d", i);
        ck_assert_msg(ascii_upper(c) == upper, "%d", i);
    }
}
END_TEST

START_TEST(hexadecimal_digits_have_a_value)
{
    static const char lower[] = "0123456789abcdef";
    static const char upper[] = "0123456789ABCDEF";

    for (int c = -256; c <= 512; c++) {
        const char *at = among(c, lower) ? strchr(lower, c) : NULL;
        const char *up = among(c, upper) ? strchr(upper, c) : NULL;
        const int want = at != NULL   ? (int)(at - lower)
                         : up != NULL ? (int)(up - upper)
                                      : -1;
        ck_assert_msg(ascii_hex(c) == want, "%d: %d", c, ascii_hex(c));
    }
}
END_TEST

static const struct {
    struct text id;
    size_t fault;
} ids[] = {
    {{"", 0}, 0},           {{"a", 1}, 1},   {{"7", 1}, 1},
    {{"a.b_c:d-e", 9}, 9},  {{".a", 2}, 0},  {{"-", 1}, 0},
    {{"a b", 3}, 1},        {{"a/b", 3}, 1}, {{"a\0b", 3}, 1},
    {{"ab\xc3\xa9", 4}, 2}, {{"ab@", 3}, 2},
};

START_TEST(the_first_byte_that_no_id_has_is_found)
{
    const size_t fault = ident_fault(ids[_i].id, IDENT_MARKS);

    ck_assert_msg(fault == ids[_i].fault, "%.*s: %zu", TEXT_ARGS(ids[_i].id),
                  fault);
}
END_TEST

TEST_MAIN("ascii", tcase_add_test(tc, each_byte_and_code_point_is_what_it_is);
          tcase_add_test(tc, case_is_of_letters_alone);
          tcase_add_test(tc, hexadecimal_digits_have_a_value);
          tcase_add_loop_test(tc, the_first_byte_that_no_id_has_is_found, 0,
                              sizeof(ids) / sizeof(ids[0]));)
