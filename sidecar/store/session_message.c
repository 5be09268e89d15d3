/* The messages of sessions: store_session_repeat, _add and _history. */
#include "sidecar/store/store_session.h"

#include "sidecar/store/session_change.h"
#include "sidecar/store/session_row.h"
#include "sidecar/store/shared_session.h"

enum { TRIES = 16 /* where others change the same session meanwhile */ };

/* What the file says of a message that may have been seen. */
static bool
look_up(struct store *store, struct text id, uint64_t last_seq,
        const struct store_message *message, struct arena *arena,
        struct store_repeat *out, struct err *err)
{
    struct session_message was;

    (void)writer_flush(store->writer, last_seq);
    struct db *db = reader_take(store->readers, err);
    if (db == NULL) {
        return false;
    }
    const bool done = session_row_find(db, id, message->id, arena, &was, err);
    reader_put(store->readers, db, !done);
    if (!done) {
        err->kind = err->kind == ERR_MEMORY ? ERR_MEMORY : ERR_INTERNAL;
        return false;
    }
    return session_change_known(&was, message, out, err);
}

/*
 * Holds the session once it is known whether the message was there before:
 * *repeat known, and nothing is held; else the stripe is locked.
 */
static bool
hold_for_message(struct store *store, const struct store_session_name *name,
                 const struct store_message *message, int64_t now_ms,
                 struct arena *arena, struct session_hold *hold,
                 struct store_repeat *repeat, struct err *err)
{
    uint64_t looked_at = 0; // revision of which the file was asked
    bool looked = false;

    memset(repeat, 0, sizeof(*repeat));
    for (int i = 0; i < TRIES; i++) {
        if (!session_change_hold(store, name, now_ms, hold, err)) {
            return false;
        }
        struct session_entry *entry = hold->entry;
        if (!session_change_check_open(&entry->session, err)) {
            session_change_let_go(hold);
            return false;
        }
        if (message->id.len == 0 ||
            !session_seen_maybe(&entry->seen, message->id) ||
            (looked && looked_at == entry->session.revision)) {
            return true;
        }
        if (!session_change_wait(hold, name->id, err)) {
            session_change_let_go(hold);
            return false;
        }
        looked_at = hold->entry->session.revision;
        looked = true;
        const uint64_t last_seq = hold->entry->last_seq;
        session_change_let_go(hold);
        if (!look_up(store, name->id, last_seq, message, arena, repeat, err)) {
            return false;
        }
        if (repeat->known) {
            return true;
        }
    }
    err_at(err, ERR_OVERLOADED, "session",
           "other messages of this session keep coming");
    return false;
}

bool
store_session_repeat(struct store *store, const struct store_session_name *name,
                     const struct store_message *message, int64_t now_ms,
                     struct arena *arena, struct store_repeat *out,
                     struct err *err)
{
    struct session_hold hold;

    if (store->link != NULL) {
        return shared_session_repeat(store, name, message, now_ms, arena, out,
                                     err);
    }
    if (!hold_for_message(store, name, message, now_ms, arena, &hold, out,
                          err)) {
        return false;
    }
    if (!out->known) {
        session_change_let_go(&hold);
    }
    return true;
}

/* Writes session, turn, verdict and alerts in one unit. */
static bool
write_turn(struct store *store, struct session_change *change,
           const struct store_turn *turn, const struct store_added *added,
           const struct store_answer *answer, struct err *err)
{
    struct parts_verdict verdict;

    parts_prepare(store, turn->verdict_record, turn->alerts, turn->alert_count,
                  &verdict);
    struct buffer *unit = writer_begin(store->writer, err);
    if (unit != NULL) {
        session_row_put(unit, &change->session, &added->trend);
        session_row_put_turn(unit, turn, &change->session, added->turn, answer);
        parts_put(&verdict, unit);
    }
    return session_change_hand_over(store, change, unit != NULL,
                                    parts_waits(store), err);
}

/* Is the machine where the turn finds it? False: the stripe is let go. */
static bool
machine_is_there(struct session_hold *hold, const struct store_advance *advance,
                 struct err *err)
{
    if (advance == NULL ||
        text_equal(hold->entry->session.machine_state, advance->was)) {
        return true;
    }
    session_change_let_go(hold);
    err_at(err, ERR_STATE, "session", "its machine has moved meanwhile");
    return false;
}

bool
store_session_add(struct store *store, const struct store_turn *turn,
                  struct arena *arena, struct store_added *out, struct err *err)
{
    struct store_answer answer = {.reply = {NULL, 0}};
    struct session_change change;
    struct session_hold hold;
    struct err answer_err;
    bool answered = true;

    if (store->link != NULL) {
        return shared_session_add(store, turn, arena, out, err);
    }
    out->moved = false;
    if (!hold_for_message(store, &turn->session, &turn->message, turn->at_ms,
                          arena, &hold, &out->repeat, err)) {
        return false;
    }
    if (out->repeat.known) {
        return store_session_get(store, &turn->session, turn->at_ms, arena,
                                 &out->session, err);
    }
    if (!machine_is_there(&hold, turn->advance, err)) {
        out->moved = true;
        return false;
    }
    if (!session_change_prepare(
            &hold, turn->advance != NULL ? &turn->advance->state : NULL, arena,
            &change, err)) {
        return false;
    }
    if (turn->message.id.len > 0) {
        session_seen_add(&hold.entry->seen, turn->message.id);
    }
    out->trend = session_change_count(&hold.entry->session, turn, &out->repeat,
                                      &out->turn);
    session_change_begin(&hold, &change);
    if (turn->answer != NULL) {
        answered = turn->answer(turn->context, &change.session, &out->trend,
                                &answer, &answer_err);
    }
    if (!write_turn(store, &change, turn, out, &answer, err)) {
        return false;
    }
    out->session = change.session;
    if (!answered) {
        *err = answer_err;
    }
    return answered;
}

bool
store_session_at_hand(struct store *store,
                      const struct store_session_name *name,
                      struct text message_id)
{
    // Shared sessions are asked for over a socket, each time.
    if (store->link != NULL || !store_at_hand(store)) {
        return false;
    }
    struct session_stripe *stripe =
        session_cache_lock(store->sessions, name->id);
    const struct session_entry *entry = session_cache_find(stripe, name->id);
    const bool here =
        entry != NULL &&
        (message_id.len == 0 || !session_seen_maybe(&entry->seen, message_id));
    session_cache_unlock(stripe);
    return here;
}

bool
store_session_history(struct store *store,
                      const struct store_session_name *name, uint64_t cursor,
                      size_t limit, int64_t now_ms, struct arena *arena,
                      struct store_page *out, struct err *err)
{
    struct session_hold hold;

    if (store->link != NULL) {
        return shared_session_history(store, name, cursor, limit, now_ms, arena,
                                      out, err);
    }
    if (!session_change_hold(store, name, now_ms, &hold, err)) {
        return false;
    }
    if (!session_change_wait(&hold, name->id, err)) {
        session_change_let_go(&hold);
        return false;
    }
    const uint64_t last_seq = hold.entry->last_seq;
    session_change_let_go(&hold);
    (void)writer_flush(store->writer, last_seq);
    struct db *db = reader_take(store->readers, err);
    if (db == NULL) {
        return false;
    }
    const bool done = session_row_page(
        db, name->id, cursor > 0 ? cursor : UINT64_MAX, limit, arena, out, err);
    reader_put(store->readers, db, !done);
    if (!done && err->kind != ERR_MEMORY) {
        err->kind = ERR_INTERNAL;
    }
    return done;
}
