#include "sidecar/serve/remember.h"

#include <math.h>

#include "proto/encode_session.h"
#include "proto/json.h"
#include "sidecar/base/clock.h"
#include "sidecar/engine/drift_trend.h"
#include "sidecar/serve/kept_answer.h"
#include "sidecar/serve/machine_block.h"
#include "sidecar/serve/message_digest.h"

enum { TRIES = 64 }; /* while others move the same session's machine */

static struct arena *
arena_of(const struct remember *r)
{
    return judge_arena(r->turn->desk->judge);
}

/* ------------------------------------------------------------ finding it out
 */

/* A store that fails is one of two things, as configured. */
static bool
store_failed(struct remember *r)
{
    if (r->turn->err.kind != ERR_INTERNAL ||
        !store_degrades(r->turn->server->store)) {
        return false;
    }
    r->degraded = true;
    r->in_session = false;
    return true;
}

/* The session's persona and workspace are those of its messages. */
static bool
bind_request(struct remember *r, struct request *request)
{
    const struct store_session *session = &r->session;

    if (session->status == STORE_SESSION_ENDED) {
        err_at(&r->turn->err, ERR_STATE, "session", "session: it has ended");
        return false;
    }
    if (request->persona.len > 0 &&
        !text_equal(request->persona, session->persona)) {
        err_at(&r->turn->err, ERR_INVALID, "persona",
               "persona: the session is another's");
        return false;
    }
    request->persona = session->persona;
    request->workspace = session->workspace;
    return true;
}

/* What cannot be read any more is judged again. */
static void
read_answer(struct remember *r, struct text written)
{
    struct kept_answer kept;

    kept_answer_read(written, &kept);
    r->again = true;
    r->chosen = kept.chosen;
    r->rotation = kept.rotation;
    r->results = kept.results;
    r->written = kept.written;
}

static bool
find_message(struct remember *r, const struct request *request)
{
    struct turn *t = r->turn;

    r->message = (struct store_message){.id = request->message_id,
                                        .attempt = (unsigned)request->attempt};
    if (request->message_id.len == 0) {
        return true;
    }
    if (!message_digest(t->server->store, request, arena_of(r),
                        &r->message.content, &t->err) ||
        !store_session_repeat(t->server->store, &r->name, &r->message,
                              clock_wall_ms(), arena_of(r), &r->repeat,
                              &t->err)) {
        return store_failed(r);
    }
    if (r->repeat.known) {
        read_answer(r, r->repeat.reply);
    }
    return true;
}

/* Is this a thread that may wait for the store, or need it not wait? */
static bool
may_go_on(const struct remember *r, const struct request *request)
{
    struct store *store = r->turn->server->store;

    return r->turn->message->may_keep ||
           (request->session.len > 0
                ? store_session_at_hand(store, &r->name, request->message_id)
                : store_at_hand(store));
}

bool
remember_find(struct remember *r, struct request *request)
{
    struct turn *t = r->turn;
    struct store *store = t->server->store;

    if (store == NULL) {
        return true;
    }
    r->name = (struct store_session_name){request->session, request->workspace};
    if (!may_go_on(r, request)) {
        t->outcome.later = HANDLE_BY_STORE;
        return false;
    }
    if (request->session.len == 0) {
        return true;
    }
    if (!store_session_get(store, &r->name, clock_wall_ms(), arena_of(r),
                           &r->session, &t->err)) {
        return store_failed(r);
    }
    r->in_session = true;
    return bind_request(r, request) &&
           (request->candidate_count == 0 || find_message(r, request));
}

/* ------------------------------------------------------------ writing it down
 */

/* What the store is told of one reply. */
struct record {
    struct store_verdict verdict;
    struct store_alert alerts[ENVELOPE_ALERTS];
    size_t alert_count;
};

/* The rules that were hit, each once, in the arena. */
static bool
list_rules(const struct envelope *e, struct arena *arena,
           struct store_verdict *out)
{
    struct text *rules = ARENA_ARRAY(arena, struct text, e->hit_count);
    size_t count = 0;

    for (size_t i = 0; rules != NULL && i < e->hit_count; i++) {
        size_t k = 0;
        while (k < count && !text_equal(rules[k], e->hits[i].rule)) {
            k++;
        }
        if (k == count) {
            rules[count++] = e->hits[i].rule;
        }
    }
    out->rules = rules;
    out->rule_count = count;
    return rules != NULL;
}

/* metadata as JSON, in the arena; none where there is no room. */
static struct text
metadata_of(const struct remember *r, const struct request *request)
{
    struct buffer *words = &r->turn->desk->words;
    struct err unused;

    buffer_reset(words);
    if (request->metadata.len == 0 ||
        !json_from_wire(request->metadata, false, words, &unused)) {
        return (struct text){NULL, 0};
    }
    return arena_copy(arena_of(r), buffer_text(words));
}

static void
fill_verdict(const struct remember *r, const struct request *request,
             const struct envelope *e, struct store_verdict *out)
{
    const struct request *now = &r->turn->request; // of a stream: its close

    *out = (struct store_verdict){
        .at_ms = clock_wall_ms(),
        .op = now->op_name,
        .persona = request->persona,
        .session = request->session,
        .message_id = request->message_id,
        .workspace = request->workspace,
        .user = r->session.user,
        .request_id = now->id,
        .engine_hash = text_of(r->engine->hash),
        .generation = r->engine->generation,
        .verdict = text_of(envelope_verdict_names[e->verdict]),
        .action = text_of(envelope_action_names[e->action]),
        .decided_kind = e->decided_by.kind,
        .decided_id = e->decided_by.id,
        .drift_score = e->drift.score,
        .drift_threshold = e->drift.threshold,
        .drift_judged = e->drift.status == DRIFT_OK,
        .drift_alert = e->drift.alert,
        .content = request->candidates[r->chosen].text,
        .metadata = metadata_of(r, request)};
}

static void
fill_alerts(const struct envelope *e, struct record *record)
{
    const struct store_verdict *v = &record->verdict;

    record->alert_count = e->alert_count;
    for (size_t i = 0; i < e->alert_count; i++) {
        record->alerts[i] =
            (struct store_alert){.at_ms = v->at_ms,
                                 .id = e->alerts[i].id,
                                 .dedup_key = e->alerts[i].dedup_key,
                                 .type = e->alerts[i].type,
                                 .reason = e->alerts[i].reason,
                                 .severity = e->alerts[i].severity,
                                 .persona = v->persona,
                                 .session = v->session,
                                 .message_id = v->message_id,
                                 .workspace = v->workspace,
                                 .request_id = v->request_id,
                                 .drift_score = v->drift_score,
                                 .drift_threshold = v->drift_threshold,
                                 .metadata = v->metadata};
    }
}

static void
mark_degraded(struct judge_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        result->envelopes[i].coverage.degraded = true;
    }
}

/* ----------------------------------------------------- a turn of the session
 */

/* What the store's callback needs to write the answer. */
struct answering {
    struct remember *r;
    struct judge_result *result;
    uint64_t rotation;
    const struct trend_options *trend;
    const struct envelope_machine *machine; /* NULL: none */
    struct envelope_trend told;
};

static void
write_blocks(const struct answering *a, struct desk *desk)
{
    buffer_reset(&desk->kept);
    buffer_reset(&desk->words);
    encode_trend(&desk->words, &a->told);
    const size_t trend_end = desk->words.len;
    if (a->machine != NULL) {
        encode_machine(&desk->words, a->machine);
    }
    const struct text blocks = buffer_text(&desk->words);
    const struct kept_answer kept = {
        .chosen = a->result->chosen,
        .rotation = a->rotation,
        .results = kept_answer_fit(a->result, buffer_text(&desk->results)),
        .written = {.trend = text_part(blocks, 0, trend_end),
                    .machine = text_part(blocks, trend_end, blocks.len)}};
    kept_answer_write(&kept, &desk->kept);
}

/* As store_turn.answer: the turn is counted, its trend is known. */
static bool
write_answer(void *context, const struct store_session *session,
             const struct trend_reading *reading, struct store_answer *out,
             struct err *err)
{
    struct answering *a = context;
    struct desk *desk = a->r->turn->desk;
    struct envelope *chosen = &a->result->envelopes[a->result->chosen];

    a->told = drift_trend_tell(&session->trend, a->trend, reading);
    chosen->drift.trend = &a->told;
    for (size_t i = 0; i < a->result->count; i++) {
        a->result->envelopes[i].machine = a->machine;
    }
    buffer_reset(&desk->results);
    buffer_reset(&desk->past);
    encode_results(&desk->results, a->result->envelopes, a->result->count);
    encode_kept(&desk->past, chosen);
    write_blocks(a, desk);
    if (desk->results.failed || desk->past.failed || desk->kept.failed ||
        desk->words.failed) {
        err_memory(err, "the reply");
        return false;
    }
    *out = (struct store_answer){buffer_text(&desk->past),
                                 buffer_text(&desk->kept)};
    return true;
}

/* How the session's machine goes on with this turn. */
struct going {
    bool runs; /* one that this configuration still has */
    bool moved;
    struct machine_play play;
    struct machine_block block;
    struct store_advance advance; /* where moved */
};

static bool
is_of_the_talk(const struct request *request)
{
    return request->role == REQUEST_ASSISTANT || request->role == REQUEST_USER;
}

/*
 * A message steps the machine once, by the verdict on the attempt that is not
 * to be asked for again.
 */
static enum config_decision
decision_of(const struct remember *r, const struct request *request,
            const struct envelope *chosen, const struct machine_play *play)
{
    const struct machine_state *now = &play->at[play->current];
    const bool done = r->repeat.replaces && r->repeat.settled;

    return done || !is_of_the_talk(request) ||
                   chosen->action == ACTION_REGENERATE ||
                   now->outcome != CONFIG_OPEN
               ? CONFIG_UNDECIDED
               : machine_on_verdict(now->machine, chosen->verdict);
}

static bool
go_on(const struct remember *r, const struct request *request,
      const struct envelope *chosen, struct going *out)
{
    struct machine_move move = {.by_verdict = true};
    struct machine_step step;
    struct err unused;

    *out = (struct going){.runs = false};
    out->runs = r->session.machine_state.len > 0 &&
                machine_play_read(r->engine->machines, r->session.machine_state,
                                  &out->play, &unused);
    if (!out->runs) {
        return true;
    }
    move.decision = decision_of(r, request, chosen, &out->play);
    if (move.decision == CONFIG_UNDECIDED) {
        machine_block_stands(&out->play, &out->block);
        return true;
    }
    if (!machine_play_step(&out->play, &move, &step, &r->turn->err) ||
        !machine_block_write(&out->play, arena_of(r), &out->advance.state,
                             &r->turn->err)) {
        return false;
    }
    machine_block_step(&step, &out->block);
    out->advance.was = r->session.machine_state;
    out->moved = true;
    return true;
}

static struct trend_options
trend_options_of(const struct remember *r, const struct request *request)
{
    const struct persona *persona = NULL;
    struct err unused;

    // It was judged, so it is there.
    (void)persona_find(r->engine->personas, request->persona, &persona,
                       &unused);
    return drift_trend_options(persona != NULL ? &persona->config->drift
                                               : &r->engine->config->drift);
}

/* One try; *moved: another turn was first with the machine. */
static bool
add_turn(struct remember *r, const struct request *request,
         const struct record *record, struct answering *a, bool *moved)
{
    struct turn *t = r->turn;
    const struct envelope *chosen = &a->result->envelopes[a->result->chosen];
    struct store_added added;
    struct going going;

    *moved = false;
    if (!go_on(r, request, chosen, &going)) {
        return false;
    }
    a->machine = going.runs ? &going.block.told : NULL;
    const bool open = chosen->action == ACTION_REGENERATE;
    const struct store_turn turn = {
        .session = r->name,
        .message = r->message,
        .uncounted = !is_of_the_talk(request),
        .advance = going.moved ? &going.advance : NULL,
        .at_ms = record->verdict.at_ms,
        .role = text_of(request_role_names[request->role]),
        .verdict = record->verdict.verdict,
        .action = record->verdict.action,
        .drift_score = chosen->drift.score,
        .deviations =
            open ? (double)NAN : drift_trend_deviations(&chosen->drift),
        .chars = chosen->drift.chars,
        .trend = a->trend,
        .answer = write_answer,
        .context = a,
        .verdict_record = &record->verdict,
        .alerts = record->alerts,
        .alert_count = record->alert_count};
    if (!store_session_add(t->server->store, &turn, arena_of(r), &added,
                           &t->err)) {
        *moved = added.moved;
        return false;
    }
    if (added.repeat.known) { // another thread judged it meanwhile
        r->repeat = added.repeat;
        read_answer(r, added.repeat.reply);
    } else {
        r->results = buffer_text(&t->desk->results);
    }
    return true;
}

static bool
add_to_session(struct remember *r, const struct request *request,
               const struct record *record, struct answering *a)
{
    struct turn *t = r->turn;
    bool moved = false;

    for (int i = 0; i < TRIES; i++) {
        if (add_turn(r, request, record, a, &moved)) {
            return true;
        }
        if (!moved) {
            return false;
        }
        if (!store_session_get(t->server->store, &r->name, clock_wall_ms(),
                               arena_of(r), &r->session, &t->err)) {
            return false;
        }
    }
    err_at(&t->err, ERR_OVERLOADED, "session",
           "session: other messages keep moving its machine");
    return false;
}

/* ------------------------------------------------------------------- the end
 */

/* What was written is in the results; it points to what is gone. */
static void
forget_blocks(struct judge_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        result->envelopes[i].drift.trend = NULL;
        result->envelopes[i].machine = NULL;
    }
}

/* Judged again: the reply is as before, and nothing is counted. */
static void
answer_again(struct remember *r, struct judge_result *result)
{
    if (r->chosen < result->count) {
        result->chosen = r->chosen;
    }
    for (size_t i = 0; i < result->count; i++) {
        struct envelope *e = &result->envelopes[i];
        struct envelope_written *written =
            ARENA_ARRAY(arena_of(r), struct envelope_written, 1);
        if (written == NULL) {
            return; // without them it is an answer too
        }
        written->machine = r->written.machine;
        if (i == result->chosen) {
            written->trend = r->written.trend;
        }
        e->written = written;
    }
}

static bool
keep_alone(struct remember *r, const struct record *record)
{
    struct turn *t = r->turn;

    return store_journal_add(t->server->store, &record->verdict, record->alerts,
                             record->alert_count, &t->err) ||
           store_failed(r);
}

static bool
keep_in_session(struct remember *r, const struct request *request,
                const struct record *record, struct judge_result *result,
                uint64_t rotation)
{
    const struct trend_options trend = trend_options_of(r, request);
    struct answering a = {
        .r = r, .result = result, .rotation = rotation, .trend = &trend};

    const bool added = add_to_session(r, request, record, &a);
    forget_blocks(result);
    if (added && r->again && r->results.at == NULL) {
        answer_again(r, result);
    }
    return added || store_failed(r);
}

bool
remember_turn(struct remember *r, const struct request *request,
              struct judge_result *result, uint64_t rotation)
{
    struct turn *t = r->turn;
    struct record record;

    if (r->again) {
        answer_again(r, result);
    }
    r->chosen = result->chosen;
    if (r->again || t->server->store == NULL) {
        return true;
    }
    const struct envelope *chosen = &result->envelopes[result->chosen];
    fill_verdict(r, request, chosen, &record.verdict);
    fill_alerts(chosen, &record);
    if (!list_rules(chosen, arena_of(r), &record.verdict)) {
        err_memory(&t->err, "the journal's record");
        return false;
    }
    if (r->degraded || !store_working(t->server->store)) {
        mark_degraded(result);
    }
    const bool kept =
        r->in_session ? keep_in_session(r, request, &record, result, rotation)
                      : keep_alone(r, &record);
    if (r->degraded) {
        mark_degraded(result);
    }
    return kept;
}
