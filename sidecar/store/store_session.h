/*
 * Sessions: what binds a conversation to a persona, and what it has come to.
 * Nothing here knows of SQL: a store whose sessions are elsewhere would have
 * the same functions.
 *
 * The state of the sessions used last is in memory and written through; the
 * file is asked for the others, for history and for repeated messages. Shared
 * sessions (store_redis) are asked for and changed where they are, each time;
 * where that is away, every function here is ERR_INTERNAL.
 *
 * Errors: ERR_NOT_FOUND, ERR_STATE, ERR_IDEMPOTENCY are about the session;
 * ERR_INTERNAL says that the store does not work, and then the caller degrades
 * or refuses (store_degrades); ERR_MEMORY. Texts given out are in the arena.
 */
#ifndef SIDECAR_STORE_STORE_SESSION_H
#define SIDECAR_STORE_STORE_SESSION_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/trend.h"
#include "sidecar/store/store_journal.h"

enum store_session_status {
    STORE_SESSION_ACTIVE,
    STORE_SESSION_ENDED,
    STORE_SESSION_ARCHIVED, /* idle; a message makes it active again */
    STORE_SESSION_STATUSES
};

/* "active", "ended", "archived" */
const char *store_session_status_name(enum store_session_status status);

enum {
    STORE_SESSION_TITLE_BYTES = 1024,
    STORE_SESSION_METADATA_BYTES = 64 * 1024,
    STORE_SESSION_MACHINE_BYTES = 64 * 1024 /* state of a machine */
};

struct store_session {
    struct text id, persona, user, workspace, title;
    struct text metadata;      /* a JSON object, or "" */
    struct text machine;       /* of the configuration, or "" */
    struct text machine_state; /* the machine's own, or "" */
    enum store_session_status status;
    uint64_t message_count; /* since the last reset */
    int64_t started_ms, last_active_ms;
    int64_t ended_ms; /* 0: not ended */
    struct trend trend;
    uint64_t place;    /* of its last turn; only grows */
    uint64_t revision; /* changes so far */
    bool stored;       /* the last change is, or will be, in the file */
};

/*
 * How a request names a session: one of another workspace than the one that is
 * named is not found.
 */
struct store_session_name {
    struct text id;
    struct text workspace; /* "": any */
};

/*
 * Opens the session of `want` (id, persona, user, workspace, title, metadata,
 * machine, machine_state are read), or gives the one there is: an archived one
 * is active again; one that is ended, or bound to another persona, user or
 * workspace, is ERR_STATE. Waits for the commit.
 */
bool
store_session_open(struct store *store, const struct store_session *want,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, bool *created, struct err *err);

bool
store_session_get(struct store *store, const struct store_session_name *name,
                  int64_t now_ms, struct arena *arena,
                  struct store_session *out, struct err *err);

/* Ended already: nothing happens. Waits for the commit. */
bool
store_session_end(struct store *store, const struct store_session_name *name,
                  int64_t now_ms, struct arena *arena,
                  struct store_session *out, struct err *err);

/*
 * No message, no history, no trend, and this state of its machine: as if just
 * opened. Waits for the commit.
 */
bool
store_session_reset(struct store *store, const struct store_session_name *name,
                    struct text machine_state, int64_t now_ms,
                    struct arena *arena, struct store_session *out,
                    struct err *err);

/*
 * Puts `state` in the place of `was`, as the machine's state; ERR_STATE: it is
 * not `was` any more. Waits for the commit where the policy is to refuse.
 */
bool
store_session_machine(struct store *store,
                      const struct store_session_name *name, struct text was,
                      struct text state, int64_t now_ms, struct arena *arena,
                      struct store_session *out, struct err *err);

/* What became of a message before. */
struct store_repeat {
    bool known;        /* a message of that id and content was counted */
    struct text reply; /* as store_session_add was given it; at NULL: it is
                          not kept, judge again and do not count */
    uint64_t turn;
    bool replaces; /* not known: it is a further attempt at a message that was
                      counted, and takes its place */
    bool settled;  /* replaces: the earlier attempt went into the trend */
};

/* A message of a session, by which a repetition is known. */
struct store_message {
    struct text id;        /* or "": none is a repetition of it */
    struct digest content; /* of what was judged: store_digest */
    unsigned attempt;      /* the higher replaces the lower */
};

/*
 * Can this message be added without a wait, for a file or for others? A hint,
 * for threads that should not be held up: it may become wrong at once.
 */
bool store_session_at_hand(struct store *store,
                           const struct store_session_name *name,
                           struct text message_id);

/*
 * Was this message judged before? The session must be there and not ended;
 * ERR_IDEMPOTENCY: the id stands for other content, and for no lower attempt.
 */
bool
store_session_repeat(struct store *store, const struct store_session_name *name,
                     const struct store_message *message, int64_t now_ms,
                     struct arena *arena, struct store_repeat *out,
                     struct err *err);

/* Where a machine goes with a turn. */
struct store_advance {
    struct text was, state; /* as store_session_machine */
};

/* What a turn's envelope and reply are, once its place in the session is known.
 * Views that last until store_session_add returns. */
struct store_answer {
    struct text envelope; /* msgpack, without text: for history */
    struct text reply;    /* for a repetition; at NULL: not to be kept */
};

struct store_turn {
    struct store_session_name session;
    struct store_message message;
    bool uncounted; /* it is kept, but is no message of the talk */
    const struct store_advance *advance; /* NULL: its machine stays */
    int64_t at_ms;
    struct text role, verdict, action; /* role "machine": not in history */
    double drift_score;                /* NAN: none */
    double deviations; /* NAN: nothing for the trend. It takes a message's
                          attempts in once: the first that has any */
    size_t chars;
    const struct trend_options *trend; /* NULL: no trend is kept */
    /*
     * Encodes the answer, holding no lock; once more where others changed a
     * shared session meanwhile, and then the last counts. False: it failed (err); then the
     * turn was counted all the same, and is kept without an answer.
     */
    bool (*answer)(void *context, const struct store_session *session,
                   const struct trend_reading *trend, struct store_answer *out,
                   struct err *err);
    void *context;
    const struct store_verdict *verdict_record; /* NULL: none is written */
    const struct store_alert *alerts;           /* [alert_count] */
    size_t alert_count;
};

struct store_added {
    struct store_session session;
    uint64_t turn;              /* its number since the last reset, from 1 */
    struct trend_reading trend; /* where options were given */
    struct store_repeat repeat; /* known: nothing was added */
    bool moved; /* failed, since the machine is not `was` any more */
};

/*
 * Counts a message that was judged, with its verdict and alerts in one
 * transaction. Does not wait for it, unless the policy is to refuse. In a shared
 * session the turn is counted first, and this waited for; verdict and alerts
 * are written down also where it could not be, if the policy is to degrade.
 */
bool store_session_add(struct store *store, const struct store_turn *turn,
                       struct arena *arena, struct store_added *out,
                       struct err *err);

struct store_past {
    uint64_t place, turn;
    int64_t at_ms;
    struct text message_id, role, envelope;
};

enum { STORE_PAGE_TURNS = 100 };

struct store_page {
    struct store_past *turns; /* [count], newest first */
    size_t count;
    uint64_t next; /* cursor of the next page; 0: there is none */
};

/* cursor: 0, or `next` of the page before. limit: 1..STORE_PAGE_TURNS. */
bool
store_session_history(struct store *store,
                      const struct store_session_name *name, uint64_t cursor,
                      size_t limit, int64_t now_ms, struct arena *arena,
                      struct store_page *out, struct err *err);

#endif
