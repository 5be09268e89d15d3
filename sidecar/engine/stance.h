/*
 * How the rules stand towards one request: which run, which count, what they
 * do, from which scores on. The configuration's own stance, changed by the
 * profiles that match the request and by its extraGuardrails.
 *
 * Order: the configuration; profiles by priority (at one priority in file
 * order), each with its sets; the request's sets; its single items. A set does
 * what the configuration says of it, be it milder; where several that a request
 * asks for change one rule, the strictest counts. Beyond its sets a request can
 * make a rule stricter, or switch off a suppressible one; nothing else. The
 * order in which it asks is of no account.
 */
#ifndef SIDECAR_ENGINE_STANCE_H
#define SIDECAR_ENGINE_STANCE_H

#include "config/config.h"
#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

struct ask; /* sidecar/engine/ask.h */

struct stance_rule {
    enum config_action action;
    bool runs;
    bool enforced; /* counts for the action; else for wouldAction only */
    bool asked;    /* and would not, had the request not asked for it */
};

struct stance {
    const struct stance_rule *rules;            /* [stance_rules()] */
    const struct config_thresholds *thresholds; /* [config->category_count] */
    struct text fallback; /* the pool that a profile names, or "" */
    bool enforced;        /* false: the whole request is only watched */
};

/* How many rules there are, with those that stand for a request's own. */
static inline size_t
stance_rules(const struct config *config)
{
    return config->rule_count + (size_t)CONFIG_REQUEST_RULES;
}

/* Profiles in the order in which they are applied, and no request's stance. */
struct stance_plan {
    const struct config *config;
    const struct config_profile **profiles; /* [profile_count] */
    struct stance plain;
};

/* Lives in the arena and keeps the configuration. False: no memory. */
bool stance_plan(const struct config *config, struct arena *arena,
                 struct stance_plan *out);

/*
 * May the rule, one of config->rules, run for any request at all? Then it has
 * to be compiled.
 */
bool
stance_may_run(const struct config *config, const struct config_rule *rule);

/*
 * The stance for a request; persona and ask may be NULL. Where nothing is
 * changed it is the plan's own, at no cost. False: no memory.
 */
bool
stance_resolve(const struct stance_plan *plan, const struct request *request,
               const struct config_persona *persona, const struct ask *ask,
               struct arena *arena, struct stance *out, struct err *err);

#endif
