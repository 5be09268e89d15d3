#include "sidecar/engine/guardrail_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct guardrail_cache_entry {
    struct digest key;
    void *value;
    void (*destroy)(void *value);
    /*
     * One for the cache while it is listed, one for each user. More are only
     * added under the lock, where the cache's own keeps it above 0, so adding
     * needs no order; the last to leave must see all that others did with the
     * value before it frees it: release on leaving, acquire before freeing.
     */
    _Atomic size_t references;
    /* Under the lock: */
    struct guardrail_cache_entry *next_in_bucket;
    struct guardrail_cache_entry *newer, *older; /* by last use */
};

struct guardrail_cache {
    size_t capacity, mask; /* mask: buckets - 1, a power of two less one */
    void (*destroy)(void *value);
    pthread_mutex_t lock; /* guards all below, and the entries' links */
    struct guardrail_cache_entry **buckets; /* [mask + 1] */
    struct guardrail_cache_entry *newest, *oldest;
    struct guardrail_cache_counts counts;
};

/* ------------------------------------------------------------------- entries
 */

void
guardrail_cache_drop(struct guardrail_cache_entry *entry)
{
    if (entry != NULL && atomic_fetch_sub_explicit(&entry->references, 1,
                                                   memory_order_acq_rel) == 1) {
        entry->destroy(entry->value);
        free(entry);
    }
}

const void *
guardrail_cache_value(const struct guardrail_cache_entry *entry)
{
    return entry->value;
}

static void
keep(struct guardrail_cache_entry *entry)
{
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
}

/* Takes the value, also on failure. One reference, the caller's. */
static struct guardrail_cache_entry *
entry_new(const struct guardrail_cache *cache, const struct digest *key,
          void *value, struct err *err)
{
    struct guardrail_cache_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL) {
        cache->destroy(value);
        err_memory(err, "a compiled guardrail");
        return NULL;
    }
    entry->key = *key;
    entry->value = value;
    entry->destroy = cache->destroy;
    atomic_init(&entry->references, 1);
    return entry;
}

/* ----------------------------------------------- the lists, under the lock */

/* A digest is as good as random: its first bytes say which. */
static struct guardrail_cache_entry **
bucket_of(const struct guardrail_cache *cache, const struct digest *key)
{
    uint32_t first;

    memcpy(&first, key->bytes, sizeof(first));
    return &cache->buckets[first & cache->mask];
}

static struct guardrail_cache_entry *
find(const struct guardrail_cache *cache, const struct digest *key)
{
    struct guardrail_cache_entry *entry = *bucket_of(cache, key);

    while (entry != NULL &&
           memcmp(entry->key.bytes, key->bytes, DIGEST_BYTES) != 0) {
        entry = entry->next_in_bucket;
    }
    return entry;
}

static void
unlink_use(struct guardrail_cache *cache, struct guardrail_cache_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) =
        entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) =
        entry->newer;
}

static void
link_newest(struct guardrail_cache *cache, struct guardrail_cache_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

/* Takes an entry off every list; its reference is then the caller's. */
static void
delist(struct guardrail_cache *cache, struct guardrail_cache_entry *entry)
{
    struct guardrail_cache_entry **at = bucket_of(cache, &entry->key);

    while (*at != entry) {
        at = &(*at)->next_in_bucket;
    }
    *at = entry->next_in_bucket;
    unlink_use(cache, entry);
    cache->counts.entries--;
}

/* The entry with one reference more, as the newest; NULL: not there. */
static struct guardrail_cache_entry *
use(struct guardrail_cache *cache, const struct digest *key)
{
    struct guardrail_cache_entry *entry = find(cache, key);

    if (entry != NULL) {
        keep(entry);
        if (entry != cache->newest) {
            unlink_use(cache, entry);
            link_newest(cache, entry);
        }
    }
    return entry;
}

/*
 * Lists a new entry, with a reference of the cache's own. Returns the one that
 * had to leave, or NULL.
 */
static struct guardrail_cache_entry *
enlist(struct guardrail_cache *cache, struct guardrail_cache_entry *entry)
{
    struct guardrail_cache_entry *leaving = NULL;
    struct guardrail_cache_entry **const bucket = bucket_of(cache, &entry->key);

    if (cache->counts.entries == cache->capacity) {
        leaving = cache->oldest;
        delist(cache, leaving);
        cache->counts.evicted++;
    }
    keep(entry);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->counts.entries++;
    return leaving;
}

/* --------------------------------------------------------------------- cache
 */

struct guardrail_cache *
guardrail_cache_new(size_t capacity, void (*destroy)(void *value))
{
    struct guardrail_cache *cache = calloc(1, sizeof(*cache));
    size_t buckets = 1;

    assert(capacity >= 1 && capacity <= GUARDRAIL_CACHE_MOST);
    while (buckets < capacity) {
        buckets *= 2;
    }
    if (cache == NULL) {
        return NULL;
    }
    cache->buckets = calloc(buckets, sizeof(struct guardrail_cache_entry *));
    if (cache->buckets == NULL) {
        free(cache);
        return NULL;
    }
    cache->capacity = capacity;
    cache->mask = buckets - 1;
    cache->destroy = destroy;
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void
guardrail_cache_free(struct guardrail_cache *cache)
{
    if (cache != NULL) {
        guardrail_cache_empty(cache);
        pthread_mutex_destroy(&cache->lock);
        free(cache->buckets);
        free(cache);
    }
}

struct guardrail_cache_entry *
guardrail_cache_take(struct guardrail_cache *cache, const struct digest *key,
                     void *(*build)(void *ctx, struct err *err), void *ctx,
                     struct err *err)
{
    pthread_mutex_lock(&cache->lock);
    struct guardrail_cache_entry *found = use(cache, key);
    *(found != NULL ? &cache->counts.hits : &cache->counts.misses) += 1;
    pthread_mutex_unlock(&cache->lock);
    if (found != NULL) {
        return found;
    }
    void *const value = build(ctx, err);
    struct guardrail_cache_entry *const made =
        value != NULL ? entry_new(cache, key, value, err) : NULL;
    if (made == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&cache->lock);
    found = use(cache, key); // another thread may have been quicker
    struct guardrail_cache_entry *const leaving =
        found == NULL ? enlist(cache, made) : made;
    cache->counts.doubled += found != NULL ? 1 : 0;
    pthread_mutex_unlock(&cache->lock);
    guardrail_cache_drop(leaving);
    return found != NULL ? found : made;
}

void
guardrail_cache_empty(struct guardrail_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    struct guardrail_cache_entry *entry = cache->newest;
    memset(cache->buckets, 0,
           (cache->mask + 1) * sizeof(struct guardrail_cache_entry *));
    cache->newest = cache->oldest = NULL;
    cache->counts.entries = 0;
    pthread_mutex_unlock(&cache->lock);
    // Off every list, so nobody else follows or changes these links.
    while (entry != NULL) {
        struct guardrail_cache_entry *const older = entry->older;
        guardrail_cache_drop(entry);
        entry = older;
    }
}

struct guardrail_cache_counts
guardrail_cache_counts(struct guardrail_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    const struct guardrail_cache_counts counts = cache->counts;
    pthread_mutex_unlock(&cache->lock);
    return counts;
}
