#include "sidecar/serve/handle.h"

#include "proto/decode.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/version.h"
#include "sidecar/engine/limits.h"

enum { REPLY_BYTES = 32 << 20, STATS = 64 };

/* One message on its way. */
struct turn {
    struct desk *desk;
    const struct engine *engine;
    const struct handle_server *server;
    const struct handle_message *message;
    struct request request;
    struct encode_answer answer;
    struct handle_outcome outcome;
    uint64_t began_ns;
    struct err err;
};

bool
handle_desk_init(struct desk *desk, const struct config *config)
{
    desk->judge = judge_new((size_t)config->limits.request_memory);
    buffer_init(&desk->reply, REPLY_BYTES);
    return desk->judge != NULL;
}

void
handle_desk_clear(struct desk *desk)
{
    judge_free(desk->judge);
    buffer_clear(&desk->reply);
}

static void
stop_watch(struct turn *t)
{
    const uint64_t now = clock_ns();

    t->answer.timing.total = (now - t->message->arrived_ns) / 1000;
    t->answer.timing.queue = (t->began_ns - t->message->arrived_ns) / 1000;
}

static bool
may_call(struct turn *t)
{
    const struct config *config = t->engine->config;
    const bool admin =
        t->request.op == REQUEST_STATS || t->request.op == REQUEST_RELOAD;

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

/* When this request stops being worth an answer. */
static bool
deadline(struct turn *t, uint64_t *deadline_ns)
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

static bool
do_score(struct turn *t)
{
    struct judge_terms terms = {
        .rotation = rotation_next(t->server->rotation, &t->request),
        .flood = t->server->flood,
        .now_ns = t->message->arrived_ns};
    struct judge_result result;

    if (!deadline(t, &terms.deadline_ns) ||
        !judge_request(t->desk->judge, t->engine, &t->request, &terms, &result,
                       &t->err)) {
        return false;
    }
    const struct envelope *chosen = &result.envelopes[result.chosen];
    t->outcome.judged = true;
    t->outcome.verdict = chosen->verdict;
    t->outcome.drift_alert =
        chosen->drift.status == DRIFT_OK && chosen->drift.alert;
    if (chosen->pool.len > 0) {
        rotation_shown(t->server->rotation, &t->request, terms.rotation);
    }
    t->answer.timing = result.timing;
    stop_watch(t);
    encode_score(&t->desk->reply, &t->answer, result.envelopes, result.count,
                 result.chosen);
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
    stop_watch(t);
    encode_stats(&t->desk->reply, &t->answer, stats, count, last_error);
    return true;
}

static bool
do_reload(struct turn *t)
{
    uint64_t generation = 0;

    if (!t->message->may_wait) {
        t->outcome.later = true;
        return true;
    }
    if (!t->server->reload(t->server->context, &generation, &t->err)) {
        return false;
    }
    stop_watch(t);
    const struct encode_stat stat = {"generation", generation};
    encode_stats(&t->desk->reply, &t->answer, &stat, 1, (struct text){NULL, 0});
    return true;
}

static bool
dispatch(struct turn *t)
{
    switch (t->request.op) {
    case REQUEST_SCORE:
        return do_score(t);
    case REQUEST_PING:
        stop_watch(t);
        encode_ping(&t->desk->reply, &t->answer, TEXT(VERSION_TEXT));
        return true;
    case REQUEST_ECHO:
        buffer_add_text(&t->desk->reply, t->message->body);
        return true;
    case REQUEST_STATS:
        return do_stats(t);
    case REQUEST_RELOAD:
        return do_reload(t);
    case REQUEST_OPS:
        break;
    }
    err_set(&t->err, ERR_INTERNAL, "an operation without a handler");
    return false;
}

static bool
handle(struct turn *t)
{
    const struct decode_limits limits = limits_for_decoding(t->engine->config);

    return judge_begin(t->desk->judge, t->engine, &t->err) &&
           decode_request(t->message->body, &limits,
                          judge_arena(t->desk->judge), &t->request, &t->err) &&
           may_call(t) && dispatch(t);
}

/* The turn's error as a reply; none where there is no memory for it. */
static void
put_error(struct turn *t, struct buffer *reply, long long retry_after_ms)
{
    t->outcome.ok = false;
    t->outcome.kind = t->err.kind;
    buffer_reset(reply);
    stop_watch(t);
    encode_error(reply, &t->answer, &t->err, retry_after_ms);
    if (reply->failed) {
        buffer_reset(reply);
    }
}

/* The answer points into the turn, so the turn is filled where it stays. */
static void
begin(struct turn *t, const struct engine *engine,
      const struct handle_message *message)
{
    t->engine = engine;
    t->message = message;
    t->began_ns = clock_ns();
    t->answer.request = &t->request;
    t->answer.engine =
        (struct envelope_engine){engine->generation, text_of(engine->hash)};
}

struct handle_outcome
handle_one(struct desk *desk, const struct engine *engine,
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
        put_error(&t, &desk->reply, -1);
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
handle_refuse(struct buffer *reply, const struct engine *engine,
              const struct handle_message *message)
{
    const struct decode_limits limits = limits_for_decoding(engine->config);
    const bool retry =
        message->mark == HANDLE_OVERLOADED || message->mark == HANDLE_DRAINING;
    struct turn t = {.desk = NULL};

    begin(&t, engine, message);
    decode_echoes(message->body, &limits.wire, &t.request);
    say_why(message, &engine->config->limits, &t.err);
    put_error(&t, reply, retry ? message->retry_after_ms : -1);
    return t.outcome;
}
