#include "sidecar/engine/hold_net_cache.h"

#include <stdlib.h>

#include "sidecar/base/hash.h"

enum { UNKNOWN = HOLD_NET_FULL };

/* ------------------------------------------------------------------ states */

static bool
is_same(const struct hold_net_cache *cache, const struct hold_state *state,
        const struct hold_closure *c)
{
    const uint32_t *at = cache->pool + state->first;

    return state->count == c->count && state->ended == c->ended_count &&
           memcmp(at, c->out, c->count * sizeof(*at)) == 0 &&
           memcmp(at + c->count, c->ended, c->ended_count * sizeof(*at)) == 0;
}

static uint32_t
hash_of(const struct hold_closure *c)
{
    const uint64_t nodes = hash_bytes(c->out, c->count * sizeof(*c->out), 0);

    return (uint32_t)hash_bytes(c->ended, c->ended_count * sizeof(*c->ended),
                                nodes);
}

/* The state of what the closure holds. UNKNOWN: there is no room. */
static uint16_t
state_of(struct hold_net_cache *cache, struct hold_closure *c)
{
    if (c->overflowed) {
        c->out[0] = 0; // the node that never dies
        c->count = 1;
    }
    if (c->count == 0 && c->ended_count == 0) {
        return HOLD_NET_DEAD;
    }
    // Not put in order: few sets are here twice.
    const uint32_t hash = hash_of(c);
    size_t slot = hash % HOLD_CACHE_SLOTS;
    for (; cache->slots[slot] != 0; slot = (slot + 1) % HOLD_CACHE_SLOTS) {
        const struct hold_state *at = &cache->states[cache->slots[slot]];
        if (at->hash == hash && is_same(cache, at, c)) {
            return cache->slots[slot];
        }
    }
    if (cache->count == HOLD_CACHE_STATES ||
        c->count + c->ended_count > HOLD_CACHE_POOL - cache->used) {
        return UNKNOWN;
    }
    cache->states[cache->count] = (struct hold_state){
        .first = (uint32_t)cache->used,
        .hash = hash,
        .count = (uint16_t)c->count,
        .ended = (uint16_t)c->ended_count,
    };
    memcpy(cache->pool + cache->used, c->out, c->count * sizeof(*c->out));
    cache->used += c->count;
    memcpy(cache->pool + cache->used, c->ended,
           c->ended_count * sizeof(*c->ended));
    cache->used += c->ended_count;
    cache->slots[slot] = (uint16_t)cache->count;
    cache->work.states++;
    return (uint16_t)cache->count++;
}

static const uint32_t *
nodes_of(const struct hold_net_cache *cache, uint16_t state)
{
    return cache->pool + cache->states[state].first;
}

/* ------------------------------------------------------------------- steps */

/* What one node that reads leads to when it reads the symbol. */
static void
read_symbol(struct hold_closure *out, uint32_t node, unsigned char symbol,
            enum hold_edge edge)
{
    const struct hold_net *net = out->net;

    if ((node & HOLD_TRIE) != 0) {
        const struct hold_trie *from = &net->trie[node & ~HOLD_TRIE];
        uint32_t i = from->child;
        while (i != 0 && net->trie[i].symbol != symbol) {
            i = net->trie[i].sibling;
        }
        if (i == 0) {
            return;
        }
        if (net->trie[i].child != 0) {
            hold_closure_add(out, HOLD_TRIE | i, edge);
        }
        if (net->trie[i].ended != HOLD_NOWHERE) {
            hold_closure_add(out, net->trie[i].ended, edge);
        }
        return;
    }
    const struct hold_node *n = &net->nodes[node];
    if (n->kind == HOLD_NODE_SET &&
        hold_symbols_has(&net->sets[n->a], symbol)) {
        hold_closure_add(out, n->b, edge);
    }
}

/* Boundaries that waited for the next character, which is this one. */
static void
pass_boundaries(struct hold_net_cache *cache, const uint32_t *nodes,
                size_t count)
{
    const struct hold_net *net = cache->net;

    hold_closure_begin(&cache->before);
    for (size_t i = 0; i < count; i++) {
        if ((nodes[i] & HOLD_TRIE) == 0 &&
            net->nodes[nodes[i]].kind == HOLD_NODE_BOUNDARY) {
            hold_closure_add(&cache->before, nodes[i], HOLD_EDGE_PASS);
        }
    }
}

/* The closure of what the nodes lead to, in cache->after. */
static void
follow(struct hold_net_cache *cache, const uint32_t *nodes, size_t count,
       unsigned char symbol)
{
    const bool word = hold_net_is_word(symbol);
    const enum hold_edge edge = word             ? HOLD_EDGE_WAIT
                                : symbol == '\n' ? HOLD_EDGE_LINE
                                                 : HOLD_EDGE_PASS;
    struct hold_closure *out = &cache->after;

    hold_closure_begin(out);
    out->work += count;
    for (size_t i = 0; i < count; i++) {
        read_symbol(out, nodes[i], symbol, edge);
    }
    if (word) {
        return;
    }
    pass_boundaries(cache, nodes, count);
    for (size_t i = 0; i < cache->before.count; i++) {
        read_symbol(out, cache->before.out[i], symbol, edge);
    }
    for (size_t i = 0; i < cache->before.ended_count; i++) {
        const uint32_t rule = cache->before.ended[i];
        bool there = false;
        for (size_t k = 0; k < out->ended_count && !there; k++) {
            there = out->ended[k] == rule;
        }
        if (!there) {
            out->ended[out->ended_count++] = rule;
        }
    }
    out->overflowed = out->overflowed || cache->before.overflowed;
}

/* What the symbol leads to where nothing was under way, or nothing begins. */
static uint16_t
make_step(struct hold_net_cache *cache, uint16_t state,
          enum hold_net_start start, unsigned char symbol)
{
    const struct hold_net *net = cache->net;

    if (start == HOLD_NET_NONE) {
        follow(cache, nodes_of(cache, state), cache->states[state].count,
               symbol);
    } else {
        follow(cache, net->starts[start], net->start_counts[start], symbol);
    }
    return state_of(cache, &cache->after);
}

/* Where the step stands, or the free place for it. */
static struct hold_step *
find_step(struct hold_net_cache *cache, uint32_t key)
{
    size_t slot = hold_step_slot(key);

    while (cache->steps[slot].to != UNKNOWN && cache->steps[slot].key != key) {
        slot = (slot + 1) % HOLD_CACHE_STEPS;
    }
    return &cache->steps[slot];
}

/* Makes a step that is in no table yet. */
static uint16_t
new_step(struct hold_net_cache *cache, uint16_t state,
         enum hold_net_start start, unsigned char symbol)
{
    if (start == HOLD_NET_NONE || state == HOLD_NET_DEAD) {
        return make_step(cache, state, start, symbol);
    }
    const uint16_t old = hold_net_step(cache, state, HOLD_NET_NONE, symbol);
    const uint16_t begun =
        old != UNKNOWN ? hold_net_step(cache, HOLD_NET_DEAD, start, symbol)
                       : UNKNOWN;
    return begun != UNKNOWN ? hold_net_join(cache, old, begun) : UNKNOWN;
}

/* Once more. */
static uint16_t
met(struct hold_net_cache *cache, uint16_t state)
{
    uint8_t *const uses = &cache->states[state].uses;

    *uses = *uses < UINT8_MAX ? (uint8_t)(*uses + 1) : *uses;
    return state;
}

uint16_t
hold_net_step(struct hold_net_cache *cache, uint16_t state,
              enum hold_net_start start, unsigned char symbol)
{
    const uint32_t key = hold_step_key(state, start, symbol);

    if (state == HOLD_NET_DEAD) {
        uint16_t *const known = &cache->begun[start][symbol];
        if (*known == UNKNOWN) {
            *known = new_step(cache, state, start, symbol);
        }
        return *known != UNKNOWN ? met(cache, *known) : UNKNOWN;
    }
    const uint16_t known = find_step(cache, key)->to;
    if (known != UNKNOWN) {
        return met(cache, known);
    }
    if (cache->step_count >= HOLD_CACHE_STEPS_MOST) {
        return UNKNOWN;
    }
    const uint16_t made = new_step(cache, state, start, symbol);
    if (made != UNKNOWN) { // other steps may have come meanwhile
        *find_step(cache, key) = (struct hold_step){key, made};
        cache->step_count++;
    }
    return made;
}

static void
put_state(struct hold_net_cache *cache, uint16_t number)
{
    const struct hold_state *state = &cache->states[number];
    const uint32_t *at = nodes_of(cache, number);
    struct hold_closure *c = &cache->after;

    for (size_t i = 0; i < state->count; i++) {
        // A node that reads, or a boundary that waits, stands for itself.
        hold_closure_add(c, at[i], HOLD_EDGE_WAIT);
    }
    for (size_t i = 0; i < state->ended; i++) {
        bool there = false;
        for (size_t k = 0; k < c->ended_count && !there; k++) {
            there = c->ended[k] == at[state->count + i];
        }
        if (!there) {
            c->ended[c->ended_count++] = at[state->count + i];
        }
    }
}

uint16_t
hold_net_join(struct hold_net_cache *cache, uint16_t a, uint16_t b)
{
    if (a == HOLD_NET_DEAD || b == HOLD_NET_DEAD || a == b) {
        return a == HOLD_NET_DEAD ? b : a;
    }
    // Nobody joins the dead one: a place of zeros is free.
    struct hold_joined *const known =
        &cache->joined[(a * UINT32_C(31) + b) % HOLD_CACHE_JOINED];
    if (known->a == a && known->b == b) {
        return known->both;
    }
    hold_closure_begin(&cache->after);
    put_state(cache, a);
    put_state(cache, b);
    const uint16_t both = state_of(cache, &cache->after);
    if (both != UNKNOWN) {
        *known = (struct hold_joined){a, b, both};
    }
    return both;
}

bool
hold_net_alive(const struct hold_net_cache *cache, uint16_t state)
{
    return cache->states[state].count > 0;
}

const uint32_t *
hold_net_ended(const struct hold_net_cache *cache, uint16_t state,
               size_t *count)
{
    *count = cache->states[state].ended;
    return nodes_of(cache, state) + cache->states[state].count;
}

/* ------------------------------------------------------- beyond the cache */

size_t
hold_net_size(const struct hold_net_cache *cache, uint16_t state)
{
    return cache->states[state].count;
}

void
hold_net_save(const struct hold_net_cache *cache, uint16_t state, uint32_t *out)
{
    const size_t count = cache->states[state].count;

    if (count > 0) { // else `out` may be no memory at all
        memcpy(out, nodes_of(cache, state), count * sizeof(*out));
    }
}

uint16_t
hold_net_load(struct hold_net_cache *cache, const uint32_t *nodes, size_t count)
{
    hold_closure_begin(&cache->after);
    for (size_t i = 0; i < count; i++) {
        hold_closure_add(&cache->after, nodes[i], HOLD_EDGE_WAIT);
    }
    return state_of(cache, &cache->after);
}

uint64_t
hold_net_serial(const struct hold_net_cache *cache)
{
    return cache->serial;
}

struct hold_net_work
hold_net_work(const struct hold_net_cache *cache)
{
    struct hold_net_work work = cache->work;

    work.nodes = cache->before.work + cache->after.work;
    return work;
}
