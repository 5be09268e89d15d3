#include "sidecar/serve/handle.h"

#include "proto/decode.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/version.h"
#include "sidecar/engine/limits.h"
#include "sidecar/serve/fingerprints.h"
#include "sidecar/serve/remember.h"
#include "sidecar/serve/turn.h"

enum { REPLY_BYTES = 32 << 20, STATS = 160 };

bool
handle_desk_init(struct desk *desk, const struct config *config)
{
    desk->judge = judge_new((size_t)config->limits.request_memory);
    buffer_init(&desk->reply, REPLY_BYTES);
    buffer_init(&desk->results, REPLY_BYTES);
    buffer_init(&desk->past, REPLY_BYTES);
    buffer_init(&desk->kept, REPLY_BYTES);
    buffer_init(&desk->words, REPLY_BYTES);
    return desk->judge != NULL;
}

void
handle_desk_clear(struct desk *desk)
{
    judge_free(desk->judge);
    buffer_clear(&desk->reply);
    buffer_clear(&desk->results);
    buffer_clear(&desk->past);
    buffer_clear(&desk->kept);
    buffer_clear(&desk->words);
}

void
turn_answered_by(struct turn *t, const struct engine *engine)
{
    t->answer.engine =
        (struct envelope_engine){engine->generation, text_of(engine->hash)};
}

void
turn_stop_watch(struct turn *t)
{
    const uint64_t now = clock_ns();

    t->answer.timing.total = (now - t->message->arrived_ns) / 1000;
    t->answer.timing.queue = (t->began_ns - t->message->arrived_ns) / 1000;
}

/* What a sidecar that is stopping still does: streams may come to an end. */
static bool
goes_on(enum request_op op)
{
    return op == REQUEST_STREAM_FEED || op == REQUEST_STREAM_CLOSE ||
           op == REQUEST_STREAM_ABORT;
}

static bool
may_call(struct turn *t)
{
    const struct config *config = t->engine->config;
    const bool admin = request_op_admin[t->request.op];

    if (t->message->mark == HANDLE_DRAINING && !goes_on(t->request.op)) {
        t->retry_after_ms = t->message->retry_after_ms;
        err_set(&t->err, ERR_DRAINING, "the sidecar is stopping");
        return false;
    }
    // The private socket is its owner's: the file's mode is its key.
    if (!t->message->admin && config->token.len > 0 &&
        !digest_same(config->token, t->request.token)) {
        err_at(&t->err, ERR_UNAUTHORIZED, "token", "token: missing or wrong");
        return false;
    }
    if (admin && !t->message->admin && !config->admin_on_serving) {
        err_at(&t->err, ERR_FORBIDDEN, "op",
               "op: only on the private socket (admin.listen)");
        return false;
    }
    return true;
}

bool
turn_deadline(struct turn *t, uint64_t *deadline_ns)
{
    const struct config_limits *limits = &t->engine->config->limits;
    long long ms = t->request.deadline_ms >= 0 ? t->request.deadline_ms
                                               : limits->deadline_ms;

    ms = ms > limits->deadline_max_ms ? limits->deadline_max_ms : ms;
    *deadline_ns = t->message->arrived_ns + (uint64_t)ms * 1000000u;
    if (clock_ns() >= *deadline_ns) {
        err_set(&t->err, ERR_DEADLINE,
                "%lld ms passed before the request was begun", ms);
        return false;
    }
    return true;
}

bool
turn_in_time(struct turn *t)
{
    uint64_t deadline_ns;

    return t->request.deadline_ms < 0 || turn_deadline(t, &deadline_ns);
}

bool
turn_later(struct turn *t)
{
    t->outcome.later = t->message->may_wait ? HANDLE_DONE : HANDLE_BY_WAIT;
    return t->outcome.later != HANDLE_DONE;
}

void
turn_judged(struct turn *t, const struct envelope *chosen)
{
    t->outcome.judged = true;
    t->outcome.verdict = chosen->verdict;
    t->outcome.drift_alert =
        chosen->drift.status == DRIFT_OK && chosen->drift.alert;
}

void
turn_terms(const struct turn *t, const struct remember *r,
           const struct request *request, struct judge_terms *terms)
{
    // Judged again it is the same message: it counts no more and is answered
    // with the same line.
    terms->flood = r->again ? NULL : t->server->flood;
    terms->rotation =
        r->again ? r->rotation : rotation_next(t->server->rotation, request);
}

void
turn_shown(struct turn *t, const struct remember *r,
           const struct request *request, const struct envelope *chosen,
           uint64_t rotation)
{
    turn_judged(t, chosen);
    if (chosen->pool.len > 0 && !r->again) {
        rotation_shown(t->server->rotation, request, rotation);
    }
}

static bool
judge_and_remember(struct turn *t, struct judge_terms *terms,
                   struct remember *r, struct judge_result *result)
{
    turn_terms(t, r, &t->request, terms);
    if (!judge_request(t->desk->judge, t->engine, &t->request, terms, result,
                       &t->err) ||
        !remember_turn(r, &t->request, result, terms->rotation)) {
        return false;
    }
    turn_shown(t, r, &t->request, &result->envelopes[result->chosen],
               terms->rotation);
    t->answer.timing = result->timing;
    return true;
}

static bool
do_score(struct turn *t)
{
    struct judge_terms terms = {.now_ns = t->message->arrived_ns};
    struct remember r = {.turn = t, .engine = t->engine};
    struct judge_result result;

    if (!turn_deadline(t, &terms.deadline_ns) ||
        !remember_find(&r, &t->request)) {
        return t->outcome.later != HANDLE_DONE;
    }
    if (r.results.at == NULL && !judge_and_remember(t, &terms, &r, &result)) {
        return false;
    }
    turn_stop_watch(t);
    if (r.results.at != NULL) {
        encode_score_written(&t->desk->reply, &t->answer, r.results, r.chosen);
    } else {
        encode_score(&t->desk->reply, &t->answer, result.envelopes,
                     result.count, result.chosen);
    }
    return true;
}

static bool
do_stats(struct turn *t)
{
    struct encode_stat stats[STATS];
    struct text last_error = {NULL, 0};

    const size_t count =
        t->server->stats(t->server->context, stats, STATS, &last_error,
                         judge_arena(t->desk->judge));
    turn_stop_watch(t);
    encode_stats(&t->desk->reply, &t->answer, stats, count, last_error);
    return true;
}

static bool
do_reload(struct turn *t)
{
    uint64_t generation = 0;

    if (turn_later(t)) {
        return true;
    }
    if (!t->server->reload(t->server->context, &generation, &t->err)) {
        return false;
    }
    turn_stop_watch(t);
    const struct encode_stat stat = {"generation", generation};
    encode_stats(&t->desk->reply, &t->answer, &stat, 1, (struct text){NULL, 0});
    return true;
}

static bool
do_ping(struct turn *t)
{
    turn_stop_watch(t);
    encode_ping(&t->desk->reply, &t->answer, TEXT(VERSION_TEXT));
    return true;
}

static bool
do_echo(struct turn *t)
{
    buffer_add_text(&t->desk->reply, t->message->body);
    return true;
}

static bool (*const operations[REQUEST_OPS])(struct turn *t) = {
    [REQUEST_STREAM_OPEN] = handle_stream_open,
    [REQUEST_STREAM_FEED] = handle_stream_feed,
    [REQUEST_STREAM_CLOSE] = handle_stream_close,
    [REQUEST_STREAM_ABORT] = handle_stream_abort,
    [REQUEST_SESSION_OPEN] = handle_session_open,
    [REQUEST_SESSION_GET] = handle_session_get,
    [REQUEST_SESSION_HISTORY] = handle_session_history,
    [REQUEST_SESSION_RESET] = handle_session_reset,
    [REQUEST_SESSION_END] = handle_session_end,
    [REQUEST_MACHINE_STEP] = handle_machine_step,
    [REQUEST_SCORE] = do_score,
    [REQUEST_PING] = do_ping,
    [REQUEST_ECHO] = do_echo,
    [REQUEST_STATS] = do_stats,
    [REQUEST_RELOAD] = do_reload,
    [REQUEST_FINGERPRINT_BUILD] = fingerprints_build,
    [REQUEST_FINGERPRINT_PUT] = fingerprints_put,
    [REQUEST_FINGERPRINT_DROP] = fingerprints_drop,
    [REQUEST_FINGERPRINT_GET] = fingerprints_get,
    [REQUEST_FINGERPRINT_LIST] = fingerprints_list,
    [REQUEST_COMPARE] = fingerprints_compare,
};

static bool
handle(struct turn *t)
{
    const struct decode_limits limits = limits_for_decoding(t->engine->config);

    return judge_begin(t->desk->judge, t->engine, &t->err) &&
           decode_request(t->message->body, &limits,
                          judge_arena(t->desk->judge), &t->request, &t->err) &&
           may_call(t) && operations[t->request.op](t);
}

/* The turn's error as a reply; none where there is no memory for it. */
static void
put_error(struct turn *t, struct buffer *reply)
{
    t->outcome.ok = false;
    t->outcome.kind = t->err.kind;
    buffer_reset(reply);
    turn_stop_watch(t);
    encode_error(reply, &t->answer, &t->err, t->retry_after_ms);
    if (reply->failed) {
        buffer_reset(reply);
    }
}

/* The answer points into the turn, so the turn is filled where it stays. */
static void
begin(struct turn *t, struct engine *engine,
      const struct handle_message *message)
{
    t->engine = engine;
    t->message = message;
    t->began_ns = clock_ns();
    t->answer.request = &t->request;
    t->retry_after_ms = -1;
    turn_answered_by(t, engine);
}

struct handle_outcome
handle_one(struct desk *desk, struct engine *engine,
           const struct handle_server *server,
           const struct handle_message *message)
{
    struct turn t = {.desk = desk, .server = server};

    begin(&t, engine, message);
    buffer_reset(&desk->reply);
    t.outcome.ok = handle(&t);
    t.outcome.op = t.request.op;
    if (t.outcome.ok && desk->reply.failed) {
        err_memory(&t.err, "the reply");
        t.outcome.ok = false;
    }
    if (!t.outcome.ok) {
        put_error(&t, &desk->reply);
    }
    return t.outcome;
}

/* ------------------------------------------------------------------ refusing
 */

static void
say_why(const struct handle_message *message,
        const struct config_limits *limits, struct err *err)
{
    switch (message->mark) {
    case HANDLE_TOO_LARGE:
        err_set(err, ERR_TOO_LARGE, "message: more than %lld bytes",
                limits->message_bytes);
        return;
    case HANDLE_OVERLOADED:
        err_set(err, ERR_OVERLOADED,
                "too many requests are waiting; come back later");
        return;
    case HANDLE_DRAINING:
        err_set(err, ERR_DRAINING, "the sidecar is stopping");
        return;
    case HANDLE_NORMAL:
        break;
    }
    err_set(err, ERR_INTERNAL, "a message that should have been handled");
}

struct handle_outcome
handle_refuse(struct buffer *reply, struct engine *engine,
              const struct handle_message *message)
{
    const struct decode_limits limits = limits_for_decoding(engine->config);
    const bool retry =
        message->mark == HANDLE_OVERLOADED || message->mark == HANDLE_DRAINING;
    struct turn t = {.desk = NULL};

    begin(&t, engine, message);
    decode_echoes(message->body, &limits.wire, &t.request);
    say_why(message, &engine->config->limits, &t.err);
    t.retry_after_ms = retry ? message->retry_after_ms : -1;
    put_error(&t, reply);
    return t.outcome;
}
