/*
 * The definition (scalar.c) with 512-bit registers: running sum i is lane
 * i mod 16 of register i / 16. Needs AVX-512F and nothing beyond.
 */
#include "kernels/kernels.h"

#include "kernels/probe.h"

#if defined(__AVX512F__)

#include <immintrin.h>

#include "kernels/order.h"

enum { LANES = 16 };

struct sums {
    __m512 s0, s1, s2, s3;
};

static inline __m512
added(__m512 sum, __m512 a, __m512 b)
{
    return _mm512_fmadd_ps(a, b, sum);
}

static inline __m512
sixteen(const float *at)
{
    return _mm512_loadu_ps(at);
}

/* Elements from .. from + 15 of at[n], 0 where there is none. */
static inline __m512
up_to_sixteen(const float *at, size_t n, size_t from)
{
    const size_t start = from < n ? from : n;
    const size_t left = n - start < LANES ? n - start : LANES;
    const __mmask16 mask = (__mmask16)((1u << left) - 1);

    return _mm512_maskz_loadu_ps(mask, at + start);
}

static inline void
add_whole(struct sums *s, const float *a, const float *b)
{
    s->s0 = added(s->s0, sixteen(a), sixteen(b));
    s->s1 = added(s->s1, sixteen(a + 16), sixteen(b + 16));
    s->s2 = added(s->s2, sixteen(a + 32), sixteen(b + 32));
    s->s3 = added(s->s3, sixteen(a + 48), sixteen(b + 48));
}

static inline void
add_rest(struct sums *s, const float *a, const float *b, size_t n)
{
    s->s0 = added(s->s0, up_to_sixteen(a, n, 0), up_to_sixteen(b, n, 0));
    s->s1 = added(s->s1, up_to_sixteen(a, n, 16), up_to_sixteen(b, n, 16));
    s->s2 = added(s->s2, up_to_sixteen(a, n, 32), up_to_sixteen(b, n, 32));
    s->s3 = added(s->s3, up_to_sixteen(a, n, 48), up_to_sixteen(b, n, 48));
}

static inline float
total(const struct sums *s)
{
    const __m512 t0 = _mm512_add_ps(s->s0, s->s2);
    const __m512 t1 = _mm512_add_ps(s->s1, s->s3);
    const __m512 u = _mm512_add_ps(t0, t1);
    const __m256 upper =
        _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(u), 1));
    const __m256 v = _mm256_add_ps(_mm512_castps512_ps256(u), upper);
    const __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float
avx512_dot(const float *a, const float *b, size_t n)
{
    const __m512 zero = _mm512_setzero_ps();
    struct sums s = {zero, zero, zero, zero};
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
avx512_norm(const float *a, size_t n)
{
    return order_norm(avx512_dot(a, a, n));
}

static float
avx512_cosine(const float *a, const float *b, size_t n)
{
    return order_cosine(avx512_dot(a, b, n), avx512_dot(a, a, n),
                        avx512_dot(b, b, n));
}

static void
avx512_dots(const float *rows, size_t n_rows, const float *query, size_t dim,
            float *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        out[r] = avx512_dot(rows + r * dim, query, dim);
    }
}

const struct kernel_set kernel_avx512 = {
    .name = "avx512",
    .usable = probe_avx512,
    .dot = avx512_dot,
    .norm = avx512_norm,
    .cosine = avx512_cosine,
    .dots = avx512_dots,
};

#else

const struct kernel_set kernel_avx512 = {.name = "avx512",
                                         .usable = probe_never};

#endif
