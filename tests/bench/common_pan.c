#include "tests/bench/common_pan.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"

enum { SLOTS = 1 << 19, GRAM = 4 };

/* What is known of one 4-gram. */
struct gram {
    uint32_t key; /* its four bytes; 0: free, no text holds NUL */
    uint32_t uses, texts, last;
    uint32_t feature; /* 1 + index among the most frequent; 0: not one */
};

struct pan {
    struct gram *grams; /* [SLOTS] open addressing */
    double idf[PAN_FEATURES];
};

static uint32_t
gram_at(struct text text, size_t at)
{
    uint32_t key = 0;

    for (size_t i = 0; i < GRAM; i++) {
        const unsigned char c = (unsigned char)text.at[at + i];
        key = key << 8 | (c >= 'A' && c <= 'Z' ? c + 32u : c);
    }
    return key;
}

/* Its place; one that is free where the table has not got it yet. */
static struct gram *
find(const struct pan *pan, uint32_t key)
{
    size_t at = (size_t)hash_mix(key) % SLOTS;

    while (pan->grams[at].key != 0 && pan->grams[at].key != key) {
        at = (at + 1) % SLOTS;
    }
    return &pan->grams[at];
}

static int
by_uses(const void *a, const void *b)
{
    const struct gram *x = *(struct gram *const *)a;
    const struct gram *y = *(struct gram *const *)b;

    if (x->uses != y->uses) {
        return x->uses > y->uses ? -1 : 1;
    }
    return (x->key > y->key) - (x->key < y->key);
}

static size_t
count_grams(struct pan *pan, const struct text *texts, size_t count)
{
    size_t used = 0;

    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i + GRAM <= texts[t].len; i++) {
            const uint32_t key = gram_at(texts[t], i);
            struct gram *g = find(pan, key);
            if (g->key == 0 && used >= SLOTS / 2) {
                continue;
            }
            used += g->key == 0;
            g->key = key;
            g->uses++;
            g->texts += g->last != t + 1;
            g->last = (uint32_t)t + 1;
        }
    }
    return used;
}

struct pan *
pan_fit(const struct text *texts, size_t count)
{
    struct pan *pan = calloc(1, sizeof(*pan));
    struct gram **order = calloc(SLOTS, sizeof(struct gram *));
    size_t n = 0;

    if (pan != NULL) {
        pan->grams = calloc(SLOTS, sizeof(*pan->grams));
    }
    if (pan == NULL || pan->grams == NULL || order == NULL) {
        pan_free(pan);
        free(order);
        return NULL;
    }
    (void)count_grams(pan, texts, count);
    for (size_t i = 0; i < SLOTS; i++) {
        if (pan->grams[i].key != 0) {
            order[n++] = &pan->grams[i];
        }
    }
    qsort(order, n, sizeof(struct gram *), by_uses);
    for (size_t i = 0; i < n && i < PAN_FEATURES; i++) {
        order[i]->feature = (uint32_t)i + 1;
        pan->idf[i] =
            log((1 + (double)count) / (1 + (double)order[i]->texts)) + 1;
    }
    free(order);
    return pan;
}

void
pan_free(struct pan *pan)
{
    if (pan != NULL) {
        free(pan->grams);
        free(pan);
    }
}

bool
pan_read(const struct pan *pan, struct text text, struct arena *arena,
         struct pan_vector *out)
{
    uint32_t uses[PAN_FEATURES] = {0};
    size_t count = 0, n = 0;
    double square = 0;

    for (size_t i = 0; i + GRAM <= text.len; i++) {
        const uint32_t feature = find(pan, gram_at(text, i))->feature;
        if (feature > 0) {
            count += uses[feature - 1]++ == 0;
        }
    }
    uint16_t *at = arena_take(arena, count * sizeof(*at));
    float *values = ARENA_ARRAY(arena, float, count);
    if (at == NULL || values == NULL) {
        return false;
    }
    for (size_t f = 0; f < PAN_FEATURES; f++) {
        square += uses[f] * pan->idf[f] * (uses[f] * pan->idf[f]);
    }
    for (size_t f = 0; f < PAN_FEATURES; f++) {
        if (uses[f] > 0) {
            at[n] = (uint16_t)f;
            values[n++] = (float)(uses[f] * pan->idf[f] / sqrt(square));
        }
    }
    *out = (struct pan_vector){at, values, count};
    return true;
}

void
pan_mean(const struct pan_vector *const *vectors, size_t count,
         float mean[PAN_FEATURES])
{
    double square = 0;

    memset(mean, 0, PAN_FEATURES * sizeof(*mean));
    for (size_t v = 0; v < count; v++) {
        for (size_t i = 0; i < vectors[v]->count; i++) {
            mean[vectors[v]->at[i]] += vectors[v]->values[i];
        }
    }
    for (size_t f = 0; f < PAN_FEATURES; f++) {
        square += (double)mean[f] * (double)mean[f];
    }
    for (size_t f = 0; square > 0 && f < PAN_FEATURES; f++) {
        mean[f] = (float)((double)mean[f] / sqrt(square));
    }
}

double
pan_distance(const float mean[PAN_FEATURES], const struct pan_vector *v)
{
    double dot = 0;

    for (size_t i = 0; i < v->count; i++) {
        dot += (double)mean[v->at[i]] * (double)v->values[i];
    }
    return 1 - dot;
}
