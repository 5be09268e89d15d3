/*
 * How a persona's voice holds over the turns of a session: stable, slipping or
 * lost, and since which turn. Arithmetic only: who keeps the state decides how
 * long a session lives.
 *
 * What goes in is how many standard deviations below her own mean each reply
 * scores (drift_reading.deviations), which means the same for every persona.
 * Four statistics can be followed; limits and figures are those of sessions of
 * 50 replies of 32 speakers, config/voice/README.md:
 *
 *     pooled  the mean of the last five, times the root of how many they are
 *     ewma    the exponentially weighted mean (Roberts 1959), weight 0.3
 *     cusum   the sum of what lies above 0.75, never below 0 (Page 1954)
 *     joint   the greater of pooled and the same of the last three
 *
 * At 10 % false sessions pooled finds another speaker within five replies in 79
 * of 100, joint in 78; within three joint finds 51 and pooled 27. One reply
 * counts for at most three deviations either way, so that a single odd one
 * cannot decide.
 *
 * Pure: no clock, no memory, the same bits on every machine; any thread.
 */
#ifndef SIDECAR_ENGINE_TREND_H
#define SIDECAR_ENGINE_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidecar/base/err.h"

enum trend_state { TREND_STABLE, TREND_SLIPPING, TREND_LOST, TREND_STATES };

enum trend_statistic {
    TREND_POOLED,
    TREND_EWMA,
    TREND_CUSUM,
    TREND_JOINT,
    TREND_STATISTICS
};

enum { TREND_WINDOW = 5 }; /* replies that are pooled, at most */

struct trend_options {
    enum trend_statistic statistic;
    double slipping_at; /* from here on slipping, > 0 */
    double lost_at;     /* from here on lost, >= slipping_at */
    /*
     * Part of a limit, 0..1, below which the statistic must fall before the
     * state improves: hysteresis.
     */
    double calm;
    /*
     * Code points that the pooled replies must have together to be judged;
     * what drift_limits.least_chars is to a single one.
     */
    size_t least_chars;
};

/*
 * The state of one session and persona. Callers read nothing in it; all bytes
 * 0 is a session without a reply, and it may be copied and stored as it is
 * within one process.
 */
struct trend {
    double recent[TREND_WINDOW];  /* ring of deviations */
    size_t chars[TREND_WINDOW];   /* ring, of the same replies */
    uint64_t turns[TREND_WINDOW]; /* ring, of the same replies */
    size_t count;                 /* replies seen, ever */
    double ewma, cusum;
    uint64_t rise; /* turn at which the CUSUM last left 0 */
    enum trend_state state;
    uint64_t since; /* of the state, where it is not stable */
};

/* One reply. */
struct trend_turn {
    uint64_t turn;     /* its number in the session */
    double deviations; /* finite */
    size_t chars;      /* code points */
};

struct trend_reading {
    enum trend_state state;
    bool changed;     /* by this reply */
    uint64_t since;   /* turn at which the drift began; 0 where stable */
    double statistic; /* the one that was chosen */
    /* The last replies together, this one included. */
    size_t pooled;    /* how many: 1..TREND_WINDOW, 0: none yet */
    uint64_t from;    /* turn of the first of them */
    size_t chars;     /* that they have together */
    bool enough;      /* chars >= least_chars: may it be judged? */
    double deviation; /* their mean, times the root of their number */
    double share;     /* of her own such pools that lie as far out, 0..1 */
    double distance; /* the share as a driftScore (drift_scale.h), 4 decimals */
};

/* As on the wire: "stable", "slipping", "lost". */
const char *trend_state_name(enum trend_state state);

/* "pooled", "ewma", "cusum", "joint". */
const char *trend_statistic_name(enum trend_statistic statistic);

/*
 * The limits of a statistic as they were measured: of sessions of 50 replies
 * of her own one in ten is taken to slip, one in fifty to be lost.
 */
struct trend_options trend_defaults(enum trend_statistic statistic);

/* Are these options in range? Says which is not (ERR_CONFIG). */
bool trend_check(const struct trend_options *options, struct err *err);

/*
 * Takes the next reply in. Replies that could not be measured are left out by
 * the caller; short ones (low_evidence) go in, that is what pooling is for.
 *
 * A state rises by as many steps as the statistic asks for and falls one step
 * at a time. It keeps the turn at which the drift began, as the CUSUM sees it,
 * until it is stable again.
 */
struct trend_reading
trend_add(struct trend *trend, const struct trend_options *options,
          const struct trend_turn *turn);

/* The reading of the replies so far, without another one. */
struct trend_reading
trend_now(const struct trend *trend, const struct trend_options *options);

#endif
