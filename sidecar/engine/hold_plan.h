/*
 * What a rule set asks of a stream: made once, when the set is loaded.
 */
#ifndef SIDECAR_ENGINE_HOLD_PLAN_H
#define SIDECAR_ENGINE_HOLD_PLAN_H

#include "sidecar/engine/hold_net.h"
#include "sidecar/engine/rules.h"

/* How far back text is held for a rule. */
enum hold_reach {
    HOLD_REACH_NONE,     /* its hits have no place, or it never runs */
    HOLD_REACH_CHARS,    /* `chars` at most, before what it has found */
    HOLD_REACH_ENDLESS,  /* as long as what it repeats goes on */
    HOLD_REACH_UNBOUNDED /* to the close */
};

/* How a rule's text is read; an automaton for each. */
enum hold_way {
    HOLD_BY_CHARS, /* each character when it has come: as it is, and folded */
    HOLD_BY_WORDS, /* when all views of a word are certain: in all of them */
    HOLD_WAYS
};

struct hold_plan_rule {
    enum hold_reach reach;
    size_t chars;       /* HOLD_REACH_CHARS */
    const char *cause;  /* of ENDLESS and UNBOUNDED, for people; static */
    bool by[HOLD_WAYS]; /* BY_WORDS: to the end of each word besides: it reads
                           made views, or is tracked */
    bool tracked;       /* hold_kinds.h */
    bool final; /* a hit in a part of the text is one of the whole, and does
                   what its action says */
};

/* The automata for streams of which no other rules count. */
struct hold_plan_part {
    struct hold_net *nets[HOLD_WAYS];
    bool *covers; /* [rules_count()] */
};

struct hold_plan {
    const struct rules *rules;
    struct hold_plan_rule *at; /* [rules_count()] */
    /*
     * For the rules that count where neither profile nor request says
     * otherwise; for all that may be made to count. The second is not there
     * (nets NULL) where the first covers as much.
     */
    struct hold_plan_part usual, all;
};

/* While the rules are compiled; keeps them. NULL: no memory. */
struct hold_plan *hold_plan_new(const struct rules *rules, struct err *err);
void hold_plan_free(struct hold_plan *plan);

/* Would a hit of the rule matter to a stream, so that it has to be held? */
bool hold_plan_counts(const struct rules *rules, const struct stance *stance,
                      size_t rule);

#endif
