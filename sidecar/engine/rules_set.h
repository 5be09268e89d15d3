/*
 * The inside of a rule set, shared by the files that compile and run it.
 */
#ifndef SIDECAR_ENGINE_RULES_SET_H
#define SIDECAR_ENGINE_RULES_SET_H

#include "sidecar/engine/rules.h"

enum term_flag {
    TERM_LEFT = 1,          /* a word boundary before it */
    TERM_RIGHT = 2,         /* a word boundary behind it */
    TERM_PLURAL = 4,        /* "s" or "es" may come before that boundary */
    TERM_EXTEND_LEFT = 8,   /* the span grows to the word's beginning */
    TERM_EXTEND_RIGHT = 16, /* and to its end */
    TERM_ALLOW = 32,        /* not a hit: it forgives hits inside it */
    TERM_GATE = 64          /* not a hit: it says that a pattern may match */
};

/* One literal: several may have the same text, for different rules. */
struct term {
    uint32_t rule; /* TERM_GATE: the pattern's number instead */
    uint32_t len;  /* bytes, of the view's text */
    unsigned flags;
    struct text marked; /* as configured, where it has marks of its own */
};

struct term_set {
    struct literals *literals; /* ids index `terms` */
    struct term *terms;
    size_t count, cap;
    struct literal *texts; /* [count], only while compiling */
};

struct rules {
    const struct config *config;
    struct arena *arena; /* of terms' texts and tables */
    struct rule *rules;
    size_t count;
    struct term_set fold, raw; /* matched on these views */
    uint64_t pii_wanted;
    size_t leak_count;
    size_t pattern_count;
    bool *ungated; /* [pattern_count] must be run on every text */
};

/* Does an active rule look at what this request brings? */
bool
rules_applies(const struct rule *rule, const struct rules_request *request);

struct rules_scratch {
    struct literals_scratch *literals;
    struct pattern_scratch *patterns;
};

#endif
