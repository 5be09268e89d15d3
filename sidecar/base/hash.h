/*
 * A fast 64-bit hash for tables and feature buckets: the same value on every
 * machine and build. Not for secrets or identity (see digest.h).
 *
 * Multiply-and-fold over 8-byte little-endian words with the finaliser of
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
 */
#ifndef SIDECAR_BASE_HASH_H
#define SIDECAR_BASE_HASH_H

#include "sidecar/base/text.h"

static inline uint64_t
hash_mix(uint64_t h)
{
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

/* The next 1 to 8 bytes as a little-endian number. */
static inline uint64_t
hash_load(const unsigned char *at, size_t len)
{
    uint64_t word = 0;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&word, at, len < 8 ? len : 8);
#else
    for (size_t i = 0; i < len && i < 8; i++) {
        word |= (uint64_t)at[i] << 8 * i;
    }
#endif
    return word;
}

static inline uint64_t
hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t h = seed * 0x9e3779b97f4a7c15u ^ (uint64_t)len;

    for (; len > 8; at += 8, len -= 8) {
        h = (h ^ hash_load(at, 8)) * 0xd6e8feb86659fd93u;
        h ^= h >> 32;
    }
    return len > 0 ? hash_mix(h ^ hash_load(at, len)) : hash_mix(h);
}

static inline uint64_t
hash_text(struct text text, uint64_t seed)
{
    return hash_bytes(text.at, text.len, seed);
}

#endif
