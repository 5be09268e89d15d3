#include "sidecar/tools/bench_pipeline.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/decode.h"
#include "proto/encode.h"
#include "sidecar/base/clock.h"
#include "sidecar/engine/decide.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/judge.h"
#include "sidecar/engine/limits.h"
#include "sidecar/serve/server.h"
#include "sidecar/tools/caller.h"
#include "sidecar/tools/command.h"

enum {
    WARM = 200,
    ROUNDS = 2000,
    BYTES = 600,      /* of the reply that is judged */
    IN_FLIGHT = 64,   /* on one connection */
    REQUESTS = 40000, /* in one run over the socket */
    SOCKET_RUNS = 5,  /* echo and score in turn; the median is shown */
    TIMEOUT_MS = 10000,
    MESSAGE_BYTES = 1 << 20,
    ARENA_BYTES = 64 << 20
};

/* An ordinary reply: nothing in it asks for anything to be done. */
static const char prose[] =
    "The old road bends twice before the mill, and if you keep the river "
    "on your left hand you cannot miss it. My grandfather walked it every"
    " market day with two geese under his arms and a pipe he never lit, "
    "and he used to say that a man who hurries past a river has nowhere "
    "worth going. So sit a while! There is bread, there is cheese of a "
    "sort, and the kettle will sing before you have told me half of what "
    "brings you here. You say the bridge is down? Then somebody will have"
    " to mend it, and I suppose, since nobody else in this village owns a"
    " hammer, that somebody will be me. Pour the tea, and tell me";

_Static_assert(sizeof(prose) - 1 >= 590, "the reply is about 600 bytes");

static int
by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double
quantile(double *at, size_t count, double q)
{
    qsort(at, count, sizeof(*at), by_value);
    return at[(size_t)(q * (double)(count - 1))];
}

/* ------------------------------------------------------------------- stages */

enum stage {
    STAGE_DECODE,
    STAGE_NORMALISE,
    STAGE_RULES,
    STAGE_EMBED,
    STAGE_DRIFT,
    STAGE_DECIDE,
    STAGE_JUDGE, /* all of the above but decoding, as requests have it */
    STAGE_ENCODE,
    STAGES
};

static const char *const stage_names[STAGES] = {
    "decode", "normalise", "rules",         "embed",
    "drift",  "decide",    "whole verdict", "encode"};

struct bench {
    struct engine *engine;
    struct judge *judge;
    struct rules_scratch *scratch;
    struct arena *arena;
    struct buffer message, reply;
    double ns[STAGES][ROUNDS];
    FILE *out;
};

static void
build_message(const struct engine *engine, const char *op, struct buffer *to)
{
    const struct text text = {
        prose, sizeof(prose) - 1 < BYTES ? sizeof(prose) - 1 : BYTES};
    const bool persona = personas_count(engine->personas) > 0;

    wire_put_map(to, persona ? 4 : 3);
    wire_put_str(to, TEXT("v"));
    wire_put_int(to, REQUEST_VERSION);
    wire_put_str(to, TEXT("op"));
    wire_put_str(to, text_of(op));
    if (persona) {
        wire_put_str(to, TEXT("persona"));
        wire_put_str(to, personas_at(engine->personas, 0)->config->id);
    }
    wire_put_str(to, TEXT("text"));
    wire_put_str(to, text);
}

/* Books the time since *mark for a stage. */
static void
lap(struct bench *b, enum stage stage, size_t round, uint64_t *mark)
{
    const uint64_t now = clock_ns();

    b->ns[stage][round] = (double)(now - *mark);
    *mark = clock_ns();
}

static bool
one_round(struct bench *b, size_t round, struct err *err)
{
    const struct decode_limits limits = limits_for_decoding(b->engine->config);
    static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};
    const struct persona *persona;
    struct judge_result result;
    struct rules_request rules;
    struct envelope_drift drift;
    struct decision decision;
    struct request request;
    struct voice voice;
    struct view fold;
    struct hits hits;

    arena_reset(b->arena);
    uint64_t mark = clock_ns();
    if (!decode_request(buffer_text(&b->message), &limits, b->arena, &request,
                        err)) {
        return false;
    }
    lap(b, STAGE_DECODE, round, &mark);
    const struct request_candidate *c = &request.candidates[0];
    if (!fold_view(c->text, b->arena, &fold, err)) {
        return false;
    }
    lap(b, STAGE_NORMALISE, round, &mark);
    hits_init(&hits, b->arena);
    if (!persona_find(b->engine->personas, request.persona, &persona, err) ||
        !rules_prepare(b->engine->rules, &request,
                       persona != NULL ? persona->config : NULL, NULL, b->arena,
                       &rules, err) ||
        !rules_scan(b->engine->rules, b->scratch, &rules, c->text, &fold, &hits,
                    err)) {
        return false;
    }
    lap(b, STAGE_RULES, round, &mark);
    if (!persona_read(b->engine->personas, persona, &request, c, b->arena,
                      &voice, err)) {
        return false;
    }
    lap(b, STAGE_EMBED, round, &mark);
    const struct persona_query query = {
        b->engine->config, b->engine->kernels, persona, &request, c, &voice};
    if (!persona_measure(&query, b->arena, &drift, err)) {
        return false;
    }
    lap(b, STAGE_DRIFT, round, &mark);
    const struct decide_evidence evidence = {.rules = b->engine->rules,
                                             .config = b->engine->config,
                                             .thresholds =
                                                 rules.stance.thresholds,
                                             .enforced = rules.stance.enforced,
                                             .hits = &hits,
                                             .drift = &drift};
    if (!decide_all(&evidence, b->arena, &decision, err)) {
        return false;
    }
    lap(b, STAGE_DECIDE, round, &mark);
    if (!judge_begin(b->judge, b->engine, err) ||
        !judge_request(b->judge, b->engine, &request, &terms, &result, err)) {
        return false;
    }
    lap(b, STAGE_JUDGE, round, &mark);
    buffer_reset(&b->reply);
    const struct encode_answer answer = {.request = &request};
    encode_score(&b->reply, &answer, result.envelopes, result.count, 0);
    lap(b, STAGE_ENCODE, round, &mark);
    return true;
}

static bool
run_stages(struct bench *b, struct err *err)
{
    for (size_t i = 0; i < WARM + ROUNDS; i++) {
        if (!one_round(b, i < WARM ? 0 : i - WARM, err)) {
            return false;
        }
    }
    fprintf(b->out,
            "one reply of %zu bytes, %zu rules, %zu personas, in process "
            "(%d rounds)\n\n  %-14s %10s %10s\n",
            sizeof(prose) - 1 < BYTES ? sizeof(prose) - 1 : (size_t)BYTES,
            b->engine->config->rule_count, personas_count(b->engine->personas),
            ROUNDS, "stage", "median us", "p99 us");
    for (int s = 0; s < STAGES; s++) {
        fprintf(b->out, "  %-14s %10.2f %10.2f\n", stage_names[s],
                quantile(b->ns[s], ROUNDS, 0.5) / 1e3,
                quantile(b->ns[s], ROUNDS, 0.99) / 1e3);
    }
    return true;
}

/* ------------------------------------------------------------------- socket */

/* Requests a second with IN_FLIGHT outstanding, or below 0. */
static double
saturate(const char *url, struct text message, struct err *err)
{
    struct caller *caller = caller_open(url, TIMEOUT_MS, err);
    struct buffer reply;
    uint32_t which;

    if (caller == NULL) {
        return -1;
    }
    buffer_init(&reply, MESSAGE_BYTES);
    const uint64_t start = clock_ns();
    bool fine = true;
    for (size_t i = 0; i < REQUESTS + IN_FLIGHT && fine; i++) {
        if (i >= IN_FLIGHT) {
            fine = caller_receive(caller, &reply, &which, err);
        }
        if (i < REQUESTS && fine) {
            fine = caller_send(caller, message, err);
        }
    }
    const double seconds = (double)(clock_ns() - start) / 1e9;
    buffer_clear(&reply);
    caller_close(caller);
    return fine ? REQUESTS / seconds : -1;
}

/* One at a time: microseconds, the median. */
static double
one_at_a_time(const char *url, struct text message, double *us, struct err *err)
{
    struct caller *caller = caller_open(url, TIMEOUT_MS, err);
    struct buffer reply;
    uint32_t which;
    bool fine = caller != NULL;

    buffer_init(&reply, MESSAGE_BYTES);
    for (size_t i = 0; i < ROUNDS && fine; i++) {
        const uint64_t start = clock_ns();
        fine = caller_send(caller, message, err) &&
               caller_receive(caller, &reply, &which, err);
        us[i] = (double)(clock_ns() - start) / 1e3;
    }
    buffer_clear(&reply);
    caller_close(caller);
    return fine ? quantile(us, ROUNDS, 0.5) : -1;
}

static bool
run_socket(struct bench *b, const char *url, struct err *err)
{
    double echo[SOCKET_RUNS], score[SOCKET_RUNS];
    struct buffer bare;

    buffer_init(&bare, MESSAGE_BYTES);
    build_message(b->engine, "echo", &bare);
    const double echo_us =
        one_at_a_time(url, buffer_text(&bare), b->ns[0], err);
    const double score_us =
        one_at_a_time(url, buffer_text(&b->message), b->ns[0], err);
    bool fine = echo_us > 0 && score_us > 0;
    for (size_t i = 0; i < SOCKET_RUNS && fine; i++) {
        echo[i] = saturate(url, buffer_text(&bare), err);
        score[i] = saturate(url, buffer_text(&b->message), err);
        fine = echo[i] > 0 && score[i] > 0;
    }
    buffer_clear(&bare);
    if (!fine) {
        return false;
    }
    const double e = quantile(echo, SOCKET_RUNS, 0.5);
    const double s = quantile(score, SOCKET_RUNS, 0.5);
    fprintf(b->out,
            "\nover ipc, client and sidecar in one process\n\n"
            "  %-34s %10s %10s %8s\n"
            "  %-34s %10.1f %10.1f %8.2f\n"
            "  %-34s %10.0f %10.0f %8.2f\n",
            "", "echo", "score", "ratio", "one outstanding, median us", echo_us,
            score_us, score_us / echo_us, "64 in flight, requests a second", e,
            s, s / e);
    return true;
}

static bool
serve_and_run(struct bench *b, const struct bench_setup *setup, struct err *err)
{
    char folder[] = "/tmp/leeway-bench-XXXXXX", url[64];
    const char *const urls[] = {url};

    if (mkdtemp(folder) == NULL) {
        err_set(err, ERR_IO, "%s: no temporary folder", folder);
        return false;
    }
    snprintf(url, sizeof(url), "ipc://%s/socket", folder);
    const struct server_setup server_setup = {.engine = engine_keep(b->engine),
                                              .path = setup->path,
                                              .overrides = setup->overrides,
                                              .override_count =
                                                  setup->override_count,
                                              .urls = urls,
                                              .url_count = 1,
                                              .kernels = setup->kernels};
    struct server *server = server_start(&server_setup, err);
    const bool fine = server != NULL && run_socket(b, url, err);
    server_free(server);
    rmdir(folder);
    return fine;
}

int
bench_pipeline_run(struct engine *engine, const struct bench_setup *setup,
                   FILE *out)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct err err;

    if (b == NULL) {
        return COMMAND_INTERNAL;
    }
    b->engine = engine;
    b->out = out;
    b->judge = judge_new((size_t)engine->config->limits.request_memory);
    b->scratch = rules_scratch_new();
    b->arena = arena_new(ARENA_BYTES);
    buffer_init(&b->message, MESSAGE_BYTES);
    buffer_init(&b->reply, MESSAGE_BYTES);
    build_message(engine, "score", &b->message);
    err_memory(&err, "the bench");
    const bool fine = b->judge != NULL && b->scratch != NULL &&
                      b->arena != NULL &&
                      rules_scratch_fit(b->scratch, engine->rules, &err) &&
                      run_stages(b, &err) && serve_and_run(b, setup, &err);
    if (!fine) {
        fprintf(stderr, "leeway bench: %s\n", err.message);
    }
    judge_free(b->judge);
    rules_scratch_free(b->scratch);
    arena_free(b->arena);
    buffer_clear(&b->message);
    buffer_clear(&b->reply);
    free(b);
    return fine ? COMMAND_DONE : COMMAND_INTERNAL;
}
