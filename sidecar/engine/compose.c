#include "sidecar/engine/compose.h"

#include <math.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/condition.h"
#include "sidecar/engine/rules_set.h"

/* What the conditions ask about, of the hits of one side. */
struct side {
    enum decide_side which;
    struct decide_scores scores;
    uint32_t *rule_hits;  /* [rules] */
    uint32_t *group_hits; /* [groups] */
    uint32_t *tag_hits;   /* [rules->tag_count] */
    struct condition_facts facts;
};

static void
count_hit(const struct rules *rules, const struct hit *hit, struct side *side)
{
    const struct rule *rule = &rules->rules[hit->rule];

    if (hit->evidence || !decide_counts(hit, side->which)) {
        return;
    }
    side->rule_hits[hit->rule]++;
    if (rule->group != RULES_NO_GROUP) {
        side->group_hits[rule->group]++;
    }
    for (size_t i = 0; i < rule->config->tags.count; i++) {
        for (size_t k = 0; k < rules->tag_count; k++) {
            side->tag_hits[k] +=
                text_equal(rule->config->tags.at[i], rules->tags[k]);
        }
    }
}

static void
state_facts(const struct compose_subject *s, struct side *side)
{
    const struct envelope_drift *drift = s->evidence->drift;
    const struct config_texts *tags = s->request->tags;

    side->facts = (struct condition_facts){
        .rule_hits = side->rule_hits,
        .rule_scores = side->scores.rules,
        .category_scores = side->scores.categories,
        .group_hits = side->group_hits,
        .tag_hits = side->tag_hits,
        .drift_score = drift->status == DRIFT_OK ? drift->score : (double)NAN,
        .drift_margin =
            drift->nearest_other.len > 0 ? drift->margin : (double)NAN,
        .drift_alert = drift->status == DRIFT_OK && drift->alert,
        .length = (uint32_t)utf8_count(s->text).code_points,
        .role = s->request->role,
        .language = s->request->locale,
        .persona = s->request->persona,
        .tags = tags != NULL ? tags->at : NULL,
        .tag_count = tags != NULL ? tags->count : 0};
}

static bool
side_init(const struct compose_subject *s, enum decide_side which,
          struct arena *arena, struct side *side, struct err *err)
{
    const struct rules *rules = s->evidence->rules;
    const struct hits *hits = s->evidence->hits;

    *side = (struct side){.which = which};
    side->rule_hits = ARENA_ARRAY(arena, uint32_t, rules->count);
    side->group_hits = ARENA_ARRAY(arena, uint32_t, rules->config->group_count);
    side->tag_hits = ARENA_ARRAY(arena, uint32_t, rules->tag_count);
    if (side->rule_hits == NULL || side->group_hits == NULL ||
        side->tag_hits == NULL) {
        err_memory(err, "composites");
        return false;
    }
    if (!decide_scores(s->evidence, which, arena, &side->scores, err)) {
        return false;
    }
    for (size_t i = 0; i < rules->count; i++) {
        // What speaks for the reply has a score below 0.
        if (rules->rules[i].score < 0) {
            side->scores.rules[i] = -side->scores.rules[i];
        }
    }
    for (size_t i = 0; i < hits->count; i++) {
        count_hit(rules, &hits->at[i], side);
    }
    state_facts(s, side);
    return true;
}

/* Who asks for nothing needs no side of what would be without it. */
static enum decide_side
first_side(const struct compose_subject *s)
{
    return s->request->ask != NULL ? DECIDE_UNASKED : DECIDE_ENFORCED;
}

/* The hits of the rules that the composite names make room for it. */
static void
apply_policy(const struct composite *composite, enum config_policy policy,
             struct hits *hits)
{
    const bool weightless = policy == CONFIG_POLICY_REMOVE_WEIGHT ||
                            policy == CONFIG_POLICY_REMOVE_ALL;
    const bool hidden = policy == CONFIG_POLICY_REMOVE_SYMBOL ||
                        policy == CONFIG_POLICY_REMOVE_ALL;

    for (size_t i = 0; i < hits->count; i++) {
        for (size_t k = 0; k < composite->named_count; k++) {
            if (hits->at[i].rule == composite->named[k]) {
                hits->at[i].weightless = hits->at[i].weightless || weightless;
                hits->at[i].hidden = hits->at[i].hidden || hidden;
            }
        }
    }
}

/*
 * A condition can ask that a rule did not hit, and then a rule that the request
 * asks for could undo it: so what holds without the request's rules, holds. And
 * what holds because of them takes no other hit's weight away.
 */
static bool
try_composite(const struct compose_subject *s,
              const struct composite *composite,
              struct side sides[DECIDE_SIDES], struct hits *hits,
              struct err *err)
{
    const enum decide_side first = first_side(s);
    const struct rules *rules = s->evidence->rules;
    const struct rule *rule = &rules->rules[composite->rule];
    const struct stance_rule *stance =
        &s->request->stance.rules[composite->rule];
    const struct condition *when = composite->when;
    const bool unasked = condition_holds(when, &sides[first].facts);
    const bool holds =
        unasked || condition_holds(when, &sides[DECIDE_ENFORCED].facts);
    const struct hit hit = {.rule = composite->rule,
                            .enforced = holds && stance->enforced,
                            .asked = stance->asked || !unasked,
                            .whole = true,
                            .via = ENVELOPE_VIA_RAW,
                            .score = rule->score,
                            .action = stance->action};

    if (!holds && !condition_holds(when, &sides[DECIDE_ALL].facts)) {
        return true;
    }
    if (hit.enforced && !hit.asked) {
        apply_policy(composite, rule->config->policy, hits);
    }
    if (!hits_add(hits, &hit)) {
        err_memory(err, "composites");
        return false;
    }
    for (int side = (int)first; side < DECIDE_SIDES; side++) {
        count_hit(rules, &hit, &sides[side]);
    }
    return true;
}

bool
compose_run(const struct compose_subject *s, struct hits *hits,
            struct arena *arena, struct err *err)
{
    const struct rules *rules = s->evidence->rules;
    struct side sides[DECIDE_SIDES];

    if (rules->composite_count == 0) {
        return true;
    }
    for (int side = (int)first_side(s); side < DECIDE_SIDES; side++) {
        if (!side_init(s, (enum decide_side)side, arena, &sides[side], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < rules->composite_count; i++) {
        const struct composite *composite = &rules->composites[i];
        if (s->request->stance.rules[composite->rule].runs &&
            rules_applies(&rules->rules[composite->rule], s->request) &&
            !try_composite(s, composite, sides, hits, err)) {
            return false;
        }
    }
    hits_sort(hits);
    return true;
}
