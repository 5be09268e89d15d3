#include "sidecar/store/shared_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "sidecar/base/entropy.h"
#include "sidecar/base/hash.h"
#include "sidecar/store/session_change.h"
#include "sidecar/store/shared_change.h"

enum {
    TRIES = 64,   /* where others change the same session meanwhile */
    PATIENCE = 4, /* tries that may fail before one asks to go next */
    NAME_BYTES = 24
};

/* ---- what a session must be ---------------------------------------------- */

/* Is it there for this request? */
static bool
check_there(const struct store *store, const struct store_session_name *name,
            int64_t now_ms, const struct shared_basis *basis, struct err *err)
{
    if (!basis->there ||
        session_change_forgotten(store, &basis->session, now_ms) ||
        (name->workspace.len > 0 &&
         !text_equal(name->workspace, basis->session.workspace))) {
        return session_change_not_found(name, err);
    }
    return true;
}

static bool
too_many(struct err *err)
{
    err_at(err, ERR_OVERLOADED, "session",
           "other messages of this session keep coming");
    return false;
}

/* Bits that nobody else has, 48: a number to everybody. */
static bool
draw(uint64_t *out, struct err *err)
{
    if (!entropy_fill(out, sizeof(*out), err)) {
        return false;
    }
    *out >>= 16;
    return true;
}

/* ---- changing one that is there ------------------------------------------ */

enum step {
    STEP_CHANGE,  /* wish->session is what it is to be */
    STEP_NOTHING, /* it is so already */
    STEP_FAILED   /* err says why */
};

/* One change, and what it needs for it; `add` has more. */
struct edit {
    struct store *store;
    const struct store_session_name *name;
    struct text message_id; /* "": none */
    int64_t now_ms;
    /*
     * Makes of wish->session, which is the basis's, what it is to be. May be
     * called again, when others were faster.
     */
    enum step (*step)(const struct edit *edit, const struct shared_basis *basis,
                      struct shared_wish *wish, struct err *err);
    struct text was, state;        /* of its machine */
    const struct store_turn *turn; /* of `add` */
    struct store_added *added;
    bool *answered;
};

static enum step
try_step(const struct edit *edit, const struct shared_basis *basis,
         struct shared_wish *wish, struct err *err)
{
    memset(wish, 0, sizeof(*wish));
    if (!check_there(edit->store, edit->name, edit->now_ms, basis, err)) {
        return STEP_FAILED;
    }
    wish->session = basis->session;
    wish->reading = session_change_reading(&basis->session);
    const enum step step = edit->step(edit, basis, wish, err);
    wish->session.revision++;
    return step;
}

/* Was there memory for it? What is given out is in the arena. */
static bool
has_state(const struct edit *edit, struct err *err)
{
    if (edit->state.at == NULL) {
        err_memory(err, "a session");
    }
    return edit->state.at != NULL;
}

/*
 * Makes the change. What is remembered is good enough to try it, but not to
 * refuse it.
 */
static bool
make_edit(const struct edit *edit, bool from_memory, int64_t until,
          struct arena *arena, struct store_session *out, struct err *err)
{
    const struct text id = edit->name->id;
    // All tries together outlast a turn that another was promised.
    static const struct timespec breath = {0, 500 * 1000};
    char waits[NAME_BYTES] = "";
    struct shared_basis basis;
    struct shared_wish wish;
    uint64_t name;

    if (from_memory ? !shared_change_recall(edit->store, id, edit->message_id,
                                            until, arena, &basis, err)
                    : !shared_change_find(edit->store, id, edit->message_id,
                                          until, arena, &basis, err)) {
        return false;
    }
    for (int i = 0; i < TRIES; i++) {
        const enum step step = try_step(edit, &basis, &wish, err);
        if (step != STEP_CHANGE && basis.remembered) {
            if (!shared_change_find(edit->store, id, edit->message_id, until,
                                    arena, &basis, err)) {
                return false;
            }
            continue;
        }
        if (step != STEP_CHANGE) {
            *out = basis.session;
            return step == STEP_NOTHING;
        }
        if (i == PATIENCE && draw(&name, err)) {
            snprintf(waits, sizeof(waits), "%" PRIx64, name);
        }
        if (i > PATIENCE) {
            (void)nanosleep(&breath, NULL);
        }
        wish.waits = text_of(waits);
        const enum shared_outcome outcome =
            shared_change_put(edit->store, &wish, until, arena, &basis, err);
        if (outcome != SHARED_OTHER) {
            *out = wish.session;
            return outcome == SHARED_DONE;
        }
    }
    return too_many(err);
}

/*
 * The same, after others of this process that change the same session: a
 * courtesy, since the server decides. Who waited too long goes on.
 */
static bool
run_edit(const struct edit *edit, bool from_memory, struct arena *arena,
         struct store_session *out, struct err *err)
{
    const int64_t until = redis_link_until(edit->store->link);
    const uint64_t key = hash_text(edit->name->id, 0);

    const bool in = turnstile_enter(edit->store->turnstile, key, until);
    const bool done = make_edit(edit, from_memory, until, arena, out, err);
    if (in) {
        turnstile_leave(edit->store->turnstile, key);
    }
    return done;
}

static enum step
end_step(const struct edit *edit, const struct shared_basis *basis,
         struct shared_wish *wish, struct err *err)
{
    (void)err;
    if (basis->session.status == STORE_SESSION_ENDED) {
        return STEP_NOTHING;
    }
    wish->session.status = STORE_SESSION_ENDED;
    wish->session.ended_ms = edit->now_ms;
    return STEP_CHANGE;
}

bool
shared_session_end(struct store *store, const struct store_session_name *name,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, struct err *err)
{
    const struct edit edit = {
        .store = store, .name = name, .now_ms = now_ms, .step = end_step};

    return run_edit(&edit, false, arena, out, err);
}

static enum step
reset_step(const struct edit *edit, const struct shared_basis *basis,
           struct shared_wish *wish, struct err *err)
{
    struct store_session *session = &wish->session;

    if (!session_change_check_open(&basis->session, err)) {
        return STEP_FAILED;
    }
    session->message_count = 0;
    session->status = STORE_SESSION_ACTIVE;
    session->last_active_ms = edit->now_ms;
    session->machine_state = edit->state;
    memset(&session->trend, 0, sizeof(session->trend));
    wish->reading = session_change_reading(session);
    wish->drop = true;
    return STEP_CHANGE;
}

bool
shared_session_reset(struct store *store, const struct store_session_name *name,
                     struct text machine_state, int64_t now_ms,
                     struct arena *arena, struct store_session *out,
                     struct err *err)
{
    const struct edit edit = {.store = store,
                              .name = name,
                              .now_ms = now_ms,
                              .step = reset_step,
                              .state = arena_copy(arena, machine_state)};

    return has_state(&edit, err) && run_edit(&edit, false, arena, out, err);
}

static bool
machine_is_there(const struct shared_basis *basis, struct text was,
                 struct err *err)
{
    if (!text_equal(basis->session.machine_state, was)) {
        err_at(err, ERR_STATE, "session", "its machine has moved meanwhile");
        return false;
    }
    return true;
}

static enum step
machine_step(const struct edit *edit, const struct shared_basis *basis,
             struct shared_wish *wish, struct err *err)
{
    if (!session_change_check_open(&basis->session, err) ||
        !machine_is_there(basis, edit->was, err)) {
        return STEP_FAILED;
    }
    wish->session.machine_state = edit->state;
    wish->session.status = STORE_SESSION_ACTIVE;
    wish->session.last_active_ms = edit->now_ms;
    return STEP_CHANGE;
}

bool
shared_session_machine(struct store *store,
                       const struct store_session_name *name, struct text was,
                       struct text state, int64_t now_ms, struct arena *arena,
                       struct store_session *out, struct err *err)
{
    const struct edit edit = {.store = store,
                              .name = name,
                              .now_ms = now_ms,
                              .step = machine_step,
                              .was = was,
                              .state = arena_copy(arena, state)};

    return has_state(&edit, err) && run_edit(&edit, true, arena, out, err);
}

/* ---- opening and asking -------------------------------------------------- */

/* One try to open: a new one, or the one that is there again. */
static enum step
open_step(const struct store *store, const struct store_session *want,
          int64_t now_ms, const struct shared_basis *basis,
          struct shared_wish *wish, struct err *err)
{
    const struct store_session *is = &basis->session;
    const bool gone =
        !basis->there || session_change_forgotten(store, is, now_ms);

    memset(wish, 0, sizeof(*wish));
    if (gone) {
        wish->session = *want;
        wish->session.status = STORE_SESSION_ACTIVE;
        wish->session.message_count = 0;
        wish->session.started_ms = wish->session.last_active_ms = now_ms;
        wish->session.ended_ms = 0;
        memset(&wish->session.trend, 0, sizeof(wish->session.trend));
        wish->session.place = is->place;
        wish->session.stored = true;
        wish->drop = true;
        // No sidecar shall take it for one of that id that it remembers.
        return draw(&wish->session.revision, err) ? STEP_CHANGE : STEP_FAILED;
    }
    if (!session_change_check_binding(is, want, err) ||
        !session_change_check_open(is, err)) {
        return STEP_FAILED;
    }
    wish->session = *is;
    wish->reading = session_change_reading(is);
    if (session_change_status(store, is, now_ms) == STORE_SESSION_ACTIVE) {
        return STEP_NOTHING;
    }
    wish->session.last_active_ms = now_ms;
    wish->session.revision++;
    return STEP_CHANGE;
}

bool
shared_session_open(struct store *store, const struct store_session *want,
                    int64_t now_ms, struct arena *arena,
                    struct store_session *out, bool *created, struct err *err)
{
    const int64_t until = redis_link_until(store->link);
    struct shared_basis basis = {.there = false}; // it mostly is not
    struct shared_wish wish;
    struct store_session own;

    *created = false;
    if (!session_cache_copy(want, arena, &own)) {
        err_memory(err, "a session");
        return false;
    }
    for (int i = 0; i < TRIES; i++) {
        const enum step step =
            open_step(store, &own, now_ms, &basis, &wish, err);
        if (step == STEP_FAILED) {
            return false;
        }
        if (step == STEP_NOTHING) {
            *out = wish.session;
            return true;
        }
        const enum shared_outcome outcome =
            shared_change_put(store, &wish, until, arena, &basis, err);
        if (outcome != SHARED_OTHER) {
            *created = wish.drop;
            *out = wish.session;
            return outcome == SHARED_DONE;
        }
    }
    return too_many(err);
}

bool
shared_session_get(struct store *store, const struct store_session_name *name,
                   int64_t now_ms, struct arena *arena,
                   struct store_session *out, struct err *err)
{
    struct shared_basis basis;

    if (!shared_change_find(store, name->id, TEXT(""),
                            redis_link_until(store->link), arena, &basis,
                            err) ||
        !check_there(store, name, now_ms, &basis, err)) {
        return false;
    }
    *out = basis.session;
    out->status = session_change_status(store, out, now_ms);
    return true;
}

/* ---- messages ------------------------------------------------------------ */

bool
shared_session_repeat(struct store *store,
                      const struct store_session_name *name,
                      const struct store_message *message, int64_t now_ms,
                      struct arena *arena, struct store_repeat *out,
                      struct err *err)
{
    struct shared_basis basis;

    return shared_change_find(store, name->id, message->id,
                              redis_link_until(store->link), arena, &basis,
                              err) &&
           check_there(store, name, now_ms, &basis, err) &&
           session_change_check_open(&basis.session, err) &&
           session_change_known(&basis.past.message, message, out, err);
}

static enum step
add_step(const struct edit *edit, const struct shared_basis *basis,
         struct shared_wish *wish, struct err *err)
{
    const struct store_turn *turn = edit->turn;
    struct store_added *added = edit->added;
    struct err answer_err;

    added->moved = false;
    if (!session_change_check_open(&basis->session, err) ||
        !session_change_known(&basis->past.message, &turn->message,
                              &added->repeat, err)) {
        return STEP_FAILED;
    }
    if (added->repeat.known) {
        return STEP_NOTHING;
    }
    if (turn->advance != NULL) {
        added->moved = !machine_is_there(basis, turn->advance->was, err);
        wish->session.machine_state = edit->state;
    }
    if (added->moved) {
        return STEP_FAILED;
    }
    added->trend = session_change_count(&wish->session, turn, &added->repeat,
                                        &added->turn);
    wish->reading = added->trend;
    wish->turn = turn;
    wish->number = added->turn;
    *edit->answered = true;
    if (turn->answer != NULL &&
        !turn->answer(turn->context, &wish->session, &added->trend,
                      &wish->answer, &answer_err)) {
        *err = answer_err;
        *edit->answered = false;
        memset(&wish->answer, 0, sizeof(wish->answer));
    }
    return STEP_CHANGE;
}

/*
 * The verdict and its alerts are this store's own. They are written down where
 * the session cannot be reached, too: it was given all the same.
 */
static bool
note_verdict(struct store *store, const struct store_turn *turn, bool added,
             struct err *err)
{
    struct err journal_err;
    const bool noted =
        store_journal_add(store, turn->verdict_record, turn->alerts,
                          turn->alert_count, &journal_err);

    if (added && !noted && !store_degrades(store)) {
        *err = journal_err;
        return false;
    }
    return added;
}

bool
shared_session_add(struct store *store, const struct store_turn *turn,
                   struct arena *arena, struct store_added *out,
                   struct err *err)
{
    const struct text moved_to =
        turn->advance != NULL ? turn->advance->state : TEXT("");
    struct err own_err = {.kind = ERR_NONE}; // of the answer, too
    bool answered = true;
    const struct edit edit = {.store = store,
                              .name = &turn->session,
                              .message_id = turn->message.id,
                              .now_ms = turn->at_ms,
                              .step = add_step,
                              .state = arena_copy(arena, moved_to),
                              .turn = turn,
                              .added = out,
                              .answered = &answered};

    out->moved = false;
    out->repeat.known = false;
    const bool added = has_state(&edit, &own_err) &&
                       run_edit(&edit, true, arena, &out->session, &own_err);
    if (!added || !answered) {
        *err = own_err;
    }
    if (out->repeat.known) {
        out->session.status =
            session_change_status(store, &out->session, turn->at_ms);
        return added;
    }
    if ((added || (err->kind == ERR_INTERNAL && store_degrades(store))) &&
        !note_verdict(store, turn, added, err)) {
        return false;
    }
    return added && answered;
}

bool
shared_session_history(struct store *store,
                       const struct store_session_name *name, uint64_t cursor,
                       size_t limit, int64_t now_ms, struct arena *arena,
                       struct store_page *out, struct err *err)
{
    struct shared_basis basis;

    return shared_change_page(store, name->id, cursor, limit, arena, &basis,
                              out, err) &&
           check_there(store, name, now_ms, &basis, err);
}
