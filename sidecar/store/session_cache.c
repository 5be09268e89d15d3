#include "sidecar/store/session_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "sidecar/base/hash.h"

enum {
    STRIPES = 16, /* more than workers that meet at one moment */
    LEAST_BUCKETS = 16,
    SEEN_BITS = 64 * SESSION_CACHE_WORDS,
    SEEN_HASHES = 4,
    TEXTS = 8 /* of a session, its machine's state last */
};

struct session_cache {
    struct session_stripe stripes[STRIPES];
    bool (*settled)(void *context, uint64_t seq);
    void *context;
};

/* ---- message ids --------------------------------------------------------- */

void
session_seen_add(struct session_seen *seen, struct text message_id)
{
    uint64_t h = hash_text(message_id, 1);

    for (int i = 0; i < SEEN_HASHES; i++, h >>= 16) {
        const uint64_t bit = h % SEEN_BITS;
        seen->bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
    seen->count += seen->count <= SESSION_CACHE_IDS;
}

bool
session_seen_maybe(const struct session_seen *seen, struct text message_id)
{
    uint64_t h = hash_text(message_id, 1);
    bool maybe = true;

    for (int i = 0; i < SEEN_HASHES; i++, h >>= 16) {
        const uint64_t bit = h % SEEN_BITS;
        maybe = maybe && (seen->bits[bit / 64] >> bit % 64 & 1) != 0;
    }
    return maybe || seen->count > SESSION_CACHE_IDS;
}

/* ---- entries ------------------------------------------------------------- */

static void
list_texts(struct store_session *session, struct text *texts[TEXTS])
{
    texts[0] = &session->id;
    texts[1] = &session->persona;
    texts[2] = &session->user;
    texts[3] = &session->workspace;
    texts[4] = &session->title;
    texts[5] = &session->metadata;
    texts[6] = &session->machine;
    texts[7] = &session->machine_state;
}

/* Copies the texts one after another to `to`, which has room. */
static void
move_texts(struct store_session *session, char *to)
{
    struct text *texts[TEXTS];

    list_texts(session, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->len > 0) {
            memcpy(to, texts[i]->at, texts[i]->len);
        }
        texts[i]->at = to;
        to += texts[i]->len;
    }
}

static size_t
texts_bytes(const struct store_session *session)
{
    return session->id.len + session->persona.len + session->user.len +
           session->workspace.len + session->title.len + session->metadata.len +
           session->machine.len + session->machine_state.len;
}

struct session_entry *
session_entry_new(const struct store_session *session)
{
    struct session_entry *entry = calloc(1, sizeof(*entry));
    const size_t bytes = texts_bytes(session);

    if (entry == NULL || (entry->block = malloc(bytes + 1)) == NULL) {
        free(entry);
        return NULL;
    }
    entry->session = *session;
    move_texts(&entry->session, entry->block);
    entry->hash = hash_text(session->id, 0);
    entry->bytes = sizeof(*entry) + bytes;
    return entry;
}

void
session_entry_free(struct session_entry *entry)
{
    if (entry != NULL) {
        free(entry->block);
        free(entry);
    }
}

bool
session_entry_set_machine(struct session_stripe *stripe,
                          struct session_entry *entry, struct text state)
{
    struct store_session session = entry->session;

    session.machine_state = state;
    const size_t bytes = texts_bytes(&session);
    char *block = malloc(bytes + 1);
    if (block == NULL) {
        return false;
    }
    move_texts(&session, block);
    free(entry->block);
    entry->block = block;
    entry->session = session;
    stripe->bytes += sizeof(*entry) + bytes - entry->bytes;
    entry->bytes = sizeof(*entry) + bytes;
    return true;
}

bool
session_cache_copy(const struct store_session *session, struct arena *arena,
                   struct store_session *out)
{
    char *block = arena_take(arena, texts_bytes(session) + 1);

    *out = *session;
    if (block == NULL) {
        return false;
    }
    move_texts(out, block);
    return true;
}

void
session_cache_copy_state(const struct store_session *from,
                         struct store_session *to)
{
    struct store_session copy = *from;
    struct text *theirs[TEXTS], *own[TEXTS];

    list_texts(to, theirs);
    list_texts(&copy, own);
    for (size_t i = 0; i < TEXTS; i++) {
        *own[i] = *theirs[i];
    }
    *to = copy;
}

/* ---- the table ----------------------------------------------------------- */

static bool
stripe_init(struct session_stripe *stripe, size_t limit)
{
    stripe->limit = limit;
    stripe->bucket_count = LEAST_BUCKETS;
    while (stripe->bucket_count < limit) {
        stripe->bucket_count *= 2;
    }
    stripe->buckets = calloc(stripe->bucket_count, sizeof(*stripe->buckets));
    return stripe->buckets != NULL;
}

struct session_cache *
session_cache_new(size_t limit, bool (*settled)(void *context, uint64_t seq),
                  void *context)
{
    struct session_cache *cache = calloc(1, sizeof(*cache));
    bool done = cache != NULL;
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (size_t i = 0; cache != NULL && i < STRIPES; i++) {
        pthread_mutex_init(&cache->stripes[i].lock, NULL);
        pthread_cond_init(&cache->stripes[i].unpinned, &monotonic);
        done =
            stripe_init(&cache->stripes[i], (limit + STRIPES - 1) / STRIPES) &&
            done;
    }
    pthread_condattr_destroy(&monotonic);
    if (!done) {
        session_cache_free(cache);
        return NULL;
    }
    cache->settled = settled;
    cache->context = context;
    return cache;
}

void
session_cache_free(struct session_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < STRIPES; i++) {
        struct session_stripe *stripe = &cache->stripes[i];
        for (struct session_entry *entry = stripe->newest; entry != NULL;) {
            struct session_entry *older = entry->older;
            session_entry_free(entry);
            entry = older;
        }
        free(stripe->buckets);
        pthread_cond_destroy(&stripe->unpinned);
        pthread_mutex_destroy(&stripe->lock);
    }
    free(cache);
}

struct session_stripe *
session_cache_lock(struct session_cache *cache, struct text id)
{
    // The low bits choose the bucket.
    struct session_stripe *stripe =
        &cache->stripes[(hash_text(id, 0) >> 32) % STRIPES];

    pthread_mutex_lock(&stripe->lock);
    return stripe;
}

void
session_cache_unlock(struct session_stripe *stripe)
{
    pthread_mutex_unlock(&stripe->lock);
}

static void
unlink_use(struct session_stripe *stripe, struct session_entry *entry)
{
    struct session_entry **newer =
        entry->newer != NULL ? &entry->newer->older : &stripe->newest;
    struct session_entry **older =
        entry->older != NULL ? &entry->older->newer : &stripe->oldest;

    *newer = entry->older;
    *older = entry->newer;
}

static void
link_newest(struct session_stripe *stripe, struct session_entry *entry)
{
    entry->newer = NULL;
    entry->older = stripe->newest;
    if (stripe->newest != NULL) {
        stripe->newest->newer = entry;
    } else {
        stripe->oldest = entry;
    }
    stripe->newest = entry;
}

static struct session_entry **
bucket_of(const struct session_stripe *stripe, uint64_t hash)
{
    return &stripe->buckets[hash & (stripe->bucket_count - 1)];
}

struct session_entry *
session_cache_find(struct session_stripe *stripe, struct text id)
{
    const uint64_t hash = hash_text(id, 0);

    for (struct session_entry *entry = *bucket_of(stripe, hash); entry != NULL;
         entry = entry->next) {
        if (entry->hash == hash && text_equal(entry->session.id, id)) {
            if (stripe->newest != entry) {
                unlink_use(stripe, entry);
                link_newest(stripe, entry);
            }
            return entry;
        }
    }
    return NULL;
}

void
session_cache_drop(struct session_stripe *stripe, struct session_entry *entry)
{
    struct session_entry **at = bucket_of(stripe, entry->hash);

    assert(entry->pins == 0);
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    unlink_use(stripe, entry);
    stripe->count--;
    stripe->bytes -= entry->bytes;
    stripe->departures++;
    session_entry_free(entry);
}

/* The oldest that may go, looking at a few only. */
static struct session_entry *
find_victim(struct session_cache *cache, const struct session_stripe *stripe)
{
    enum { LOOKS = 8 };
    struct session_entry *entry = stripe->oldest;

    for (int i = 0; entry != NULL && i < LOOKS; i++, entry = entry->newer) {
        if (entry->pins == 0 &&
            cache->settled(cache->context, entry->last_seq)) {
            return entry;
        }
    }
    return NULL;
}

void
session_cache_add(struct session_cache *cache, struct session_stripe *stripe,
                  struct session_entry *entry)
{
    // Two at a time, so that what had to stay for a while goes later.
    for (int i = 0; i < 2 && stripe->count >= stripe->limit; i++) {
        struct session_entry *victim = find_victim(cache, stripe);
        if (victim == NULL) {
            break;
        }
        session_cache_drop(stripe, victim);
    }
    struct session_entry **bucket = bucket_of(stripe, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
    link_newest(stripe, entry);
    stripe->count++;
    stripe->bytes += entry->bytes;
}

void
session_cache_totals(struct session_cache *cache, uint64_t *count,
                     uint64_t *bytes)
{
    *count = 0;
    *bytes = 0;
    for (size_t i = 0; i < STRIPES; i++) {
        pthread_mutex_lock(&cache->stripes[i].lock);
        *count += cache->stripes[i].count;
        *bytes += cache->stripes[i].bytes;
        pthread_mutex_unlock(&cache->stripes[i].lock);
    }
}
