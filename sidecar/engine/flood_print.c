#include "sidecar/engine/flood_print.h"

#include "sidecar/base/hash.h"
#include "sidecar/engine/repetition_word.h"

enum {
    PLANES = 8, // of eight counters of a byte each
    COUNTER_MOST = 255
};

/*
 * For each of the 64 bits how many hashes had it set: eight counters in a word,
 * counter i of plane k for bit 8 * i + k, emptied into wide ones before they
 * overflow.
 */
struct votes {
    uint64_t planes[PLANES];
    uint32_t waiting;    /* hashes in the planes */
    uint32_t counts[64]; /* all before them */
    uint32_t total;
};

static void
empty(struct votes *v)
{
    for (size_t bit = 0; bit < 64; bit++) {
        v->counts[bit] += (uint32_t)(v->planes[bit % 8] >> bit / 8 * 8 & 0xff);
    }
    memset(v->planes, 0, sizeof(v->planes));
    v->waiting = 0;
}

static void
vote(struct votes *v, uint64_t hash)
{
    for (size_t k = 0; k < PLANES; k++) {
        v->planes[k] += hash >> k & 0x0101010101010101u;
    }
    v->total++;
    if (++v->waiting == COUNTER_MOST) {
        empty(v);
    }
}

bool
flood_print(struct text fold, uint64_t *print)
{
    struct votes v = {.total = 0};
    struct repetition_word word;
    uint64_t before = 0;
    size_t at = 0, words = 0;

    while (repetition_word_next(fold, &at, &word)) {
        const uint64_t hash =
            word.kind == REPETITION_NUMBER ? 1 : hash_mix(word.hash);
        vote(&v, hash);
        if (words++ > 0) {
            vote(&v, hash_mix(before * 31 + hash));
        }
        before = hash;
    }
    empty(&v);
    *print = 0;
    for (size_t bit = 0; bit < 64; bit++) {
        *print |= (uint64_t)(2 * (uint64_t)v.counts[bit] > v.total) << bit;
    }
    return words >= FLOOD_PRINT_WORDS;
}

unsigned
flood_print_distance(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ b;
    unsigned bits = 0;

    for (; x != 0; x &= x - 1) {
        bits++;
    }
    return bits;
}
