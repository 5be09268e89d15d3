#include "sidecar/engine/ask.h"

#include "sidecar/engine/fold.h"
#include "sidecar/engine/guardrail.h"
#include "sidecar/engine/guardrail_cache.h"
#include "sidecar/engine/stance.h"
#include "sidecar/engine/word.h"

enum {
    CACHED = 256,           /* different lists of items */
    ARENA_BYTES = 16 << 20, /* for one: 256 items of 1 KiB, several times */
    ALL = GUARDRAIL_ITEMS
};

/* One list being understood. */
struct reading {
    const struct config *config;
    const struct guardrail *items; /* [count] */
    size_t count;
    struct ask *out;
    size_t sets[ALL];
    struct ask_rule *rules;  /* [2 * rule_count]: each rule off, and on */
    struct ask_rule **known; /* [2 * rule_count]: which of those, or NULL */
    struct ask_term deny[ALL], allow[ALL];
    struct text canaries[ALL], languages[ALL], refused[ALL];
    struct err *err;
};

static void
refuse(struct reading *r, const struct guardrail *item)
{
    r->refused[r->out->refused.count++] = item->item;
}

/* ------------------------------------------------------------------- rules */

static void
change_rule(struct reading *r, size_t rule, bool off,
            enum config_action at_least)
{
    // As many items may speak of as many rules: no search.
    struct ask_rule **const known = &r->known[2 * rule + (off ? 1 : 0)];

    if (*known == NULL) {
        *known = &r->rules[r->out->rule_count++];
        **known = (struct ask_rule){rule, off, at_least};
    } else if ((*known)->at_least < at_least) {
        (*known)->at_least = at_least;
    }
}

/* Does the item, by name, group or entity, speak of the rule? */
static bool
is_meant(const struct guardrail *item, const struct config_rule *rule)
{
    enum pii_entity entity;

    if (item->kind == GUARDRAIL_WITHOUT_GROUP) {
        return text_equal(rule->group, item->name);
    }
    if (item->kind == GUARDRAIL_PII) {
        return rule->type == CONFIG_PII &&
               pii_from_name(rule->entity, &entity) && entity == item->entity;
    }
    return text_equal(rule->id, item->name);
}

/* May this rule be changed so? Off if suppressible; an action if not milder. */
static bool
is_granted(const struct reading *r, const struct guardrail *item, bool off,
           const struct config_rule *rule)
{
    return off ? rule->suppressible
               : item->action >= rule->action &&
                     stance_may_run(r->config, rule);
}

static void
read_rules(struct reading *r, const struct guardrail *item)
{
    const bool off = item->kind == GUARDRAIL_WITHOUT_RULE ||
                     item->kind == GUARDRAIL_WITHOUT_GROUP;
    bool all = true, any = false;

    for (size_t i = 0; i < r->config->rule_count; i++) {
        const struct config_rule *rule = &r->config->rules[i];
        if (!is_meant(item, rule)) {
            continue;
        }
        any = true;
        if (is_granted(r, item, off, rule)) {
            change_rule(r, i, off, item->action);
        } else {
            all = false;
        }
    }
    if (!any || !all) {
        refuse(r, item);
    }
}

static void
read_set(struct reading *r, const struct guardrail *item)
{
    for (size_t i = 0; i < r->config->guardrail_count; i++) {
        if (text_equal(r->config->guardrails[i].id, item->name)) {
            r->sets[r->out->set_count++] = i;
            return;
        }
    }
    refuse(r, item);
}

/* ------------------------------------------------------------------- words */

static bool
read_term(struct reading *r, const struct guardrail *item,
          struct ask_term *terms, size_t *count)
{
    struct arena *arena = r->out->arena;
    struct fold_term forms;

    if (!fold_term(item->name, arena, &forms, r->err)) {
        return false;
    }
    const struct text folded = arena_copy(arena, forms.alone);
    if (folded.at == NULL) {
        err_memory(r->err, "extraGuardrails");
        return false;
    }
    terms[(*count)++] =
        (struct ask_term){.folded = folded,
                          .left = word_at(folded, 0),
                          .right = word_before(folded, folded.len)};
    return true;
}

/* Is there a rule that looks for canaries? */
static bool
any_leak_rule(const struct config *config)
{
    for (size_t i = 0; i < config->rule_count; i++) {
        const struct config_rule *rule = &config->rules[i];
        if (rule->type == CONFIG_PROMPT_LEAK && stance_may_run(config, rule)) {
            return true;
        }
    }
    return false;
}

static bool
read_canary(struct reading *r, const struct guardrail *item)
{
    struct view view;

    if (!any_leak_rule(r->config)) {
        refuse(r, item);
        return true;
    }
    if (!fold_view(item->name, r->out->arena, &view, r->err)) {
        return false;
    }
    r->canaries[r->out->canaries.count] = arena_copy(r->out->arena, view.text);
    return r->canaries[r->out->canaries.count++].at != NULL;
}

static void
read_limit(long long *limit, long long given, bool least)
{
    if (*limit < 0 || (least ? given > *limit : given < *limit)) {
        *limit = given;
    }
}

static bool
read_item(struct reading *r, const struct guardrail *item)
{
    struct ask *out = r->out;

    switch (item->kind) {
    case GUARDRAIL_SET:
        read_set(r, item);
        return true;
    case GUARDRAIL_WITHOUT_RULE:
    case GUARDRAIL_WITHOUT_GROUP:
    case GUARDRAIL_RAISE:
    case GUARDRAIL_PII:
        read_rules(r, item);
        return true;
    case GUARDRAIL_DENY:
        return read_term(r, item, r->deny, &out->deny.count);
    case GUARDRAIL_ALLOW:
        return read_term(r, item, r->allow, &out->allow.count);
    case GUARDRAIL_MAX_CHARS:
        read_limit(&out->max_chars, item->chars, false);
        return true;
    case GUARDRAIL_MIN_CHARS:
        read_limit(&out->min_chars, item->chars, true);
        return true;
    case GUARDRAIL_LANGUAGE:
        r->languages[out->languages.count++] = item->name;
        return true;
    case GUARDRAIL_CANARY:
        return read_canary(r, item);
    case GUARDRAIL_UNSUPPORTED:
        break; // told from the item itself
    }
    return true;
}

/* ------------------------------------------------------------------- whole */

static void *
keep(struct arena *arena, const void *array, size_t count, size_t size)
{
    void *copy = arena_zeroed(arena, count, size);

    if (copy != NULL && count > 0) {
        memcpy(copy, array, count * size);
    }
    return copy;
}

/* The texts too: they are the message's, which goes. */
static struct text *
keep_texts(struct arena *arena, const struct text *at, size_t count)
{
    struct text *copy = ARENA_ARRAY(arena, struct text, count);

    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = arena_copy(arena, at[i]);
        if (copy[i].at == NULL) {
            return NULL;
        }
    }
    return copy;
}

static bool
keep_all(struct reading *r)
{
    struct ask *out = r->out;
    struct arena *arena = out->arena;

    out->sets = keep(arena, r->sets, out->set_count, sizeof(*out->sets));
    out->rules = keep(arena, r->rules, out->rule_count, sizeof(*out->rules));
    out->deny.at = keep(arena, r->deny, out->deny.count, sizeof(*out->deny.at));
    out->allow.at =
        keep(arena, r->allow, out->allow.count, sizeof(*out->allow.at));
    out->canaries.at = keep_texts(arena, r->canaries, out->canaries.count);
    out->languages.at = keep_texts(arena, r->languages, out->languages.count);
    out->refused.at = keep_texts(arena, r->refused, out->refused.count);
    return out->sets != NULL && out->rules != NULL && out->deny.at != NULL &&
           out->allow.at != NULL && out->canaries.at != NULL &&
           out->languages.at != NULL && out->refused.at != NULL;
}

static bool
read_all(struct reading *r, struct arena *scratch)
{
    const size_t most = 2 * r->config->rule_count;

    r->rules = ARENA_ARRAY(scratch, struct ask_rule, most);
    r->known = ARENA_ARRAY(scratch, struct ask_rule *, most);
    if (r->rules == NULL || r->known == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!read_item(r, &r->items[i])) {
            return false;
        }
    }
    return keep_all(r);
}

/* What the cache asks for. */
struct order {
    const struct config *config;
    const struct guardrail *items; /* [count] */
    size_t count;
};

/* Understood with the scratch, which goes; NULL: no memory. */
static struct ask *
understand(const struct order *order, struct arena *arena,
           struct arena *scratch, struct err *err)
{
    struct ask *ask = ARENA_ARRAY(arena, struct ask, 1);
    struct reading *r = ARENA_ARRAY(scratch, struct reading, 1);

    err_memory(err, "extraGuardrails");
    if (ask == NULL || r == NULL) {
        return NULL;
    }
    *ask = (struct ask){.arena = arena, .min_chars = -1, .max_chars = -1};
    *r = (struct reading){.config = order->config,
                          .items = order->items,
                          .count = order->count,
                          .out = ask,
                          .err = err};
    return read_all(r, scratch) ? ask : NULL;
}

static void *
build(void *context, struct err *err)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct arena *scratch = arena_new(ARENA_BYTES);
    struct ask *ask = NULL;

    if (arena != NULL && scratch != NULL) {
        ask = understand(context, arena, scratch, err);
    } else {
        err_memory(err, "extraGuardrails");
    }
    arena_free(scratch);
    if (ask == NULL) {
        arena_free(arena);
    }
    return ask;
}

static void
destroy(void *value)
{
    struct ask *ask = value;

    arena_free(ask->arena);
}

struct guardrail_cache *
ask_cache_new(void)
{
    return guardrail_cache_new(CACHED, destroy);
}

bool
ask_borrow(struct guardrail_cache *cache, const struct config *config,
           struct text hash, struct request_texts items, struct arena *arena,
           struct guardrail_cache_entry **lease, const struct ask **out,
           struct err *err)
{
    *lease = NULL;
    *out = NULL;
    if (items.count == 0) {
        return true;
    }
    struct guardrail *parsed =
        ARENA_ARRAY(arena, struct guardrail, items.count);
    if (parsed == NULL) {
        err_memory(err, "extraGuardrails");
        return false;
    }
    for (size_t i = 0; i < items.count; i++) {
        parsed[i] = guardrail_parse(items.at[i]);
    }
    struct order order = {config, parsed, items.count};
    const struct digest key = guardrail_key(parsed, items.count, hash);
    *lease = guardrail_cache_take(cache, &key, build, &order, err);
    if (*lease == NULL) {
        return false;
    }
    *out = guardrail_cache_value(*lease);
    return true;
}

void
ask_return(struct guardrail_cache_entry *lease)
{
    guardrail_cache_drop(lease);
}

bool
ask_refuses(const struct ask *ask, struct text item)
{
    const struct guardrail parsed = guardrail_parse(item);

    if (parsed.kind == GUARDRAIL_UNSUPPORTED) {
        return true;
    }
    for (size_t i = 0; i < ask->refused.count; i++) {
        if (text_equal(ask->refused.at[i], parsed.item)) {
            return true;
        }
    }
    return false;
}
