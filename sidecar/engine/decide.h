/*
 * From what was found to what is done. Pure: the same evidence gives the same
 * decision, live, offline, in tests.
 *
 * Scores (config/RULES.md, "How a verdict comes about"): of one rule's hits the
 * strongest counts whole, the next half, the third a quarter, up to max_hits; a
 * category's score is 1 - product(1 - s) over its rules, those of one group
 * together at most the group's max_score; negative scores multiply by 1 - |s|
 * afterwards, but for those of a rule that counts only because the request
 * asked for it. Nine decimals count. A score of 0 reaches no threshold.
 *
 * Candidates for the action are the rules' own actions, the strongest threshold
 * reached in each category, and what the caller's classifiers voted (ballot.h);
 * the strongest of them wins, a rule before a composite before a threshold
 * before a vote, the earlier before the later.
 */
#ifndef SIDECAR_ENGINE_DECIDE_H
#define SIDECAR_ENGINE_DECIDE_H

#include "proto/envelope.h"
#include "sidecar/engine/rules.h"

struct decide_evidence {
    const struct rules *rules;
    const struct config *config;
    const struct config_thresholds *thresholds; /* [categories] stance's */
    bool enforced; /* false: nothing changes the reply */
    const struct hits *hits;
    const struct request *request; /* whose classifiers vote; NULL: none */
    const struct envelope_drift *drift;
    enum config_drift_action on_drift;
    long long attempt; /* of the request: 0 first */
};

struct decision {
    enum envelope_verdict verdict;
    enum envelope_action action, would_action;
    struct envelope_decision by; /* of the action */
    struct text moderated_by;    /* id of what set the verdict, or "" */
    struct text fallback_pool;   /* the deciding rule's own, or "" */
    struct text category;        /* that decided, or "" */
    struct envelope_category *categories; /* [config->category_count] */
    bool *redacts; /* [hits->count] this hit's span is to be replaced */
    bool drift_decided;
};

/* What the hits come to: rules 0..1 (the sign is the rule's), categories 0..1.
 */
struct decide_scores {
    double *rules;      /* [rules_count] */
    double *categories; /* [config->category_count] */
};

/* Which hits are looked at. */
enum decide_side {
    DECIDE_UNASKED,  /* those enforced whatever the request asks for */
    DECIDE_ENFORCED, /* and those enforced because it does */
    DECIDE_ALL,      /* and those that are only watched */
    DECIDE_SIDES
};

/* Does a hit of those flags belong to the side? */
static inline bool
decide_counts(const struct hit *hit, enum decide_side side)
{
    return side == DECIDE_ALL ||
           (hit->enforced && !(side == DECIDE_UNASKED && hit->asked));
}

/*
 * The scores alone, of one side's hits; of the evidence only rules, config,
 * thresholds and hits are read. In the arena. false: no memory.
 */
bool
decide_scores(const struct decide_evidence *evidence, enum decide_side side,
              struct arena *arena, struct decide_scores *out, struct err *err);

/* Everything in `out` lives in the arena. false: no memory. */
bool decide_all(const struct decide_evidence *evidence, struct arena *arena,
                struct decision *out, struct err *err);

#endif
