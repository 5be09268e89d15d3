/*
 * What goes wrong with a Redis server, sorted by what an operator does about
 * it. Nothing a server says is told on in its own words: they may hold what
 * was sent to it.
 */
#ifndef SIDECAR_STORE_REDIS_FAULT_H
#define SIDECAR_STORE_REDIS_FAULT_H

#include "sidecar/base/text.h"

enum redis_fault {
    REDIS_FAULT_NONE,
    REDIS_FAULT_AWAY,      /* cannot be reached, or the connection broke */
    REDIS_FAULT_SLOW,      /* no answer within the deadline */
    REDIS_FAULT_CROWDED,   /* as many requests under way as are allowed */
    REDIS_FAULT_AUTH,      /* name or password are wrong, or may not do this */
    REDIS_FAULT_LOADING,   /* reading its file, or syncing with its master */
    REDIS_FAULT_READ_ONLY, /* a replica */
    REDIS_FAULT_FULL,      /* maxmemory is reached, or its device fails */
    REDIS_FAULT_CLUSTER,   /* part of a cluster, which is not spoken here */
    REDIS_FAULT_BUSY,      /* a script of somebody's does not end */
    REDIS_FAULT_TYPE,      /* a key of ours holds something else */
    REDIS_FAULT_NO_SCRIPT, /* it forgets its scripts */
    REDIS_FAULT_REFUSED,   /* any other error */
    REDIS_FAULT_PROTOCOL,  /* what it says is no Redis protocol, or no reply */
    REDIS_FAULT_TOO_LARGE, /* a reply larger than any of ours */
    REDIS_FAULT_MEMORY,    /* none left here */
    REDIS_FAULTS
};

/* "none", "away", "slow", ... */
const char *redis_fault_name(enum redis_fault fault);

/* The same in words that follow "Redis at ...: ". */
const char *redis_fault_words(enum redis_fault fault);

/* The kind of an error reply, "WRONGTYPE Operation against ...". */
enum redis_fault redis_fault_of(struct text reply);

/* Is the connection no use after it? */
bool redis_fault_parts(enum redis_fault fault);

#endif
