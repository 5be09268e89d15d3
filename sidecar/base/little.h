/*
 * Little-endian numbers in files and messages, which have no alignment, on
 * machines of either order.
 */
#ifndef SIDECAR_BASE_LITTLE_H
#define SIDECAR_BASE_LITTLE_H

#include <stdint.h>
#include <string.h>

/* Of the four bytes at `at`. */
static inline uint32_t
little_u32(const void *at)
{
    const unsigned char *b = at;

    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

/* An IEEE 754 single; NaN and infinities as they come. */
static inline float
little_float(const void *at)
{
    const uint32_t bits = little_u32(at);
    float value;

    _Static_assert(sizeof(value) == sizeof(bits), "float is binary32");
    memcpy(&value, &bits, sizeof(value));
    return value;
}

#endif
