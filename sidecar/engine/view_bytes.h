/*
 * Sixteen bytes at a time, for the first look at a text: is there anything to
 * do? A vector extension of GCC and Clang; they make one instruction of each
 * line on every machine we build for, but for the last step, which on x86-64 is
 * the baseline's own. What says yes or no is 0xff or 0 a byte.
 * Pure; safe from any thread.
 */
#ifndef SIDECAR_ENGINE_VIEW_BYTES_H
#define SIDECAR_ENGINE_VIEW_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { VIEW_BYTES = 16 };

typedef unsigned char view_bytes __attribute__((vector_size(16)));

/* at[16], wherever it lies. */
static inline view_bytes
view_bytes_at(const unsigned char *at)
{
    view_bytes v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static inline view_bytes
view_bytes_is(view_bytes v, unsigned char c)
{
    return (view_bytes)(v == c);
}

/* Which are first, first + 1, ... first + count - 1? */
static inline view_bytes
view_bytes_in(view_bytes v, unsigned char first, unsigned char count)
{
    return (view_bytes)(v - first < count);
}

/* Which are ASCII letters, of either case? */
static inline view_bytes
view_bytes_letter(view_bytes v)
{
    return view_bytes_in(v | (unsigned char)0x20, 'a', 26);
}

/* Which are beyond ASCII? */
static inline view_bytes
view_bytes_foreign(view_bytes v)
{
    return (view_bytes)(v > 0x7f);
}

/* Bit i is what byte i says. */
static inline unsigned
view_bytes_bits(view_bytes yes)
{
#ifdef __SSE2__
    return (unsigned)_mm_movemask_epi8((__m128i)yes);
#else
    const view_bytes low = yes & (unsigned char)1;
    uint64_t halves[2];

    memcpy(halves, &low, sizeof(halves));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    halves[0] = __builtin_bswap64(halves[0]);
    halves[1] = __builtin_bswap64(halves[1]);
#endif
    // Brings the eight bits of a half together in its highest byte.
    return (unsigned)(halves[0] * 0x0102040810204080u >> 56 |
                      halves[1] * 0x0102040810204080u >> 56 << 8);
#endif
}

/* Is there a yes? */
static inline bool
view_bytes_any(view_bytes yes)
{
    return view_bytes_bits(yes) != 0;
}

#endif
