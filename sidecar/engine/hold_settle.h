/*
 * One stream's state, and what becomes of stretches that may hold hits: the
 * inside of hold.h.
 */
#ifndef SIDECAR_ENGINE_HOLD_SETTLE_H
#define SIDECAR_ENGINE_HOLD_SETTLE_H

#include "sidecar/engine/hold_walk.h"

struct hold_tracker;

/* The text as one of the automata reads it. */
struct hold_reader {
    bool used; /* else a rule that it would be for is not there */
    struct hold_walk walk;
    size_t fed;      /* bytes that the automaton has read */
    size_t cut;      /* at or before `fed`: views may be cut here */
    uint64_t serial; /* of the cache that the states belong to */
    size_t saved_at; /* `fed` when they were saved */
    uint32_t *saved; /* their nodes, one state after another */
    size_t saved_cap;
    size_t saved_counts[HOLD_GENERATIONS + 1];
};

struct hold {
    const struct rules *rules;
    struct rules_request request; /* for a part of the text */
    const struct hold_plan_part *part;
    unsigned char *counts; /* [rules_count()] enum hold_counts */
    bool tracked;          /* a rule that counts is */
    bool unbounded;        /* nothing more is let go */
    int blind; /* bits of enum config_view: views that the tracker does not
                  see, and in which it would have to look */
    struct hold_reader readers[HOLD_WAYS];
    struct hold_suspects suspects; /* of all of them, and of the tracker */
    size_t safe;                   /* bytes that can be let go */
    size_t pinned; /* the first byte of a hit that stays; SIZE_MAX */
    enum config_action certain; /* of the hits that nothing can undo */
    size_t tracked_from;        /* of what the tracker holds; SIZE_MAX */
    size_t looked;  /* bytes behind what was read when a cut was looked for */
    size_t scanned; /* bytes that windows had */
    struct hold_tracker *tracker; /* NULL: none */
    struct arena *arena;          /* the tracker's */
    struct hits redactions;       /* without an arena: hold.c frees it */
    bool again;                   /* hold_again.h: there are no redactions */
    struct span *forgiven; /* [forgiven_count] in order; hits inside are none */
    size_t forgiven_count, forgiven_cap;
    struct hold_work work;
};

/*
 * Judges the suspected stretches that nothing more can be added to, and says
 * how far the text is safe. `arena` is emptied.
 */
bool hold_settle(struct hold *hold, struct arena *arena,
                 struct rules_scratch *rules, struct text raw, struct err *err);

/* From now on hits inside are none; behind those named before. */
bool hold_settle_forgive(struct hold *hold, struct span at);

#endif
