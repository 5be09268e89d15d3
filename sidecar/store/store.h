/*
 * What the sidecar remembers: sessions, the journal of verdicts and the outbox
 * of alerts, in one SQLite file that one process writes (see writer.h for what
 * survives what) and anybody may read; or sessions alone, in memory.
 *
 * The functions of sessions, journal and outbox are in store_session.h,
 * store_journal.h and store_outbox.h. Time comes in as milliseconds since
 * 1970, UTC. Every function may be called from any thread.
 */
#ifndef SIDECAR_STORE_STORE_H
#define SIDECAR_STORE_STORE_H

#include "config/config.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/err.h"

struct store;

enum store_on_error {
    STORE_DEGRADE, /* requests are answered without what the store knows */
    STORE_REFUSE   /* requests that need the store fail */
};

/* Where sessions are shared with other sidecars. */
struct store_redis {
    struct text url; /* config/redis_url.h; "": they are not */
    struct text username, password;
    struct text prefix;               /* of its keys */
    long long deadline_ms;            /* of a request to it */
    long long retry_ms, retry_max_ms; /* pauses before connecting */
};

struct store_options {
    const char *path;    /* NULL: in memory */
    bool path_is_chosen; /* by us: where it cannot be used, in memory */
    const char *vfs;     /* for tests: a file layer of SQLite; else NULL */
    bool full_sync;      /* every commit survives a power cut */
    enum store_on_error on_error;
    bool recreate_corrupt;  /* a damaged file is moved aside */
    long long window_ms;    /* a record waits so long for company, 0.. */
    long long batch;        /* records that are committed at once, 1.. */
    long long queue_bytes;  /* of records that wait */
    long long memory;       /* bytes of a database in memory */
    long long retention_ms; /* 0: for ever */
    long long idle_ms;      /* a session without messages is archived */
    long long hot;          /* sessions whose state is kept in memory */
    bool journal;           /* keep one */
    bool journal_text;      /* with the texts that were judged */
    struct text journal_key;
    long long journal_every, journal_every_ms; /* from seal to seal */
    long long journal_least_ms;                /* see journal.h */
    bool outbox;
    long long busy_ms; /* that another process may hold the file's lock */
    long long retry_ms, retry_max_ms; /* pauses after a failure */
    struct store_redis redis;
};

/*
 * What the configuration says. Texts are its own; `path` is written to
 * `room`, [STORE_PATH_BYTES].
 */
enum { STORE_PATH_BYTES = 4096 };
struct store_options store_options_of(const struct config *config, char *room);

/*
 * Opens the file, making it (mode 0600) or bringing it up to date, and starts
 * the writing thread; keeps nothing of the options but `vfs`.
 *
 *   now_ms   for the name of a damaged file that is moved aside
 *
 * NULL: another process has it (ERR_IO, naming its id); it is of a newer
 * version or no store (ERR_CONFIG); it is damaged and not to be moved aside
 * (ERR_IO); it cannot be written, or its Redis not be reached, and the policy
 * is to refuse (ERR_IO).
 */
struct store *store_open(const struct store_options *options, int64_t now_ms,
                         struct err *err);

/* Writes what waits, seals the journal, gives the file free. NULL is fine. */
void store_close(struct store *store);

/* Expiry and seals. Call it about once a second; it does not wait. */
void store_tick(struct store *store, int64_t now_ms);

/* Until all that was handed over so far is committed. False: the file fails. */
bool store_flush(struct store *store);

/* Is the policy to answer without the store where it fails? */
bool store_degrades(const struct store *store);

/*
 * Can a verdict be handed over without a wait? Not where the policy is to
 * refuse, or much is waiting. A hint, as store_session_at_hand.
 */
bool store_at_hand(struct store *store);

/* Does the file work? False: what is kept meanwhile may be lost. */
bool store_working(struct store *store);

struct store_health {
    bool working;      /* false: requests are degraded, or refused */
    bool persistent;   /* there is a file */
    const char *fault; /* "none", "full", "io", "busy", ... of the last */
    char message[ERR_MESSAGE_BYTES];  /* the same in words, or "" */
    uint64_t commits, units;          /* transactions, and what was in them */
    uint64_t lost;                    /* units given up */
    uint64_t failures;                /* transactions that failed */
    uint64_t waiting_bytes;           /* in the queue */
    uint64_t hot_sessions, hot_bytes; /* in memory */
    uint64_t evicted;                 /* sessions given up: memory was full */
    uint64_t archived, expired;       /* sessions */
    uint64_t degraded;                /* requests answered without */
    uint64_t journal_seq;             /* the last record's number */
    bool shared;                      /* sessions are in Redis */
    uint64_t shared_requests;         /* to it */
    uint64_t shared_failures, shared_late, shared_connects;
};

void store_health(struct store *store, struct store_health *out);

/*
 * Digest of a text that the journal may show: keyed where there is a
 * journal.key, since a plain hash of a short text can be found by trying.
 */
struct digest store_digest(const struct store *store, struct text text);

/* "3.40.1" */
const char *store_library(void);

/* That of Redis, or NULL: it is not built in. */
const char *store_redis_library(void);

#endif
