#include "sidecar/tools/show_rules.h"

#include <math.h>

#include "config/schema.h"
#include "sidecar/tools/show_json.h"
#include "sidecar/tools/show_text.h"

static const char *const action_names[] = {"none", "flag", "redact", "fallback",
                                           "block"};
static const char *const mode_names[] = {"enforce", "monitor", "disabled"};
static const char *const hold_names[] = {[HOLD_REACH_NONE] = "none",
                                         [HOLD_REACH_CHARS] = "chars",
                                         [HOLD_REACH_ENDLESS] = "endless",
                                         [HOLD_REACH_UNBOUNDED] = "unbounded"};

/* ------------------------------------------------------------------ remarks */

static bool
remark_json(const struct audit_remark *r, FILE *to)
{
    struct show_json json;

    show_json_open(&json);
    show_json_place(&json, r->at);
    show_json_text(&json, "path", r->path);
    show_json_text(&json, "severity", text_of(audit_level_names[r->level]));
    show_json_text(&json, "check", text_of(r->check));
    show_json_text(&json, "message", r->message);
    const bool good = show_json_close(&json, to);
    fputc('\n', to);
    return good;
}

static void
remark_human(const struct audit_remark *r, FILE *to)
{
    char words[PLACE_WORDS_BYTES];

    fprintf(to, "%s: %s: ", place_words(r->at, words),
            audit_level_names[r->level]);
    show_text_plain(to, r->path);
    fputs(": ", to);
    show_text_plain(to, r->message);
    fprintf(to, " [%s]\n", r->check);
}

bool
show_rules_remarks(const struct audit *audit, enum audit_level least, bool json,
                   FILE *to)
{
    bool good = true;

    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_remark *r = &audit->at[i];
        if (r->level < least) {
            continue;
        }
        if (json) {
            good = remark_json(r, to) && good;
        } else {
            remark_human(r, to);
        }
    }
    return good;
}

/* -------------------------------------------------------------------- table */

static const char *
state_of(const struct audit_rule *row)
{
    if (!row->rule->active) {
        return "off";
    }
    return row->rule->enforced || row->rule->config->mode != CONFIG_ENFORCE
               ? mode_names[row->rule->config->mode]
               : "monitor";
}

static bool
row_json(const struct audit_rule *row, FILE *to)
{
    const struct config_rule *rule = row->rule->config;
    struct show_json json;

    show_json_open(&json);
    show_json_text(&json, "rule", rule->id);
    show_json_place(&json, node_place(rule->node, ""));
    show_json_text(&json, "type", text_of(schema_type_name(rule->type)));
    show_json_text(&json, "category", rule->category);
    show_json_text(&json, "action", text_of(action_names[rule->action]));
    show_json_double(&json, "score", row->rule->score);
    show_json_text(&json, "mode", text_of(state_of(row)));
    show_json_uint(&json, "level", (unsigned long long)rule->level);
    show_json_uint(&json, "terms", row->terms);
    show_json_uint(&json, "patterns", row->patterns);
    show_json_uint(&json, "positiveTests", row->positive);
    show_json_uint(&json, "negativeTests", row->negative);
    show_json_text(&json, "growth", text_of(audit_growth_words[row->growth]));
    show_json_text(&json, "holdBack", text_of(hold_names[row->hold->reach]));
    if (row->hold->reach == HOLD_REACH_CHARS) {
        show_json_uint(&json, "holdBackChars", row->hold->chars);
    }
    show_json_bool(&json, "holdBackWord", row->hold->by[HOLD_BY_WORDS]);
    if (row->hold->cause != NULL) {
        show_json_text(&json, "holdBackCause", text_of(row->hold->cause));
    }
    show_json_double(&json, "nsPerKib", row->ns_per_kib);
    const bool good = show_json_close(&json, to);
    fputc('\n', to);
    return good;
}

static void
row_human(const struct audit_rule *row, FILE *to)
{
    const struct config_rule *rule = row->rule->config;
    char hold[48];

    if (row->hold->reach == HOLD_REACH_CHARS) {
        snprintf(hold, sizeof(hold), "%zu%s", row->hold->chars,
                 row->hold->by[HOLD_BY_WORDS] ? " + word" : "");
    } else {
        snprintf(hold, sizeof(hold), "%s", hold_names[row->hold->reach]);
    }
    fprintf(to, "%-26.*s %-13s %-9s %5.2f %-8s %3lld %6zu %4zu %4zu/%-4zu ",
            TEXT_ARGS(rule->id), schema_type_name(rule->type),
            action_names[rule->action], row->rule->score, state_of(row),
            rule->level, row->terms, row->patterns, row->positive,
            row->negative);
    if (isnan(row->ns_per_kib)) {
        fprintf(to, "%9s ", "-");
    } else {
        fprintf(to, "%9.0f ", row->ns_per_kib);
    }
    fprintf(to, "%-12s %s\n", hold, audit_growth_words[row->growth]);
}

bool
show_rules_table(const struct audit *audit, bool json, FILE *to)
{
    bool good = true;

    if (!json) {
        fprintf(to, "%-26s %-13s %-9s %5s %-8s %3s %6s %4s %9s %9s %-12s %s\n",
                "rule", "type", "action", "score", "mode", "lvl", "terms",
                "pat.", "tests +/-", "ns/KiB", "holds back", "backtracking");
    }
    for (size_t i = 0; i < audit->rule_count; i++) {
        if (json) {
            good = row_json(&audit->rules[i], to) && good;
        } else {
            row_human(&audit->rules[i], to);
        }
    }
    return good;
}
