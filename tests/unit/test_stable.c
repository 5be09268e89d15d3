#include "kernels/stable.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_stable.h"

/* Enough to find the worst cases to a few per cent; a second in debug. */
enum { ROUNDS = 200000 };

static double
within(uint64_t seed, double low, double high)
{
    return low + (high - low) * ((double)(hash_mix(seed) >> 11) * 0x1p-53);
}

/* A positive normal double of any size. */
static double
any_size(uint64_t seed)
{
    return ldexp(within(seed, 1, 2), (int)(hash_mix(~seed) % 2046) - 1022);
}

/* How far got lies from want, in units of want's last place as a double. */
static double
ulps(double got, long double want)
{
    const long double least = 0x1p-1022L; // normal from here on
    int exponent;

    frexpl(fabsl(want) < least ? least : want, &exponent);
    return (double)(fabsl((long double)got - want) /
                    ldexpl(1, exponent - DBL_MANT_DIG));
}

#define ASSERT_ULPS(got, want, limit, x, y)                                    \
    do {                                                                       \
        const double off = ulps(got, want);                                    \
        ck_assert_msg(off <= (limit), "x = %a, y = %a: %a is off by %g ulp",   \
                      (double)(x), (double)(y), (double)(got), off);           \
    } while (0)

START_TEST(known_answers_are_the_same_everywhere)
{
    const uint64_t got = support_stable_answers();

    ck_assert_msg(got == SUPPORT_STABLE_KNOWN, "0x%016" PRIx64, got);
}
END_TEST

START_TEST(log_is_within_one_ulp)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const double x[] = {any_size(i), within(i, 0.5, 2),
                            within(i, 1 - 1e-6, 1 + 1e-6),
                            ldexp(within(i, 1, 2), -1074 + (int)(i % 52))};

        for (size_t k = 0; k < 4; k++) {
            ASSERT_ULPS(stable_log(x[k]), logl((long double)x[k]), 1, x[k], 0);
        }
    }
}
END_TEST

START_TEST(exp_is_within_one_ulp)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const double x[] = {within(i, -746, 709.78), within(i, -1, 1),
                            within(i, -1e-9, 1e-9)};

        for (size_t k = 0; k < 3; k++) {
            ASSERT_ULPS(stable_exp(x[k]), expl((long double)x[k]), 1, x[k], 0);
        }
    }
}
END_TEST

START_TEST(pow_is_within_its_stated_error)
{
    const long double least = 0x1p-1022L, most = 0x1p1023L;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        const double share = within(i, 0, 1), small = within(~i, 0, 2);
        const double x = any_size(i);
        const double y = within(~i, -708, 708) / fabs(log(x));
        const long double want = powl((long double)x, (long double)y);
        const bool middle = want > 1e-100L && want < 1e100L;

        ASSERT_ULPS(stable_pow(share, small),
                    powl((long double)share, (long double)small), 1, share,
                    small);
        if (want > least && want < most) {
            ASSERT_ULPS(stable_pow(x, y), want, middle ? 8 : 32, x, y);
        }
    }
}
END_TEST

START_TEST(normal_tail_is_within_its_stated_error)
{
    for (int i = -39000; i <= 9000; i++) {
        const double z = i / 1000.0 + 1e-5 * (i % 7);
        const long double want = erfcl(-(long double)z / sqrtl(2)) / 2;
        const long double limit = 1e-12L * want + 1.5L * 0x1p-1074L;
        const double got = stable_normal_below(z);

        ck_assert_msg(fabsl((long double)got - want) <= limit,
                      "z = %a: %a is off by %Lg of itself", z, got,
                      ((long double)got - want) / want);
        ck_assert_msg(got >= 0 && got <= 1, "z = %a: %a", z, got);
    }
}
END_TEST

/* Where the formulas change, and around the middle. */
START_TEST(normal_tail_has_no_steps)
{
    static const double at[] = {-37.5, -3, -1e-300, 0, 3, 8};

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        const double below = stable_normal_below(nextafter(at[i], -40));
        const double above = stable_normal_below(nextafter(at[i], 40));

        ck_assert_msg(fabs(above / below - 1) < 1e-12, "z = %a: %a, %a", at[i],
                      below, above);
    }
    ck_assert_double_eq(stable_normal_below(0), 0.5);
}
END_TEST

START_TEST(edges_are_as_documented)
{
    const double inf = (double)INFINITY, nan = (double)NAN;

    ck_assert_double_eq(stable_log(1), 0);
    ck_assert_double_eq(stable_log(0), -inf);
    ck_assert_double_eq(stable_log(inf), inf);
    ck_assert(isnan(stable_log(-DBL_TRUE_MIN)) && isnan(stable_log(nan)));

    ck_assert_double_eq(stable_exp(0), 1);
    ck_assert_double_eq(stable_exp(-inf), 0);
    ck_assert_double_eq(stable_exp(inf), inf);
    // The last argument before infinity.
    ck_assert_double_eq(stable_exp(0x1.62e42fefa39efp+9),
                        0x1.fffffffffff2ap+1023);
    ck_assert_double_eq(stable_exp(709.79), inf);
    ck_assert_double_eq(stable_exp(-745.13), DBL_TRUE_MIN);
    ck_assert_double_eq(stable_exp(-745.14), 0);
    ck_assert(isnan(stable_exp(nan)));

    ck_assert_double_eq(stable_pow(0, 0), 1);
    ck_assert_double_eq(stable_pow(nan, 0), 1);
    ck_assert_double_eq(stable_pow(1, nan), 1);
    ck_assert_double_eq(stable_pow(0, 0.119), 0);
    ck_assert_double_eq(stable_pow(0, -1), inf);
    ck_assert_double_eq(stable_pow(inf, 2), inf);
    ck_assert_double_eq(stable_pow(inf, -2), 0);
    ck_assert_double_eq(stable_pow(2, inf), inf);
    ck_assert_double_eq(stable_pow(2, -inf), 0);
    ck_assert_double_eq(stable_pow(0.5, inf), 0);
    ck_assert_double_eq(stable_pow(2, 1023), 0x1p1023);
    ck_assert_double_eq(stable_pow(2, 1024), inf);
    ck_assert_double_eq(stable_pow(2, -1074), DBL_TRUE_MIN);
    ck_assert_double_eq(stable_pow(nextafter(1, 2), 1e300), inf);
    ck_assert(isnan(stable_pow(-1, 2)) && isnan(stable_pow(2, nan)));

    ck_assert_double_eq(stable_normal_below(-inf), 0);
    ck_assert_double_eq(stable_normal_below(inf), 1);
    ck_assert_double_eq(stable_normal_below(9.1), 1);
    ck_assert_double_eq(stable_normal_below(-40), 0);
    ck_assert_double_gt(stable_normal_below(-38), 0);
    ck_assert(isnan(stable_normal_below(nan)));
}
END_TEST

TEST_MAIN("stable", tcase_add_test(tc, known_answers_are_the_same_everywhere);
          tcase_add_test(tc, log_is_within_one_ulp);
          tcase_add_test(tc, exp_is_within_one_ulp);
          tcase_add_test(tc, pow_is_within_its_stated_error);
          tcase_add_test(tc, normal_tail_is_within_its_stated_error);
          tcase_add_test(tc, normal_tail_has_no_steps);
          tcase_add_test(tc, edges_are_as_documented);)
