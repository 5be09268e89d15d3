/*
 * State machines: the scripts that a character's front end runs through, one
 * step for each decision of the caller's evaluator. A step is a pure function
 * of the machine, what was before and the decision: no clock, no memory, no
 * session.
 *
 * A step, in this order:
 *   1. A redirect beyond max_redirects becomes on_max_redirects.
 *   2. pass moves along the state's pass and adds its score. redirect stays,
 *      counts, and adds the score of the state's redirect, if it has one.
 *      reject adds its penalty and moves along the pass; in a pass_fail machine
 *      it ends with REJECT. kick_out ends with KICK_OUT, in the state that its
 *      transition names, if any.
 *   3. A score of reject_at or less ends with REJECT (scoring only).
 *   4. A terminal state ends: with ACCEPT from accept_at on, else with REJECT;
 *      in a pass_fail machine with ACCEPT.
 *   5. Where it ended, its links say which other machines open.
 */
#ifndef SIDECAR_ENGINE_MACHINE_H
#define SIDECAR_ENGINE_MACHINE_H

#include <stdint.h>

#include "config/config.h"
#include "proto/envelope.h"
#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

enum {
    MACHINE_SCORE_ONE = 100,        /* scores are kept in hundredths */
    MACHINE_SCORE_MOST = 100000000, /* where they stop growing */
    MACHINE_LINKS = 64,             /* of one machine */
    MACHINE_PLAYED = 64             /* machines of one session */
};

struct machine; /* one, ready to be stepped */

/* All of a configuration: immutable, any number of threads. */
struct machines;

/*
 * Of a configuration that was checked, which it keeps. NULL: no memory.
 */
struct machines *machines_build(const struct config *config);
void machines_free(struct machines *machines); /* accepts NULL */

/* The machine of that id, or NULL. */
const struct machine *
machines_find(const struct machines *machines, struct text id);

/* As configured. */
const struct config_machine *machine_config(const struct machine *machine);

/* Where a machine stands. Zeros are no beginning: see machine_begin. */
struct machine_state {
    const struct machine *machine;
    uint32_t at;                 /* index of its state */
    int32_t score;               /* hundredths */
    uint32_t redirects;          /* in this state */
    uint32_t follow_ups;         /* in this state */
    enum config_outcome outcome; /* CONFIG_OPEN: it goes on */
};

/* What moved it, and what ended it: for people who ask. */
enum machine_cause {
    MACHINE_NOTHING,
    MACHINE_DECISION,      /* the caller's */
    MACHINE_VERDICT,       /* on_verdict */
    MACHINE_MAX_REDIRECTS, /* one redirect too many */
    MACHINE_EARLY_FAIL,    /* the score fell to reject_at */
    MACHINE_TERMINAL,      /* a terminal state was reached */
    MACHINE_CAUSES
};

struct machine_move {
    enum config_decision decision; /* not CONFIG_UNDECIDED */
    bool follow_up;                /* the character expects an answer */
    bool by_verdict;
};

struct machine_step {
    struct machine_state before, after;
    enum config_decision decision; /* as taken: see max_redirects */
    bool follow_up;                /* false where max_follow_ups says so */
    enum machine_cause moved_by;
    enum machine_cause ended_by; /* MACHINE_NOTHING: it goes on */
    /* Of the machine's links those that open: indices, in order. */
    uint8_t opened[MACHINE_LINKS]; /* [opened_count] */
    size_t opened_count;
};

/* In its initial state, with a score of 0. */
struct machine_state machine_begin(const struct machine *machine);

/*
 * One step. Fails with ERR_STATE where the machine has ended.
 */
bool machine_next(const struct machine_state *before,
                  const struct machine_move *move, struct machine_step *out,
                  struct err *err);

/* What on_verdict makes of a verdict; CONFIG_UNDECIDED: no step. */
enum config_decision machine_on_verdict(const struct machine *machine,
                                        enum envelope_verdict verdict);

/* "negotiation" */
struct text machine_state_name(const struct machine_state *state);

/* As on the wire: "pass", ...; NULL for CONFIG_UNDECIDED. */
const char *machine_decision_name(enum config_decision decision);

/* "ACCEPT", "REJECT", "KICK_OUT"; NULL for CONFIG_OPEN. */
const char *machine_outcome_name(enum config_outcome outcome);

/* "decision", "verdict", "max_redirects", ...; NULL for MACHINE_NOTHING. */
const char *machine_cause_name(enum machine_cause cause);

/*
 * The machines that one session runs: each where it stands, those that are
 * open, and the one that is stepped when none is named.
 */
struct machine_play {
    struct machine_state at[MACHINE_PLAYED]; /* [count] begun, in order */
    size_t count;
    size_t current;                             /* index into at; count > 0 */
    const struct machine *open[MACHINE_PLAYED]; /* [open_count] by links */
    size_t open_count;
};

/*
 * Begins a machine in the session, or finds it where it was begun, and makes it
 * the current one. Fails with ERR_STATE where it is no entry and nothing has
 * opened it, or the session runs MACHINE_PLAYED already.
 */
bool machine_play_enter(struct machine_play *play,
                        const struct machine *machine, struct err *err);

/*
 * Steps the current machine, opens what its links say, and enters the first
 * that advances by itself.
 */
bool
machine_play_step(struct machine_play *play, const struct machine_move *move,
                  struct machine_step *out, struct err *err);

/* What the i-th link that opens leads to: unlocked_machines[i] of a step. */
const struct machine *machine_opened(const struct machine_step *step, size_t i);

/*
 * The play as text, for a store: names, so that it outlives a changed
 * configuration. Reading fails with ERR_STATE where a machine or state of it is
 * gone, saying which; with ERR_INVALID where it is no play.
 */
void machine_play_write(const struct machine_play *play, struct buffer *out);
bool machine_play_read(const struct machines *machines, struct text written,
                       struct machine_play *out, struct err *err);

#endif
