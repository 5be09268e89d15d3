/*
 * The definition (scalar.c) with 128-bit registers: running sum i is lane
 * i mod 4 of register i / 4. Only for 64-bit ARM: the NEON unit of 32-bit ARM
 * flushes small numbers to zero.
 */
#include "kernels/kernels.h"

#include "kernels/probe.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#include "kernels/order.h"

enum { LANES = 4, REGISTERS = ORDER_SUMS / LANES };

static inline void
add_whole(float32x4_t sums[REGISTERS], const float *a, const float *b)
{
    for (size_t k = 0; k < REGISTERS; k++) {
        sums[k] = vfmaq_f32(sums[k], vld1q_f32(a + LANES * k),
                            vld1q_f32(b + LANES * k));
    }
}

static inline void
add_rest(float32x4_t sums[REGISTERS], const float *a, const float *b, size_t n)
{
    float padded_a[ORDER_SUMS] = {0};
    float padded_b[ORDER_SUMS] = {0};

    memcpy(padded_a, a, n * sizeof(*a));
    memcpy(padded_b, b, n * sizeof(*b));
    add_whole(sums, padded_a, padded_b);
}

static inline float
total(float32x4_t sums[REGISTERS])
{
    for (size_t half = REGISTERS / 2; half > 0; half /= 2) {
        for (size_t k = 0; k < half; k++) {
            sums[k] = vaddq_f32(sums[k], sums[k + half]);
        }
    }
    const float32x2_t two =
        vadd_f32(vget_low_f32(sums[0]), vget_high_f32(sums[0]));

    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline float
neon_dot(const float *a, const float *b, size_t n)
{
    float32x4_t sums[REGISTERS];
    const size_t whole = n - n % ORDER_SUMS;

    for (size_t k = 0; k < REGISTERS; k++) {
        sums[k] = vdupq_n_f32(0);
    }
    for (size_t i = 0; i < whole; i += ORDER_SUMS) {
        add_whole(sums, a + i, b + i);
    }
    if (whole < n) {
        add_rest(sums, a + whole, b + whole, n - whole);
    }
    return total(sums);
}

static float
neon_norm(const float *a, size_t n)
{
    return order_norm(neon_dot(a, a, n));
}

static float
neon_cosine(const float *a, const float *b, size_t n)
{
    return order_cosine(neon_dot(a, b, n), neon_dot(a, a, n),
                        neon_dot(b, b, n));
}

static void
neon_dots(const float *rows, size_t n_rows, const float *query, size_t dim,
          float *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        out[r] = neon_dot(rows + r * dim, query, dim);
    }
}

const struct kernel_set kernel_neon = {
    .name = "neon",
    .usable = probe_neon,
    .dot = neon_dot,
    .norm = neon_norm,
    .cosine = neon_cosine,
    .dots = neon_dots,
};

#else

const struct kernel_set kernel_neon = {.name = "neon", .usable = probe_never};

#endif
