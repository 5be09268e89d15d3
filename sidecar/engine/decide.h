/*
 * From what was found to what is done. Pure: the same evidence gives the same
 * decision, live, offline, in tests.
 *
 * Scores (config/RULES.md, "How a verdict comes about"): of one rule's hits the
 * strongest counts whole, the next half, the third a quarter, up to max_hits; a
 * category's score is 1 - product(1 - s) over its rules, those of one group
 * together at most the group's max_score; negative scores multiply by 1 - |s|
 * afterwards. Nine decimals count.
 *
 * Candidates for the action are the rules' own actions and the strongest
 * threshold reached in each category; the strongest of them wins, a rule before
 * a threshold, the earlier before the later.
 */
#ifndef SIDECAR_ENGINE_DECIDE_H
#define SIDECAR_ENGINE_DECIDE_H

#include "proto/envelope.h"
#include "sidecar/engine/rules.h"

struct decide_evidence {
    const struct rules *rules;
    const struct config *config;
    const struct hits *hits;
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

/* Everything in `out` lives in the arena. false: no memory. */
bool decide_all(const struct decide_evidence *evidence, struct arena *arena,
                struct decision *out, struct err *err);

#endif
