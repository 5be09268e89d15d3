/*
 * The states of an automaton that one thread has met, shared by the files that
 * step it and that make room: internal to hold_net.c and hold_net_cache.c.
 *
 * Prose leads to a new state every few characters, for ever, and to the same
 * few thousand most of the time. So steps are in a hash table and not in rows
 * that hold a place for every symbol, and when there is no room the states that
 * were met most stay.
 */
#ifndef SIDECAR_ENGINE_HOLD_NET_CACHE_H
#define SIDECAR_ENGINE_HOLD_NET_CACHE_H

#include "sidecar/engine/hold_net_set.h"

enum {
    HOLD_CACHE_STATES = 24576,  /* in one cache; 16 bytes each */
    HOLD_CACHE_SLOTS = 1 << 16, /* of their hash table: 128 KiB */
    HOLD_CACHE_POOL = 1 << 20,  /* nodes of all of them: 4 MiB */
    HOLD_CACHE_STEP_BITS = 17,  /* of the steps' hash table: 1 MiB, */
    HOLD_CACHE_STEPS = 1 << HOLD_CACHE_STEP_BITS,
    HOLD_CACHE_JOINED = 1024,                        /* a power of two */
    HOLD_CACHE_STEPS_MOST = HOLD_CACHE_STEPS / 4 * 3 /* filled so far */
};
_Static_assert((int)HOLD_CACHE_STATES < (int)HOLD_NET_FULL,
               "a state has a number");

struct hold_state {
    uint32_t first; /* in the pool: nodes, then rules that ended */
    uint32_t hash;  /* of both */
    uint16_t count, ended;
    uint8_t uses; /* steps to here, as far as that counts */
};

struct hold_step {
    uint32_t key;
    uint16_t to; /* HOLD_NET_FULL: a free place */
};

/* The two states that were joined last in this place, and what they make. */
struct hold_joined {
    uint16_t a, b, both;
};

struct hold_net_cache {
    const struct hold_net *net;
    struct hold_state *states; /* [count]; 0 is the dead one */
    size_t count;
    struct hold_step *steps; /* [HOLD_CACHE_STEPS] */
    size_t step_count;
    /* Those from the dead state. HOLD_NET_FULL: not known. */
    uint16_t begun[HOLD_NET_STARTS][HOLD_NET_SYMBOLS];
    struct hold_joined joined[HOLD_CACHE_JOINED];
    uint32_t *pool; /* [used] */
    size_t used;
    uint16_t *slots; /* [HOLD_CACHE_SLOTS] a state's number, 0: none */
    /* While room is made: */
    struct hold_step *spare; /* [HOLD_CACHE_STEPS] */
    uint16_t *numbers;       /* [HOLD_CACHE_STATES] new ones by the old */
    struct hold_closure before, after;
    uint64_t serial;
    struct hold_net_work work;
};

enum { HOLD_KEY_STATE = 9 /* bits of a key that are start and symbol */ };
_Static_assert((int)HOLD_NET_SYMBOLS == 128 && (int)HOLD_NET_STARTS == 4,
               "7 bits and 2");

static inline uint32_t
hold_step_key(uint16_t state, enum hold_net_start start, unsigned char symbol)
{
    return (uint32_t)state << HOLD_KEY_STATE | (uint32_t)start << 7 | symbol;
}

static inline size_t
hold_step_slot(uint32_t key)
{
    // Knuth's multiplier: the upper bits depend on all of the key's.
    return (key * UINT32_C(2654435769)) >> (32 - HOLD_CACHE_STEP_BITS);
}

#endif
