/*
 * What a store is made of; for the files of this folder.
 */
#ifndef SIDECAR_STORE_PARTS_H
#define SIDECAR_STORE_PARTS_H

#include <stdatomic.h>

#include "sidecar/store/journal.h"
#include "sidecar/store/reader.h"
#include "sidecar/store/redis_link.h"
#include "sidecar/store/session_cache.h"
#include "sidecar/store/turnstile.h"

/* Room behind the store's path for the names of what lies beside it. */
enum { PARTS_SUFFIX_BYTES = 32 };

/* Where the sweep over all sessions has come to; the writer's thread's own. */
struct parts_sweep {
    bool running;
    int64_t began_ms;
    long long row; /* the last one looked at */
};

struct store {
    struct store_options options; /* texts and path are copies */
    char path[STORE_PATH_BYTES];  /* DB_IN_MEMORY where there is no file */
    char seal_path[STORE_PATH_BYTES + 8];
    char *key;   /* what options.journal_key views */
    int lock_fd; /* -1: none */
    struct writer *writer;
    struct reader_pool *readers;
    struct session_cache *sessions;
    struct redis_link *link;     /* NULL: sessions are in the file */
    struct turnstile *turnstile; /* of changes to a shared session */
    char *prefix;                /* what options.redis.prefix views */
    struct journal journal;      /* the writer's thread's */
    struct parts_sweep sweep;
    /*
     * Counters of their own, and the number of the last record: nobody
     * concludes from one to another, so relaxed order is enough.
     */
    _Atomic uint64_t evicted, archived, expired, degraded, journal_seq;
};

/* Is there a file? */
static inline bool
parts_persistent(const struct store *store)
{
    return store->options.path != NULL;
}

static inline bool
parts_waits(const struct store *store)
{
    return store->options.on_error == STORE_REFUSE;
}

/*
 * Verdict and alerts as records, ready to be put into a unit, digests made:
 * the queue is locked while a unit is written. `room` is the caller's.
 */
struct parts_verdict {
    bool wanted;
    struct journal_record record;
    char user[DIGEST_HEX], content[DIGEST_HEX];
    char decided[2 * 128 + 2];
    char rules[STORE_RULES_BYTES];
    const struct store_alert *alerts;
    size_t alert_count;
};

void
parts_prepare(const struct store *store, const struct store_verdict *verdict,
              const struct store_alert *alerts, size_t alert_count,
              struct parts_verdict *out);
void parts_put(const struct parts_verdict *verdict, struct buffer *unit);

/* Room for sessions in memory: the oldest go. As writer_hooks.make_room. */
bool expiry_make_room(void *context, struct db *db, struct err *err);

/* A step of archiving, of forgetting and of cutting the journal. */
bool expiry_step(struct store *store, struct db *db, bool ticked,
                 int64_t now_ms, bool *more, struct err *err);

#endif
