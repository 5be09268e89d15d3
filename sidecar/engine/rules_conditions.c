#include "sidecar/engine/rules_set.h"

#include "config/known.h"
#include "sidecar/base/nearest.h"
#include "sidecar/engine/condition.h"

/* What must be known of the names that a condition uses. */
struct binder {
    const struct compiler *compiler;
    const char *key; /* "when", "unless" */
    struct text source;
};

static void
tell_unknown(const struct binder *b, const struct condition_reference *ref,
             const void *records, size_t count, size_t size, size_t id_at)
{
    struct known known;
    char path[ERR_PATH_BYTES];
    const struct config_rule *rule =
        b->compiler->rules->rules[b->compiler->rule].config;

    rules_problem_path(rule, b->key, path);
    if (known_build(&known, b->compiler->rules->arena, records, count, size,
                    id_at)) {
        known_check(&known, b->compiler->problems,
                    node_place(rule->node, b->key), path,
                    condition_kind_name(ref->kind), ref->name);
    }
}

/* Index of the record with that id, or count. */
static size_t
find_id(const void *records, size_t count, size_t size, size_t id_at,
        struct text id)
{
    for (size_t i = 0; i < count; i++) {
        struct text at;
        memcpy(&at, (const char *)records + i * size + id_at, sizeof(at));
        if (text_equal(at, id)) {
            return i;
        }
    }
    return count;
}

static void
bind_id(const struct binder *b, struct condition_reference *ref,
        const void *records, size_t count, size_t size, size_t id_at)
{
    const size_t index = find_id(records, count, size, id_at, ref->name);

    if (index < count) {
        ref->index = (uint32_t)index;
    } else {
        ref->index = 0; // never evaluated: a problem has been told
        tell_unknown(b, ref, records, count, size, id_at);
    }
}

static bool
any_rule_has(const struct config *config, struct text tag)
{
    for (size_t i = 0; i < config->rule_count; i++) {
        if (config_texts_hold(&config->rules[i].tags, tag)) {
            return true;
        }
    }
    return false;
}

/* The number of the tag among those that conditions count. */
static void
bind_tag(const struct binder *b, struct condition_reference *ref)
{
    struct rules *rules = b->compiler->rules;
    enum { TAGS = 4096 }; // nodes of all composites that there can be, less

    for (size_t i = 0; i < rules->tag_count; i++) {
        if (text_equal(rules->tags[i], ref->name)) {
            ref->index = (uint32_t)i;
            return;
        }
    }
    ref->index = 0;
    if (!any_rule_has(rules->config, ref->name)) {
        rules_problem(b->compiler, b->key, "no rule has the tag \"%.*s\"",
                      TEXT_ARGS(ref->name));
        return;
    }
    if (rules->tags == NULL) {
        rules->tags = ARENA_ARRAY(rules->arena, struct text, TAGS);
    }
    if (rules->tags == NULL || rules->tag_count == TAGS) {
        rules_problem(b->compiler, b->key, "more than %d tags are counted",
                      TAGS);
        return;
    }
    ref->index = (uint32_t)rules->tag_count;
    rules->tags[rules->tag_count++] = ref->name;
}

/* Composites hold in their order: a later one never has when it is asked. */
static void
bind_rule(const struct binder *b, struct condition_reference *ref)
{
    const struct config *config = b->compiler->rules->config;

    bind_id(b, ref, config->rules, config->rule_count, sizeof(*config->rules),
            offsetof(struct config_rule, id));
    if (config->rules[ref->index].type == CONFIG_COMPOSITE &&
        ref->index >= b->compiler->rule) {
        rules_problem(b->compiler, b->key, "%.*s %s, so it never holds here",
                      TEXT_ARGS(ref->name),
                      ref->index == b->compiler->rule
                          ? "is this composite itself"
                          : "stands behind this composite");
    }
}

static void
bind_reference(const struct binder *b, struct condition_reference *ref)
{
    const struct config *config = b->compiler->rules->config;

    switch (ref->kind) {
    case CONDITION_RULE:
        bind_rule(b, ref);
        break;
    case CONDITION_CATEGORY:
        bind_id(b, ref, config->categories, config->category_count,
                sizeof(*config->categories),
                offsetof(struct config_category, id));
        break;
    case CONDITION_GROUP:
        bind_id(b, ref, config->groups, config->group_count,
                sizeof(*config->groups), offsetof(struct config_group, id));
        break;
    case CONDITION_RULE_TAG:
        bind_tag(b, ref);
        break;
    case CONDITION_TAG:
    case CONDITION_LANGUAGE:
    case CONDITION_PERSONA:
        break; // of the request: anything may be asked for
    }
}

/* Parsed and bound, or NULL: there is none, or a problem has been told. */
static struct condition *
compile(struct compiler *c, const char *key, struct text source)
{
    struct rules *rules = c->rules;
    const struct binder b = {c, key, source};
    size_t offset = 0, count = 0;
    struct err err;

    if (source.len == 0) {
        return NULL;
    }
    struct condition *condition =
        condition_parse(source, rules->arena, &offset, &err);
    if (condition == NULL) {
        // It counts bytes, from 0; what stands before the place is ASCII.
        const char *why = strstr(err.message, ": ");
        rules_problem(c, key, "at character %zu: %s", offset + 1,
                      why != NULL ? why + 2 : err.message);
        return NULL;
    }
    struct condition_reference *refs = condition_references(condition, &count);
    for (size_t i = 0; i < count; i++) {
        bind_reference(&b, &refs[i]);
    }
    return condition;
}

/* A composite that can never hold, or always does, is a mistake. */
static void
check_outcomes(struct compiler *c, struct condition *when)
{
    const struct rules *rules = c->rules;
    size_t count = 0;
    const struct condition_reference *refs = condition_references(when, &count);
    bool *live = ARENA_ARRAY(c->rules->arena, bool, count);

    for (size_t i = 0; live != NULL && i < count; i++) {
        live[i] =
            refs[i].kind != CONDITION_RULE ||
            stance_may_run(rules->config, &rules->config->rules[refs[i].index]);
    }
    if ((condition_outcomes(when, live) & CONDITION_TRUE) == 0) {
        rules_problem(c, "when", "can never hold");
    }
}

static void
add_composite(struct compiler *c, struct condition *when)
{
    struct rules *rules = c->rules;
    struct composite *out = &rules->composites[rules->composite_count];
    size_t count = 0;
    const struct condition_reference *refs = condition_references(when, &count);
    uint32_t *named = ARENA_ARRAY(rules->arena, uint32_t, count);

    if (named == NULL) {
        rules_problem(c, "when", "out of memory");
        return;
    }
    *out = (struct composite){.rule = c->rule, .when = when, .named = named};
    for (size_t i = 0; i < count; i++) {
        if (refs[i].kind == CONDITION_RULE) {
            named[out->named_count++] = refs[i].index;
        }
    }
    rules->composite_count++;
}

/* Before a rule has run, nothing is known but the request. */
static void
check_needs(struct compiler *c, const char *key,
            const struct condition *condition)
{
    if (condition != NULL &&
        (condition_needs(condition) & ~(unsigned)CONDITION_NEEDS_REQUEST)) {
        rules_problem(c, key,
                      "may ask for tag:, lang:, role: and persona: only; what "
                      "was found is a composite's business");
    }
}

void
rules_compile_conditions(struct compiler *c)
{
    struct rule *rule = &c->rules->rules[c->rule];
    const struct config_rule *config = rule->config;
    const size_t before = place_problems_told(c->problems);
    struct condition *when = compile(c, "when", config->when);

    rule->unless = compile(c, "unless", config->unless);
    check_needs(c, "unless", rule->unless);
    if (config->type != CONFIG_COMPOSITE) {
        rule->when = when;
        check_needs(c, "when", when);
        return;
    }
    if (when == NULL || place_problems_told(c->problems) > before) {
        return;
    }
    check_outcomes(c, when);
    if (rule->compiled) {
        add_composite(c, when);
    }
}
