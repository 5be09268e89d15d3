#include "sidecar/store/store_session.h"

#include "sidecar/store/session_change.h"
#include "sidecar/store/session_row.h"
#include "sidecar/store/shared_session.h"

const char *
store_session_status_name(enum store_session_status status)
{
    static const char *const names[STORE_SESSION_STATUSES] = {"active", "ended",
                                                              "archived"};

    return names[status];
}

/* Writes the session alone, or as one that was reset. */
static bool
write_session(struct store *store, struct session_change *change,
              bool drop_turns, bool wait, struct store_session *out,
              struct err *err)
{
    const struct trend_reading reading =
        session_change_reading(&change->session);
    struct buffer *unit = writer_begin(store->writer, err);

    if (unit != NULL) {
        session_row_put(unit, &change->session, &reading);
        if (drop_turns) {
            session_row_put_drop(unit, &change->session);
        }
    }
    if (!session_change_hand_over(store, change, unit != NULL, wait, err)) {
        return false;
    }
    *out = change->session;
    return true;
}

/* ---- the operations ------------------------------------------------------ */

/* There is one of that id. */
static bool
open_again(struct store *store, struct session_hold *hold,
           const struct store_session *want, int64_t now_ms,
           struct arena *arena, struct store_session *out, struct err *err)
{
    struct store_session *is = &hold->entry->session;
    struct session_change change;

    if (!session_change_check_binding(is, want, err) ||
        !session_change_check_open(is, err)) {
        session_change_let_go(hold);
        return false;
    }
    if (session_change_status(store, is, now_ms) == STORE_SESSION_ACTIVE) {
        const bool done =
            session_change_copy(store, hold->entry, now_ms, arena, out, err);
        session_change_let_go(hold);
        return done;
    }
    if (!session_change_prepare(hold, NULL, arena, &change, err)) {
        return false;
    }
    is->status = STORE_SESSION_ACTIVE;
    is->last_active_ms = now_ms;
    session_change_begin(hold, &change);
    return write_session(store, &change, false, true, out, err);
}

static bool
open_new(struct store *store, struct session_hold *hold,
         const struct store_session *want, int64_t now_ms, struct arena *arena,
         struct store_session *out, struct err *err)
{
    struct session_change change;
    const struct store_session fresh = {.id = want->id,
                                        .persona = want->persona,
                                        .user = want->user,
                                        .workspace = want->workspace,
                                        .title = want->title,
                                        .metadata = want->metadata,
                                        .machine = want->machine,
                                        .machine_state = want->machine_state,
                                        .started_ms = now_ms,
                                        .last_active_ms = now_ms};

    struct session_entry *entry = session_entry_new(&fresh);
    if (entry == NULL || !session_cache_copy(&fresh, arena, &change.session)) {
        session_change_let_go(hold);
        session_entry_free(entry);
        err_memory(err, "a session");
        return false;
    }
    // One that is forgotten but not swept yet makes room.
    if (hold->entry != NULL) {
        entry->session.revision = hold->entry->session.revision;
        entry->session.place = hold->entry->session.place;
        session_cache_drop(hold->stripe, hold->entry);
    }
    session_cache_add(store->sessions, hold->stripe, entry);
    hold->entry = entry;
    session_change_begin(hold, &change);
    return write_session(store, &change, true, true, out, err);
}

bool
store_session_open(struct store *store, const struct store_session *want,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, bool *created, struct err *err)
{
    struct session_hold hold;
    bool absent;

    if (store->link != NULL) {
        return shared_session_open(store, want, now_ms, arena, out, created,
                                   err);
    }
    *created = false;
    if (!session_change_find(store, want->id, &hold, &absent, err)) {
        // A file that cannot be read hides no session from those who degrade.
        if (err->kind == ERR_MEMORY || !store_degrades(store)) {
            return false;
        }
        hold.stripe = session_cache_lock(store->sessions, want->id);
        hold.entry = session_cache_find(hold.stripe, want->id);
        absent = hold.entry == NULL;
    }
    if (!absent &&
        !session_change_forgotten(store, &hold.entry->session, now_ms)) {
        return open_again(store, &hold, want, now_ms, arena, out, err);
    }
    if (!absent && !session_change_wait(&hold, want->id, err)) {
        session_change_let_go(&hold);
        return false;
    }
    *created = true;
    return open_new(store, &hold, want, now_ms, arena, out, err);
}

bool
store_session_get(struct store *store, const struct store_session_name *name,
                  int64_t now_ms, struct arena *arena,
                  struct store_session *out, struct err *err)
{
    struct session_hold hold;

    if (store->link != NULL) {
        return shared_session_get(store, name, now_ms, arena, out, err);
    }
    if (!session_change_hold(store, name, now_ms, &hold, err)) {
        return false;
    }
    const bool done =
        session_change_copy(store, hold.entry, now_ms, arena, out, err);
    session_change_let_go(&hold);
    return done;
}

bool
store_session_end(struct store *store, const struct store_session_name *name,
                  int64_t now_ms, struct arena *arena,
                  struct store_session *out, struct err *err)
{
    struct session_hold hold;
    struct session_change change;

    if (store->link != NULL) {
        return shared_session_end(store, name, now_ms, arena, out, err);
    }
    if (!session_change_hold(store, name, now_ms, &hold, err)) {
        return false;
    }
    struct store_session *session = &hold.entry->session;
    if (session->status == STORE_SESSION_ENDED) {
        const bool done =
            session_change_copy(store, hold.entry, now_ms, arena, out, err);
        session_change_let_go(&hold);
        return done;
    }
    if (!session_change_prepare(&hold, NULL, arena, &change, err)) {
        return false;
    }
    session->status = STORE_SESSION_ENDED;
    session->ended_ms = now_ms;
    session_change_begin(&hold, &change);
    return write_session(store, &change, false, true, out, err);
}

bool
store_session_reset(struct store *store, const struct store_session_name *name,
                    struct text machine_state, int64_t now_ms,
                    struct arena *arena, struct store_session *out,
                    struct err *err)
{
    struct session_hold hold;
    struct session_change change;

    if (store->link != NULL) {
        return shared_session_reset(store, name, machine_state, now_ms, arena,
                                    out, err);
    }
    if (!session_change_hold(store, name, now_ms, &hold, err)) {
        return false;
    }
    if (!session_change_check_open(&hold.entry->session, err) ||
        !session_change_wait(&hold, name->id, err)) {
        session_change_let_go(&hold);
        return false;
    }
    if (!session_change_prepare(&hold, &machine_state, arena, &change, err)) {
        return false;
    }
    struct store_session *session = &hold.entry->session;
    session->message_count = 0;
    session->status = STORE_SESSION_ACTIVE;
    session->last_active_ms = now_ms;
    memset(&session->trend, 0, sizeof(session->trend));
    memset(&hold.entry->seen, 0, sizeof(hold.entry->seen));
    session_change_begin(&hold, &change);
    return write_session(store, &change, true, true, out, err);
}

bool
store_session_machine(struct store *store,
                      const struct store_session_name *name, struct text was,
                      struct text state, int64_t now_ms, struct arena *arena,
                      struct store_session *out, struct err *err)
{
    struct session_hold hold;
    struct session_change change;

    if (store->link != NULL) {
        return shared_session_machine(store, name, was, state, now_ms, arena,
                                      out, err);
    }
    if (!session_change_hold(store, name, now_ms, &hold, err)) {
        return false;
    }
    struct store_session *session = &hold.entry->session;
    bool done = session_change_check_open(session, err);
    if (done && !text_equal(session->machine_state, was)) {
        err_at(err, ERR_STATE, "session", "its machine has moved meanwhile");
        done = false;
    }
    if (!done) {
        session_change_let_go(&hold);
        return false;
    }
    if (!session_change_prepare(&hold, &state, arena, &change, err)) {
        return false;
    }
    session->status = STORE_SESSION_ACTIVE;
    session->last_active_ms = now_ms;
    session_change_begin(&hold, &change);
    return write_session(store, &change, false, parts_waits(store), out, err);
}
