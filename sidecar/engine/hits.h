/*
 * What the rules found in one text.
 */
#ifndef SIDECAR_ENGINE_HITS_H
#define SIDECAR_ENGINE_HITS_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/view.h"

struct hit {
    uint32_t rule;      /* index into the rule set */
    struct span view;   /* bytes of the view it was found in */
    struct span raw;    /* bytes of the text */
    int via;            /* bits of enum envelope_via */
    bool whole;         /* about the text as a whole: nothing to replace */
    double score;       /* -1..1 */
    struct text entity; /* of a pii hit, static; else "" */
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
};

void hits_init(struct hits *hits, struct arena *arena);

/* false: no memory, and the hit is lost (the caller must fail). */
bool hits_add(struct hits *hits, const struct hit *hit);

/*
 * Orders at[from..count) by rule, place and length, and drops those that lie
 * within an earlier one of the same rule, which takes the higher score.
 */
void hits_tidy(struct hits *hits, size_t from);

/* Orders all by place in the text, then rule. */
void hits_sort(struct hits *hits);

#endif
