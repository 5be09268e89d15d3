/*
 * A bounded store of compiled things by the hash of what they were compiled
 * from: the least recently used one goes when a new one needs its place. What
 * is being used is never freed under its user.
 *
 * Safe from any thread. One lock, held for a look-up of some tens of
 * nanoseconds; never while something is built or freed.
 */
#ifndef SIDECAR_ENGINE_GUARDRAIL_CACHE_H
#define SIDECAR_ENGINE_GUARDRAIL_CACHE_H

#include "sidecar/base/digest.h"
#include "sidecar/base/err.h"

struct guardrail_cache;
struct guardrail_cache_entry; /* counted; one reference for each take */

enum { GUARDRAIL_CACHE_MOST = 1 << 16 /* entries */ };

/*
 *   capacity    entries kept, 1..GUARDRAIL_CACHE_MOST; those in use beyond it
 *               live until they are dropped
 *   destroy     frees what an entry holds, in whichever thread drops it last
 *
 * NULL: no memory.
 */
struct guardrail_cache *
guardrail_cache_new(size_t capacity, void (*destroy)(void *value));

/* Entries that are still in use live on. NULL is fine. */
void guardrail_cache_free(struct guardrail_cache *cache);

/*
 * The entry of the key; the caller drops it. If it is not there, `build` makes
 * what it is to hold, in this thread; NULL from it is a failure. Threads
 * that miss the same key at once may all build it: the first one back is kept
 * and given to all of them, the others' work is destroyed. A failure is not
 * remembered. NULL: build failed, or (ERR_MEMORY) there is no memory.
 */
struct guardrail_cache_entry *
guardrail_cache_take(struct guardrail_cache *cache, const struct digest *key,
                     void *(*build)(void *ctx, struct err *err), void *ctx,
                     struct err *err);

/* What the entry holds; lives until the entry is dropped. */
const void *guardrail_cache_value(const struct guardrail_cache_entry *entry);

/* Gives a reference back. NULL is fine. */
void guardrail_cache_drop(struct guardrail_cache_entry *entry);

/* Forgets every entry; those in use live until they are dropped. */
void guardrail_cache_empty(struct guardrail_cache *cache);

struct guardrail_cache_counts {
    size_t entries;                          /* now */
    uint64_t hits, misses, evicted, doubled; /* ever; doubled: built in vain */
};

struct guardrail_cache_counts
guardrail_cache_counts(struct guardrail_cache *cache);

#endif
