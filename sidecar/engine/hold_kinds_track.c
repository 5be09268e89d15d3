#include "sidecar/engine/hold_kinds_track.h"

#include "sidecar/engine/ask.h"
#include "sidecar/engine/hold_plan.h"
#include "sidecar/engine/locale.h"
#include "sidecar/engine/rules_set.h"

struct hold_tracker {
    struct hold_disguise *disguise; /* NULL: none is looked for */
    struct hold_leak **leaks;       /* [leak_count] */
    size_t leak_count;
    struct hold_canary **canaries; /* [canary_count] */
    size_t canary_count;
    struct hold_repeat **repeats; /* [repeat_count] */
    size_t repeat_count;
    struct hold_odd **odds; /* [odd_count] */
    size_t odd_count;
};

struct maker {
    const struct rules *rules;
    const struct rules_request *request;
    struct arena *arena;
    struct hold_tracker *tracker;
};

static bool
make_disguise(const struct maker *m)
{
    static const struct text english = {"en", 2};
    const struct text locale = m->request->locale;

    if (m->rules->disguise == NULL) {
        return true;
    }
    m->tracker->disguise = hold_disguise_new(
        m->rules->disguise, locale.len > 0 && locale_matches(english, locale),
        m->arena);
    return m->tracker->disguise != NULL;
}

static bool
make_canaries(const struct maker *m, const struct request_texts *texts)
{
    struct hold_tracker *const t = m->tracker;

    for (size_t i = 0; i < texts->count; i++) {
        t->canaries[t->canary_count] = hold_canary_new(texts->at[i], m->arena);
        if (t->canaries[t->canary_count++] == NULL) {
            return false;
        }
    }
    return true;
}

/* What a request denies is looked for like a canary. */
static bool
make_denied(const struct maker *m, const struct ask_terms *terms)
{
    struct hold_tracker *const t = m->tracker;

    for (size_t i = 0; i < terms->count; i++) {
        t->canaries[t->canary_count] =
            hold_canary_new(terms->at[i].folded, m->arena);
        if (t->canaries[t->canary_count++] == NULL) {
            return false;
        }
    }
    return true;
}

static bool
make_leak(const struct maker *m, const struct rule *rule)
{
    struct hold_tracker *const t = m->tracker;

    if (m->request->leaks == NULL || m->request->leaks[rule->leak] == NULL) {
        return true;
    }
    t->leaks[t->leak_count] =
        hold_leak_new(m->request->leaks[rule->leak],
                      (size_t)rule->config->min_run_words, m->arena);
    return t->leaks[t->leak_count++] != NULL;
}

static bool
make_rule(const struct maker *m, const struct rule *rule)
{
    struct hold_tracker *const t = m->tracker;

    switch ((int)rule->config->type) {
    case CONFIG_PROMPT_LEAK:
        return make_leak(m, rule);
    case CONFIG_REPETITION: {
        const struct repetition_limits limits = rules_repetition(rule->config);
        t->repeats[t->repeat_count] = hold_repeat_new(&limits, m->arena);
        return t->repeats[t->repeat_count++] != NULL;
    }
    case CONFIG_UNICODE: {
        const struct oddity_limits limits = rules_oddities(rule->config);
        t->odds[t->odd_count] = hold_odd_new(&limits, m->arena);
        return t->odds[t->odd_count++] != NULL;
    }
    }
    return true;
}

/* Room for what the rules of each type may want. */
static bool
make_room(const struct maker *m, size_t canaries)
{
    struct hold_tracker *const t = m->tracker;
    size_t leaks = 0, repeats = 0, odds = 0;

    for (size_t i = 0; i < m->rules->count; i++) {
        const int type = (int)m->rules->rules[i].config->type;
        leaks += type == CONFIG_PROMPT_LEAK;
        repeats += type == CONFIG_REPETITION;
        odds += type == CONFIG_UNICODE;
    }
    t->leaks = ARENA_ARRAY(m->arena, struct hold_leak *, leaks);
    t->repeats = ARENA_ARRAY(m->arena, struct hold_repeat *, repeats);
    t->odds = ARENA_ARRAY(m->arena, struct hold_odd *, odds);
    t->canaries = ARENA_ARRAY(m->arena, struct hold_canary *, canaries);
    return t->leaks != NULL && t->repeats != NULL && t->odds != NULL &&
           t->canaries != NULL;
}

struct hold_tracker *
hold_tracker_new(const struct rules *rules, const struct rules_request *request,
                 struct arena *arena)
{
    struct hold_tracker *const t = ARENA_ARRAY(arena, struct hold_tracker, 1);
    const struct maker m = {rules, request, arena, t};
    const struct ask *const ask = request->ask;
    const size_t asked =
        ask != NULL ? ask->canaries.count + ask->deny.count : 0;

    if (t == NULL || !make_room(&m, request->canaries.count + asked) ||
        !make_disguise(&m) || !make_canaries(&m, &request->canaries) ||
        (ask != NULL && (!make_canaries(&m, &ask->canaries) ||
                         !make_denied(&m, &ask->deny)))) {
        return NULL;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *const rule = &rules->rules[i];
        if (rule->compiled && hold_plan_counts(rules, &request->stance, i) &&
            !make_rule(&m, rule)) {
            return NULL;
        }
    }
    return t;
}

struct hold_told
hold_tracker_feed(struct hold_tracker *tracker, const struct hold_piece *piece)
{
    struct hold_told told = {.live_from = piece->at.to};

    if (tracker->disguise != NULL) {
        hold_disguise_feed(tracker->disguise, piece, &told);
    }
    for (size_t i = 0; i < tracker->leak_count; i++) {
        hold_leak_feed(tracker->leaks[i], piece, &told);
    }
    for (size_t i = 0; i < tracker->canary_count; i++) {
        hold_canary_feed(tracker->canaries[i], piece, &told);
    }
    for (size_t i = 0; i < tracker->repeat_count; i++) {
        hold_repeat_feed(tracker->repeats[i], piece, &told);
    }
    for (size_t i = 0; i < tracker->odd_count; i++) {
        hold_odd_feed(tracker->odds[i], piece, &told);
    }
    return told;
}
