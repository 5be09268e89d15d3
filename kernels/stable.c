#include "kernels/stable.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

#if defined(__FAST_MATH__)
#error "these functions fix every rounding: build them without -ffast-math"
#endif
_Static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must round to double");

// ln 2 in two parts. LN2_HIGH ends in 17 zero bits, so its product with a
// binary exponent (at most 11 bits) is exact; together they are right to 92.
#define LN2_HIGH         0x1.62e42fefap-1
#define LN2_LOW          0x1.cf79abc9e3b3ap-40
#define ONE_BY_LN2       0x1.71547652b82fep+0
#define ROOT_HALF        0x1.6a09e667f3bcdp-1
#define ONE_BY_ROOT_2_PI 0x1.9884533d43651p-2

/* A number as an unevaluated sum: high is the sum, rounded. */
struct pair {
    double high, low;
};

/* The exact sum; |a| >= |b|, or a = 0 (Dekker 1971). */
static struct pair
sum(double a, double b)
{
    const double high = a + b;

    return (struct pair){high, a == 0 ? 0 : b - (high - a)};
}

/*
 * The exact product of |a|, |b| < 1e150, after T. J. Dekker, "A floating-point
 * technique for extending the available precision", 1971.
 */
static struct pair
product(double a, double b)
{
    const double split = 0x1p27 + 1;
    const double a_high = a * split - (a * split - a);
    const double b_high = b * split - (b * split - b);
    const double a_low = a - a_high;
    const double b_low = b - b_high;
    const double high = a * b;
    const double low =
        a_low * b_low -
        (((high - a_high * b_high) - a_low * b_high) - a_high * b_low);

    return (struct pair){high, low};
}

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1), from the last term on. */
static double
polynomial(const double *c, size_t n, double x)
{
    double value = c[n - 1];

    for (size_t i = n - 1; i > 0; i--) {
        value = value * x + c[i - 1];
    }
    return value;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// What 2 atanh s = 2s + 2/3 s^3 + 2/5 s^5 + ... leaves after its first term, by
// powers of s^2. For s^2 <= 0.0295 the first term left out is 2^-65 of 2s.
static const double atanh_tail[] = {
    2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
    2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23,
};

// What e^r = 1 + r + r^2/2 + ... leaves after its second term, by r^2. For
// |r| <= 0.347 the first term left out is 2^-63.
static const double exp_tail[] = {
    1.0 / 2,           1.0 / 6,        1.0 / 24,        1.0 / 120,
    1.0 / 720,         1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
    1.0 / 3628800,     1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
    1.0 / 87178291200,
};

/*
 * The logarithm of a finite x > 0, good to about 2^-59 of itself.
 *
 * x = 2^k m with m in 0.707..1.414, log m = 2 atanh s, s = (m - 1) / (m + 1).
 * s is carried as a pair; its tail is small enough for plain doubles.
 */
static struct pair
log_pair(double x)
{
    int k;
    double m = frexp(x, &k);

    if (m < ROOT_HALF) {
        m *= 2;
        k--;
    }
    const double f = m - 1; // exact
    const double divisor = 2 + f;
    const double divisor_low = f - (divisor - 2);
    const double s = f / divisor;
    const struct pair back = product(s, divisor);
    const double s_low =
        ((f - back.high) - back.low - s * divisor_low) / divisor;
    const double z = s * s;
    const double low =
        2 * s_low + s * z * polynomial(atanh_tail, COUNT(atanh_tail), z);

    // k * LN2_HIGH is exact, and larger than 2s or 0.
    const struct pair coarse = sum(k * LN2_HIGH, 2 * s);

    return sum(coarse.high, coarse.low + (k * LN2_LOW + low));
}

/* e to the power high + low, |high| <= 750. */
static double
exp_pair(double high, double low)
{
    const double scaled = high * ONE_BY_LN2;
    const int k = (int)(scaled + (scaled < 0 ? -0.5 : 0.5));
    const double coarse = high - k * LN2_HIGH; // exact
    const double fine = k * LN2_LOW - low;
    const double r = coarse - fine; // in -0.347..0.347
    const double r_low = (coarse - r) - fine;
    const double tail = polynomial(exp_tail, COUNT(exp_tail), r);

    return ldexp(1 + (r + (r * r * tail + r_low)), k);
}

double
stable_log(double x)
{
    if (isnan(x) || x < 0) {
        return (double)NAN;
    }
    if (x == 0) {
        return -(double)INFINITY;
    }
    if (isinf(x)) {
        return x;
    }
    const struct pair log = log_pair(x);

    return log.high + log.low;
}

double
stable_exp(double x)
{
    if (isnan(x)) {
        return (double)NAN;
    }
    if (x > 710) { // past the logarithm of the largest double, 709.78
        return (double)INFINITY;
    }
    if (x < -746) { // past the logarithm of half the smallest, -745.13
        return 0;
    }
    return exp_pair(x, 0);
}

double
stable_pow(double x, double y)
{
    if (y == 0 || x == 1) {
        return 1;
    }
    if (isnan(x) || isnan(y) || x < 0) {
        return (double)NAN;
    }
    if (x == 0 || isinf(x)) {
        return (x == 0) == (y > 0) ? 0 : (double)INFINITY;
    }
    const struct pair log = log_pair(x);
    const double rough = log.high * y;

    if (rough > 710) {
        return (double)INFINITY;
    }
    if (rough < -746) {
        return 0;
    }
    // |y| is now below 746 / 2^-53, so the product cannot overflow.
    const struct pair exact = product(log.high, y);

    return exp_pair(exact.high, exact.low + log.low * y);
}

/*
 * (1 - normal_below(x)) / density(x) for x >= 3: Laplace's continued fraction
 * 1 / (x + 1 / (x + 2 / (x + 3 / ...))). Forty steps leave 9e-15 at 3 and less
 * beyond.
 */
static double
mills_ratio(double x)
{
    double tail = x;

    for (int k = 40; k >= 1; k--) {
        tail = x + k / tail;
    }
    return 1 / tail;
}

/*
 * (normal_below(z) - 1/2) / density(z) for |z| <= 3: z + z^3 / 3 + z^5 / 15 +
 * ... (G. Marsaglia, "Evaluating the normal distribution", 2004). Forty terms
 * leave 1e-22.
 */
static double
middle_ratio(double z)
{
    double term = z, total = z;

    for (int k = 1; k < 40; k++) {
        term *= z * z / (2 * k + 1);
        total += term;
    }
    return total;
}

double
stable_normal_below(double z)
{
    if (isnan(z)) {
        return (double)NAN;
    }
    if (z < -39) { // half the smallest double lies at -38.48
        return 0;
    }
    if (z > 9) { // 1 - 1e-19
        return 1;
    }
    // The density is the square of this by a constant: its two halves are
    // multiplied last, so that far out only one rounding is subnormal.
    const double root = stable_exp(-z * z / 4);

    if (z < -3) {
        return root * (mills_ratio(-z) * ONE_BY_ROOT_2_PI) * root;
    }
    if (z > 3) {
        return 1 - root * (mills_ratio(z) * ONE_BY_ROOT_2_PI) * root;
    }
    return 0.5 + middle_ratio(z) * ONE_BY_ROOT_2_PI * root * root;
}
