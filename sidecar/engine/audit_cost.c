#include "sidecar/engine/audit.h"

#include <math.h>

#include "sidecar/base/clock.h"
#include "sidecar/engine/fold.h"

enum {
    WORK_BYTES = 64 << 20,
    KIB = 1024,
    RUNS = 25,       /* the least of them counts: noise only adds */
    RUN_NS = 2000000 /* and no rule is measured for longer */
};

/* Everyday role-play, so that gates open as often as they do in service. */
static const char sample[] =
    "The lamps are low and the rain has not stopped since noon. \"You came "
    "back,\" she says, and sets down her cup. \"I was beginning to think you "
    "had found a better inn.\" He laughs, shakes the water from his coat, and "
    "tells her about the road: two bridges out, a mule that would not move, "
    "and a man at the ford who asked 12 coins for a crossing. \"Did you pay "
    "him?\" \"I paid him 5 and a song.\" They talk until the fire is nearly "
    "out. What do you want to do tomorrow? We could go down to the harbour, "
    "see if the ship is in, ask about work. I don't mind waiting, honestly. "
    "It's been a long week & I could use a slow day :) Tell me how your sister "
    "is doing, did she ever write back to you after the wedding? I keep "
    "thinking about that letter. *smiles and leans closer* You know I always "
    "liked this place, even with the leaking roof and the terrible soup!\n";

struct bench {
    struct arena *arena;
    struct rules_scratch *scratch;
    struct text text;
    struct err *err;
};

/* Least time of one scan; HUGE_VAL where it cannot be done. */
static double
time_rules(struct bench *b, const struct rules *rules, int direction)
{
    const struct rules_request request = {
        .stance = *rules_stance(rules),
        .role =
            (direction & CONFIG_OUTPUT) != 0 ? REQUEST_ASSISTANT : REQUEST_USER,
        .deadline_ns = UINT64_MAX};
    double best = HUGE_VAL;

    if (!rules_scratch_fit(b->scratch, rules, b->err)) {
        return best;
    }
    const uint64_t end = clock_ns() + RUN_NS;
    for (int i = 0; i < RUNS; i++) {
        struct hits hits;
        struct view fold;
        arena_reset(b->arena);
        hits_init(&hits, b->arena);
        if (!fold_view(b->text, b->arena, &fold, b->err)) {
            return HUGE_VAL;
        }
        const uint64_t start = clock_ns();
        if (!rules_scan(rules, b->scratch, &request, b->text, &fold, &hits,
                        b->err)) {
            return HUGE_VAL;
        }
        const uint64_t now = clock_ns();
        best = (double)(now - start) < best ? (double)(now - start) : best;
        if (now > end) {
            break;
        }
    }
    return best;
}

/*
 * The configuration with this rule only, or (NULL) with none; a rule of a set
 * as if the set were asked for. False: no memory.
 */
static bool
with_one(const struct config *like, const struct config_rule *rule,
         struct arena *arena, struct config *out)
{
    struct config_rule *rules =
        ARENA_ARRAY(arena, struct config_rule, 1 + CONFIG_REQUEST_RULES);
    const size_t count = rule != NULL ? 1 : 0;

    if (rules == NULL) {
        return false;
    }
    if (rule != NULL) {
        rules[0] = *rule;
        rules[0].guardrail = CONFIG_NO_GUARDRAIL;
    }
    memcpy(rules + count, like->rules + like->rule_count,
           CONFIG_REQUEST_RULES * sizeof(*rules));
    *out = *like;
    out->rules = rules;
    out->rule_count = count;
    return true;
}

/*
 * One of the configuration's rules, compiled alone and measured. HUGE_VAL for
 * a composite, which is nothing without those it is made of.
 */
static double
measure(struct bench *b, const struct config *like,
        const struct config_rule *rule, int direction)
{
    struct arena *arena = arena_new(WORK_BYTES);
    struct config alone; // the rules keep it
    struct problems problems;
    double ns = HUGE_VAL;

    if (arena == NULL || !with_one(like, rule, arena, &alone)) {
        arena_free(arena);
        return ns;
    }
    place_problems_init(&problems, arena);
    struct rules *rules = rules_build(&alone, &problems);
    if (rules != NULL) {
        ns = time_rules(b, rules, direction);
    }
    rules_free(rules);
    arena_free(arena);
    return ns;
}

static void
measure_all(const struct engine *engine, struct audit *audit, struct bench *b)
{
    const double kib = (double)b->text.len / KIB;
    const double nothing = measure(b, engine->config, NULL, CONFIG_OUTPUT);

    for (size_t i = 0; i < audit->rule_count; i++) {
        struct audit_rule *row = &audit->rules[i];
        if (!row->rule->active) {
            continue;
        }
        const double ns = measure(b, engine->config, row->rule->config,
                                  row->rule->config->directions);
        if (ns < HUGE_VAL && nothing < HUGE_VAL) {
            row->ns_per_kib = ns > nothing ? (ns - nothing) / kib : 0;
        }
    }
}

bool
audit_costs(const struct engine *engine, struct audit *audit, struct err *err)
{
    struct bench b = {.arena = arena_new(WORK_BYTES),
                      .scratch = rules_scratch_new(),
                      .text = TEXT(sample),
                      .err = err};
    const bool ready = b.arena != NULL && b.scratch != NULL;

    if (ready) {
        measure_all(engine, audit, &b);
    } else {
        err_memory(err, "measuring the rules");
    }
    arena_free(b.arena);
    rules_scratch_free(b.scratch);
    return ready;
}
