/*
 * The sessions used last, in memory: a bounded table in stripes, each with a
 * lock and an order of use. Knows nothing of files.
 *
 * An entry is found, read and changed while its stripe is locked, and only
 * then; texts are copied in and out. An entry that is pinned, or whose last
 * write is not settled, stays.
 */
#ifndef SIDECAR_STORE_SESSION_CACHE_H
#define SIDECAR_STORE_SESSION_CACHE_H

#include <pthread.h>

#include "sidecar/store/store_session.h"

/*
 * Which message ids a session may have seen: a Bloom filter. Four bits of 1024
 * for each id: 1 % false alarms at 110 ids, 10 % at 220; a false alarm costs a
 * look into the file. Beyond SESSION_CACHE_IDS everything may have been seen.
 */
enum { SESSION_CACHE_IDS = 256, SESSION_CACHE_WORDS = 16 };

struct session_seen {
    uint64_t bits[SESSION_CACHE_WORDS];
    uint32_t count;
};

void session_seen_add(struct session_seen *seen, struct text message_id);
bool
session_seen_maybe(const struct session_seen *seen, struct text message_id);

struct session_entry {
    struct session_entry *next;          /* in its bucket */
    struct session_entry *newer, *older; /* by use */
    uint64_t hash;
    struct store_session session; /* texts are in `block` */
    struct session_seen seen;
    uint64_t last_seq; /* the writer's, of the last change */
    unsigned pins;     /* changes that are being written */
    bool stale;        /* not what is in the file: goes with its last pin */
    char *block;
    size_t bytes; /* of it all */
};

struct session_stripe {
    pthread_mutex_t lock;
    pthread_cond_t unpinned;
    struct session_entry **buckets; /* [bucket_count], a power of two */
    size_t bucket_count;
    size_t count, limit; /* entries */
    size_t bytes;
    struct session_entry *newest, *oldest;
    uint64_t departures; /* entries that went: what was read before is old */
};

struct session_cache;

/* At most `limit` sessions, as long as `settled` says that they can go. */
struct session_cache *
session_cache_new(size_t limit, bool (*settled)(void *context, uint64_t seq),
                  void *context);
void session_cache_free(struct session_cache *cache); /* NULL is fine */

struct session_stripe *
session_cache_lock(struct session_cache *cache, struct text id);
void session_cache_unlock(struct session_stripe *stripe);

/* NULL: it is not here. A found one is the newest. */
struct session_entry *
session_cache_find(struct session_stripe *stripe, struct text id);

/* An entry of its own with a copy of the session. NULL: no memory. */
struct session_entry *session_entry_new(const struct store_session *session);
void session_entry_free(struct session_entry *entry);

/* Takes an entry whose id is not here, and lets the oldest go. */
void
session_cache_add(struct session_cache *cache, struct session_stripe *stripe,
                  struct session_entry *entry);

/* Takes it out and frees it. It must not be pinned. */
void
session_cache_drop(struct session_stripe *stripe, struct session_entry *entry);

/* Another state of its machine. false: no memory, nothing is changed. */
bool session_entry_set_machine(struct session_stripe *stripe,
                               struct session_entry *entry, struct text state);

/* A session with its texts copied; false: no memory. */
bool session_cache_copy(const struct store_session *session,
                        struct arena *arena, struct store_session *out);

/* Everything of `from` but the texts. */
void session_cache_copy_state(const struct store_session *from,
                              struct store_session *to);

void session_cache_totals(struct session_cache *cache, uint64_t *count,
                          uint64_t *bytes);

#endif
