#include "sidecar/engine/stance.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/locale.h"

/* A stance under way. */
struct draft {
    const struct config *config;
    struct draft_rule {
        enum config_mode mode;
        enum config_action action;
        bool present; /* false: belongs to a set nobody asked for */
        bool forced;  /* the request wants it enforced, whatever its level */
        bool counted; /* it was enforced before the request asked */
        /* Of the request's sets: the strictest that any gives. */
        struct config_rule_patch asked;
    } * rules;                            /* [stance_rules()] */
    struct config_thresholds *thresholds; /* [config->category_count] */
    long long level, blocking_level;
    bool enforced;
    struct text fallback;
};

/* ------------------------------------------------------------- what matches */

/* "psn_*" is any name that begins so. */
static bool
name_matches(struct text pattern, struct text name)
{
    if (pattern.len > 0 && pattern.at[pattern.len - 1] == '*') {
        return text_starts(name, text_part(pattern, 0, pattern.len - 1));
    }
    return text_equal(pattern, name);
}

static bool
any_name(const struct config_texts *patterns, struct text name)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (name_matches(patterns->at[i], name)) {
            return true;
        }
    }
    return false;
}

static bool
any_tag(const struct config_texts *wanted, const struct config_persona *persona)
{
    for (size_t i = 0; persona != NULL && i < persona->tags.count; i++) {
        if (config_texts_hold(wanted, persona->tags.at[i])) {
            return true;
        }
    }
    return false;
}

static bool
any_language(const struct config_texts *wanted, struct text locale)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (locale_matches(wanted->at[i], locale)) {
            return true;
        }
    }
    return false;
}

static bool
profile_matches(const struct config_profile *profile,
                const struct request *request,
                const struct config_persona *persona)
{
    const struct text locale = locale_of(request, persona);

    return (profile->personas.count == 0 ||
            any_name(&profile->personas, request->persona)) &&
           (profile->tags.count == 0 || any_tag(&profile->tags, persona)) &&
           (profile->languages.count == 0 ||
            (locale.len > 0 && any_language(&profile->languages, locale))) &&
           (profile->roles == 0 ||
            (profile->roles & 1 << (int)request->role) != 0);
}

/* ---------------------------------------------------------------- the draft */

static bool
draft_init(struct draft *d, const struct config *config, struct arena *arena)
{
    *d = (struct draft){.config = config,
                        .level = config->engine.level,
                        .blocking_level = config->engine.blocking_level,
                        .enforced =
                            config->engine.enforcement == CONFIG_ENFORCE};
    d->rules = ARENA_ARRAY(arena, struct draft_rule, stance_rules(config));
    d->thresholds =
        ARENA_ARRAY(arena, struct config_thresholds, config->category_count);
    if (d->rules == NULL || d->thresholds == NULL) {
        return false;
    }
    for (size_t i = 0; i < stance_rules(config); i++) {
        const struct config_rule *rule = &config->rules[i];
        d->rules[i] = (struct draft_rule){.mode = rule->mode,
                                          .action = rule->action,
                                          .present = rule->guardrail ==
                                                     CONFIG_NO_GUARDRAIL};
    }
    for (size_t i = 0; i < config->category_count; i++) {
        d->thresholds[i] = config->categories[i].thresholds;
    }
    return true;
}

static void
patch_rules(struct draft *d, const struct config_rule_patch *patches,
            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_rule_patch *patch = &patches[i];
        assert(patch->index < d->config->rule_count);
        if (patch->action_given) {
            d->rules[patch->index].action = patch->action;
        }
        if (patch->mode_given) {
            d->rules[patch->index].mode = patch->mode;
        }
    }
}

static void
patch_threshold(double *at, double given)
{
    if (!isnan(given)) {
        *at = given;
    }
}

static void
patch_thresholds(struct draft *d, const struct config_profile *profile)
{
    for (size_t i = 0; i < profile->threshold_count; i++) {
        const struct config_category_patch *patch = &profile->thresholds[i];
        for (size_t k = 0; k < d->config->category_count; k++) {
            if (!text_equal(d->config->categories[k].id, patch->category)) {
                continue;
            }
            patch_threshold(&d->thresholds[k].flag, patch->thresholds.flag);
            patch_threshold(&d->thresholds[k].redact, patch->thresholds.redact);
            patch_threshold(&d->thresholds[k].fallback,
                            patch->thresholds.fallback);
            patch_threshold(&d->thresholds[k].block, patch->thresholds.block);
        }
    }
}

/* The rules that the set adds. */
static void
add_rules(struct draft *d, size_t set)
{
    for (size_t i = 0; i < d->config->rule_count; i++) {
        if (d->config->rules[i].guardrail == (int)set) {
            d->rules[i].present = true;
        }
    }
}

static void
apply_set(struct draft *d, size_t set)
{
    const struct config_guardrail *guardrail = &d->config->guardrails[set];

    patch_rules(d, guardrail->rules, guardrail->rule_count);
    add_rules(d, set);
}

static void
apply_named_sets(struct draft *d, const struct config_texts *names)
{
    for (size_t i = 0; i < names->count; i++) {
        for (size_t k = 0; k < d->config->guardrail_count; k++) {
            if (text_equal(d->config->guardrails[k].id, names->at[i])) {
                apply_set(d, k);
            }
        }
    }
}

static void
disable_groups(struct draft *d, const struct config_texts *groups)
{
    for (size_t i = 0; i < d->config->rule_count; i++) {
        const struct text group = d->config->rules[i].group;
        if (group.len > 0 && config_texts_hold(groups, group)) {
            d->rules[i].mode = CONFIG_DISABLED;
        }
    }
}

static void
apply_profile(struct draft *d, const struct config_profile *profile)
{
    if (profile->level >= 0) {
        d->level = profile->level;
    }
    if (profile->blocking_level >= 0) {
        d->blocking_level = profile->blocking_level;
    }
    patch_thresholds(d, profile);
    disable_groups(d, &profile->groups_disabled);
    patch_rules(d, profile->rules, profile->rule_count);
    apply_named_sets(d, &profile->guardrails);
    if (profile->fallback.len > 0) {
        d->fallback = profile->fallback;
    }
}

/* The rules that stand for what the request itself brings. */
static void
apply_request_rules(struct draft *d, const struct ask *ask)
{
    struct draft_rule *own = &d->rules[d->config->rule_count];

    own[CONFIG_REQUEST_DENY].present = ask->deny.count > 0;
    own[CONFIG_REQUEST_LENGTH].present =
        ask->min_chars >= 0 || ask->max_chars >= 0;
    own[CONFIG_REQUEST_LANGUAGE].present = ask->languages.count > 0;
}

static bool
runs(const struct draft *d, size_t rule)
{
    const struct draft_rule *r = &d->rules[rule];

    return r->present && r->mode != CONFIG_DISABLED &&
           (r->forced || d->config->rules[rule].level <= d->level);
}

static bool
is_enforced(const struct draft *d, size_t rule)
{
    const struct draft_rule *r = &d->rules[rule];

    return d->enforced && runs(d, rule) && r->mode == CONFIG_ENFORCE &&
           (r->forced || d->config->rules[rule].level <= d->blocking_level);
}

static void
ask_patch(struct draft *d, const struct config_rule_patch *patch)
{
    struct config_rule_patch *const asked = &d->rules[patch->index].asked;

    if (patch->action_given &&
        (!asked->action_given || patch->action > asked->action)) {
        asked->action_given = true;
        asked->action = patch->action;
    }
    if (patch->mode_given &&
        (!asked->mode_given || patch->mode < asked->mode)) {
        asked->mode_given = true;
        asked->mode = patch->mode;
    }
}

/*
 * Sets that the request asks for: of several that speak of one rule the
 * strictest counts, so that their order says nothing.
 */
static void
ask_sets(struct draft *d, const struct ask *ask)
{
    for (size_t i = 0; i < ask->set_count; i++) {
        const struct config_guardrail *set =
            &d->config->guardrails[ask->sets[i]];
        for (size_t k = 0; k < set->rule_count; k++) {
            ask_patch(d, &set->rules[k]);
        }
        add_rules(d, ask->sets[i]);
    }
    for (size_t i = 0; i < d->config->rule_count; i++) {
        struct draft_rule *const rule = &d->rules[i];
        rule->action =
            rule->asked.action_given ? rule->asked.action : rule->action;
        rule->mode = rule->asked.mode_given ? rule->asked.mode : rule->mode;
    }
}

/* Whoever names a rule wants it, though it be of a set not asked for. */
static void
raise_rule(struct draft_rule *rule, enum config_action at_least)
{
    rule->present = true;
    rule->forced = true;
    rule->mode = CONFIG_ENFORCE;
    rule->action = rule->action < at_least ? at_least : rule->action;
}

static void
apply_ask(struct draft *d, const struct ask *ask)
{
    for (size_t i = 0; i < stance_rules(d->config); i++) {
        d->rules[i].counted = is_enforced(d, i);
    }
    ask_sets(d, ask);
    // Off first: of two items for one rule the stricter counts.
    for (size_t i = 0; i < ask->rule_count; i++) {
        if (ask->rules[i].off) {
            d->rules[ask->rules[i].rule].mode = CONFIG_DISABLED;
        }
    }
    for (size_t i = 0; i < ask->rule_count; i++) {
        if (!ask->rules[i].off) {
            raise_rule(&d->rules[ask->rules[i].rule], ask->rules[i].at_least);
        }
    }
    apply_request_rules(d, ask);
}

/* Into what the scan reads. */
static bool
draft_finish(const struct draft *d, bool asked, struct arena *arena,
             struct stance *out)
{
    const size_t count = stance_rules(d->config);
    struct stance_rule *rules = ARENA_ARRAY(arena, struct stance_rule, count);

    if (rules == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const bool enforced = is_enforced(d, i);
        rules[i] = (struct stance_rule){.action = d->rules[i].action,
                                        .runs = runs(d, i),
                                        .enforced = enforced,
                                        .asked = asked && enforced &&
                                                 !d->rules[i].counted};
    }
    *out = (struct stance){.rules = rules,
                           .thresholds = d->thresholds,
                           .fallback = d->fallback,
                           .enforced = d->enforced};
    return true;
}

/* ----------------------------------------------------------------- the plan */

static int
by_priority(const void *left, const void *right)
{
    const struct config_profile *a =
        *(const struct config_profile *const *)left;
    const struct config_profile *b =
        *(const struct config_profile *const *)right;

    if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

bool
stance_plan(const struct config *config, struct arena *arena,
            struct stance_plan *out)
{
    struct draft d;

    *out = (struct stance_plan){.config = config};
    out->profiles = ARENA_ARRAY(arena, const struct config_profile *,
                                config->profile_count);
    if (out->profiles == NULL || !draft_init(&d, config, arena) ||
        !draft_finish(&d, false, arena, &out->plain)) {
        return false;
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        out->profiles[i] = &config->profiles[i];
    }
    if (config->profile_count > 1) {
        qsort(out->profiles, config->profile_count, sizeof(*out->profiles),
              by_priority);
    }
    return true;
}

static bool
is_enabled(const struct config_rule_patch *patches, size_t count, size_t rule)
{
    for (size_t i = 0; i < count; i++) {
        if (patches[i].mode_given && patches[i].mode != CONFIG_DISABLED &&
            patches[i].index == rule) {
            return true;
        }
    }
    return false;
}

bool
stance_may_run(const struct config *config, const struct config_rule *rule)
{
    long long level = config->engine.level;
    bool enabled = rule->mode != CONFIG_DISABLED;
    const size_t index = (size_t)(rule - config->rules);

    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *p = &config->profiles[i];
        level = p->level > level ? p->level : level;
        enabled = enabled || is_enabled(p->rules, p->rule_count, index);
    }
    for (size_t i = 0; i < config->guardrail_count; i++) {
        const struct config_guardrail *set = &config->guardrails[i];
        enabled = enabled || is_enabled(set->rules, set->rule_count, index);
    }
    return enabled && rule->level <= level;
}

/*
 * Is the request among those enforced? Told by its session, so that one talk
 * is not judged now this way and now that, else by its first candidate.
 */
static bool
is_sampled(const struct config *config, const struct request *request)
{
    const double share = config->engine.sampling_percentage;
    const struct text by = request->session.len > 0 ? request->session
                           : request->candidate_count > 0
                               ? request->candidates[0].text
                               : request->id;

    if (!(share < 100.0)) {
        return true;
    }
    // 53 bits: as many as a double holds.
    const double place = (double)(hash_text(by, 0) >> 11) * 0x1p-53;
    return place * 100.0 < share;
}

bool
stance_resolve(const struct stance_plan *plan, const struct request *request,
               const struct config_persona *persona, const struct ask *ask,
               struct arena *arena, struct stance *out, struct err *err)
{
    const struct config *config = plan->config;
    const bool sampled = is_sampled(config, request);
    struct draft d = {.rules = NULL};

    *out = plan->plain;
    if (!sampled || ask != NULL) {
        if (!draft_init(&d, config, arena)) {
            err_memory(err, "the rules' stance");
            return false;
        }
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        if (!profile_matches(plan->profiles[i], request, persona)) {
            continue;
        }
        if (d.rules == NULL && !draft_init(&d, config, arena)) {
            err_memory(err, "the rules' stance");
            return false;
        }
        apply_profile(&d, plan->profiles[i]);
    }
    if (d.rules == NULL) {
        return true;
    }
    if (ask != NULL) {
        apply_ask(&d, ask);
    }
    d.enforced = d.enforced && sampled;
    if (!draft_finish(&d, ask != NULL, arena, out)) {
        err_memory(err, "the rules' stance");
        return false;
    }
    return true;
}
