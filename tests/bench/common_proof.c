#include "tests/bench/common_proof.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/decode.h"
#include "proto/encode.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/fold.h"

enum { ARENA_BYTES = 64 << 20 };

static const struct judge_terms terms = {.deadline_ns = UINT64_MAX};

_Noreturn void
proof_fail(const char *what, const char *why)
{
    fprintf(stderr, "stream_proof: %s: %s\n", what, why);
    exit(2);
}

void
proof_must(bool fine, const char *what, const struct err *err)
{
    if (!fine) {
        proof_fail(what, err->message);
    }
}

struct proof_bench
proof_bench(struct engine *engine)
{
    const struct proof_bench bench = {.engine = engine,
                                      .judge = judge_new(ARENA_BYTES),
                                      .scratch = rules_scratch_new(),
                                      .row = arena_new(ARENA_BYTES)};

    if (bench.judge == NULL || bench.scratch == NULL || bench.row == NULL) {
        proof_fail("setting up", "out of memory");
    }
    return bench;
}

void
proof_bench_clear(struct proof_bench *bench)
{
    judge_free(bench->judge);
    rules_scratch_free(bench->scratch);
    arena_free(bench->row);
    engine_drop(bench->engine);
}

/* ------------------------------------------------------------------ a whole */

static void
scan(struct proof_bench *bench, struct proof_row *row)
{
    const struct engine *engine = bench->engine;
    const struct request *request = &row->request;
    const struct persona *persona;
    struct guardrail_cache_entry *lease = NULL;
    const struct ask *ask = NULL;
    struct rules_request prepared;
    struct view fold;
    struct err err;

    proof_must(
        rules_scratch_fit(bench->scratch, engine->rules, &err) &&
            persona_find(engine->personas, request->persona, &persona, &err) &&
            ask_borrow(engine->asks, engine->config, text_of(engine->hash),
                       request->guardrails, bench->row, &lease, &ask, &err) &&
            rules_prepare(engine->rules, request,
                          persona != NULL ? persona->config : NULL, ask,
                          bench->row, &prepared, &err),
        "a row", &err);
    hits_init(&row->hits, bench->row);
    proof_must(fold_view(row->text, bench->row, &fold, &err) &&
                   rules_scan(engine->rules, bench->scratch, &prepared,
                              row->text, &fold, &row->hits, &err),
               "a row", &err);
    ask_return(lease);
}

static void
note_cut(struct proof_row *row, size_t at)
{
    if (row->cut_count < PROOF_CUTS) {
        row->cuts[row->cut_count++] = at;
    }
}

/* What may not be shown early, and what only redacted. */
static void
sort_hits(struct proof_bench *bench, struct proof_row *row)
{
    hits_init(&row->masks, bench->row);
    for (size_t i = 0; i < row->hits.count; i++) {
        const struct hit *h = &row->hits.at[i];
        if (!h->enforced || h->whole || h->evidence) {
            continue;
        }
        note_cut(row, h->raw.from);
        note_cut(row, h->raw.to);
        if (h->action == CONFIG_REDACT) {
            (void)hits_add(&row->masks, h);
        } else if (h->raw.from < row->first) {
            row->first = h->raw.from;
        }
    }
    row->chosen = ARENA_ARRAY(bench->row, bool, row->masks.count + 1);
    for (size_t i = 0; i < row->masks.count; i++) {
        row->chosen[i] = true;
    }
}

static size_t
first_mask(const struct proof_row *row)
{
    size_t first = SIZE_MAX;

    for (size_t i = 0; i < row->masks.count; i++) {
        const size_t from = row->masks.at[i].raw.from;
        first = from < first ? from : first;
    }
    return first;
}

static void
note_envelope(const struct envelope *envelope, struct proof_row *row)
{
    encode_envelope(&row->envelope, envelope);
    row->action = envelope->action;
    row->verdict = envelope->verdict;
    buffer_add_text(&row->content, envelope->content.at != NULL
                                       ? envelope->content
                                       : row->text);
    const size_t masked = first_mask(row);
    for (size_t i = 0; i < envelope->hit_count; i++) {
        const struct envelope_hit *h = &envelope->hits[i];
        const bool placed = h->bytes.to > h->bytes.from;
        if (!placed || !text_is(h->mode, "enforce")) {
            continue;
        }
        if (text_is(h->stage, "redacted")) {
            // One that begins before the first redaction: hold_again.h.
            const bool behind = h->bytes.from >= masked;
            row->again = behind && h->bytes.from < row->again ? h->bytes.from
                                                              : row->again;
        } else if (!text_is(h->action, "redact") &&
                   h->bytes.from < row->first) {
            row->first = h->bytes.from;
        }
    }
}

const struct envelope *
proof_judge(struct proof_bench *bench, const struct request *request)
{
    static struct judge_result result;
    struct err err;

    proof_must(judge_begin(bench->judge, bench->engine, &err) &&
                   judge_request(bench->judge, bench->engine, request, &terms,
                                 &result, &err),
               "a row", &err);
    return &result.envelopes[0];
}

void
proof_row_make(struct proof_bench *bench, const struct request *request,
               struct proof_row *out)
{
    *out = (struct proof_row){.request = *request,
                              .text = request->candidates[0].text,
                              .first = SIZE_MAX,
                              .again = SIZE_MAX};
    buffer_init(&out->envelope, SIZE_MAX);
    buffer_init(&out->content, SIZE_MAX);
    scan(bench, out);
    sort_hits(bench, out);
    note_envelope(proof_judge(bench, request), out);
}

void
proof_row_clear(struct proof_row *row)
{
    buffer_clear(&row->envelope);
    buffer_clear(&row->content);
}

/* --------------------------------------------------------------------- rows */

static struct request_texts
texts_of(const struct config_texts *from)
{
    return (struct request_texts){from->at, from->count};
}

static const struct config_test *
next_own(struct proof_source *source)
{
    const struct config *config = source->own;

    while (source->rule < config->rule_count &&
           source->test >= config->rules[source->rule].test_count) {
        source->rule++;
        source->test = 0;
    }
    if (source->rule < config->rule_count) {
        return &config->rules[source->rule].tests[source->test++];
    }
    return source->test < config->test_count ? &config->tests[source->test++]
                                             : NULL;
}

static bool
next_test(struct proof_source *source, struct request_candidate *candidate,
          struct request *out)
{
    const struct config_test *test = next_own(source);

    if (test == NULL) {
        return false;
    }
    *candidate = (struct request_candidate){.text = test->text};
    *out = (struct request){.op = REQUEST_SCORE,
                            .deadline_ms = -1,
                            .turn = -1,
                            .persona = test->persona,
                            .locale = test->locale,
                            .system_prompt = test->system_prompt,
                            .guardrails = texts_of(&test->extra_guardrails),
                            .candidates = candidate,
                            .candidate_count = 1,
                            .drift_threshold = (double)NAN};
    for (int role = 0; role < REQUEST_ROLES; role++) {
        if (text_is(test->role, request_role_names[role])) {
            out->role = (enum request_role)role;
        }
    }
    return true;
}

bool
proof_next(struct proof_bench *bench, struct proof_source *source,
           struct request_candidate *candidate, struct request *out)
{
    static const struct decode_limits limits = {{16, 65536}, 1 << 20, 1 << 20,
                                                256,         1024,    16};
    struct text *input = &source->input;
    struct err err;
    char *end;

    arena_reset(bench->row);
    if (source->own != NULL) {
        return next_test(source, candidate, out);
    }
    const char *const line =
        input->len > 0 ? memchr(input->at, '\n', input->len) : NULL;
    if (line == NULL) {
        return false;
    }
    const unsigned long long bytes = strtoull(input->at, &end, 10);
    const size_t head = (size_t)(line - input->at) + 1;
    if (end != line || bytes > input->len - head) {
        proof_fail("stdin", "a row is \"<bytes>\\n\" and the bytes");
    }
    const struct text message = text_part(*input, head, head + (size_t)bytes);
    proof_must(decode_request(message, &limits, bench->row, out, &err), "a row",
               &err);
    *input = text_part(*input, head + (size_t)bytes, input->len);
    return true;
}
