#include "sidecar/engine/pii_vat.h"

#include "tests/unit/harness.h"

/* One valid number of each country, as in the tests of stdnum and jsvat. */
static const char *const valid[] = {
    "ATU13585627",  "BE0428759497",  "DE136695976",    "DK13585628",
    "EE100931558",  "EL094259216",   "FI20774740",     "FR40303265045",
    "HU12892312",   "IT00743110157", "LU15027442",     "NL004495445B01",
    "PL8567346215", "PT501964843",   "SE123456789701", "SI50223054",
};

START_TEST(valid_numbers_pass)
{
    ck_assert_msg(pii_vat_check(valid[_i], strlen(valid[_i])), "%s", valid[_i]);
}
END_TEST

/* Any digit but the last two of Sweden's and the Netherlands' counts. */
START_TEST(a_wrong_digit_fails)
{
    char copy[16];
    const size_t n = strlen(valid[_i]);
    size_t passed = 0, tried = 0;

    for (size_t i = 3; i < n; i++) {
        memcpy(copy, valid[_i], n);
        if (copy[i] < '0' || copy[i] > '9' ||
            ((valid[_i][0] == 'S' || valid[_i][0] == 'N') && i + 2 >= n)) {
            continue;
        }
        copy[i] = copy[i] == '9' ? '0' : (char)(copy[i] + 1);
        passed += pii_vat_check(copy, n);
        tried++;
    }
    // Sums modulo 10 or 11 miss none of these; Greece's folds 10 to 0.
    ck_assert_msg(passed <= 1 && tried >= 5, "%s: %zu of %zu", valid[_i],
                  passed, tried);
}
END_TEST

START_TEST(every_truncation_fails)
{
    for (size_t n = 0; n < strlen(valid[_i]); n++) {
        char *const copy = malloc(n + 1);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, valid[_i], n);
        ck_assert_msg(!pii_vat_check(copy, n), "%s, %zu", valid[_i], n);
        free(copy);
    }
}
END_TEST

START_TEST(other_countries_fail)
{
    ck_assert(!pii_vat_check("US136695976", 11));
    ck_assert(!pii_vat_check("DEA36695976", 11));
    ck_assert(!pii_vat_check("ATA13585627", 11));
    ck_assert(!pii_vat_check("NL004495445C01", 14));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

TEST_MAIN("pii_vat",
          tcase_add_loop_test(tc, valid_numbers_pass, 0, ROWS(valid));
          tcase_add_loop_test(tc, a_wrong_digit_fails, 0, ROWS(valid));
          tcase_add_loop_test(tc, every_truncation_fails, 0, ROWS(valid));
          tcase_add_test(tc, other_countries_fail);)
