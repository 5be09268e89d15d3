/*
 * What a score means for one persona: how her own lines score when each is
 * judged by the others, and the distance 0..1 that callers see, which means the
 * same for every persona.
 *
 *     share     p: the part of her own lines that are at least as strange
 *     distance  d = 1 - p^c with c = ln 0.7 / ln 0.05, so that d is 0.30 where
 *               p is 5 %; 0.20 at 15 %, 0.42 at 1 %
 *
 * Plotting positions: k / (n + 1) (Weibull 1939); a score below every line of
 * hers goes on along the tail of the normal distribution. Fifty lines say
 * little about the strangest one in twenty, so that where it is known how a
 * stranger would score, the shares lean on the shape that the scores of
 * everybody's own lines have. The same bits on every machine.
 */
#ifndef SIDECAR_ENGINE_DRIFT_SCALE_H
#define SIDECAR_ENGINE_DRIFT_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "sidecar/base/err.h"

struct drift_scale {
    const double *scores; /* [count] ascending; higher is nearer to her */
    size_t count;         /* 0: not calibrated */
    double mean;          /* of the scores */
    double sd;            /* how far below the mean her lines spread, > 0 */
    bool anchored;        /* by a stranger's score */
};

/*
 * A scale from the scores of a persona's own lines.
 *
 *   scores  [count] finite; sorted here and kept
 */
struct drift_scale drift_scale_of(double *scores, size_t count);

/*
 * The same, where it is known what a stranger's line is expected to score.
 *
 *   stranger  finite; one that is not below her mean tells nothing, and the
 *             scale is then that of drift_scale_of
 *
 * Her lines spread below their mean by about half its distance from the
 * stranger, whoever she is. The spread is a mean of that and of what her lines
 * show, weighted by how many they are, a little wider where they are few; only
 * the strange side counts, since a few unmistakable lines widen the other.
 */
struct drift_scale
drift_scale_against(double *scores, size_t count, double stranger);

/*
 * The share of her own lines that score this low or lower, 0..1, continuous
 * and never falling as the score grows; scale->count > 0.
 */
double drift_scale_share(const struct drift_scale *scale, double score);

/*
 * The other way round: the score that a share `rate` of her own lines reaches
 * or stays below.
 *
 *   rate     0 < rate < 1
 *   returns  NAN where drift_scale_threshold would refuse the rate: too few
 *            lines to tell
 */
double drift_scale_score(const struct drift_scale *scale, double rate);

/* The distance for a share, 0..1; 0 where the share is 1. */
double drift_scale_distance(double share);

/*
 * A distance as it goes over the wire: 4 decimals, 0..1. Alerts compare this
 * number, so that a caller who compares it himself agrees.
 */
double drift_scale_round(double distance);

/*
 * The distance that a share `rate` of her own lines reaches, rounded for the
 * wire.
 *
 *   count  her calibrated lines
 *   rate   0 < rate < 1
 *
 * Fails (ERR_CONFIG) where the rate is outside that, or below 1 / (count + 1):
 * too few lines to tell; the message says how many it takes.
 */
bool drift_scale_threshold(size_t count, double rate, double *threshold,
                           struct err *err);

#endif
