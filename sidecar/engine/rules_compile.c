#include "sidecar/engine/rules_set.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sidecar/base/nearest.h"
#include "sidecar/engine/hold_plan.h"
#include "sidecar/engine/language.h"
#include "sidecar/engine/pii.h"
#include "sidecar/engine/secret.h"

enum { ARENA_BYTES = 1 << 30 };

static const struct config_rule *
current(const struct compiler *c)
{
    return c->rules->rules[c->rule].config;
}

void
rules_problem(const struct compiler *c, const char *key, const char *format,
              ...)
{
    const struct config_rule *rule = current(c);
    char path[ERR_PATH_BYTES], what[ERR_MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    rules_problem_path(rule, key, path);
    place_problem(c->problems, node_place(rule->node, key), path, "%s", what);
}

void
rules_problem_path(const struct config_rule *rule, const char *key,
                   char out[ERR_PATH_BYTES])
{
    snprintf(out, ERR_PATH_BYTES, "%s.%.*s.%s",
             rule->type == CONFIG_COMPOSITE ? "composites" : "rules",
             TEXT_ARGS(rule->id), key);
}

void
rules_problem_item(const struct compiler *c, const char *key, size_t index,
                   const char *what)
{
    const struct config_rule *rule = current(c);
    const struct node *list = node_get(rule->node, key);
    const struct node *n = list != NULL ? list->first : NULL;
    char path[ERR_PATH_BYTES], item[64];

    for (size_t i = 0; n != NULL && i < index; i++) {
        n = n->next;
    }
    if (n == NULL) { // one value in place of a list
        rules_problem(c, key, "%s", what);
        return;
    }
    snprintf(item, sizeof(item), "%.40s[%zu]", key, index);
    rules_problem_path(rule, item, path);
    place_problem(c->problems, n->at, path, "%s", what);
}

void
rules_problem_unknown(const struct compiler *c, const char *key,
                      const char *what, struct text name,
                      const char *const *names)
{
    const char *near = nearest_name(name, names);

    rules_problem(c, key, "no %s \"%.*s\"%s%s%s", what,
                  TEXT_ARGS(place_excerpt(name)),
                  near != NULL ? "; did you mean \"" : "",
                  near != NULL ? near : "", near != NULL ? "\"?" : "");
}

/* ---------------------------------------------------------------- patterns */

static void
compile_patterns(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_texts *sources = &rule->config->patterns;
    const char *key = node_get(rule->config->node, "pattern") != NULL
                          ? "pattern"
                          : "patterns";
    struct err err;

    rule->first_pattern = c->rules->pattern_count;
    rule->patterns =
        ARENA_ARRAY(c->rules->arena, struct pattern *, sources->count);
    for (size_t i = 0; i < sources->count && rule->patterns != NULL; i++) {
        rule->patterns[i] = pattern_compile(sources->at[i], &err);
        if (rule->patterns[i] == NULL) {
            rules_problem_item(c, key, i, err.message);
        }
        rules_compile_gate(c, sources->at[i], c->rules->pattern_count++);
    }
    if (rule->patterns == NULL) {
        err_memory(&err, "patterns");
        rules_problem(c, key, "%s", err.message);
    }
}

static void
compile_entity(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    enum pii_entity entity;

    if (rule->config->entity.len == 0) {
        return; // the loader has told
    }
    if (pii_from_name(rule->config->entity, &entity)) {
        rule->pii = PII_BIT(entity);
        c->rules->pii_wanted |= rule->pii;
        if (rule->config->context.words.count > 0) {
            c->rules->pii_wanted |= PII_WEAK;
        }
        return;
    }
    const char *names[PII_COUNT + 1];
    for (int i = 0; i < PII_COUNT; i++) {
        names[i] = pii_name((enum pii_entity)i);
    }
    names[PII_COUNT] = NULL;
    rules_problem_unknown(c, "entity", "entity", rule->config->entity, names);
}

/* A language that cannot be told would make every text pass. */
static void
compile_languages(struct compiler *c)
{
    const struct config_texts *allowed = &current(c)->allowed;

    for (size_t i = 0; i < allowed->count; i++) {
        if (!language_is_known(allowed->at[i])) {
            rules_problem(c, "allowed", "\"%.*s\" cannot be told from others",
                          TEXT_ARGS(place_excerpt(allowed->at[i])));
        }
    }
}

static void
compile_providers(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_texts *named = &rule->config->providers;
    const char *names[SECRET_COUNT + 1];

    for (int i = 0; i < SECRET_COUNT; i++) {
        names[i] = secret_name((enum secret_provider)i);
    }
    names[SECRET_COUNT] = NULL;
    rule->secrets = named->count == 0 ? SECRET_ALL : 0;
    for (size_t i = 0; i < named->count; i++) {
        uint64_t bit = 0;
        if (!secret_from_name(named->at[i], &bit)) {
            rules_problem_unknown(c, "providers", "provider", named->at[i],
                                  names);
        }
        rule->secrets |= bit;
    }
}

static int
views_of_terms(const struct config_rule *rule)
{
    static const int by_robust[] = {
        [CONFIG_ROBUST_NONE] = CONFIG_VIEW_RAW,
        [CONFIG_ROBUST_BASIC] = CONFIG_VIEW_FOLD,
        [CONFIG_ROBUST_STRONG] = CONFIG_VIEW_FOLD | CONFIG_VIEW_LEET |
                                 CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED,
        [CONFIG_ROBUST_FUZZY] = CONFIG_VIEW_FOLD | CONFIG_VIEW_LEET |
                                CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED};

    return by_robust[rule->robust];
}

static int
views_of_patterns(const struct config_rule *rule)
{
    const int made =
        CONFIG_VIEW_LEET | CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED;
    int views = rule->views;

    if (rule->type == CONFIG_PROMPT_LEAK) {
        // A leak is compared with a folded prompt in any case.
        views |= CONFIG_VIEW_FOLD;
        return rule->views != 0 || rule->robust == CONFIG_ROBUST_NONE
                   ? views
                   : views | CONFIG_VIEW_DECODED;
    }
    if (views == 0) {
        return views_of_terms(rule);
    }
    // The others are there only where they say something that fold does not.
    return (views & made) != 0 ? views | CONFIG_VIEW_FOLD : views;
}

static void
resolve(struct rules *rules, struct rule *rule)
{
    const struct config *config = rules->config;
    const struct config_rule *from = rule->config;

    rule->score = !isnan(from->score)
                      ? from->score
                      : config->engine.severities[from->severity];
    for (size_t i = 0; i < config->category_count; i++) {
        if (text_equal(config->categories[i].id, from->category)) {
            rule->category = i;
        }
    }
    rule->group = RULES_NO_GROUP;
    for (size_t i = 0; i < config->group_count; i++) {
        if (from->group.len > 0 &&
            text_equal(config->groups[i].id, from->group)) {
            rule->group = (int)i;
        }
    }
    rule->compiled = stance_may_run(config, from);
    rule->enforced = from->mode == CONFIG_ENFORCE &&
                     config->engine.enforcement == CONFIG_ENFORCE &&
                     from->level <= config->engine.blocking_level;
    rule->active =
        from->mode != CONFIG_DISABLED && from->level <= config->engine.level;
    rule->views = views_of_patterns(from);
    rule->term_views = views_of_terms(from);
}

static void
compile_rule(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];

    resolve(c->rules, rule);
    rules_compile_conditions(c);
    if (!rule->compiled) {
        return;
    }
    if (rule->config->guardrail != CONFIG_OF_REQUEST) {
        c->rules->views_wanted |= rule->views | rule->term_views;
    }
    rules_compile_allow(c);
    switch (rule->config->type) {
    case CONFIG_TERMS:
        rules_compile_terms(c);
        break;
    case CONFIG_REGEX:
        compile_patterns(c);
        break;
    case CONFIG_PERSONA_BREAK:
        rules_compile_terms(c);
        compile_patterns(c);
        break;
    case CONFIG_PII:
        compile_entity(c);
        break;
    case CONFIG_SECRET:
        compile_providers(c);
        break;
    case CONFIG_URL:
        rules_compile_urls(c);
        break;
    case CONFIG_LINEAR:
        rules_compile_linear(c);
        break;
    case CONFIG_PROMPT_LEAK:
        rule->leak = c->rules->leak_count++;
        break;
    case CONFIG_LANGUAGE:
        compile_languages(c);
        break;
    case CONFIG_LENGTH:
    case CONFIG_REPETITION:
    case CONFIG_FLOOD:
    case CONFIG_UNICODE:
    case CONFIG_COMPOSITE:
    case CONFIG_RULE_TYPES:
        break;
    }
}

static void
compile_set(struct compiler *c, struct term_set *set)
{
    struct err err;

    set->literals = literals_build_cached(
        set->texts, set->count, c->cache.folder[0] != '\0' ? &c->cache : NULL,
        &err);
    free(set->texts);
    set->texts = NULL;
    if (set->literals == NULL) {
        place_problem(c->problems, (struct place){"", 0, 0}, "rules", "%s",
                      err.message);
    }
}

static void
compile_hold(struct compiler *c)
{
    struct err err;

    c->rules->hold = hold_plan_new(c->rules, &err);
    if (c->rules->hold == NULL) {
        place_problem(c->problems, (struct place){"", 0, 0}, "rules", "%s",
                      err.message);
    }
}

static size_t
count_patterns(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->rule_count; i++) {
        count += config->rules[i].patterns.count;
    }
    return count;
}

static struct rules *
rules_new(const struct config *config)
{
    struct rules *rules = calloc(1, sizeof(*rules));

    if (rules == NULL) {
        return NULL;
    }
    rules->config = config;
    rules->arena = arena_new(ARENA_BYTES);
    if (rules->arena != NULL) {
        rules->rules =
            ARENA_ARRAY(rules->arena, struct rule, stance_rules(config));
        rules->gates =
            ARENA_ARRAY(rules->arena, struct gate, count_patterns(config));
    }
    if (rules->rules == NULL || rules->gates == NULL) {
        rules_free(rules);
        return NULL;
    }
    rules->count = stance_rules(config);
    rules->composites =
        ARENA_ARRAY(rules->arena, struct composite, rules->count);
    if (rules->composites == NULL ||
        !stance_plan(config, rules->arena, &rules->stances)) {
        rules_free(rules);
        return NULL;
    }
    return rules;
}

struct rules *
rules_build(const struct config *config, struct problems *problems)
{
    const size_t before = place_problems_told(problems);
    struct rules *rules = rules_new(config);
    struct compiler c = {
        .rules = rules, .problems = problems, .gates = rules_gates_new()};

    if (rules == NULL || c.gates == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "rules",
                      "out of memory");
        rules_gates_free(c.gates);
        rules_free(rules);
        return NULL;
    }
    if (!cache_open(&c.cache, config->engine.cache.at)) {
        c.cache.folder[0] = '\0';
    }
    for (size_t i = 0; i < rules->count; i++) {
        rules->rules[i].config = &config->rules[i];
        c.rule = (uint32_t)i;
        compile_rule(&c);
    }
    if (!rules_gates_end(rules, c.gates) || !rules_list(rules)) {
        place_problem(problems, (struct place){"", 0, 0}, "rules",
                      "out of memory");
    }
    rules_compile_disguises(&c); // these read what compile_set lets go
    // What is wrong may have been told before the rules were compiled.
    if (!place_problems_any(problems)) {
        compile_hold(&c); // takes rules that are in order
    }
    compile_set(&c, &rules->fold);
    compile_set(&c, &rules->raw);
    if (place_problems_told(problems) > before) {
        rules_free(rules);
        return NULL;
    }
    return rules;
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL) {
        return;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        for (size_t k = 0;
             rule->patterns != NULL && k < rule->config->patterns.count; k++) {
            pattern_free(rule->patterns[k]);
        }
    }
    rules_free_models(rules);
    hold_plan_free(rules->hold);
    literals_free(rules->fold.literals);
    literals_free(rules->raw.literals);
    free(rules->fold.terms);
    free(rules->fold.texts);
    free(rules->raw.terms);
    free(rules->raw.texts);
    arena_free(rules->arena);
    free(rules);
}

void
rules_open_gates(struct rules *rules)
{
    rules->gates_open = true;
}

const struct config *
rules_config(const struct rules *rules)
{
    return rules->config;
}

size_t
rules_count(const struct rules *rules)
{
    return rules->count;
}

const struct rule *
rules_at(const struct rules *rules, size_t index)
{
    return &rules->rules[index];
}

const struct hold_plan *
rules_hold(const struct rules *rules)
{
    return rules->hold;
}

const struct stance *
rules_stance(const struct rules *rules)
{
    return &rules->stances.plain;
}
