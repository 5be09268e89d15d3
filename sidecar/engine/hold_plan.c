#include "sidecar/engine/hold_plan.h"

#include <stdlib.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/hold_kinds.h"
#include "sidecar/engine/rules_set.h"

enum {
    WORK_BYTES = 64 << 20, /* the tree of one pattern, of 4 KiB at most */
    MADE_VIEWS = CONFIG_VIEW_LEET | CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED
};

/* One part being made. */
struct maker {
    struct hold_plan *plan;
    struct hold_plan_part *part;
    struct arena *work;
    bool failed; /* no memory */
};

bool
hold_plan_counts(const struct rules *rules, const struct stance *stance,
                 size_t rule)
{
    if (stance->rules[rule].enforced) {
        return true;
    }
    // What an enforced composite is made of decides with it.
    for (size_t i = 0; stance->rules[rule].runs && i < rules->composite_count;
         i++) {
        const struct composite *c = &rules->composites[i];
        for (size_t k = 0;
             stance->rules[c->rule].enforced && k < c->named_count; k++) {
            if (c->named[k] == rule) {
                return true;
            }
        }
    }
    return false;
}

/* ------------------------------------------------------------------- a rule */

static void
reach_to(struct hold_plan_rule *out, enum hold_reach reach, size_t chars,
         const char *cause)
{
    if (reach > out->reach) {
        out->reach = reach;
        out->cause = cause;
    }
    out->chars = chars > out->chars ? chars : out->chars;
}

/* So many, or without a bound. */
static void
reach_chars(struct hold_plan_rule *out, size_t chars, const char *cause)
{
    if (chars == SIZE_MAX) {
        reach_to(out, HOLD_REACH_ENDLESS, 0, cause);
    } else {
        reach_to(out, HOLD_REACH_CHARS, chars, NULL);
    }
}

/* One pattern. `own`: it says how far the rule reaches. */
static void
add_pattern(struct maker *m, size_t rule, enum hold_way way,
            struct text pattern, bool own)
{
    struct hold_plan_rule *out = &m->plan->at[rule];
    size_t chars;

    arena_reset(m->work);
    out->by[way] = true;
    switch (hold_net_add_pattern(m->part->nets[way], pattern, (uint32_t)rule,
                                 m->work, &chars)) {
    case HOLD_NET_ADDED:
        if (own) {
            reach_chars(out, chars, "a repeat without a bound");
        }
        break;
    case HOLD_NET_UNBOUNDED:
        reach_to(out, HOLD_REACH_UNBOUNDED, 0,
                 "a back reference, or a construct that only PCRE2 reads");
        break;
    case HOLD_NET_MEMORY:
        m->failed = true;
        break;
    }
}

/* Does the pattern say where in the whole text it stands? */
static bool
is_placed(struct text pattern)
{
    static const char *const marks[] = {"^",   "$",   "\\A", "\\z",
                                        "\\Z", "\\G", "\\K"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (text_find(pattern, text_of(marks[i]), 0) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

/* Views that are made when a word is certain want it whole. */
static enum hold_way
way_of(int views)
{
    return (views & MADE_VIEWS) != 0 ? HOLD_BY_WORDS : HOLD_BY_CHARS;
}

static void
add_patterns(struct maker *m, size_t rule)
{
    const struct config_texts *from =
        &m->plan->rules->rules[rule].config->patterns;
    const enum hold_way way = way_of(m->plan->rules->rules[rule].views);

    for (size_t i = 0; i < from->count && !m->failed; i++) {
        add_pattern(m, rule, way, from->at[i], true);
        m->plan->at[rule].final =
            m->plan->at[rule].final && !is_placed(from->at[i]);
    }
}

static void
add_detector(struct maker *m, size_t rule)
{
    struct hold_plan_rule *out = &m->plan->at[rule];
    struct text patterns[HOLD_KINDS_PATTERNS];
    enum hold_kind kind;
    const struct hold_kinds_bound bound =
        hold_kinds_bound(m->plan->rules, rule);
    struct arena *arena = m->plan->rules->arena;
    const size_t count =
        hold_kinds_patterns(m->plan->rules, rule, arena, patterns, &kind);

    switch (kind) {
    case HOLD_KIND_WHOLE:
        return;
    case HOLD_KIND_UNBOUNDED:
        reach_to(out, HOLD_REACH_UNBOUNDED, 0, "what it looks for");
        return;
    case HOLD_KIND_TRACKED:
        out->by[HOLD_BY_WORDS] = out->tracked = true;
        reach_chars(out, bound.chars, bound.why);
        break;
    case HOLD_KIND_PATTERNS:
        if (count > 0) {
            reach_chars(out, bound.chars, bound.why);
        }
        break;
    }
    for (size_t i = 0; i < count && !m->failed; i++) {
        add_pattern(m, rule, HOLD_BY_CHARS, patterns[i], false);
    }
}

/* May a composite make the rule's hits count for nothing? */
static bool
may_lose_weight(const struct rules *rules, size_t rule)
{
    for (size_t i = 0; i < rules->composite_count; i++) {
        const struct composite *c = &rules->composites[i];
        const enum config_policy policy = rules->rules[c->rule].config->policy;
        for (size_t k = 0; k < c->named_count; k++) {
            if (c->named[k] == rule && policy != CONFIG_POLICY_LEAVE &&
                policy != CONFIG_POLICY_REMOVE_SYMBOL) {
                return true;
            }
        }
    }
    return false;
}

static void
add_rule(struct maker *m, size_t rule)
{
    const struct rule *from = &m->plan->rules->rules[rule];
    struct hold_plan_rule *out = &m->plan->at[rule];
    const bool regex = from->config->patterns.count > 0;
    const bool terms = from->config->type == CONFIG_TERMS ||
                       from->config->type == CONFIG_PERSONA_BREAK;

    *out = (struct hold_plan_rule){.final =
                                       from->config->skip == 0 &&
                                       !may_lose_weight(m->plan->rules, rule)};
    if (regex || terms) {
        add_patterns(m, rule);
    }
    add_detector(m, rule);
    const bool denied = rule == m->plan->rules->config->rule_count +
                                    (size_t)CONFIG_REQUEST_DENY;
    if (denied || (terms && from->config->robust >= CONFIG_ROBUST_STRONG)) {
        // Disguises, or what only the request says.
        out->by[HOLD_BY_WORDS] = out->tracked = true;
        reach_to(out, HOLD_REACH_CHARS, 0, NULL);
    }
}

/* -------------------------------------------------------------------- terms */

static unsigned
flags_of(unsigned term)
{
    static const struct {
        unsigned term, net;
    } flags[] = {{TERM_LEFT, HOLD_NET_LEFT},
                 {TERM_RIGHT, HOLD_NET_RIGHT},
                 {TERM_PLURAL, HOLD_NET_PLURAL},
                 {TERM_EXTEND_LEFT, HOLD_NET_EXTEND_LEFT},
                 {TERM_EXTEND_RIGHT, HOLD_NET_EXTEND_RIGHT},
                 {TERM_ALLOW, HOLD_NET_SILENT}};
    unsigned out = 0;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        out |= (term & flags[i].term) != 0 ? flags[i].net : 0;
    }
    return out;
}

static void
add_terms(struct maker *m, const struct term_set *set)
{
    for (size_t i = 0; i < set->count && !m->failed; i++) {
        const struct term *term = &set->terms[i];
        if ((term->flags & (TERM_GATE | TERM_OPEN)) != 0 ||
            !m->part->covers[term->rule]) {
            continue;
        }
        struct hold_plan_rule *out = &m->plan->at[term->rule];
        const enum hold_way way =
            way_of(m->plan->rules->rules[term->rule].term_views);
        out->by[way] = true;
        m->failed = hold_net_add_term(m->part->nets[way], set->texts[i].text,
                                      flags_of(term->flags),
                                      term->rule) != HOLD_NET_ADDED;
        const size_t plural = (term->flags & TERM_PLURAL) != 0 ? 2 : 0;
        reach_chars(out,
                    (term->flags & (TERM_EXTEND_LEFT | TERM_EXTEND_RIGHT)) != 0
                        ? SIZE_MAX
                        : utf8_count(set->texts[i].text).code_points + plural,
                    "the rest of a word");
    }
}

/* ---------------------------------------------------------------- the plan */

static bool
make_part(struct hold_plan *plan, struct hold_plan_part *part, struct err *err)
{
    const struct rules *rules = plan->rules;
    struct maker m = {plan, part, arena_new(WORK_BYTES), false};

    m.failed = m.work == NULL;
    for (int way = 0; way < HOLD_WAYS; way++) {
        part->nets[way] = hold_net_new();
        m.failed = m.failed || part->nets[way] == NULL;
    }
    for (size_t i = 0; i < rules->count && !m.failed; i++) {
        if (part->covers[i]) {
            add_rule(&m, i);
        }
    }
    if (!m.failed) {
        add_terms(&m, &rules->raw);
        add_terms(&m, &rules->fold);
    }
    for (int way = 0; way < HOLD_WAYS; way++) {
        m.failed = m.failed || !hold_net_end(part->nets[way]);
    }
    arena_free(m.work);
    if (m.failed) {
        err_memory(err, "what streams hold back");
    }
    return !m.failed;
}

/* Is the rule one for what a model says? Hardly anybody streams else. */
static bool
is_of_output(const struct rule *rule)
{
    return (rule->config->directions & CONFIG_OUTPUT) != 0;
}

struct hold_plan *
hold_plan_new(const struct rules *rules, struct err *err)
{
    struct hold_plan *plan = calloc(1, sizeof(*plan));
    bool more = false;

    if (plan == NULL) {
        err_memory(err, "what streams hold back");
        return NULL;
    }
    plan->rules = rules;
    plan->at = ARENA_ARRAY(rules->arena, struct hold_plan_rule, rules->count);
    plan->usual.covers = ARENA_ARRAY(rules->arena, bool, rules->count);
    plan->all.covers = ARENA_ARRAY(rules->arena, bool, rules->count);
    if (plan->at == NULL || plan->usual.covers == NULL ||
        plan->all.covers == NULL) {
        err_memory(err, "what streams hold back");
        hold_plan_free(plan);
        return NULL;
    }
    for (size_t i = 0; i < rules->count; i++) {
        plan->all.covers[i] = rules->rules[i].compiled;
        plan->usual.covers[i] =
            plan->all.covers[i] && is_of_output(&rules->rules[i]) &&
            hold_plan_counts(rules, &rules->stances.plain, i);
        more = more || plan->all.covers[i] != plan->usual.covers[i];
    }
    // The second tells of every rule, so it is made last.
    if (!make_part(plan, &plan->usual, err) ||
        (more && !make_part(plan, &plan->all, err))) {
        hold_plan_free(plan);
        return NULL;
    }
    return plan;
}

void
hold_plan_free(struct hold_plan *plan)
{
    if (plan != NULL) {
        for (int way = 0; way < HOLD_WAYS; way++) {
            hold_net_free(plan->usual.nets[way]);
            hold_net_free(plan->all.nets[way]);
        }
        free(plan);
    }
}
