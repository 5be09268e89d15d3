#include "sidecar/engine/stream_gate.h"

#include <stdlib.h>

#include "sidecar/engine/ask.h"
#include "sidecar/engine/hold.h"
#include "sidecar/engine/hold_again.h"
#include "sidecar/engine/redact.h"

enum { REQUEST_BYTES = 16 << 20 /* a folded system prompt, indexed */ };

struct stream_gate {
    const struct engine *engine;
    struct arena *arena; /* what is prepared of the request */
    struct rules_request request;
    struct guardrail_cache_entry *lease;
    struct hold *hold;        /* NULL: everything waits for the close */
    struct hold_again *again; /* of what is redacted; NULL: nothing yet */
    size_t safe;              /* bytes of the text that hold lets go */
    size_t redacted;          /* redactions in them */
    enum envelope_verdict verdict;
};

/*
 * Where only some requests are enforced, and what they say decides which, that
 * is not known before the text is.
 */
static bool
is_decided(const struct config *config, const struct request *request)
{
    return !(config->engine.sampling_percentage < 100.0) ||
           request->session.len > 0;
}

static bool
prepare(struct stream_gate *gate, const struct request *request,
        struct err *err)
{
    const struct engine *engine = gate->engine;
    const struct persona *persona = NULL;
    const struct ask *ask = NULL;

    return persona_find(engine->personas, request->persona, &persona, err) &&
           ask_borrow(engine->asks, engine->config, text_of(engine->hash),
                      request->guardrails, gate->arena, &gate->lease, &ask,
                      err) &&
           rules_prepare(engine->rules, request,
                         persona != NULL ? persona->config : NULL, ask,
                         gate->arena, &gate->request, err);
}

struct stream_gate *
stream_gate_new(const struct engine *engine, const struct request *request,
                struct err *err)
{
    struct stream_gate *gate = calloc(1, sizeof(*gate));

    if (gate == NULL) {
        err_memory(err, "a stream's gate");
        return NULL;
    }
    gate->engine = engine;
    gate->arena = arena_new_small(REQUEST_BYTES);
    if (gate->arena == NULL) {
        err_memory(err, "a stream's gate");
        stream_gate_free(gate);
        return NULL;
    }
    if (!prepare(gate, request, err)) {
        stream_gate_free(gate);
        return NULL;
    }
    if (is_decided(engine->config, request)) {
        gate->hold = hold_new(engine->rules, &gate->request, err);
        if (gate->hold == NULL) {
            stream_gate_free(gate);
            return NULL;
        }
    }
    return gate;
}

void
stream_gate_free(struct stream_gate *gate)
{
    if (gate != NULL) {
        hold_again_free(gate->again);
        hold_free(gate->hold);
        ask_return(gate->lease);
        arena_free(gate->arena);
        free(gate);
    }
}

size_t
stream_gate_bytes(const struct stream_gate *gate)
{
    return sizeof(*gate) + arena_held(gate->arena) +
           (gate->hold != NULL ? hold_bytes(gate->hold) : 0) +
           (gate->again != NULL ? hold_again_bytes(gate->again) : 0);
}

/* What the text's bytes [gate->safe, safe) become. */
static bool
redact(struct stream_gate *gate, struct arena *arena, struct text text,
       size_t safe, struct redaction *out, struct err *err)
{
    const struct hits *all = hold_redactions(gate->hold);
    const size_t count = all->count - gate->redacted;
    const struct text piece = text_part(text, gate->safe, safe);
    struct hits hits;

    *out = (struct redaction){.text = piece};
    if (count == 0) {
        return true;
    }
    bool *chosen = ARENA_ARRAY(arena, bool, count);
    hits_init(&hits, arena);
    for (size_t i = 0; chosen != NULL && i < count; i++) {
        struct hit hit = all->at[gate->redacted + i];
        if (hit.raw.from < gate->safe || hit.raw.to > safe) {
            err_set(err, ERR_INTERNAL, "a redaction of what is not let go");
            return false;
        }
        hit.raw.from -= gate->safe;
        hit.raw.to -= gate->safe;
        chosen[i] = hits_add(&hits, &hit);
    }
    if (chosen == NULL || hits.count < count) {
        err_memory(err, "a redaction");
        return false;
    }
    gate->redacted = all->count;
    return redact_apply(gate->engine->rules, piece, &hits, chosen, arena, out,
                        err);
}

/* What is shown of the text's bytes [gate->safe, safe), and before. */
static bool
emit(struct stream_gate *gate, struct judge *judge, struct text text,
     size_t safe, struct stream_gate_answer *out, struct err *err)
{
    struct redaction piece;

    if (!redact(gate, judge_arena(judge), text, safe, &piece, err)) {
        return false;
    }
    if (gate->again == NULL && piece.count == 0) {
        out->safe = safe;
        out->emit = piece.text;
        return true;
    }
    if (gate->again == NULL) {
        gate->again = hold_again_new(gate->engine->rules, &gate->request,
                                     text_part(text, 0, gate->safe), err);
    }
    return gate->again != NULL &&
           hold_again_add(gate->again, safe - gate->safe, &piece, err) &&
           hold_again_feed(gate->again, judge_hold(judge, err),
                           judge_rules(judge), &out->safe, &out->emit, err);
}

static enum envelope_verdict
verdict_of(enum config_action action)
{
    switch (action) {
    case CONFIG_NONE:
        break;
    case CONFIG_FLAG:
        return VERDICT_FLAG;
    case CONFIG_REDACT:
        return VERDICT_REDACT;
    case CONFIG_FALLBACK:
    case CONFIG_BLOCK:
        return VERDICT_REFUSE;
    }
    return VERDICT_PASS;
}

bool
stream_gate_advance(struct stream_gate *gate, struct judge *judge,
                    const struct stream_gate_text *text,
                    struct stream_gate_answer *out, struct err *err)
{
    size_t safe = gate->safe;

    *out = (struct stream_gate_answer){.verdict = gate->verdict};
    if (gate->hold == NULL) {
        return true;
    }
    struct hold_scratch *scratch = judge_hold(judge, err);
    if (scratch == NULL ||
        !hold_feed(gate->hold, scratch, judge_rules(judge), text->text, &safe,
                   err) ||
        !emit(gate, judge, text->text, safe, out, err)) {
        return false;
    }
    gate->safe = safe;
    gate->verdict = verdict_of(hold_certain(gate->hold));
    out->verdict = gate->verdict;
    out->stop = gate->verdict == VERDICT_REFUSE;
    return true;
}
