#include "sidecar/engine/report.h"

#include "sidecar/base/utf8.h"

static const char *const type_names[CONFIG_RULE_TYPES] = {
    "terms", "regex", "pii", "persona_break", "prompt_leak", "length"};
static const char *const severity_names[CONFIG_SEVERITIES] = {
    "info", "low", "medium", "high", "critical"};
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
        rule->enforced || config->mode == CONFIG_MONITOR ? config->mode
                                                         : CONFIG_MONITOR;

    return (struct envelope_hit){.rule = config->id,
                                 .type = text_of(type_names[config->type]),
                                 .category = config->category,
                                 .severity =
                                     text_of(severity_names[config->severity]),
                                 .mode = text_of(mode_names[mode]),
                                 .stage = text_of(stage),
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

static bool
list_hits(const struct report *report, const struct decision *decision,
          struct arena *arena, struct envelope *out)
{
    const size_t limit = (size_t)report->engine->config->limits.hits;
    const size_t all = report->hits->count + report->again.count;
    const size_t count = all < limit ? all : limit;
    struct envelope_hit *at = ARENA_ARRAY(arena, struct envelope_hit, count);
    struct ruler ruler = {.text = report->candidate->text,
                          .ascii = is_ascii(report->candidate->text)};

    if (at == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (i < report->hits->count) {
            const struct hit *h = &report->hits->at[i];
            const struct redact_edit *edit =
                report->redaction != NULL && decision->redacts[i]
                    ? redact_find(report->redaction, h->raw)
                    : NULL;
            at[i] = describe(report, h, h->raw, stage_of(report));
            if (edit != NULL && out->action == ACTION_REDACT) {
                at[i].replacement = edit->replacement;
            }
        } else {
            const struct hit *h = &report->again.at[i - report->hits->count];
            at[i] =
                describe(report, h, redact_origin(report->redaction, h->raw),
                         "redacted");
        }
        measure(&ruler, &at[i]);
    }
    out->hits = at;
    out->hit_count = count;
    out->coverage.truncated_matches = count < all;
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
    out->unsupported = report->request->guardrails.at;
    out->unsupported_count = report->request->guardrails.count;
    if (!list_hits(report, decision, arena, out)) {
        err_memory(err, "the envelope's hits");
        return false;
    }
    return true;
}
