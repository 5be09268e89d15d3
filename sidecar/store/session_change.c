#include "sidecar/store/session_change.h"

#include <math.h>
#include <time.h>

#include "sidecar/store/session_row.h"

enum { UNPIN_WAIT_MS = 250 /* for another thread to finish its answer */ };

/* ---- finding ------------------------------------------------------------- */

void
session_change_let_go(struct session_hold *hold)
{
    session_cache_unlock(hold->stripe);
}

bool
session_change_not_found(const struct store_session_name *name, struct err *err)
{
    err_at(err, ERR_NOT_FOUND, "session", "there is no session \"%.*s\"",
           TEXT_ARGS(name->id));
    return false;
}

/* Reads the session from the file. NULL, and true: it is not there. */
static bool
read_entry(struct store *store, struct text id, struct session_entry **out,
           struct err *err)
{
    struct db *db = reader_take(store->readers, err);

    if (db == NULL) {
        return false;
    }
    const bool done = session_row_read(db, id, out, err);
    reader_put(store->readers, db, !done);
    if (!done && err->kind != ERR_MEMORY) {
        err->kind = ERR_INTERNAL;
    }
    return done;
}

/*
 * The entry, from memory or from the file, its stripe locked. With *absent the
 * stripe is locked too and there is no such session. False: nothing is locked.
 */
bool
session_change_find(struct store *store, struct text id,
                    struct session_hold *hold, bool *absent, struct err *err)
{
    for (;;) {
        struct session_entry *read = NULL;
        hold->stripe = session_cache_lock(store->sessions, id);
        hold->entry = session_cache_find(hold->stripe, id);
        *absent = false;
        if (hold->entry != NULL) {
            return true;
        }
        const uint64_t departures = hold->stripe->departures;
        session_change_let_go(hold);
        if (!read_entry(store, id, &read, err)) {
            return false;
        }
        hold->stripe = session_cache_lock(store->sessions, id);
        hold->entry = session_cache_find(hold->stripe, id);
        if (hold->entry != NULL) {
            session_entry_free(read);
            return true;
        }
        // One that went meanwhile may have been this one, changed.
        if (hold->stripe->departures == departures) {
            *absent = read == NULL;
            hold->entry = read;
            if (read != NULL) {
                session_cache_add(store->sessions, hold->stripe, read);
            }
            return true;
        }
        session_change_let_go(hold);
        session_entry_free(read);
    }
}

/* Too old to be remembered: as good as gone, whenever its row goes. */
bool
session_change_forgotten(const struct store *store,
                         const struct store_session *session, int64_t now_ms)
{
    return store->options.retention_ms > 0 &&
           now_ms - session->last_active_ms > store->options.retention_ms;
}

enum store_session_status
session_change_status(const struct store *store,
                      const struct store_session *session, int64_t now_ms)
{
    return session->status == STORE_SESSION_ACTIVE &&
                   now_ms - session->last_active_ms > store->options.idle_ms
               ? STORE_SESSION_ARCHIVED
               : session->status;
}

/* The session of a request, its stripe locked; false: nothing is locked. */
bool
session_change_hold(struct store *store, const struct store_session_name *name,
                    int64_t now_ms, struct session_hold *hold, struct err *err)
{
    bool absent;

    if (!session_change_find(store, name->id, hold, &absent, err)) {
        return false;
    }
    if (absent ||
        session_change_forgotten(store, &hold->entry->session, now_ms) ||
        (name->workspace.len > 0 &&
         !text_equal(name->workspace, hold->entry->session.workspace))) {
        session_change_let_go(hold);
        return session_change_not_found(name, err);
    }
    return true;
}

bool
session_change_check_open(const struct store_session *session, struct err *err)
{
    if (session->status == STORE_SESSION_ENDED) {
        err_at(err, ERR_STATE, "session", "session \"%.*s\" is ended",
               TEXT_ARGS(session->id));
        return false;
    }
    return true;
}

bool
session_change_check_binding(const struct store_session *session,
                             const struct store_session *want, struct err *err)
{
    if (!text_equal(want->persona, session->persona) ||
        !text_equal(want->user, session->user) ||
        !text_equal(want->workspace, session->workspace)) {
        err_at(err, ERR_STATE, "session",
               "session \"%.*s\" is bound to another persona, user or "
               "workspace",
               TEXT_ARGS(want->id));
        return false;
    }
    return true;
}

bool
session_change_copy(const struct store *store,
                    const struct session_entry *entry, int64_t now_ms,
                    struct arena *arena, struct store_session *out,
                    struct err *err)
{
    if (!session_cache_copy(&entry->session, arena, out)) {
        err_memory(err, "a session");
        return false;
    }
    out->status = session_change_status(store, out, now_ms);
    return true;
}

/* ---- changing ------------------------------------------------------------ */

/*
 * Waits, the stripe locked, until nobody is writing a change of the entry.
 * What is waited for takes microseconds; a thread that never comes back shall
 * not take others with it.
 */
bool
session_change_wait(struct session_hold *hold, struct text id, struct err *err)
{
    struct timespec until;
    int waited = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += UNPIN_WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (hold->entry != NULL && hold->entry->pins > 0 && waited == 0) {
        waited = pthread_cond_timedwait(&hold->stripe->unpinned,
                                        &hold->stripe->lock, &until);
        // It may have gone with its last pin.
        hold->entry = session_cache_find(hold->stripe, id);
    }
    if (hold->entry == NULL || hold->entry->pins > 0) {
        err_at(err, ERR_OVERLOADED, "session",
               "another message of this session is being answered");
        return false;
    }
    return true;
}

/*
 * Takes the memory that the change needs, so that nothing can fail once it has
 * begun. False: the stripe is let go.
 *
 *   machine_state   what it is to be, or NULL: as it is
 */
bool
session_change_prepare(struct session_hold *hold,
                       const struct text *machine_state, struct arena *arena,
                       struct session_change *change, struct err *err)
{
    struct store_session session = hold->entry->session;

    if (machine_state != NULL) {
        session.machine_state = *machine_state;
    }
    if (!session_cache_copy(&session, arena, &change->session) ||
        (machine_state != NULL &&
         !session_entry_set_machine(hold->stripe, hold->entry,
                                    *machine_state))) {
        session_change_let_go(hold);
        err_memory(err, "a session");
        return false;
    }
    return true;
}

/* What was changed in the entry is now to be written; the stripe is let go. */
void
session_change_begin(struct session_hold *hold, struct session_change *change)
{
    hold->entry->session.revision++;
    hold->entry->pins++;
    session_cache_copy_state(&hold->entry->session, &change->session);
    change->stripe = hold->stripe;
    change->entry = hold->entry;
    session_change_let_go(hold);
}

static void
end_change(const struct session_change *change, uint64_t seq, bool keep)
{
    struct session_entry *entry = change->entry;

    pthread_mutex_lock(&change->stripe->lock);
    if (seq > entry->last_seq) {
        entry->last_seq = seq;
    }
    entry->session.stored = seq != WRITER_SEQ_NONE;
    entry->stale = entry->stale || !keep;
    if (--entry->pins == 0) {
        if (entry->stale) {
            session_cache_drop(change->stripe, entry);
        }
        pthread_cond_broadcast(&change->stripe->unpinned);
    }
    pthread_mutex_unlock(&change->stripe->lock);
}

/*
 * Hands a unit over that was begun, and ends the change. Where the policy is to
 * degrade, what could not be written stays in memory and is no failure.
 */
bool
session_change_hand_over(struct store *store, struct session_change *change,
                         bool begun, bool wait, struct err *err)
{
    uint64_t seq = WRITER_SEQ_NONE;
    const bool done = begun && writer_end(store->writer, wait, &seq, err);
    const bool degrade = store->options.on_error == STORE_DEGRADE;

    change->session.stored = done;
    end_change(change, seq, done || degrade);
    if (!done) {
        atomic_fetch_add_explicit(&store->degraded, 1, memory_order_relaxed);
    }
    return done || degrade;
}

struct trend_reading
session_change_reading(const struct store_session *session)
{
    return (struct trend_reading){.state = session->trend.state,
                                  .since = session->trend.since};
}

/* ---- messages ------------------------------------------------------------ */

bool
session_change_known(const struct session_message *was,
                     const struct store_message *message,
                     struct store_repeat *out, struct err *err)
{
    memset(out, 0, sizeof(*out));
    out->turn = was->turn;
    if (!was->known) {
        return true;
    }
    if (message->attempt > was->attempt) {
        out->replaces = true;
        out->settled = !was->regenerated;
        return true;
    }
    if (memcmp(was->content.bytes, message->content.bytes, DIGEST_BYTES) != 0) {
        err_at(err, ERR_IDEMPOTENCY, "messageId",
               "messageId: in this session it stands for other content");
        return false;
    }
    out->known = true;
    out->reply = was->reply;
    return true;
}

struct trend_reading
session_change_count(struct store_session *session,
                     const struct store_turn *turn,
                     const struct store_repeat *repeat, uint64_t *number)
{
    session->status = STORE_SESSION_ACTIVE;
    session->message_count += !turn->uncounted && !repeat->replaces;
    *number = repeat->replaces ? repeat->turn : session->message_count;
    session->place++;
    if (turn->at_ms > session->last_active_ms) {
        session->last_active_ms = turn->at_ms;
    }
    if (turn->trend == NULL) {
        return session_change_reading(session);
    }
    const struct trend_turn reply = {
        .turn = *number, .deviations = turn->deviations, .chars = turn->chars};
    const bool taken = repeat->replaces && repeat->settled;
    return isfinite(turn->deviations) && !taken
               ? trend_add(&session->trend, turn->trend, &reply)
               : trend_now(&session->trend, turn->trend);
}
