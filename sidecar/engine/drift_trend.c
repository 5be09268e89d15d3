#include "sidecar/engine/drift_trend.h"

#include <math.h>

static enum trend_statistic
statistic_of(enum config_trend_statistic statistic)
{
    switch (statistic) {
    case CONFIG_TREND_POOLED:
        return TREND_POOLED;
    case CONFIG_TREND_EWMA:
        return TREND_EWMA;
    case CONFIG_TREND_CUSUM:
        return TREND_CUSUM;
    case CONFIG_TREND_JOINT:
        break;
    }
    return TREND_JOINT;
}

struct trend_options
drift_trend_options(const struct config_drift *drift)
{
    const struct config_trend *given = &drift->trend;
    struct trend_options options =
        trend_defaults(statistic_of(given->statistic));

    if (!isnan(given->slipping_at)) {
        options.slipping_at = given->slipping_at;
    }
    if (!isnan(given->lost_at)) {
        options.lost_at = given->lost_at;
    }
    options.calm = given->calm;
    options.least_chars = (size_t)drift->min_chars;
    return options;
}

bool
drift_trend_check(const struct config_drift *drift, const char **key,
                  struct err *err)
{
    const struct trend_options options = drift_trend_options(drift);
    const bool lost_given = !isnan(drift->trend.lost_at);

    if (options.lost_at >= options.slipping_at) {
        return true;
    }
    // Told of the one that was given; if both were, of the stronger.
    *key = lost_given ? "lost_at" : "slipping_at";
    if (lost_given) {
        err_set(err, ERR_CONFIG,
                "%g is below slipping_at, %g%s; a session slips before it is "
                "lost",
                options.lost_at, options.slipping_at,
                isnan(drift->trend.slipping_at) ? ", the statistic's own" : "");
    } else {
        err_set(err, ERR_CONFIG,
                "%g is above lost_at, %g, the statistic's own; give lost_at "
                "too",
                options.slipping_at, options.lost_at);
    }
    return false;
}

double
drift_trend_deviations(const struct envelope_drift *drift)
{
    const bool measured =
        drift->status == DRIFT_OK || drift->status == DRIFT_LOW_EVIDENCE;

    return measured && isfinite(drift->deviations) ? drift->deviations
                                                   : (double)NAN;
}

struct envelope_trend
drift_trend_tell(const struct trend *trend, const struct trend_options *options,
                 const struct trend_reading *r)
{
    return (struct envelope_trend){
        .state = text_of(trend_state_name(r->state)),
        .ewma = trend->ewma,
        .since = r->since,
        .drifting = r->state != TREND_STABLE,
        .statistic = text_of(trend_statistic_name(options->statistic)),
        .value = r->statistic,
        .pooled = r->pooled,
        .from = r->from,
        .chars = r->chars,
        .enough = r->enough,
        .score = r->distance,
        .percentile = r->share};
}

struct envelope_trend
drift_trend_add(struct trend *trend, const struct trend_options *options,
                uint64_t turn, const struct envelope_drift *drift)
{
    const double deviations = drift_trend_deviations(drift);
    const struct trend_turn reply = {turn, deviations, drift->chars};
    const struct trend_reading reading = isfinite(deviations)
                                             ? trend_add(trend, options, &reply)
                                             : trend_now(trend, options);

    return drift_trend_tell(trend, options, &reading);
}
