#include "sidecar/engine/judge.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/hash.h"
#include "sidecar/engine/alert.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/cast.h"
#include "sidecar/engine/compose.h"
#include "sidecar/engine/decide.h"
#include "sidecar/engine/fallback.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/hold.h"
#include "sidecar/engine/redact.h"
#include "sidecar/engine/report.h"

struct judge {
    struct arena *arena;  /* what the answer refers to: the whole request */
    struct arena *pieces; /* views, hits, features: one candidate */
    struct rules_scratch *scratch;
    struct hold_scratch *hold;   /* NULL: no stream has come yet */
    bool held;                   /* it is fitted to the rules as well */
    const struct engine *engine; /* the scratch is fitted to its rules */
    uint64_t generation;
    size_t arena_bytes;
};

/* What all candidates of one request share. */
struct sitting {
    struct judge *judge;
    const struct engine *engine;
    const struct request *request;
    const struct judge_terms *terms;
    const struct persona *persona; /* NULL: none named */
    struct rules_request rules;
    struct envelope_timing spent_ns; /* nanoseconds here */
    uint64_t mark_ns;
    struct err *err;
};

struct judge *
judge_new(size_t arena_bytes)
{
    struct judge *judge = calloc(1, sizeof(*judge));

    if (judge == NULL) {
        return NULL;
    }
    judge->arena_bytes = arena_bytes;
    judge->arena = arena_new(arena_bytes);
    judge->pieces = arena_new(arena_bytes);
    judge->scratch = rules_scratch_new();
    if (judge->arena == NULL || judge->pieces == NULL ||
        judge->scratch == NULL) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

void
judge_free(struct judge *judge)
{
    if (judge != NULL) {
        arena_free(judge->arena);
        arena_free(judge->pieces);
        rules_scratch_free(judge->scratch);
        hold_scratch_free(judge->hold);
        free(judge);
    }
}

struct arena *
judge_arena(struct judge *judge)
{
    return judge->arena;
}

struct rules_scratch *
judge_rules(struct judge *judge)
{
    return judge->scratch;
}

struct hold_scratch *
judge_hold(struct judge *judge, struct err *err)
{
    if (judge->hold == NULL) {
        judge->hold = hold_scratch_new(judge->arena_bytes);
    }
    if (judge->hold == NULL) {
        err_memory(err, "streams");
        return NULL;
    }
    judge->held =
        judge->held || hold_scratch_fit(judge->hold, judge->engine->rules, err);
    return judge->held ? judge->hold : NULL;
}

bool
judge_begin(struct judge *judge, const struct engine *engine, struct err *err)
{
    arena_reset(judge->arena);
    // A later engine may have the address of an earlier one.
    if (judge->engine == engine && judge->generation == engine->generation) {
        return true;
    }
    judge->engine = NULL;
    judge->held = false;
    if (!rules_scratch_fit(judge->scratch, engine->rules, err)) {
        return false;
    }
    judge->engine = engine;
    judge->generation = engine->generation;
    return true;
}

/* Ends a stage: books its time, and stops where the deadline has passed. */
static bool
stage_done(struct sitting *s, uint64_t *spent_ns)
{
    const uint64_t now = clock_ns();

    *spent_ns += now - s->mark_ns;
    s->mark_ns = now;
    if (now > s->terms->deadline_ns) {
        err_set(s->err, ERR_DEADLINE, "the deadline passed while judging");
        return false;
    }
    return true;
}

/* --------------------------------------------------------------- mending it */

static bool
scan_text(struct sitting *s, struct text text, struct hits *hits)
{
    struct view fold;

    hits_init(hits, s->judge->pieces);
    return fold_view(text, s->judge->pieces, &fold, s->err) &&
           rules_scan(s->engine->rules, s->judge->scratch, &s->rules, text,
                      &fold, hits, s->err);
}

static bool
use_fallback(struct sitting *s, const struct request_candidate *candidate,
             const struct decision *decision, struct envelope *out)
{
    const struct fallback_query query = {
        .rule_pool = decision->fallback_pool,
        .profile_pool = s->rules.stance.fallback,
        .category = decision->category,
        .locale = s->request->locale,
        .persona = s->persona != NULL ? s->persona->config : NULL,
        .rotation = s->terms->rotation,
        .content = hash_text(candidate->text, 0)};
    struct fallback_line line;

    if (!fallback_choose(s->engine->config, &query, s->judge->arena, &line,
                         s->err)) {
        return false;
    }
    out->content = line.text;
    out->pool = line.pool;
    out->locale = line.locale;
    out->line = line.line;
    return true;
}

static void
name_block(const struct decision *decision, struct envelope *out)
{
    out->error_code =
        decision->drift_decided ? "drift_blocked" : "moderation_blocked";
    out->error_http = decision->drift_decided ? 409 : 422;
    out->error_message = decision->drift_decided
                             ? "the reply is too far from the persona's voice"
                             : "the reply was refused by moderation";
}

/* Composites first: they are hits too. */
static bool
decide(struct sitting *s, const struct decide_evidence *evidence,
       struct text text, struct hits *hits, struct decision *out)
{
    const struct compose_subject subject = {evidence, &s->rules, text};

    return compose_run(&subject, hits, s->judge->pieces, s->err) &&
           decide_all(evidence, s->judge->arena, out, s->err);
}

/*
 * Applies the redaction and judges its result once more: a mask can make a new
 * match. What then still asks for redaction gets a fallback instead, and what
 * asks for a block is blocked.
 */
static bool
use_redaction(struct sitting *s, const struct request_candidate *candidate,
              const struct hits *hits, struct decision *decision,
              struct report *report, struct envelope *out)
{
    const struct envelope_drift none = {.status = DRIFT_NOT_APPLICABLE};
    struct redaction *redaction =
        ARENA_ARRAY(s->judge->arena, struct redaction, 1);
    struct hits again;
    struct decision second;

    if (redaction == NULL) {
        err_memory(s->err, "the redaction");
        return false;
    }
    if (!redact_apply(s->engine->rules, candidate->text, hits,
                      decision->redacts, s->judge->arena, redaction, s->err) ||
        !scan_text(s, redaction->text, &again)) {
        return false;
    }
    redact_forgive(redaction, &again);
    report->redaction = redaction;
    report->errors_again = again.errors;
    const struct decide_evidence evidence = {
        .rules = s->engine->rules,
        .config = s->engine->config,
        .thresholds = s->rules.stance.thresholds,
        .enforced = s->rules.stance.enforced,
        .hits = &again,
        .drift = &none};
    if (!decide(s, &evidence, redaction->text, &again, &second)) {
        return false;
    }
    if (second.verdict < VERDICT_REDACT) {
        out->content = redaction->text;
        return true;
    }
    report->again = again;
    decision->verdict = VERDICT_REFUSE;
    decision->action =
        second.action == ACTION_BLOCK ? ACTION_BLOCK : ACTION_FALLBACK;
    decision->by = second.by;
    decision->moderated_by = second.moderated_by;
    decision->category = second.category;
    decision->fallback_pool = second.fallback_pool;
    if (decision->action == ACTION_BLOCK) {
        name_block(decision, out);
        return true;
    }
    return use_fallback(s, candidate, decision, out);
}

static bool
mend(struct sitting *s, const struct request_candidate *candidate,
     const struct hits *hits, struct decision *decision, struct report *report,
     struct envelope *out)
{
    switch (decision->action) {
    case ACTION_SHIP:
    case ACTIONS:
        return true;
    case ACTION_REDACT:
        return use_redaction(s, candidate, hits, decision, report, out);
    case ACTION_REGENERATE:
    case ACTION_FALLBACK:
        return use_fallback(s, candidate, decision, out);
    case ACTION_BLOCK:
        break;
    }
    name_block(decision, out);
    return true;
}

/* ------------------------------------------------------------ one candidate */

static bool
measure(struct sitting *s, const struct persona_query *query,
        struct envelope_drift *out)
{
    return persona_measure(query, s->judge->arena, out, s->err) &&
           cast_compare(s->engine->personas, query, s->judge->pieces, out,
                        s->err);
}

/* What pulls it away is for those who ask, and for the model asked again. */
static bool
explain(struct sitting *s, const struct persona_query *query,
        const struct decision *decision, struct envelope_drift *drift)
{
    const bool wanted =
        s->request->explain || decision->action == ACTION_REGENERATE;

    return !wanted || persona_hints(query, s->engine->personas, s->judge->arena,
                                    drift, s->err);
}

/* Writes the answer down, mended where it must be. */
static bool
answer(struct sitting *s, const struct request_candidate *candidate,
       const struct hits *hits, struct decision *decision, struct envelope *out)
{
    struct report report = {.engine = s->engine,
                            .request = s->request,
                            .candidate = candidate,
                            .ask = s->rules.ask,
                            .hits = hits};

    if (!mend(s, candidate, hits, decision, &report, out)) {
        return false;
    }
    if (text_equal(out->content, candidate->text)) {
        out->content = (struct text){NULL, 0}; // it says what it said
    }
    if (!report_fill(&report, decision, s->judge->arena, out, s->err)) {
        return false;
    }
    const struct alert_subject subject = {s->request, candidate->text,
                                          decision->moderated_by};
    return alert_fill(&subject, s->judge->arena, out, s->err);
}

static bool
judge_candidate(struct sitting *s, const struct request_candidate *candidate,
                struct envelope *out)
{
    struct arena *pieces = s->judge->pieces;
    struct envelope_timing *spent = &s->spent_ns;
    struct view fold;
    struct hits hits;
    struct voice voice;
    struct decision decision;
    const struct persona_query query = {.config = s->engine->config,
                                        .kernels = s->engine->kernels,
                                        .persona = s->persona,
                                        .request = s->request,
                                        .candidate = candidate,
                                        .voice = &voice};

    s->mark_ns = clock_ns();
    arena_reset(pieces);
    hits_init(&hits, pieces);
    if (!fold_view(candidate->text, pieces, &fold, s->err) ||
        !stage_done(s, &spent->normalise) ||
        !rules_scan(s->engine->rules, s->judge->scratch, &s->rules,
                    candidate->text, &fold, &hits, s->err) ||
        !stage_done(s, &spent->rules) ||
        !persona_read(s->engine->personas, s->persona, s->request, candidate,
                      pieces, &voice, s->err) ||
        !stage_done(s, &spent->embed) || !measure(s, &query, &out->drift) ||
        !stage_done(s, &spent->drift)) {
        return false;
    }
    const struct decide_evidence evidence = {
        .rules = s->engine->rules,
        .config = s->engine->config,
        .thresholds = s->rules.stance.thresholds,
        .enforced = s->rules.stance.enforced,
        .hits = &hits,
        .request = s->request,
        .drift = &out->drift,
        .on_drift = s->persona != NULL ? s->persona->config->drift.on_alert
                                       : s->engine->config->drift.on_alert,
        .attempt = s->request->attempt};
    s->rules.flood = NULL; // a message counts once, with its first candidate
    return decide(s, &evidence, candidate->text, &hits, &decision) &&
           explain(s, &query, &decision, &out->drift) &&
           answer(s, candidate, &hits, &decision, out) &&
           stage_done(s, &spent->rules);
}

static bool
judge_candidates(struct sitting *s, const struct ask *ask,
                 struct judge_result *out)
{
    if (!rules_prepare(s->engine->rules, s->request,
                       s->persona != NULL ? s->persona->config : NULL, ask,
                       s->judge->arena, &s->rules, s->err)) {
        return false;
    }
    s->rules.deadline_ns = s->terms->deadline_ns;
    // The second attempt at a message is the same message.
    s->rules.flood = s->request->attempt == 0 ? s->terms->flood : NULL;
    s->rules.now_ns = s->terms->now_ns;
    for (size_t i = 0; i < out->count; i++) {
        if (!judge_candidate(s, &s->request->candidates[i],
                             &out->envelopes[i])) {
            return false;
        }
    }
    return true;
}

static size_t
choose(const struct envelope *at, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++) {
        const double drift = at[i].drift.score, least = at[best].drift.score;
        if (at[i].action != at[best].action) {
            best = at[i].action < at[best].action ? i : best;
        } else if (drift < least || (isnan(least) && !isnan(drift))) {
            best = i; // an unmeasured reply is never the nearer one
        }
    }
    return best;
}

static uint64_t
whole_us(uint64_t ns)
{
    return (ns + 500) / 1000;
}

bool
judge_request(struct judge *judge, const struct engine *engine,
              const struct request *request, const struct judge_terms *terms,
              struct judge_result *out, struct err *err)
{
    struct sitting s = {.judge = judge,
                        .engine = engine,
                        .request = request,
                        .terms = terms,
                        .err = err};

    assert(judge->engine == engine);
    out->count = request->candidate_count;
    out->envelopes = ARENA_ARRAY(judge->arena, struct envelope, out->count);
    if (out->envelopes == NULL) {
        err_memory(err, "envelopes");
        return false;
    }
    const struct ask *ask = NULL;
    struct guardrail_cache_entry *lease = NULL;
    const struct digest *digest = &engine->config->digest;
    const struct text scope = {(const char *)digest->bytes, DIGEST_BYTES};
    if (!persona_find(engine->personas, request->persona, &s.persona, err) ||
        !ask_borrow(engine->asks, engine->config, scope, request->guardrails,
                    judge->arena, &lease, &ask, err)) {
        return false;
    }
    const bool judged = judge_candidates(&s, ask, out);
    ask_return(lease);
    if (!judged) {
        return false;
    }
    out->chosen = choose(out->envelopes, out->count);
    out->timing =
        (struct envelope_timing){.normalise = whole_us(s.spent_ns.normalise),
                                 .rules = whole_us(s.spent_ns.rules),
                                 .embed = whole_us(s.spent_ns.embed),
                                 .drift = whole_us(s.spent_ns.drift)};
    return true;
}
