#include "sidecar/engine/decide.h"

#include <math.h>
#include <stdlib.h>

/* A hit by its weight alone. */
struct weight {
    uint32_t rule;
    double score; /* 0..1: the sign is the rule's */
};

/* One side of the decision: what counts, and what would if all were enforced.
 */
struct tally {
    const struct decide_evidence *evidence;
    bool enforced_only;
    const struct weight *weights; /* [hits->count] by rule, strongest first */
    double *rule_scores;          /* [rules] combined score of a rule's hits */
    uint32_t *touched;            /* rules with hits, each once */
    size_t touched_count;
    double *category_scores;     /* [categories] */
    enum config_action *reached; /* [categories] strongest threshold */
    enum config_action strongest;
    size_t rule;     /* that set it, or SIZE_MAX */
    size_t category; /* whose threshold set it, or SIZE_MAX */
};

static bool
counts(const struct tally *t, const struct rule *rule)
{
    return rule->enforced || !t->enforced_only;
}

static int
by_weight(const void *left, const void *right)
{
    const struct weight *a = left, *b = right;

    if (a->rule != b->rule) {
        return a->rule < b->rule ? -1 : 1;
    }
    return (a->score < b->score) - (a->score > b->score);
}

/*
 * The strongest hit comes first, wherever it stands: a weak one before it in
 * the text must not lower what it counts.
 */
static const struct weight *
weigh(const struct hits *hits, struct arena *arena)
{
    struct weight *at = ARENA_ARRAY(arena, struct weight, hits->count);

    if (at == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < hits->count; i++) {
        at[i] = (struct weight){hits->at[i].rule, fabs(hits->at[i].score)};
    }
    if (hits->count > 1) {
        qsort(at, hits->count, sizeof(*at), by_weight);
    }
    return at;
}

/* The kth hit of a rule (from 0) weighs 1/2^k. */
static void
add_hits(struct tally *t)
{
    const struct decide_evidence *e = t->evidence;
    size_t k = 0;

    for (size_t i = 0; i < e->hits->count; i++) {
        const struct weight *w = &t->weights[i];
        const struct rule *rule = rules_at(e->rules, w->rule);
        k = i > 0 && t->weights[i - 1].rule == w->rule ? k + 1 : 0;
        if (k == 0) {
            t->touched[t->touched_count++] = w->rule;
        }
        if (!counts(t, rule) || k >= (size_t)rule->config->max_hits) {
            continue;
        }
        t->rule_scores[w->rule] = 1.0 - (1.0 - t->rule_scores[w->rule]) *
                                            (1.0 - ldexp(w->score, -(int)k));
    }
}

/* Score of the rules of one category and group (or of none). */
static double
group_score(const struct tally *t, size_t category, int group)
{
    const struct decide_evidence *e = t->evidence;
    double rest = 1.0;

    for (size_t i = 0; i < t->touched_count; i++) {
        const struct rule *rule = rules_at(e->rules, t->touched[i]);
        if (rule->category == category && rule->group == group &&
            rule->score >= 0) {
            rest *= 1.0 - t->rule_scores[t->touched[i]];
        }
    }
    const double score = 1.0 - rest;
    if (group == RULES_NO_GROUP) {
        return score;
    }
    const double most = e->config->groups[group].max_score;
    return score > most ? most : score;
}

/*
 * 1 - (1 - 0.1) is a little below 0.1, and a threshold is reached by the score
 * that equals it. Nine decimals are more than anybody writes.
 */
static double
without_dust(double score)
{
    return round(score * 1e9) / 1e9;
}

static double
category_score(const struct tally *t, size_t category)
{
    const struct decide_evidence *e = t->evidence;
    double rest = 1.0 - group_score(t, category, RULES_NO_GROUP);

    for (size_t g = 0; g < e->config->group_count; g++) {
        rest *= 1.0 - group_score(t, category, (int)g);
    }
    double score = 1.0 - rest;
    for (size_t i = 0; i < t->touched_count; i++) {
        const struct rule *rule = rules_at(e->rules, t->touched[i]);
        if (rule->category == category && rule->score < 0) {
            score *= 1.0 - t->rule_scores[t->touched[i]];
        }
    }
    return without_dust(score);
}

static enum config_action
threshold_reached(const struct config_thresholds *t, double score)
{
    if (score >= t->block) { // false where it is not given: NAN
        return CONFIG_BLOCK;
    }
    if (score >= t->fallback) {
        return CONFIG_FALLBACK;
    }
    if (score >= t->redact) {
        return CONFIG_REDACT;
    }
    return score >= t->flag ? CONFIG_FLAG : CONFIG_NONE;
}

static void
offer(struct tally *t, enum config_action action, size_t rule, size_t category)
{
    if (action > t->strongest) {
        t->strongest = action;
        t->rule = rule;
        t->category = category;
    }
}

/*
 * A rule that broke is no reason to let the reply through; one that is only
 * watched could have changed nothing.
 */
static bool
errors_decide(const struct tally *t)
{
    const struct decide_evidence *e = t->evidence;

    return e->hits->errors > 0 &&
           counts(t, rules_at(e->rules, e->hits->failed_rule)) &&
           t->strongest < e->config->engine.on_error;
}

static bool
tally_init(struct tally *t, const struct decide_evidence *e, bool enforced_only,
           const struct weight *weights, struct arena *arena)
{
    const size_t rules = rules_count(e->rules);
    const size_t categories = e->config->category_count;

    *t = (struct tally){.evidence = e,
                        .enforced_only = enforced_only,
                        .weights = weights,
                        .rule = SIZE_MAX,
                        .category = SIZE_MAX};
    t->rule_scores = ARENA_ARRAY(arena, double, rules);
    t->touched = ARENA_ARRAY(arena, uint32_t, rules);
    t->category_scores = ARENA_ARRAY(arena, double, categories);
    t->reached = ARENA_ARRAY(arena, enum config_action, categories);
    return t->rule_scores != NULL && t->touched != NULL &&
           t->category_scores != NULL && t->reached != NULL;
}

static void
tally_up(struct tally *t)
{
    const struct decide_evidence *e = t->evidence;

    if (e->hits->count == 0) {
        return;
    }
    add_hits(t);
    for (size_t i = 0; i < e->hits->count; i++) {
        const struct rule *rule = rules_at(e->rules, e->hits->at[i].rule);
        if (counts(t, rule)) {
            offer(t, rule->config->action, e->hits->at[i].rule, rule->category);
        }
    }
    for (size_t c = 0; c < e->config->category_count; c++) {
        t->category_scores[c] = category_score(t, c);
        t->reached[c] = threshold_reached(&e->config->categories[c].thresholds,
                                          t->category_scores[c]);
        offer(t, t->reached[c], SIZE_MAX, c);
    }
}

/*
 * Is the hit's place to be replaced? For its rule's own action, or because its
 * category has reached the threshold of redaction; what spoke for the reply
 * stays.
 */
static bool
is_replaced(const struct tally *t, const struct hit *h)
{
    const struct rule *rule = rules_at(t->evidence->rules, h->rule);

    if (!counts(t, rule) || h->whole) {
        return false;
    }
    return rule->config->action >= CONFIG_REDACT ||
           (rule->score >= 0 && t->reached[rule->category] == CONFIG_REDACT);
}

static bool
any_replaced(const struct tally *t)
{
    const struct hits *hits = t->evidence->hits;

    for (size_t i = 0; i < hits->count; i++) {
        if (is_replaced(t, &hits->at[i])) {
            return true;
        }
    }
    return false;
}

/* What the tally comes to. Without a place to replace, redaction is a flag. */
static enum config_action
action_due(const struct tally *t)
{
    const enum config_action action =
        errors_decide(t) ? t->evidence->config->engine.on_error : t->strongest;

    return action == CONFIG_REDACT && !any_replaced(t) ? CONFIG_FLAG : action;
}

static enum envelope_action
action_of(enum config_action action)
{
    switch (action) {
    case CONFIG_NONE:
    case CONFIG_FLAG:
        return ACTION_SHIP;
    case CONFIG_REDACT:
        return ACTION_REDACT;
    case CONFIG_FALLBACK:
        return ACTION_FALLBACK;
    case CONFIG_BLOCK:
        break;
    }
    return ACTION_BLOCK;
}

static enum envelope_verdict
verdict_of(enum config_action action)
{
    switch (action) {
    case CONFIG_NONE:
        return VERDICT_PASS;
    case CONFIG_FLAG:
        return VERDICT_FLAG;
    case CONFIG_REDACT:
        return VERDICT_REDACT;
    case CONFIG_FALLBACK:
    case CONFIG_BLOCK:
        break;
    }
    return VERDICT_REFUSE;
}

static void
name_decider(const struct tally *t, struct decision *out)
{
    const struct decide_evidence *e = t->evidence;

    if (errors_decide(t)) {
        const struct rule *rule = rules_at(e->rules, e->hits->failed_rule);
        out->by = (struct envelope_decision){TEXT("error"), rule->config->id};
        return;
    }
    if (t->category == SIZE_MAX) {
        return;
    }
    const struct config_category *category =
        &e->config->categories[t->category];
    out->category = category->id;
    if (t->rule == SIZE_MAX) {
        out->by = (struct envelope_decision){TEXT("threshold"), category->id};
        return;
    }
    const struct rule *rule = rules_at(e->rules, t->rule);
    out->by = (struct envelope_decision){TEXT("rule"), rule->config->id};
    out->fallback_pool = rule->config->fallback;
}

/* The strongest threshold reached, else the one that would come first. */
static double
threshold_shown(const struct config_thresholds *t, enum config_action reached)
{
    const double by_action[] = {(double)NAN, t->flag, t->redact, t->fallback,
                                t->block};

    if (reached != CONFIG_NONE) {
        return by_action[reached];
    }
    for (size_t i = 1; i < sizeof(by_action) / sizeof(by_action[0]); i++) {
        if (!isnan(by_action[i])) {
            return by_action[i];
        }
    }
    return (double)NAN;
}

static bool
describe_categories(const struct tally *t, struct arena *arena,
                    struct decision *out)
{
    const struct config *config = t->evidence->config;

    out->categories =
        ARENA_ARRAY(arena, struct envelope_category, config->category_count);
    if (out->categories == NULL) {
        return false;
    }
    for (size_t c = 0; c < config->category_count; c++) {
        const struct config_category *from = &config->categories[c];
        out->categories[c] = (struct envelope_category){
            .name = from->id,
            .score = t->category_scores[c],
            .threshold = threshold_shown(&from->thresholds, t->reached[c]),
            .flagged = t->reached[c] != CONFIG_NONE};
    }
    return true;
}

/* Drift speaks only where moderation lets the reply through. */
static void
apply_drift(const struct decide_evidence *e, struct decision *out)
{
    if (e->drift->status != DRIFT_OK || !e->drift->alert) {
        return;
    }
    enum envelope_action action = ACTION_SHIP;
    switch (e->on_drift) {
    case CONFIG_DRIFT_WARN:
        break;
    case CONFIG_DRIFT_AUTO_RECOVER:
        action = e->attempt == 0 ? ACTION_REGENERATE : ACTION_SHIP;
        break;
    case CONFIG_DRIFT_BLOCK:
        action = ACTION_BLOCK;
        break;
    }
    if (out->would_action == ACTION_SHIP) { // else moderation outranks it
        out->would_action = action;
    }
    if (e->config->engine.enforcement == CONFIG_ENFORCE &&
        out->verdict <= VERDICT_FLAG && action > out->action) {
        out->action = action;
        out->drift_decided = true;
        out->by = (struct envelope_decision){TEXT("drift"),
                                             e->drift->threshold_source};
    }
}

bool
decide_all(const struct decide_evidence *e, struct arena *arena,
           struct decision *out, struct err *err)
{
    struct tally now, would;

    *out = (struct decision){.verdict = VERDICT_PASS};
    const struct weight *weights = weigh(e->hits, arena);
    out->redacts = ARENA_ARRAY(arena, bool, e->hits->count);
    if (weights == NULL || out->redacts == NULL ||
        !tally_init(&now, e, true, weights, arena) ||
        !tally_init(&would, e, false, weights, arena)) {
        err_memory(err, "the decision");
        return false;
    }
    tally_up(&now);
    tally_up(&would);
    name_decider(&now, out);
    out->moderated_by = out->by.id;
    for (size_t i = 0; i < e->hits->count; i++) {
        out->redacts[i] = is_replaced(&now, &e->hits->at[i]);
    }
    const enum config_action action = action_due(&now);
    const enum config_action would_be = action_due(&would);
    out->verdict = verdict_of(action);
    out->action = action_of(action);
    out->would_action = action_of(would_be > action ? would_be : action);
    if (!describe_categories(&now, arena, out)) {
        err_memory(err, "the decision");
        return false;
    }
    apply_drift(e, out);
    return true;
}
