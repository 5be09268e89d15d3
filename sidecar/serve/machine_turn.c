/* The operation machine.step. */
#include <math.h>

#include "proto/encode_session.h"
#include "sidecar/base/clock.h"
#include "sidecar/serve/machine_block.h"
#include "sidecar/serve/session_turn.h"

enum { TRIES = 64 /* while others move the same session's machines */ };

static struct arena *
arena_of(const struct turn *t)
{
    return judge_arena(t->desk->judge);
}

static struct machine_move
move_of(const struct request *q)
{
    return (struct machine_move){.decision =
                                     machine_block_decision(q->decision),
                                 .follow_up = q->follow_up};
}

/* ------------------------------------------------------------ without session
 */

static bool
step_alone(struct turn *t)
{
    const struct request *q = &t->request;
    const struct machine_move move = move_of(q);
    struct machine_block block;
    struct machine_state now;
    struct machine_step step;

    const struct machine *machine =
        machine_block_find(t->engine, q->machine, TEXT(""), &t->err);
    if (machine == NULL) {
        return false;
    }
    now = machine_begin(machine);
    if ((q->stands.given &&
         !machine_block_restore(machine, &q->stands, &now, &t->err)) ||
        !machine_next(&now, &move, &step, &t->err)) {
        return false;
    }
    machine_block_step(&step, &block);
    turn_stop_watch(t);
    encode_step(&t->desk->reply, &t->answer, TEXT(""), &block.told);
    return true;
}

/* -------------------------------------------------------------- of a session
 */

/* A step on its way into the store. */
struct stepping {
    struct turn *turn;
    struct store_session_name name;
    struct store_session session;
    struct store_message message;
    struct machine_block block;
    struct store_advance advance;
    bool repeated;
    struct text before; /* repeated: the block it was answered with, or "" */
};

/*
 * Steps and messages have ids of their own, so that a front end may name the
 * step after the message that it is about. No name has such a character.
 */
static bool
name_message(struct stepping *s)
{
    const struct request *q = &s->turn->request;
    const struct text parts[] = {
        q->machine,
        {(const char *)&q->decision, sizeof(q->decision)},
        {(const char *)&q->follow_up, sizeof(q->follow_up)}};
    struct arena *arena = arena_of(s->turn);

    if (q->message_id.len == 0) {
        return true;
    }
    char *id = arena_take(arena, q->message_id.len + 1);
    if (id == NULL) {
        err_memory(&s->turn->err, "a step's id");
        return false;
    }
    id[0] = '\001';
    memcpy(id + 1, q->message_id.at, q->message_id.len);
    s->message = (struct store_message){
        .id = {id, q->message_id.len + 1},
        .content = digest_of_parts(parts, sizeof(parts) / sizeof(parts[0]))};
    return true;
}

/* The step from the state that the session is in. */
static bool
make_step(struct stepping *s)
{
    struct turn *t = s->turn;
    const struct machine_move move = move_of(&t->request);
    struct machine_play play = {.count = 0};
    struct machine_step step;

    s->advance.was = s->session.machine_state;
    if (s->advance.was.len > 0 &&
        !machine_play_read(t->engine->machines, s->advance.was, &play,
                           &t->err)) {
        return false;
    }
    if (t->request.machine.len > 0) {
        const struct machine *machine = machine_block_find(
            t->engine, t->request.machine, s->session.persona, &t->err);
        if (machine == NULL || !machine_play_enter(&play, machine, &t->err)) {
            return false;
        }
    }
    if (play.count == 0) {
        err_at(&t->err, ERR_STATE, "session", "session: it runs no machine");
        return false;
    }
    if (!machine_play_step(&play, &move, &step, &t->err)) {
        return false;
    }
    machine_block_step(&step, &s->block);
    return machine_block_write(&play, arena_of(t), &s->advance.state, &t->err);
}

/* As store_turn.answer. */
static bool
write_answer(void *context, const struct store_session *session,
             const struct trend_reading *trend, struct store_answer *out,
             struct err *err)
{
    struct stepping *s = context;
    struct buffer *kept = &s->turn->desk->kept;

    (void)session;
    (void)trend;
    buffer_reset(kept);
    encode_machine(kept, &s->block.told);
    if (kept->failed) {
        err_memory(err, "the reply");
        return false;
    }
    *out = (struct store_answer){.reply = buffer_text(kept)};
    return true;
}

/* Tries once; *moved: another thread was first. */
static bool
add_step(struct stepping *s, bool *moved)
{
    struct turn *t = s->turn;
    const struct store_turn turn = {.session = s->name,
                                    .message = s->message,
                                    .uncounted = true,
                                    .advance = &s->advance,
                                    .at_ms = clock_wall_ms(),
                                    .role = TEXT("machine"),
                                    .drift_score = (double)NAN,
                                    .deviations = (double)NAN,
                                    .answer = write_answer,
                                    .context = s};
    struct store_added added = {.moved = false};

    *moved = false;
    if (!store_session_add(t->server->store, &turn, arena_of(t), &added,
                           &t->err)) {
        *moved = added.moved;
        return false;
    }
    s->repeated = added.repeat.known;
    s->before = added.repeat.reply;
    return true;
}

/* The answer is gone with time: where the machine stands tells it now. */
static bool
tell_stand(struct stepping *s)
{
    struct turn *t = s->turn;
    struct machine_play play;

    if (!machine_play_read(t->engine->machines, s->session.machine_state, &play,
                           &t->err)) {
        return false;
    }
    machine_block_stands(&play, &s->block);
    buffer_reset(&t->desk->kept);
    encode_machine(&t->desk->kept, &s->block.told);
    s->before = buffer_text(&t->desk->kept);
    return true;
}

/* Was it made before? Then s->before has the answer. */
static bool
find_step(struct stepping *s)
{
    struct turn *t = s->turn;
    struct store_repeat repeat = {.known = false};

    if (!store_session_get(t->server->store, &s->name, clock_wall_ms(),
                           arena_of(t), &s->session, &t->err)) {
        return false;
    }
    if (s->message.id.len > 0 &&
        !store_session_repeat(t->server->store, &s->name, &s->message,
                              clock_wall_ms(), arena_of(t), &repeat, &t->err)) {
        return false;
    }
    s->repeated = repeat.known;
    s->before = repeat.reply;
    return true;
}

static bool
step_session(struct stepping *s)
{
    bool moved = true;

    for (int i = 0; i < TRIES && moved; i++) {
        moved = false;
        if (!find_step(s)) {
            return false;
        }
        if (s->repeated || (make_step(s) && add_step(s, &moved))) {
            return true;
        }
    }
    if (moved) {
        err_at(&s->turn->err, ERR_OVERLOADED, "session",
               "session: others keep moving its machines");
    }
    return false;
}

bool
handle_machine_step(struct turn *t)
{
    struct stepping s = {.turn = t,
                         .name = {t->request.session, t->request.workspace}};
    uint64_t deadline_ns;

    if (t->request.session.len == 0) {
        return turn_deadline(t, &deadline_ns) && step_alone(t);
    }
    if (!name_message(&s)) {
        return false;
    }
    const bool at_hand =
        t->server->store != NULL &&
        store_session_at_hand(t->server->store, &s.name, s.message.id);
    if (!session_turn_begin(t, at_hand)) {
        return t->outcome.later != HANDLE_DONE;
    }
    if (!step_session(&s) ||
        (s.repeated && s.before.len == 0 && !tell_stand(&s))) {
        return false;
    }
    turn_stop_watch(t);
    if (s.repeated) {
        encode_step_again(&t->desk->reply, &t->answer, t->request.session,
                          s.before);
    } else {
        encode_step(&t->desk->reply, &t->answer, t->request.session,
                    &s.block.told);
    }
    return true;
}
