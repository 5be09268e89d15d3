/*
 * What all kernel sets share, for kernels/ only: the number of running sums,
 * and how a norm and a cosine come from sums of products.
 *
 * The order of additions, in full:
 *
 *   1. There are 64 running sums, all +0 at first. Element i belongs to sum
 *      i mod 64: its product is added to it by a fused multiply-add, so rounded
 *      once. Products and sums rounded apart give other bits.
 *   2. What is left over after the last whole 64 elements goes to the first
 *      sums. A set may add +0 to the others: that changes nothing, because a
 *      sum that began as +0 never becomes -0.
 *   3. The upper half of the sums is added to the lower half: 32 pairs, then
 *      16, 8, 4, 2 and 1.
 *
 * Why 64: a 1,024-wide dot took 35 ns with 32 sums, 28 ns with 64 and 28 ns
 * with 128 (AVX-512, where too few sums wait for each other); AVX2 takes 38 ns
 * with any of them.
 */
#ifndef KERNELS_ORDER_H
#define KERNELS_ORDER_H

#include <float.h>
#include <math.h>
#include <stddef.h>

#if defined(__FAST_MATH__)
#error "the kernels fix every rounding: build them without -ffast-math"
#endif
_Static_assert(FLT_EVAL_METHOD == 0, "float arithmetic must round to float");

enum { ORDER_SUMS = 64 };

/* The norm of a vector whose dot with itself is `squares`. */
static inline float
order_norm(float squares)
{
    return sqrtf(squares);
}

/*
 * The cosine from three dots. The product of two floats is exact in double, and
 * root, quotient and conversion are each rounded correctly by IEEE 754, so this
 * too has one answer.
 */
static inline float
order_cosine(float ab, float aa, float bb)
{
    if (!(aa > 0 && aa <= FLT_MAX && bb > 0 && bb <= FLT_MAX)) {
        return NAN;
    }
    const float cosine = (float)((double)ab / sqrt((double)aa * (double)bb));

    // Two vectors of one direction come out an ulp above 1.
    return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

#endif
