/* The operations on sessions: session.open, .get, .history, .reset, .end. */
#include "proto/encode_session.h"
#include "proto/json.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/entropy.h"
#include "sidecar/engine/drift_trend.h"
#include "sidecar/serve/machine_block.h"
#include "sidecar/serve/session_turn.h"

enum {
    ID_BYTES = 16, /* 128 bits: nobody guesses one */
    TRIES = 64     /* while others move the same session's machines */
};

static struct arena *
arena_of(const struct turn *t)
{
    return judge_arena(t->desk->judge);
}

bool
session_turn_begin(struct turn *t, bool at_hand)
{
    uint64_t deadline_ns;

    if (!turn_deadline(t, &deadline_ns)) {
        return false;
    }
    if (t->server->store == NULL) {
        err_set(&t->err, ERR_INTERNAL, "nothing is remembered here");
        return false;
    }
    if (!t->message->may_keep && !at_hand) {
        t->outcome.later = HANDLE_BY_STORE;
        return false;
    }
    return true;
}

static struct store_session_name
name_of(const struct turn *t)
{
    return (struct store_session_name){t->request.session,
                                       t->request.workspace};
}

/* ---------------------------------------------------------------- answering
 */

/* What the session says of itself, besides its columns. */
struct told {
    struct envelope_trend trend;
    struct machine_block machine;
};

static void
tell_trend(const struct turn *t, const struct store_session *session,
           struct told *told, struct encode_session *out)
{
    const struct persona *persona = NULL;
    struct err unused;

    if (session->trend.count == 0 ||
        !persona_find(t->engine->personas, session->persona, &persona,
                      &unused) ||
        persona == NULL) {
        return;
    }
    const struct trend_options options =
        drift_trend_options(&persona->config->drift);
    const struct trend_reading reading = trend_now(&session->trend, &options);
    told->trend = drift_trend_tell(&session->trend, &options, &reading);
    out->trend = &told->trend;
}

static void
tell_machine(const struct turn *t, const struct store_session *session,
             struct told *told, struct encode_session *out)
{
    struct machine_play play;
    struct err unused;

    if (session->machine_state.len > 0 &&
        machine_play_read(t->engine->machines, session->machine_state, &play,
                          &unused)) {
        machine_block_stands(&play, &told->machine);
        out->machine = &told->machine.told;
    }
}

static bool
answer(struct turn *t, const struct store_session *session, const bool *created)
{
    struct encode_session out = {
        .id = session->id,
        .status = text_of(store_session_status_name(session->status)),
        .persona = session->persona,
        .user = session->user,
        .workspace = session->workspace,
        .title = session->title,
        .messages = session->message_count,
        .started_ms = session->started_ms,
        .last_active_ms = session->last_active_ms,
        .ended_ms = session->ended_ms,
        .created = created};
    struct told told;
    struct err unused;

    buffer_reset(&t->desk->words);
    if (session->metadata.len > 0 &&
        json_to_wire(session->metadata, &t->desk->words, &unused)) {
        out.metadata = buffer_text(&t->desk->words);
    }
    tell_trend(t, session, &told, &out);
    tell_machine(t, session, &told, &out);
    turn_stop_watch(t);
    encode_session(&t->desk->reply, &t->answer, &out);
    return true;
}

/* ------------------------------------------------------------------- opening
 */

static bool
make_id(struct turn *t, struct text *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[ID_BYTES];
    char *id = arena_take(arena_of(t), 2 * sizeof(bytes));

    if (id == NULL) {
        err_memory(&t->err, "a session's id");
        return false;
    }
    if (!entropy_fill(bytes, sizeof(bytes), &t->err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
    *out = (struct text){id, 2 * sizeof(bytes)};
    return true;
}

static bool
metadata_as_json(struct turn *t, struct text *out)
{
    buffer_reset(&t->desk->words);
    if (t->request.metadata.len == 0) {
        return true;
    }
    if (!json_from_wire(t->request.metadata, false, &t->desk->words, &t->err)) {
        return false;
    }
    *out = arena_copy(arena_of(t), buffer_text(&t->desk->words));
    if (out->at == NULL) {
        err_memory(&t->err, "metadata");
    }
    return out->at != NULL;
}

/* The session as it is wanted; *machine: the one to begin, or NULL. */
static bool
want(struct turn *t, struct store_session *out, const struct machine **machine)
{
    const struct request *q = &t->request;
    const struct persona *persona;

    *machine = NULL;
    *out = (struct store_session){.id = q->session,
                                  .persona = q->persona,
                                  .user = q->user,
                                  .workspace = q->workspace,
                                  .title = q->title};
    if (!persona_find(t->engine->personas, q->persona, &persona, &t->err) ||
        (q->session.len == 0 && !make_id(t, &out->id)) ||
        !metadata_as_json(t, &out->metadata)) {
        return false;
    }
    if (q->machine.len > 0) {
        struct machine_play play = {.count = 0};
        *machine =
            machine_block_find(t->engine, q->machine, q->persona, &t->err);
        if (*machine == NULL || !machine_play_enter(&play, *machine, &t->err) ||
            !machine_block_write(&play, arena_of(t), &out->machine_state,
                                 &t->err)) {
            return false;
        }
        out->machine = machine_config(*machine)->id;
    }
    return true;
}

/* ------------------------------------------------- changing a session's play
 */

/* Puts a changed play in the place of the one that was read. */
static bool
put_play(struct turn *t, const struct machine_play *play,
         struct store_session *session)
{
    const struct store_session_name name = {session->id, session->workspace};
    struct text state;

    return machine_block_write(play, arena_of(t), &state, &t->err) &&
           store_session_machine(t->server->store, &name,
                                 session->machine_state, state, clock_wall_ms(),
                                 arena_of(t), session, &t->err);
}

/*
 * Changes the session's play, again where another thread was first. `change`
 * returns false for an error, or *same where nothing is to be done.
 */
static bool
change_play(struct turn *t, const struct machine *machine,
            bool (*change)(struct machine_play *play,
                           const struct machine *machine, bool *same,
                           struct err *err),
            struct store_session *session)
{
    const struct store_session_name name = {session->id, session->workspace};

    for (int i = 0; i < TRIES; i++) {
        struct machine_play play = {.count = 0};
        const struct text was = session->machine_state;
        bool same = false;
        if ((was.len > 0 &&
             !machine_play_read(t->engine->machines, was, &play, &t->err)) ||
            !change(&play, machine, &same, &t->err)) {
            return false;
        }
        if (same || put_play(t, &play, session)) {
            return true;
        }
        struct err first = t->err;
        if (first.kind != ERR_STATE ||
            !store_session_get(t->server->store, &name, clock_wall_ms(),
                               arena_of(t), session, &t->err)) {
            return false;
        }
        if (text_equal(was, session->machine_state)) {
            t->err = first; // it was not the machine that was in the way
            return false;
        }
    }
    err_at(&t->err, ERR_OVERLOADED, "session",
           "session: others keep moving its machines");
    return false;
}

static bool
is_begun(const struct machine_play *play, const struct machine *machine,
         size_t *at)
{
    for (*at = 0; *at < play->count; ++*at) {
        if (play->at[*at].machine == machine) {
            return true;
        }
    }
    return false;
}

/* One that runs already is left alone: an open that is sent twice. */
static bool
begin_machine(struct machine_play *play, const struct machine *machine,
              bool *same, struct err *err)
{
    size_t at;

    *same = is_begun(play, machine, &at);
    return *same || machine_play_enter(play, machine, err);
}

static bool
restart_machine(struct machine_play *play, const struct machine *machine,
                bool *same, struct err *err)
{
    size_t at;

    *same = false;
    if (!is_begun(play, machine, &at)) {
        err_at(err, ERR_STATE, "machine",
               "machine: the session has not begun it");
        return false;
    }
    play->at[at] = machine_begin(machine);
    play->current = at;
    return true;
}

bool
handle_session_open(struct turn *t)
{
    struct store_session wanted, session;
    const struct machine *machine;
    bool created;

    if (!session_turn_begin(t, false)) {
        return t->outcome.later != HANDLE_DONE;
    }
    if (!want(t, &wanted, &machine) ||
        !store_session_open(t->server->store, &wanted, clock_wall_ms(),
                            arena_of(t), &session, &created, &t->err)) {
        return false;
    }
    if (!created && machine != NULL &&
        !change_play(t, machine, begin_machine, &session)) {
        return false;
    }
    return answer(t, &session, &created);
}

/* -------------------------------------------------------------------- others
 */

bool
handle_session_get(struct turn *t)
{
    const struct store_session_name name = name_of(t);
    struct store_session session;
    const bool at_hand =
        t->server->store != NULL &&
        store_session_at_hand(t->server->store, &name, TEXT(""));

    if (!session_turn_begin(t, at_hand)) {
        return t->outcome.later != HANDLE_DONE;
    }
    return store_session_get(t->server->store, &name, clock_wall_ms(),
                             arena_of(t), &session, &t->err) &&
           answer(t, &session, NULL);
}

bool
handle_session_end(struct turn *t)
{
    const struct store_session_name name = name_of(t);
    struct store_session session;

    if (!session_turn_begin(t, false)) {
        return t->outcome.later != HANDLE_DONE;
    }
    return store_session_end(t->server->store, &name, clock_wall_ms(),
                             arena_of(t), &session, &t->err) &&
           answer(t, &session, NULL);
}

/* The play as it was when the session was opened. */
static bool
first_play(struct turn *t, const struct store_session *session,
           struct text *state)
{
    const struct machine *machine =
        session->machine.len > 0
            ? machines_find(t->engine->machines, session->machine)
            : NULL;
    struct machine_play play = {.count = 0};

    *state = TEXT("");
    return machine == NULL ||
           (machine_play_enter(&play, machine, &t->err) &&
            machine_block_write(&play, arena_of(t), state, &t->err));
}

static bool
reset_machine(struct turn *t, struct store_session *session)
{
    const struct machine *machine = machine_block_find(
        t->engine, t->request.machine, session->persona, &t->err);

    return machine != NULL && change_play(t, machine, restart_machine, session);
}

bool
handle_session_reset(struct turn *t)
{
    const struct store_session_name name = name_of(t);
    struct store_session session;
    struct text state;

    if (!session_turn_begin(t, false)) {
        return t->outcome.later != HANDLE_DONE;
    }
    if (!store_session_get(t->server->store, &name, clock_wall_ms(),
                           arena_of(t), &session, &t->err)) {
        return false;
    }
    const bool done =
        t->request.machine.len > 0
            ? reset_machine(t, &session)
            : first_play(t, &session, &state) &&
                  store_session_reset(t->server->store, &name, state,
                                      clock_wall_ms(), arena_of(t), &session,
                                      &t->err);
    return done && answer(t, &session, NULL);
}

bool
handle_session_history(struct turn *t)
{
    const struct store_session_name name = name_of(t);
    struct encode_past turns[REQUEST_PAGE];
    struct store_page page;

    if (!session_turn_begin(t, false)) {
        return t->outcome.later != HANDLE_DONE;
    }
    if (!store_session_history(t->server->store, &name, t->request.cursor,
                               (size_t)t->request.limit, clock_wall_ms(),
                               arena_of(t), &page, &t->err)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        const struct store_past *past = &page.turns[i];
        turns[i] =
            (struct encode_past){past->turn, past->at_ms, past->message_id,
                                 past->role, past->envelope};
    }
    turn_stop_watch(t);
    encode_history(&t->desk->reply, &t->answer, t->request.session, turns,
                   page.count, page.next);
    return true;
}
