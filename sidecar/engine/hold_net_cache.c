#include "sidecar/engine/hold_net_cache.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { GONE = HOLD_NET_FULL };

static uint64_t
next_serial(void)
{
    static _Atomic uint64_t last; // relaxed: only that no two are equal

    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static void
forget_steps(struct hold_net_cache *cache)
{
    // All bits set is HOLD_NET_FULL.
    memset(cache->steps, 0xff, HOLD_CACHE_STEPS * sizeof(*cache->steps));
    cache->step_count = 0;
}

struct hold_net_cache *
hold_net_cache_new(const struct hold_net *net)
{
    struct hold_net_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL) {
        return NULL;
    }
    cache->net = net;
    cache->states = malloc(HOLD_CACHE_STATES * sizeof(*cache->states));
    cache->steps = malloc(HOLD_CACHE_STEPS * sizeof(*cache->steps));
    cache->pool = malloc(HOLD_CACHE_POOL * sizeof(*cache->pool));
    cache->slots = calloc(HOLD_CACHE_SLOTS, sizeof(*cache->slots));
    cache->spare = malloc(HOLD_CACHE_STEPS * sizeof(*cache->spare));
    cache->numbers = malloc(HOLD_CACHE_STATES * sizeof(*cache->numbers));
    if (cache->states == NULL || cache->steps == NULL || cache->pool == NULL ||
        cache->slots == NULL || cache->spare == NULL ||
        cache->numbers == NULL ||
        !hold_closure_init(&cache->before, net, net->count + net->trie_count) ||
        !hold_closure_init(&cache->after, net, HOLD_NET_SET)) {
        hold_net_cache_free(cache);
        return NULL;
    }
    cache->count = 1;
    cache->states[HOLD_NET_DEAD] = (struct hold_state){.first = 0};
    memset(cache->begun, 0xff, sizeof(cache->begun));
    memset(cache->begun[HOLD_NET_NONE], 0, sizeof(cache->begun[HOLD_NET_NONE]));
    forget_steps(cache);
    cache->serial = next_serial();
    return cache;
}

void
hold_net_cache_free(struct hold_net_cache *cache)
{
    if (cache != NULL) {
        hold_closure_clear(&cache->before);
        hold_closure_clear(&cache->after);
        free(cache->states);
        free(cache->steps);
        free(cache->pool);
        free(cache->slots);
        free(cache->spare);
        free(cache->numbers);
        free(cache);
    }
}

/* --------------------------------------------------------------- making room
 */

/* How many steps to it make a state worth keeping, so that half of all is free.
 */
static unsigned
least_uses(const struct hold_net_cache *cache)
{
    size_t states[UINT8_MAX + 1] = {0}, nodes[UINT8_MAX + 1] = {0};
    size_t kept = 0, used = 0;
    unsigned least = UINT8_MAX + 1;

    for (size_t i = 1; i < cache->count; i++) {
        const struct hold_state *s = &cache->states[i];
        states[s->uses]++;
        nodes[s->uses] += (size_t)s->count + s->ended;
    }
    // Two, or it was met but once.
    while (least > 2 && kept + states[least - 1] <= HOLD_CACHE_STATES / 2 &&
           used + nodes[least - 1] <= HOLD_CACHE_POOL / 2) {
        least--;
        kept += states[least];
        used += nodes[least];
    }
    return least;
}

/* Those that stay move together. to[old] is the new number, or GONE. */
static void
keep(struct hold_net_cache *cache, unsigned least, uint16_t *to)
{
    size_t count = 1, used = 0;

    for (size_t i = 1; i < cache->count; i++) {
        struct hold_state s = cache->states[i];
        if (s.uses < least && to[i] == GONE) {
            continue;
        }
        const size_t size = (size_t)s.count + s.ended;
        memmove(cache->pool + used, cache->pool + s.first,
                size * sizeof(*cache->pool));
        s.first = (uint32_t)used;
        s.uses /= 2; // what was met long ago counts less
        used += size;
        to[i] = (uint16_t)count;
        cache->states[count++] = s;
    }
    cache->count = count;
    cache->used = used;
}

/* Steps between states that stay, half of all at most. */
static void
keep_steps(struct hold_net_cache *cache, const uint16_t *to)
{
    struct hold_step *const old = cache->steps;

    cache->steps = cache->spare;
    cache->spare = old;
    forget_steps(cache);
    for (size_t i = 0; i < HOLD_CACHE_STEPS; i++) {
        if (old[i].to == HOLD_NET_FULL || to[old[i].to] == GONE ||
            to[old[i].key >> HOLD_KEY_STATE] == GONE ||
            cache->step_count == HOLD_CACHE_STEPS_MOST / 2) {
            continue;
        }
        const uint32_t symbol = old[i].key & ((1 << HOLD_KEY_STATE) - 1);
        const uint32_t key = (uint32_t)to[old[i].key >> HOLD_KEY_STATE]
                                 << HOLD_KEY_STATE |
                             symbol;
        size_t slot = hold_step_slot(key);
        while (cache->steps[slot].to != HOLD_NET_FULL) {
            slot = (slot + 1) % HOLD_CACHE_STEPS;
        }
        cache->steps[slot] = (struct hold_step){key, to[old[i].to]};
        cache->step_count++;
    }
}

/* The tables that lead to states. */
static void
find_again(struct hold_net_cache *cache, const uint16_t *to)
{
    memset(cache->slots, 0, HOLD_CACHE_SLOTS * sizeof(*cache->slots));
    for (size_t i = 1; i < cache->count; i++) {
        size_t slot = cache->states[i].hash % HOLD_CACHE_SLOTS;
        while (cache->slots[slot] != 0) {
            slot = (slot + 1) % HOLD_CACHE_SLOTS;
        }
        cache->slots[slot] = (uint16_t)i;
    }
    for (int start = HOLD_NET_FREE; start < HOLD_NET_STARTS; start++) {
        for (int i = 0; i < HOLD_NET_SYMBOLS; i++) {
            uint16_t *const begun = &cache->begun[start][i];
            *begun = *begun != HOLD_NET_FULL ? to[*begun] : HOLD_NET_FULL;
        }
    }
}

void
hold_net_renew(struct hold_net_cache *cache, uint16_t *states, size_t count)
{
    uint16_t *const to = cache->numbers;

    assert(count <= HOLD_NET_KEPT);
    memset(to, 0xff, HOLD_CACHE_STATES * sizeof(*to)); // all of them are gone
    to[HOLD_NET_DEAD] = HOLD_NET_DEAD;
    for (size_t i = 0; i < count; i++) {
        to[states[i]] = HOLD_NET_DEAD; // but these
    }
    keep(cache, least_uses(cache), to);
    for (size_t i = 0; i < count; i++) {
        states[i] = to[states[i]];
    }
    keep_steps(cache, to);
    memset(cache->joined, 0, sizeof(cache->joined));
    find_again(cache, to);
    cache->serial = next_serial();
    cache->work.renewals++;
}
