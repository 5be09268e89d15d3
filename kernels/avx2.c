/*
 * The definition (scalar.c) with 256-bit registers and FMA3: running sum i
 * is lane i mod 8 of register i / 8.
 */
#include "kernels/kernels.h"

#include "kernels/probe.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#include "kernels/order.h"

enum { LANES = 8 };

struct sums {
    __m256 s0, s1, s2, s3, s4, s5, s6, s7;
};

static inline __m256
added(__m256 sum, __m256 a, __m256 b)
{
    return _mm256_fmadd_ps(a, b, sum);
}

static inline __m256
eight(const float *at)
{
    return _mm256_loadu_ps(at);
}

/* Elements from .. from + 7 of at[n], 0 where there is none. */
static inline __m256
up_to_eight(const float *at, size_t n, size_t from)
{
    // A window on 8 full and 8 empty masks: all full from 8 left on.
    static const int window[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const size_t start = from < n ? from : n;
    const size_t left = n - start < LANES ? n - start : LANES;
    const __m256i mask =
        _mm256_loadu_si256((const __m256i_u *)(window + LANES - left));

    return _mm256_maskload_ps(at + start, mask);
}

static inline void
add_whole(struct sums *s, const float *a, const float *b)
{
    s->s0 = added(s->s0, eight(a), eight(b));
    s->s1 = added(s->s1, eight(a + 8), eight(b + 8));
    s->s2 = added(s->s2, eight(a + 16), eight(b + 16));
    s->s3 = added(s->s3, eight(a + 24), eight(b + 24));
    s->s4 = added(s->s4, eight(a + 32), eight(b + 32));
    s->s5 = added(s->s5, eight(a + 40), eight(b + 40));
    s->s6 = added(s->s6, eight(a + 48), eight(b + 48));
    s->s7 = added(s->s7, eight(a + 56), eight(b + 56));
}

static inline void
add_rest(struct sums *s, const float *a, const float *b, size_t n)
{
    s->s0 = added(s->s0, up_to_eight(a, n, 0), up_to_eight(b, n, 0));
    s->s1 = added(s->s1, up_to_eight(a, n, 8), up_to_eight(b, n, 8));
    s->s2 = added(s->s2, up_to_eight(a, n, 16), up_to_eight(b, n, 16));
    s->s3 = added(s->s3, up_to_eight(a, n, 24), up_to_eight(b, n, 24));
    s->s4 = added(s->s4, up_to_eight(a, n, 32), up_to_eight(b, n, 32));
    s->s5 = added(s->s5, up_to_eight(a, n, 40), up_to_eight(b, n, 40));
    s->s6 = added(s->s6, up_to_eight(a, n, 48), up_to_eight(b, n, 48));
    s->s7 = added(s->s7, up_to_eight(a, n, 56), up_to_eight(b, n, 56));
}

static inline float
total(const struct sums *s)
{
    const __m256 t0 = _mm256_add_ps(s->s0, s->s4);
    const __m256 t1 = _mm256_add_ps(s->s1, s->s5);
    const __m256 t2 = _mm256_add_ps(s->s2, s->s6);
    const __m256 t3 = _mm256_add_ps(s->s3, s->s7);
    const __m256 u0 = _mm256_add_ps(t0, t2);
    const __m256 u1 = _mm256_add_ps(t1, t3);
    const __m256 v = _mm256_add_ps(u0, u1);
    const __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float
avx2_dot(const float *a, const float *b, size_t n)
{
    const __m256 zero = _mm256_setzero_ps();
    struct sums s = {zero, zero, zero, zero, zero, zero, zero, zero};
    const size_t whole = n - n % ORDER_SUMS;

    for (size_t i = 0; i < whole; i += ORDER_SUMS) {
        add_whole(&s, a + i, b + i);
    }
    if (whole < n) {
        add_rest(&s, a + whole, b + whole, n - whole);
    }
    return total(&s);
}

static float
avx2_norm(const float *a, size_t n)
{
    return order_norm(avx2_dot(a, a, n));
}

static float
avx2_cosine(const float *a, const float *b, size_t n)
{
    return order_cosine(avx2_dot(a, b, n), avx2_dot(a, a, n),
                        avx2_dot(b, b, n));
}

static void
avx2_dots(const float *rows, size_t n_rows, const float *query, size_t dim,
          float *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        out[r] = avx2_dot(rows + r * dim, query, dim);
    }
}

const struct kernel_set kernel_avx2 = {
    .name = "avx2",
    .usable = probe_avx2,
    .dot = avx2_dot,
    .norm = avx2_norm,
    .cosine = avx2_cosine,
    .dots = avx2_dots,
};

#else

const struct kernel_set kernel_avx2 = {.name = "avx2", .usable = probe_never};

#endif
