/*
 * Logarithm, exponential, power and normal tail with the same bits on every
 * machine. The C library's differ in the last bit between versions and
 * processors, and a score made with them would too.
 *
 * Only IEEE additions, products, quotients and exact scalings in a fixed order.
 * Errors are in units in the last place (ulp) of the true value, as measured
 * by the tests against long double. Any thread.
 */
#ifndef KERNELS_STABLE_H
#define KERNELS_STABLE_H

/*
 * The natural logarithm, within 1 ulp.
 *
 *   returns  -infinity at 0, NaN below 0 and for NaN
 */
double stable_log(double x);

/*
 * e to the power x, within 1 ulp; 0 below about -745.13, infinity above about
 * 709.78, NaN for NaN.
 */
double stable_exp(double x);

/*
 * x to the power y for x >= 0: within 1 ulp for x in 0..1 and y in 0..2, within
 * 8 where the result lies in 1e-100..1e100, 32 anywhere a double is normal.
 *
 *   returns  1 where y is 0 or x is 1; NaN for x < 0 and for other NaN
 */
double stable_pow(double x, double y);

/*
 * The share of a standard normal distribution below z, that is half of
 * erfc(-z / sqrt 2), to 1e-12 of itself; below z = -37.5, where the result is
 * no longer a normal double, 1.5 times the smallest double comes on top.
 *
 *   returns  0..1; NaN for NaN. Between neighbouring z it may fall by that
 *            error, so do not take it for monotone to the last bit
 */
double stable_normal_below(double z);

#endif
