#include "kernels/kernels.h"

#include <string.h>

const struct kernel_set *const kernel_sets[] = {
    &kernel_avx512, &kernel_avx2, &kernel_neon, &kernel_scalar, NULL,
};

const struct kernel_set *
kernels_pick(const char *forced)
{
    const bool any = forced == NULL || forced[0] == '\0';

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((any || strcmp((*set)->name, forced) == 0) && (*set)->usable()) {
            return *set;
        }
    }
    return NULL;
}

enum {
    LAST_LENGTH = 1100, // past 1,024 and not a multiple of anything we use
    VALUES = LAST_LENGTH + 3,
    ROWS = 3
};

/* Binary exponents, biased by 127, of the values of one pass. */
static const struct style {
    uint32_t low, span;
} styles[] = {
    {118, 9},  // 0.002 to 1: what embeddings hold
    {50, 14},  // products around 2^-150, at and below the smallest float
    {160, 14}, // 8e9 to 1e14: nothing overflows yet
    {97, 60},  // most of a sum comes from few products
};

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same in every build. */
static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void
fill(float *values, size_t n, const struct style *style, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t random = next_random(state);
        const uint32_t exponent =
            style->low + (uint32_t)(random >> 32) % style->span;
        const uint32_t bits = ((uint32_t)random & 0x807fffffu) | exponent << 23;

        memcpy(&values[i], &bits, sizeof(bits));
    }
}

/* FNV-1a over 32-bit words. */
static uint64_t
hashed(uint64_t hash, float value)
{
    uint32_t bits = 0x7fc00000u; // any NaN: which one is not promised

    if (value == value) {
        memcpy(&bits, &value, sizeof(bits));
    }
    return (hash ^ bits) * 0x100000001b3u;
}

static uint64_t
hash_one_length(const struct kernel_set *set, const float a[VALUES],
                const float b[VALUES], size_t n, uint64_t hash)
{
    const float *const at = a + n % 3; // mostly not aligned
    const float *const query = b + n % 2;
    float out[ROWS];

    hash = hashed(hash, set->dot(at, query, n));
    hash = hashed(hash, set->norm(at, n));
    hash = hashed(hash, set->cosine(at, query, n));
    set->dots(a, ROWS, query, n / ROWS, out);
    for (size_t r = 0; r < ROWS; r++) {
        hash = hashed(hash, out[r]);
    }
    return hash;
}

uint64_t
kernels_answers(const struct kernel_set *set)
{
    float a[VALUES], b[VALUES];
    uint64_t hash = 0xcbf29ce484222325u, state = 1;

    for (size_t s = 0; s < sizeof(styles) / sizeof(styles[0]); s++) {
        fill(a, VALUES, &styles[s], &state);
        fill(b, VALUES, &styles[s], &state);
        for (size_t n = 0; n <= LAST_LENGTH; n++) {
            hash = hash_one_length(set, a, b, n, hash);
        }
    }
    return hash;
}

bool
kernels_self_test(const struct kernel_set *set)
{
    return kernels_answers(set) == KERNELS_KNOWN;
}
