/*
 * The definition of every kernel, in plain C (the order is told in order.h).
 * The other sets are copies of this one that know more instructions.
 */
#include "kernels/kernels.h"

#include <stdint.h>
#include <string.h>

#include "kernels/order.h"

static bool
scalar_usable(void)
{
    return true;
}

/*
 * a * b + c, rounded once to float.
 *
 * Where the processor has no such instruction: the product is exact in double,
 * the sum is rounded to odd, which a second rounding to float cannot spoil
 * (S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums:
 * proved algorithms using rounding to odd", 2008).
 */
static inline float
fused(float a, float b, float c)
{
#if defined(__aarch64__) || defined(__FMA__)
    return fmaf(a, b, c);
#else
    const double product = (double)a * (double)b, addend = (double)c;
    const double sum = product + addend;
    const double part = sum - product;
    const double lost = (product - (sum - part)) + (addend - part);
    int64_t bits;
    double odd;

    memcpy(&bits, &sum, sizeof(bits));
    // Not exact and even: one step towards the truth, away from 0 or to it.
    const int64_t step = (lost < 0) == (sum < 0) ? 1 : -1;

    bits += (lost < 0 || lost > 0) & ~bits & 1 ? step : 0;
    memcpy(&odd, &bits, sizeof(odd));
    return (float)odd;
#endif
}

static inline float
scalar_dot(const float *a, const float *b, size_t n)
{
    float sums[ORDER_SUMS] = {0};
    const size_t whole = n - n % ORDER_SUMS;

    for (size_t i = 0; i < whole; i += ORDER_SUMS) {
        for (size_t s = 0; s < ORDER_SUMS; s++) {
            sums[s] = fused(a[i + s], b[i + s], sums[s]);
        }
    }
    for (size_t i = whole; i < n; i++) {
        sums[i - whole] = fused(a[i], b[i], sums[i - whole]);
    }
    for (size_t half = ORDER_SUMS / 2; half > 0; half /= 2) {
        for (size_t s = 0; s < half; s++) {
            sums[s] += sums[s + half];
        }
    }
    return sums[0];
}

static float
scalar_norm(const float *a, size_t n)
{
    return order_norm(scalar_dot(a, a, n));
}

static float
scalar_cosine(const float *a, const float *b, size_t n)
{
    return order_cosine(scalar_dot(a, b, n), scalar_dot(a, a, n),
                        scalar_dot(b, b, n));
}

static void
scalar_dots(const float *rows, size_t n_rows, const float *query, size_t dim,
            float *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        out[r] = scalar_dot(rows + r * dim, query, dim);
    }
}

const struct kernel_set kernel_scalar = {
    .name = "scalar",
    .usable = scalar_usable,
    .dot = scalar_dot,
    .norm = scalar_norm,
    .cosine = scalar_cosine,
    .dots = scalar_dots,
};
