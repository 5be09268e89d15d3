#include "sidecar/engine/audit.h"

#include <math.h>
#include <stdio.h>

/*
 * Thresholds are reached by sums of hits: the most that the rules in force
 * could bring a category to, in one direction, is worked out as the decision
 * does (decide.h), each rule with all the hits that count.
 */

static void
look_at_rule(const struct config *config, struct audit *audit,
             const struct rule *rule)
{
    const struct config_rule *r = rule->config;

    if (r->mode == CONFIG_DISABLED) {
        audit_remark_rule(audit, AUDIT_NOTE, "unreachable", r, "mode",
                          "it is disabled");
    } else if (r->level > config->engine.level) {
        audit_remark_rule(audit, AUDIT_NOTE, "unreachable", r, "level",
                          "level %lld is above engine.level %lld, so it does "
                          "not run",
                          r->level, config->engine.level);
    } else if (!rule->active) {
        audit_remark_rule(audit, AUDIT_NOTE, "unreachable", r, "",
                          "it is not in force");
    }
    if (r->directions == 0) {
        audit_remark_rule(audit, AUDIT_WARNING, "unreachable", r, "directions",
                          "it runs in no direction");
    }
}

/* Of a term: what counts most among the rule's score and its overrides'. */
static double
highest_term(const struct engine *engine, const struct rule *rule)
{
    double most = rule->score;

    for (size_t i = 0; i < rule->config->override_count; i++) {
        const struct config_override *o = &rule->config->overrides[i];
        const double score =
            !isnan(o->score)    ? o->score
            : o->severity_given ? engine->config->engine.severities[o->severity]
                                : rule->score;
        most = score > most ? score : most;
    }
    return most;
}

/* The most that one hit can score. */
static double
highest(const struct engine *engine, const struct rule *rule)
{
    const double bonus = engine->config->engine.obfuscation_bonus;
    double most = rule->score;

    switch (rule->config->type) {
    case CONFIG_TERMS:
    case CONFIG_REGEX:
    case CONFIG_PERSONA_BREAK:
        most = highest_term(engine, rule);
        most += most > 0 && rule->config->robust != CONFIG_ROBUST_NONE ? bonus
                                                                       : 0.0;
        return most > 1.0 ? 1.0 : most;
    case CONFIG_LENGTH:
    case CONFIG_URL:
    case CONFIG_REPETITION:
    case CONFIG_FLOOD:
    case CONFIG_UNICODE:
    case CONFIG_LANGUAGE:
    case CONFIG_COMPOSITE:
        return most;
    case CONFIG_SECRET:
    case CONFIG_LINEAR:
    case CONFIG_PII:
    case CONFIG_PROMPT_LEAK:
    case CONFIG_RULE_TYPES:
        break; // the detector's own
    }
    return most < 0 ? most : 1.0;
}

static double
most_of(const struct engine *engine, const struct rule *rule)
{
    const double score = highest(engine, rule);
    double rest = 1.0;

    // Beyond 64 hits a further one no longer shows in a double.
    for (int k = 0; k < 64 && k < rule->config->max_hits; k++) {
        rest *= 1.0 - ldexp(score, -k);
    }
    return score > 0 ? 1.0 - rest : 0.0;
}

static double
most_of_group(const struct engine *engine, size_t category, int group,
              int direction)
{
    double rest = 1.0;

    for (size_t i = 0; i < engine->config->rule_count; i++) {
        const struct rule *rule = rules_at(engine->rules, i);
        const bool counts =
            rule->active &&
            (rule->enforced ||
             engine->config->engine.enforcement == CONFIG_MONITOR);
        if (counts && rule->category == category && rule->group == group &&
            (rule->config->directions & direction) != 0) {
            rest *= 1.0 - most_of(engine, rule);
        }
    }
    if (group == RULES_NO_GROUP) {
        return 1.0 - rest;
    }
    const double cap = engine->config->groups[group].max_score;
    return 1.0 - rest > cap ? cap : 1.0 - rest;
}

static double
most_of_category(const struct engine *engine, size_t category, int direction)
{
    double rest =
        1.0 - most_of_group(engine, category, RULES_NO_GROUP, direction);

    for (size_t g = 0; g < engine->config->group_count; g++) {
        rest *= 1.0 - most_of_group(engine, category, (int)g, direction);
    }
    return round((1.0 - rest) * 1e9) / 1e9;
}

static void
look_at_threshold(struct audit *audit, const struct config_category *category,
                  const char *action, double threshold, double most)
{
    char path[ERR_PATH_BYTES];

    if (isnan(threshold) || most >= threshold) {
        return;
    }
    snprintf(path, sizeof(path), "categories.%.*s.thresholds.%s",
             TEXT_ARGS(category->id), action);
    audit_remark(audit, AUDIT_WARNING, "threshold",
                 node_place(category->thresholds.node, action), path,
                 "%g can never be reached: the enforced rules come to %.3g "
                 "at most",
                 threshold, most);
}

static void
look_at_category(const struct engine *engine, struct audit *audit, size_t index)
{
    const struct config_category *c = &engine->config->categories[index];
    const double out = most_of_category(engine, index, CONFIG_OUTPUT);
    const double in = most_of_category(engine, index, CONFIG_INPUT);
    const double most = out > in ? out : in;

    if (most > 0) {
        look_at_threshold(audit, c, "flag", c->thresholds.flag, most);
        look_at_threshold(audit, c, "redact", c->thresholds.redact, most);
        look_at_threshold(audit, c, "fallback", c->thresholds.fallback, most);
        look_at_threshold(audit, c, "block", c->thresholds.block, most);
        return;
    }
    char path[ERR_PATH_BYTES];
    snprintf(path, sizeof(path), "categories.%.*s", TEXT_ARGS(c->id));
    audit_remark(audit, AUDIT_NOTE, "threshold", node_place(c->node, ""), path,
                 "no enforced rule counts towards it");
}

/* ---- profiles ------------------------------------------------------------ */

static bool
is_named(const struct config_texts *patterns, struct text name)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct text p = patterns->at[i];
        const bool star = p.len > 0 && p.at[p.len - 1] == '*';
        if (star ? text_starts(name, text_part(p, 0, p.len - 1))
                 : text_equal(p, name)) {
            return true;
        }
    }
    return patterns->count == 0;
}

static bool
is_tagged(const struct config_texts *wanted, const struct config_texts *tags)
{
    for (size_t i = 0; i < wanted->count; i++) {
        for (size_t k = 0; k < tags->count; k++) {
            if (text_equal(wanted->at[i], tags->at[k])) {
                return true;
            }
        }
    }
    return wanted->count == 0;
}

/* One for personas that are not there yet, or whose tag is misspelt. */
static void
look_at_profile(const struct config *config, struct audit *audit,
                const struct config_profile *profile)
{
    char path[ERR_PATH_BYTES];

    if (profile->personas.count == 0 && profile->tags.count == 0) {
        return;
    }
    for (size_t i = 0; i < config->persona_count; i++) {
        const struct config_persona *persona = &config->personas[i];
        if (is_named(&profile->personas, persona->id) &&
            is_tagged(&profile->tags, &persona->tags)) {
            return;
        }
    }
    snprintf(path, sizeof(path), "profiles.%.*s.match", TEXT_ARGS(profile->id));
    audit_remark(audit, AUDIT_NOTE, "unreachable",
                 node_place(profile->node, "match"), path,
                 "there is no persona that it matches");
}

void
audit_reach(const struct engine *engine, struct audit *audit)
{
    for (size_t i = 0; i < engine->config->profile_count; i++) {
        look_at_profile(engine->config, audit, &engine->config->profiles[i]);
    }

    for (size_t i = 0; i < engine->config->rule_count; i++) {
        look_at_rule(engine->config, audit, rules_at(engine->rules, i));
    }
    for (size_t i = 0; i < engine->config->category_count; i++) {
        look_at_category(engine, audit, i);
    }
}
