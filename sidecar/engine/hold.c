#include "sidecar/engine/hold.h"

#include <stdlib.h>

#include "sidecar/engine/ask.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/hold_kinds.h"
#include "sidecar/engine/hold_read.h"
#include "sidecar/engine/rules_set.h"

enum {
    TRACKER_BYTES = 1 << 20,
    SAVED_NODES = 64 /* room for the states of prose */
};

/* ------------------------------------------------------------------ scratch */

struct hold_scratch {
    const struct hold_plan *plan;
    /* NULL: not yet needed. */
    struct hold_net_cache *usual[HOLD_WAYS], *all[HOLD_WAYS];
    struct arena *arena; /* emptied with each piece of text */
};

struct hold_scratch *
hold_scratch_new(size_t arena_bytes)
{
    struct hold_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL) {
        return NULL;
    }
    scratch->arena = arena_new(arena_bytes);
    if (scratch->arena == NULL) {
        hold_scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

static void
drop_caches(struct hold_scratch *scratch)
{
    for (int way = 0; way < HOLD_WAYS; way++) {
        hold_net_cache_free(scratch->usual[way]);
        hold_net_cache_free(scratch->all[way]);
        scratch->usual[way] = scratch->all[way] = NULL;
    }
    scratch->plan = NULL;
}

void
hold_scratch_free(struct hold_scratch *scratch)
{
    if (scratch != NULL) {
        drop_caches(scratch);
        arena_free(scratch->arena);
        free(scratch);
    }
}

bool
hold_scratch_fit(struct hold_scratch *scratch, const struct rules *rules,
                 struct err *err)
{
    const struct hold_plan *plan = rules_hold(rules);

    drop_caches(scratch);
    scratch->plan = plan;
    for (int way = 0; way < HOLD_WAYS; way++) {
        scratch->usual[way] = hold_net_cache_new(plan->usual.nets[way]);
        if (scratch->usual[way] == NULL) {
            err_memory(err, "what streams hold back");
            return false;
        }
    }
    return true;
}

/* The cache for the stream's automaton; NULL: no memory. */
static struct hold_net_cache *
cache_for(struct hold_scratch *scratch, const struct hold *hold,
          enum hold_way way)
{
    if (hold->part == &scratch->plan->usual) {
        return scratch->usual[way];
    }
    if (scratch->all[way] == NULL) {
        scratch->all[way] = hold_net_cache_new(hold->part->nets[way]);
    }
    return scratch->all[way];
}

/* ------------------------------------------------------------- a new stream */

/* Has the rule anything to look for in what this request brings? */
static bool
has_work(const struct hold *hold, size_t index)
{
    const struct rules_request *request = &hold->request;
    const struct config_rule *rule = rules_at(hold->rules, index)->config;
    const struct ask *ask = request->ask;

    if (rule->type == CONFIG_PROMPT_LEAK) {
        return request->leaks != NULL || request->canaries.count > 0 ||
               (ask != NULL && ask->canaries.count > 0);
    }
    return rule->guardrail != CONFIG_OF_REQUEST ||
           (ask != NULL && ask->deny.count > 0 &&
            index == rules_config(hold->rules)->rule_count +
                         (size_t)CONFIG_REQUEST_DENY);
}

/* Made views in which the rule looks for what only the request tells. */
static int
blind_views(const struct rule *rule)
{
    if (rule->config->guardrail == CONFIG_OF_REQUEST) {
        return CONFIG_VIEW_LEET | CONFIG_VIEW_SQUASH | CONFIG_VIEW_DECODED;
    }
    return rule->config->type == CONFIG_PROMPT_LEAK ? rule->views : 0;
}

/* Which rules matter, and what they need. */
static void
choose(struct hold *hold)
{
    const struct rules *rules = hold->rules;
    const struct hold_plan *plan = rules_hold(rules);
    const struct rules_request *request = &hold->request;
    const int direction = rules_direction(request);

    hold->part = &plan->usual;
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        const bool counts =
            plan->all.covers[i] && request->stance.rules[i].runs &&
            (rule->directions & direction) != 0 &&
            (rule->plain || rules_applies(rule, request)) &&
            hold_plan_counts(rules, &request->stance, i) && has_work(hold, i);
        if (!counts) {
            continue;
        }
        // What is quoted counts in a part of a text: no need to look back.
        hold->counts[i] = rule->config->skip == 0 && hold_kinds_counts(rules, i)
                              ? HOLD_COUNTS | HOLD_COUNTS_BEFORE
                              : HOLD_COUNTS;
        if (!plan->usual.covers[i]) {
            hold->part = &plan->all;
        }
        for (int way = 0; way < HOLD_WAYS; way++) {
            struct hold_reader *const r = &hold->readers[way];
            r->used = r->used || plan->at[i].by[way];
        }
        hold->tracked = hold->tracked || plan->at[i].tracked;
        hold->blind |= blind_views(rule);
        hold->unbounded =
            hold->unbounded || plan->at[i].reach == HOLD_REACH_UNBOUNDED;
    }
}

struct hold *
hold_new(const struct rules *rules, const struct rules_request *request,
         struct err *err)
{
    struct hold *hold = calloc(1, sizeof(*hold));

    if (hold == NULL) {
        err_memory(err, "a stream");
        return NULL;
    }
    hold->rules = rules;
    hold->request = *request;
    hold->request.part = true;
    hold->request.flood = NULL;
    hold->counts = calloc(rules_count(rules) + 1, sizeof(*hold->counts));
    if (hold->counts == NULL) {
        err_memory(err, "a stream");
        hold_free(hold);
        return NULL;
    }
    choose(hold);
    hold->pinned = SIZE_MAX;
    hold->tracked_from = SIZE_MAX;
    for (int way = 0; way < HOLD_WAYS; way++) {
        struct hold_walk *const walk = &hold->readers[way].walk;
        hold_walk_init(walk);
        walk->counts = hold->counts;
        walk->suspects = &hold->suspects;
    }
    if (hold->tracked) {
        hold->arena = arena_new_small(TRACKER_BYTES);
        hold->tracker =
            hold->arena != NULL
                ? hold_tracker_new(rules, &hold->request, hold->arena)
                : NULL;
        if (hold->tracker == NULL) {
            err_memory(err, "a stream");
            hold_free(hold);
            return NULL;
        }
    }
    return hold;
}

void
hold_free(struct hold *hold)
{
    if (hold != NULL) {
        arena_free(hold->arena);
        free(hold->counts);
        for (int way = 0; way < HOLD_WAYS; way++) {
            free(hold->readers[way].saved);
        }
        free(hold->redactions.at);
        free(hold->forgiven);
        free(hold);
    }
}

size_t
hold_bytes(const struct hold *hold)
{
    size_t saved = 0;

    for (int way = 0; way < HOLD_WAYS; way++) {
        saved += hold->readers[way].saved_cap;
    }
    return sizeof(*hold) + rules_count(hold->rules) +
           saved * sizeof(*hold->readers[0].saved) +
           hold->redactions.cap * sizeof(*hold->redactions.at) +
           hold->forgiven_cap * sizeof(*hold->forgiven) +
           (hold->arena != NULL ? arena_held(hold->arena) : 0);
}

/* -------------------------------------------------- between one and another */

/* The states as nodes, for whichever thread comes next. */
static bool
save(struct hold_reader *r, struct err *err)
{
    const struct hold_lane *lane = &r->walk.lanes[HOLD_LANE];
    const uint64_t serial = hold_net_serial(r->walk.cache);
    size_t used = 0;

    if (r->serial == serial && r->saved_at == r->fed) {
        return true;
    }
    for (size_t i = 0; i < lane->count; i++) {
        const size_t size = hold_net_size(r->walk.cache, lane->at[i].state);
        if (r->saved_cap - used < size) {
            const size_t cap = used + size + used / 2 + SAVED_NODES;
            uint32_t *more = realloc(r->saved, cap * sizeof(*more));
            if (more == NULL) {
                err_memory(err, "a stream");
                return false;
            }
            r->saved = more;
            r->saved_cap = cap;
        }
        hold_net_save(r->walk.cache, lane->at[i].state, r->saved + used);
        r->saved_counts[i] = size;
        used += size;
    }
    r->serial = serial;
    r->saved_at = r->fed;
    return true;
}

/* Back into this thread's cache, which has room for them when it is empty. */
static void
restore(struct hold_reader *r, struct hold_net_cache *cache)
{
    struct hold_lane *lane = &r->walk.lanes[HOLD_LANE];
    bool full = false;

    r->walk.cache = cache;
    if (r->serial == hold_net_serial(cache)) {
        return;
    }
    do {
        size_t used = 0;
        if (full) {
            hold_net_renew(cache, NULL, 0);
        }
        full = false;
        for (size_t i = 0; i < lane->count && !full; i++) {
            lane->at[i].state =
                hold_net_load(cache, r->saved + used, r->saved_counts[i]);
            full = lane->at[i].state == HOLD_NET_FULL;
            used += r->saved_counts[i];
        }
    } while (full);
}

/* -------------------------------------------------------------------- feed */

static bool
read_way(struct hold *hold, struct hold_scratch *scratch, enum hold_way way,
         struct text raw, struct err *err)
{
    struct hold_net_cache *const cache = cache_for(scratch, hold, way);

    if (cache == NULL) {
        err_memory(err, "what streams hold back");
        return false;
    }
    restore(&hold->readers[way], cache);
    return way == HOLD_BY_WORDS
               ? hold_read_words(hold, scratch->arena, raw, err)
               : hold_read_chars(&hold->readers[way], scratch->arena, raw, err);
}

bool
hold_feed(struct hold *hold, struct hold_scratch *scratch,
          struct rules_scratch *rules, struct text raw, size_t *safe,
          struct err *err)
{
    if (hold->unbounded || hold->pinned != SIZE_MAX) {
        *safe = hold->safe;
        return true;
    }
    fold_char_ready();
    for (int way = 0; way < HOLD_WAYS; way++) {
        if (hold->readers[way].used &&
            !read_way(hold, scratch, (enum hold_way)way, raw, err)) {
            return false;
        }
    }
    if (!hold_settle(hold, scratch->arena, rules, raw, err)) {
        return false;
    }
    for (int way = 0; way < HOLD_WAYS; way++) {
        if (hold->readers[way].used && !save(&hold->readers[way], err)) {
            return false;
        }
    }
    *safe = hold->safe;
    return true;
}

const struct hits *
hold_redactions(const struct hold *hold)
{
    return &hold->redactions;
}

enum config_action
hold_certain(const struct hold *hold)
{
    return hold->certain;
}

size_t
hold_pinned(const struct hold *hold)
{
    return hold->pinned;
}

struct hold_work
hold_work(const struct hold *hold)
{
    struct hold_work work = hold->work;

    for (int way = 0; way < HOLD_WAYS; way++) {
        work.steps += hold->readers[way].walk.steps;
    }
    return work;
}

struct hold_net_work
hold_scratch_work(const struct hold_scratch *scratch)
{
    struct hold_net_work sum = {0, 0, 0};

    for (int way = 0; way < HOLD_WAYS; way++) {
        const struct hold_net_work one = hold_net_work(scratch->usual[way]);
        sum.states += one.states;
        sum.nodes += one.nodes;
        sum.renewals += one.renewals;
    }
    return sum;
}
