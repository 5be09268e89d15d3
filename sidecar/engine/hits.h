/*
 * What the rules found in one text.
 */
#ifndef SIDECAR_ENGINE_HITS_H
#define SIDECAR_ENGINE_HITS_H

#include "config/config.h"
#include "sidecar/base/arena.h"
#include "sidecar/engine/view.h"

struct hit {
    uint32_t rule;    /* index into the rule set */
    uint8_t seen;     /* enum view_kind: the view it was found in */
    bool enforced;    /* counts for the action; else for wouldAction only */
    bool asked;       /* and would not, had the request not asked for it */
    bool whole;       /* about the text as a whole: its spans are [0, 0) */
    bool weightless;  /* a composite has taken its place: it does not count */
    bool hidden;      /* nor is listed */
    bool evidence;    /* only adds to its category's score: no hit, unlisted */
    int via;          /* bits of enum envelope_via */
    struct span view; /* bytes of that view */
    struct span raw;  /* bytes of the text */
    double score;     /* -1..1 */
    enum config_action action; /* what it does by itself */
    struct text entity;        /* of personal data, a secret, an override */
};

/* Grows in the arena it was made with. */
struct hits {
    struct arena *arena;
    struct hit *at; /* [count] */
    size_t count, cap;
    size_t rules_run, rules_skipped;
    size_t errors; /* times that a rule could not be run to the end */
    /* Where errors > 0: the first such rule, an enforced one before others. */
    uint32_t failed_rule;
    bool failed_enforced;
};

void hits_init(struct hits *hits, struct arena *arena);

/* false: no memory, and the hit is lost (the caller must fail). */
bool hits_add(struct hits *hits, const struct hit *hit);

/*
 * Orders at[from..count) by rule, place in the text and length, and drops those
 * that lie within an earlier one of the same rule, which takes the higher score
 * and stronger action. Of those at one place, the plainest view's stays.
 */
void hits_tidy(struct hits *hits, size_t from);

/* Orders all by place in the text, those without one first, then rule. */
void hits_sort(struct hits *hits);

#endif
