#include "sidecar/engine/trend.h"

#include <assert.h>
#include <math.h>

#include "kernels/stable.h"
#include "sidecar/engine/drift_scale.h"

/* Deviations that one reply counts for, at most, either way. */
static const double MOST_DEVIATIONS = 3;

/* Replies that the joint statistic pools beside the whole window. */
enum { SHORT_WINDOW = 3 };

/* Weight of the newest reply in the moving mean. */
static const double EWMA_WEIGHT = 0.3;

/* Deviations that a reply may lie out without adding to the sum. */
static const double CUSUM_ALLOWANCE = 0.75;

/*
 * The sum stops growing at this many times its limit for lost: after a long
 * drift she must be found again within a few replies, not after as many.
 */
static const double CUSUM_CAP = 1.5;

/*
 * Per statistic: the 91st and 98th percentile of its greatest value in sessions
 * of 50 replies of her own, 32 speakers of plays and novels. Of 288 background
 * speakers, with 30 lines each instead of 50, 8 to 11 % pass the first.
 */
static const struct {
    const char *name;
    double slipping_at, lost_at;
} statistics[TREND_STATISTICS] = {
    [TREND_POOLED] = {"pooled", 2.70, 3.30},
    [TREND_EWMA] = {"ewma", 1.12, 1.36},
    [TREND_CUSUM] = {"cusum", 2.80, 4.80},
    [TREND_JOINT] = {"joint", 2.75, 3.35},
};

static const char *const state_names[TREND_STATES] = {
    [TREND_STABLE] = "stable",
    [TREND_SLIPPING] = "slipping",
    [TREND_LOST] = "lost",
};

const char *
trend_state_name(enum trend_state state)
{
    return state_names[state];
}

const char *
trend_statistic_name(enum trend_statistic statistic)
{
    return statistics[statistic].name;
}

struct trend_options
trend_defaults(enum trend_statistic statistic)
{
    return (struct trend_options){
        .statistic = statistic,
        .slipping_at = statistics[statistic].slipping_at,
        .lost_at = statistics[statistic].lost_at,
        .calm = 0.5,
        .least_chars = 50,
    };
}

bool
trend_check(const struct trend_options *options, struct err *err)
{
    if ((unsigned)options->statistic >= TREND_STATISTICS) {
        err_set(err, ERR_CONFIG, "trend: no such statistic");
        return false;
    }
    if (!(options->slipping_at > 0) || !isfinite(options->slipping_at)) {
        err_set(err, ERR_CONFIG, "trend: slipping_at: %g is not above 0",
                options->slipping_at);
        return false;
    }
    if (!(options->lost_at >= options->slipping_at) ||
        !isfinite(options->lost_at)) {
        err_set(err, ERR_CONFIG, "trend: lost_at: %g is below slipping_at, %g",
                options->lost_at, options->slipping_at);
        return false;
    }
    if (!(options->calm >= 0 && options->calm <= 1)) {
        err_set(err, ERR_CONFIG, "trend: calm: %g is outside 0..1",
                options->calm);
        return false;
    }
    return true;
}

/* The mean of the last replies, times the root of their number. */
static double
pooled_deviation(const struct trend *trend, size_t most)
{
    const size_t pooled = trend->count < most ? trend->count : most;
    const size_t first = trend->count - pooled;
    double sum = 0;

    // Oldest first: the order of additions must not depend on the ring.
    for (size_t i = 0; i < pooled; i++) {
        sum += trend->recent[(first + i) % TREND_WINDOW];
    }
    return pooled > 0 ? sum / sqrt((double)pooled) : 0;
}

static double
statistic_of(const struct trend *trend, enum trend_statistic statistic,
             double pooled)
{
    switch (statistic) {
    case TREND_EWMA:
        return trend->ewma;
    case TREND_CUSUM:
        return trend->cusum;
    case TREND_JOINT:
        return fmax(pooled, pooled_deviation(trend, SHORT_WINDOW));
    case TREND_POOLED:
    case TREND_STATISTICS:
        break;
    }
    return pooled;
}

struct trend_reading
trend_now(const struct trend *trend, const struct trend_options *options)
{
    struct trend_reading r = {
        .state = trend->state,
        .since = trend->state != TREND_STABLE ? trend->since : 0,
        .pooled = trend->count < TREND_WINDOW ? trend->count : TREND_WINDOW,
        .share = 1,
    };

    for (size_t i = trend->count - r.pooled; i < trend->count; i++) {
        const size_t chars = trend->chars[i % TREND_WINDOW];
        r.chars = chars > SIZE_MAX - r.chars ? SIZE_MAX : r.chars + chars;
    }
    r.deviation = pooled_deviation(trend, TREND_WINDOW);
    r.statistic = statistic_of(trend, options->statistic, r.deviation);
    r.enough = r.pooled > 0 && r.chars >= options->least_chars;
    if (r.pooled > 0) {
        r.from = trend->turns[(trend->count - r.pooled) % TREND_WINDOW];
        r.share = stable_normal_below(-r.deviation);
    }
    r.distance = drift_scale_round(drift_scale_distance(r.share));
    return r;
}

/* The three statistics with one more reply. */
static void
take(struct trend *trend, const struct trend_options *options,
     const struct trend_turn *turn)
{
    const double out =
        fmax(-MOST_DEVIATIONS, fmin(turn->deviations, MOST_DEVIATIONS));
    const size_t at = trend->count % TREND_WINDOW;
    const double limit = options->statistic == TREND_CUSUM
                             ? options->lost_at
                             : statistics[TREND_CUSUM].lost_at;
    const double sum = trend->cusum + (out - CUSUM_ALLOWANCE);

    trend->recent[at] = out;
    trend->chars[at] = turn->chars;
    trend->turns[at] = turn->turn;
    trend->count++;
    trend->ewma += EWMA_WEIGHT * (out - trend->ewma);
    if (trend->cusum <= 0 && sum > 0) {
        trend->rise = turn->turn;
    }
    trend->cusum = fmax(0, fmin(sum, CUSUM_CAP * limit));
}

/* The state that a statistic asks for, coming from another one. */
static enum trend_state
next_state(const struct trend_options *options, enum trend_state from,
           double statistic)
{
    if (statistic >= options->lost_at) {
        return TREND_LOST;
    }
    if (from == TREND_LOST) {
        return statistic < options->calm * options->lost_at ? TREND_SLIPPING
                                                            : TREND_LOST;
    }
    if (statistic >= options->slipping_at) {
        return TREND_SLIPPING;
    }
    return from == TREND_SLIPPING &&
                   statistic >= options->calm * options->slipping_at
               ? TREND_SLIPPING
               : TREND_STABLE;
}

struct trend_reading
trend_add(struct trend *trend, const struct trend_options *options,
          const struct trend_turn *turn)
{
    assert(isfinite(turn->deviations));
    take(trend, options, turn);
    struct trend_reading r = trend_now(trend, options);
    const enum trend_state before = trend->state;
    trend->state = r.enough ? next_state(options, before, r.statistic) : before;
    if (before == TREND_STABLE && trend->state != TREND_STABLE) {
        // Where the sum is 0, a slow drift never left her usual spread; all
        // that can be said is that the pooled replies show it.
        trend->since = trend->cusum > 0 ? trend->rise : r.from;
    }
    r.state = trend->state;
    r.changed = r.state != before;
    r.since = r.state != TREND_STABLE ? trend->since : 0;
    return r;
}
