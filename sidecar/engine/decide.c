#include "sidecar/engine/decide.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "sidecar/engine/ballot.h"

/* A hit by its weight alone. */
struct weight {
    uint32_t rule;
    double score; /* 0..1: the sign is the rule's */
};

/* A rule with hits, and what its score is part of. */
struct share {
    size_t category;
    int group; /* as in struct rule, or FOR_THE_REPLY */
    uint32_t rule;
};

/* A negative score: after the groups, which it is part of none of. */
enum { FOR_THE_REPLY = INT_MAX };

/* One side of the decision: what counts, and what would if all were enforced.
 */
struct tally {
    const struct decide_evidence *evidence;
    enum decide_side side;
    const struct weight *weights; /* [weight_count] by rule, strongest first */
    size_t weight_count;
    double *rule_scores;  /* [rules] combined score of a rule's hits */
    struct share *shares; /* [share_count] each rule with hits once */
    size_t share_count;
    double *category_scores;     /* [categories] */
    enum config_action *reached; /* [categories] strongest threshold */
    enum config_action strongest;
    size_t rule;     /* that set it, or SIZE_MAX */
    size_t category; /* whose threshold or vote set it, or SIZE_MAX */
    bool voted;      /* it was a vote */
    const struct votes_result **votes; /* [categories]; NULL: none held */
};

static bool
counts(const struct tally *t, const struct hit *hit)
{
    return !hit->weightless && decide_counts(hit, t->side);
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

/* What speaks for the reply does so by the configuration's will alone. */
static bool
has_weight(const struct tally *t, const struct hit *hit)
{
    return counts(t, hit) &&
           !(hit->asked && rules_at(t->evidence->rules, hit->rule)->score < 0);
}

/*
 * The strongest hit comes first, wherever it stands: a weak one before it in
 * the text must not lower what it counts.
 */
static struct weight *
weigh(const struct tally *t, struct arena *arena, size_t *count)
{
    const struct hits *hits = t->evidence->hits;
    struct weight *at = ARENA_ARRAY(arena, struct weight, hits->count);

    *count = 0;
    for (size_t i = 0; at != NULL && i < hits->count; i++) {
        const struct hit *h = &hits->at[i];
        if (has_weight(t, h)) {
            at[(*count)++] = (struct weight){h->rule, fabs(h->score)};
        }
    }
    if (*count > 1) {
        qsort(at, *count, sizeof(*at), by_weight);
    }
    return at;
}

/* The kth hit of a rule (from 0) weighs 1/2^k. */
static void
add_hits(struct tally *t)
{
    const struct decide_evidence *e = t->evidence;
    size_t k = 0;

    for (size_t i = 0; i < t->weight_count; i++) {
        const struct weight *w = &t->weights[i];
        const struct rule *rule = rules_at(e->rules, w->rule);
        const bool first = i == 0 || t->weights[i - 1].rule != w->rule;
        if (first) {
            t->shares[t->share_count++] = (struct share){
                .category = rule->category,
                .group = rule->score < 0 ? FOR_THE_REPLY : rule->group,
                .rule = w->rule};
            k = 0;
        }
        if (k >= (size_t)rule->config->max_hits) {
            continue;
        }
        t->rule_scores[w->rule] = 1.0 - (1.0 - t->rule_scores[w->rule]) *
                                            (1.0 - ldexp(w->score, -(int)k));
        k++;
    }
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

/* By category and group; of one group, the rules in their own order. */
static int
by_group(const void *left, const void *right)
{
    const struct share *a = left, *b = right;

    if (a->category != b->category) {
        return a->category < b->category ? -1 : 1;
    }
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Goes over the shares that are of one category and group from *at on. */
static double
group_score(const struct tally *t, size_t *at)
{
    const struct share of = t->shares[*at];
    double rest = 1.0;

    while (*at < t->share_count && t->shares[*at].category == of.category &&
           t->shares[*at].group == of.group) {
        rest *= 1.0 - t->rule_scores[t->shares[(*at)++].rule];
    }
    const double score = 1.0 - rest;
    if (of.group == RULES_NO_GROUP) {
        return score;
    }
    const double most = t->evidence->config->groups[of.group].max_score;
    return score > most ? most : score;
}

/* Goes over those of the category, which come next if there are any. */
static double
category_score(const struct tally *t, size_t category, size_t *at)
{
    double rest = 1.0;

    while (*at < t->share_count && t->shares[*at].category == category &&
           t->shares[*at].group != FOR_THE_REPLY) {
        rest *= 1.0 - group_score(t, at);
    }
    double score = 1.0 - rest;
    while (*at < t->share_count && t->shares[*at].category == category) {
        score *= 1.0 - t->rule_scores[t->shares[(*at)++].rule];
    }
    return without_dust(score);
}

/*
 * Nothing found is no score: a threshold of 0 is reached by the least that
 * counts, and not because a rule that is only watched hit somewhere.
 */
static enum config_action
threshold_reached(const struct config_thresholds *t, double score)
{
    if (!(score > 0)) {
        return CONFIG_NONE;
    }
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
        t->voted = false;
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
           (e->hits->failed_enforced || t->side == DECIDE_ALL) &&
           t->strongest < e->config->engine.on_error;
}

static bool
tally_init(struct tally *t, const struct decide_evidence *e,
           enum decide_side side, struct arena *arena)
{
    const size_t rules = rules_count(e->rules);
    const size_t categories = e->config->category_count;

    *t = (struct tally){
        .evidence = e, .side = side, .rule = SIZE_MAX, .category = SIZE_MAX};
    t->rule_scores = ARENA_ARRAY(arena, double, rules);
    t->shares = ARENA_ARRAY(arena, struct share, e->hits->count);
    t->category_scores = ARENA_ARRAY(arena, double, categories);
    t->reached = ARENA_ARRAY(arena, enum config_action, categories);
    t->weights = weigh(t, arena, &t->weight_count);
    return t->rule_scores != NULL && t->shares != NULL &&
           t->category_scores != NULL && t->reached != NULL &&
           t->weights != NULL;
}

static void
offer_hits(struct tally *t, bool composites)
{
    const struct decide_evidence *e = t->evidence;

    for (size_t i = 0; i < e->hits->count; i++) {
        const struct hit *h = &e->hits->at[i];
        const struct rule *rule = rules_at(e->rules, h->rule);
        if ((rule->config->type == CONFIG_COMPOSITE) == composites &&
            counts(t, h)) {
            offer(t, h->action, h->rule, rule->category);
        }
    }
}

static void
tally_hits(struct tally *t)
{
    const struct decide_evidence *e = t->evidence;
    size_t at = 0;

    add_hits(t);
    offer_hits(t, false);
    offer_hits(t, true);
    if (t->share_count > 1) {
        qsort(t->shares, t->share_count, sizeof(*t->shares), by_group);
    }
    for (size_t c = 0; c < e->config->category_count; c++) {
        t->category_scores[c] = category_score(t, c, &at);
        t->reached[c] =
            threshold_reached(&e->thresholds[c], t->category_scores[c]);
        offer(t, t->reached[c], SIZE_MAX, c);
    }
}

/* Votes are enforced with everything else, or with nothing. */
static bool
tally_votes(struct tally *t, struct arena *arena, struct err *err)
{
    const struct decide_evidence *e = t->evidence;

    if (!ballot_any(e->config, e->request)) {
        return true;
    }
    if (!ballot_hold(e->config, e->request, t->category_scores, arena,
                     &t->votes, err)) {
        return false;
    }
    for (size_t c = 0; c < e->config->category_count; c++) {
        const struct votes_result *result = t->votes[c];
        if (result != NULL && (e->enforced || t->side == DECIDE_ALL) &&
            result->action > t->strongest) {
            offer(t, result->action, SIZE_MAX, c);
            t->voted = true;
        }
    }
    return true;
}

static bool
tally_up(struct tally *t, struct arena *arena, struct err *err)
{
    if (t->evidence->hits->count > 0) {
        tally_hits(t);
    }
    return tally_votes(t, arena, err);
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

    if (!counts(t, h) || h->whole) {
        return false;
    }
    return h->action >= CONFIG_REDACT ||
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
        out->by = (struct envelope_decision){
            t->voted ? TEXT("votes") : TEXT("threshold"), category->id};
        return;
    }
    const struct rule *rule = rules_at(e->rules, t->rule);
    out->by = (struct envelope_decision){rule->config->type == CONFIG_COMPOSITE
                                             ? TEXT("composite")
                                             : TEXT("rule"),
                                         rule->config->id};
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

static void
describe_votes(const struct votes_result *result, struct envelope_category *out)
{
    out->votes = (struct envelope_votes){
        .outcome = text_of(votes_outcome_name(result->outcome)),
        .yes = result->yes,
        .no = result->no,
        .abstained = result->abstained};
    out->flagged = out->flagged || result->action != CONFIG_NONE;
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
            .threshold =
                threshold_shown(&t->evidence->thresholds[c], t->reached[c]),
            .flagged = t->reached[c] != CONFIG_NONE};
        if (t->votes != NULL && t->votes[c] != NULL) {
            describe_votes(t->votes[c], &out->categories[c]);
        }
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
    if (e->enforced && out->verdict <= VERDICT_FLAG && action > out->action) {
        out->action = action;
        out->drift_decided = true;
        out->by = (struct envelope_decision){TEXT("drift"),
                                             e->drift->threshold_source};
    }
}

bool
decide_scores(const struct decide_evidence *e, enum decide_side side,
              struct arena *arena, struct decide_scores *out, struct err *err)
{
    struct tally t;

    if (!tally_init(&t, e, side, arena)) {
        err_memory(err, "the scores");
        return false;
    }
    if (e->hits->count > 0) {
        tally_hits(&t);
    }
    *out = (struct decide_scores){.rules = t.rule_scores,
                                  .categories = t.category_scores};
    return true;
}

bool
decide_all(const struct decide_evidence *e, struct arena *arena,
           struct decision *out, struct err *err)
{
    struct tally now, would;

    *out = (struct decision){.verdict = VERDICT_PASS};
    out->redacts = ARENA_ARRAY(arena, bool, e->hits->count);
    if (out->redacts == NULL || !tally_init(&now, e, DECIDE_ENFORCED, arena) ||
        !tally_init(&would, e, DECIDE_ALL, arena)) {
        err_memory(err, "the decision");
        return false;
    }
    if (!tally_up(&now, arena, err) || !tally_up(&would, arena, err)) {
        return false;
    }
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
