/*
 * Between a session's trend (trend.h) and what surrounds it: the options from
 * the configuration, and what the caller is told. Pure; any thread.
 */
#ifndef SIDECAR_ENGINE_DRIFT_TREND_H
#define SIDECAR_ENGINE_DRIFT_TREND_H

#include "config/config.h"
#include "proto/envelope.h"
#include "sidecar/engine/trend.h"

/*
 * The options of a persona's sessions (config_persona.drift), or of all
 * (config.drift): limits that are not given are those of the statistic, and
 * the pooled replies need as many code points as a single one, min_chars.
 */
struct trend_options drift_trend_options(const struct config_drift *drift);

/*
 * Are they in order? Says which limit is not, with both numbers and what to do
 * (ERR_CONFIG). The ranges are the schema's.
 *
 *   key  the key at fault, below `trend`
 */
bool drift_trend_check(const struct config_drift *drift, const char **key,
                       struct err *err);

/*
 * What a reply is for the trend: its deviations, where it was measured; else
 * NAN, and the trend stays as it is.
 */
double drift_trend_deviations(const struct envelope_drift *drift);

/* A reading as the caller is told. */
struct envelope_trend
drift_trend_tell(const struct trend *trend, const struct trend_options *options,
                 const struct trend_reading *reading);

/*
 * One more reply of a session: trend_add, where the reply was measured and has
 * deviations; else the trend stays as it was. What comes out is for
 * envelope_drift.trend.
 *
 *   drift  of the reply: deviations and chars are read
 */
struct envelope_trend
drift_trend_add(struct trend *trend, const struct trend_options *options,
                uint64_t turn, const struct envelope_drift *drift);

#endif
