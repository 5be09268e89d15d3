#include "sidecar/engine/report.h"

#include "config/schema.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/rules_explain.h"

static const char *const severity_names[CONFIG_SEVERITIES] = {
    "info", "low", "medium", "high", "critical"};
static const char *const action_names[] = {"none", "flag", "redact", "fallback",
                                           "block"};
static const char *const mode_names[] = {"enforce", "monitor", "disabled"};

/* Counts on from the last offset asked for: hits come in order of place. */
struct ruler {
    struct text text;
    bool ascii; /* every offset is the same in all three units */
    size_t at;
    struct utf8_lengths before;
};

static void
measure(struct ruler *ruler, struct envelope_hit *hit)
{
    if (ruler->ascii) {
        hit->code_points = hit->utf16 = hit->bytes;
        return;
    }
    if (hit->bytes.from < ruler->at) {
        ruler->at = 0;
        ruler->before = (struct utf8_lengths){0, 0};
    }
    const struct utf8_lengths step =
        utf8_count(text_part(ruler->text, ruler->at, hit->bytes.from));
    const struct utf8_lengths inside =
        utf8_count(text_part(ruler->text, hit->bytes.from, hit->bytes.to));
    ruler->at = hit->bytes.from;
    ruler->before.code_points += step.code_points;
    ruler->before.utf16_units += step.utf16_units;
    hit->code_points.from = ruler->before.code_points;
    hit->code_points.to = hit->code_points.from + inside.code_points;
    hit->utf16.from = ruler->before.utf16_units;
    hit->utf16.to = hit->utf16.from + inside.utf16_units;
}

static bool
is_ascii(struct text text)
{
    return utf8_count(text).code_points == text.len;
}

static struct envelope_hit
describe(const struct report *report, const struct hit *hit, struct span span,
         const char *stage)
{
    const struct rule *rule = rules_at(report->engine->rules, hit->rule);
    const struct config_rule *config = rule->config;
    const enum config_mode mode =
        hit->enforced ? CONFIG_ENFORCE : CONFIG_MONITOR;

    return (struct envelope_hit){
        .rule = config->id,
        .type = text_of(schema_type_name(config->type)),
        .category = config->category,
        .severity = text_of(severity_names[config->severity]),
        .mode = text_of(mode_names[mode]),
        .stage = text_of(stage),
        .action = text_of(action_names[hit->action]),
        .entity = hit->entity,
        .score = hit->score,
        .via = hit->via,
        .bytes = {span.from, span.to}};
}

static const char *
stage_of(const struct report *report)
{
    return report->request->role == REQUEST_USER ||
                   report->request->role == REQUEST_SYSTEM
               ? "input"
               : "output";
}

static struct envelope_hit
describe_first(const struct report *report, const struct decision *decision,
               size_t index, enum envelope_action action)
{
    const struct hit *h = &report->hits->at[index];
    struct envelope_hit out = describe(report, h, h->raw, stage_of(report));

    if (action == ACTION_REDACT && report->redaction != NULL &&
        decision->redacts[index]) {
        const struct redact_edit *edit = redact_find(report->redaction, h->raw);
        out.replacement =
            edit != NULL ? edit->replacement : (struct text){NULL, 0};
    }
    return out;
}

/* Those of the text, then those of its redaction, up to the limit. */
static bool
list_hits(const struct report *report, const struct decision *decision,
          struct arena *arena, struct envelope *out, struct err *err)
{
    const size_t limit = (size_t)report->engine->config->limits.hits;
    const size_t first = report->hits->count;
    const size_t all = first + report->again.count;
    struct envelope_hit *at =
        ARENA_ARRAY(arena, struct envelope_hit, all < limit ? all : limit);
    struct ruler ruler = {.text = report->candidate->text,
                          .ascii = is_ascii(report->candidate->text)};
    size_t count = 0;

    if (at == NULL) {
        err_memory(err, "the envelope's hits");
        return false;
    }
    for (size_t i = 0; i < all; i++) {
        const struct hit *h =
            i < first ? &report->hits->at[i] : &report->again.at[i - first];
        if (h->hidden || h->evidence) {
            continue;
        }
        if (count == limit) {
            out->coverage.truncated_matches = true;
            break;
        }
        at[count] =
            i < first
                ? describe_first(report, decision, i, out->action)
                : describe(report, h,
                           h->whole ? h->raw
                                    : redact_origin(report->redaction, h->raw),
                           "redacted");
        measure(&ruler, &at[count]);
        if (report->request->explain && i < first &&
            !rules_explain(report->engine->rules, h->rule,
                           report->candidate->text, arena, &at[count], err)) {
            return false;
        }
        count++;
    }
    out->hits = at;
    out->hit_count = count;
    return true;
}

static bool
list_unsupported(const struct report *report, struct arena *arena,
                 struct envelope *out)
{
    const struct request_texts *items = &report->request->guardrails;

    if (report->ask == NULL) {
        return true;
    }
    struct text *at = ARENA_ARRAY(arena, struct text, items->count);
    if (at == NULL) {
        return false;
    }
    for (size_t i = 0; i < items->count; i++) {
        if (ask_refuses(report->ask, items->at[i])) {
            at[out->unsupported_count++] = items->at[i];
        }
    }
    out->unsupported = at;
    return true;
}

bool
report_fill(const struct report *report, const struct decision *decision,
            struct arena *arena, struct envelope *out, struct err *err)
{
    out->verdict = decision->verdict;
    out->action = decision->action;
    out->would_action = decision->would_action > decision->action
                            ? decision->would_action
                            : decision->action;
    out->decided_by = decision->by;
    out->categories = decision->categories;
    out->category_count = report->engine->config->category_count;
    out->coverage.bytes = report->candidate->text.len;
    out->coverage.rules_run = report->hits->rules_run;
    out->coverage.rules_skipped = report->hits->rules_skipped;
    out->coverage.errors = report->hits->errors + report->errors_again;
    out->coverage.degraded = out->coverage.errors > 0;
    if (!list_hits(report, decision, arena, out, err)) {
        return false;
    }
    if (!list_unsupported(report, arena, out)) {
        err_memory(err, "extraGuardrails");
        return false;
    }
    return true;
}
