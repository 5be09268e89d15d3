/*
 * State machines as configured: the scripts that the characters of a front end
 * run through, stepped by the decisions of the caller's evaluator. What they
 * mean is in sidecar/engine/machine.h; part of config.h.
 */
#ifndef CONFIG_CONFIG_MACHINE_H
#define CONFIG_CONFIG_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "sidecar/base/text.h"

struct node;

enum config_scoring {
    CONFIG_SCORED,   /* decisions move a score; its bounds decide */
    CONFIG_PASS_FAIL /* a terminal state is a success, a reject the end */
};

enum config_decision {
    CONFIG_UNDECIDED,
    CONFIG_PASS,
    CONFIG_REDIRECT,
    CONFIG_REJECT,
    CONFIG_KICK_OUT,
    CONFIG_DECISIONS
};

enum config_outcome {
    CONFIG_OPEN, /* it has not ended */
    CONFIG_ACCEPTED,
    CONFIG_REJECTED,
    CONFIG_KICKED_OUT,
    CONFIG_OUTCOMES
};

struct config_machine_state {
    const struct node *node;
    struct text id;
    struct text name; /* for people, or "" */
    bool initial, terminal;
};

struct config_machine_transition {
    const struct node *node;
    struct text from;
    struct text to; /* "": it stays in `from` */
    enum config_decision on;
    double score;       /* added; 2 decimals */
    double score_gte;   /* taken only from this score on; NAN: at any */
    long long priority; /* of those that may be taken the lowest is */
};

/* Opens another machine when this one ends; one condition is given. */
struct config_machine_link {
    const struct node *node;
    struct text to;
    enum config_outcome outcome; /* CONFIG_OPEN: not the condition */
    double score_gte, score_lte; /* NAN: not the condition */
    bool always;
    bool auto_advance;
};

/* By the verdict on a turn; CONFIG_UNDECIDED: it does not step. */
struct config_machine_verdicts {
    const struct node *node; /* NULL: verdicts do not step the machine */
    enum config_decision pass, flag, redact, refuse;
};

struct config_machine {
    const struct node *node;
    struct text id;
    struct text key;  /* the front end's own name for it, or "": the id */
    struct text name; /* for people, or "" */
    bool entry;       /* open without being unlocked */
    enum config_scoring scoring;
    double accept_at;        /* at a terminal state, from here on ACCEPT */
    double reject_at;        /* at or below, REJECT at once */
    double reject_penalty;   /* a reject that has no transition of its own */
    long long max_redirects; /* in one state; -1: any number */
    enum config_decision on_max_redirects;
    long long max_follow_ups; /* in one state; -1: any number */
    struct config_machine_verdicts on_verdict;
    struct config_machine_state *states;
    size_t state_count;
    struct config_machine_transition *transitions;
    size_t transition_count;
    struct config_machine_link *links;
    size_t link_count;
};

/* The index of the state of that id; SIZE_MAX: there is none. */
static inline size_t
config_machine_find(const struct config_machine *machine, struct text id)
{
    for (size_t i = 0; i < machine->state_count; i++) {
        if (text_equal(machine->states[i].id, id)) {
            return i;
        }
    }
    return SIZE_MAX;
}

#endif
