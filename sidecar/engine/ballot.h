/*
 * The ballots that a configuration and a request come to: votes.h says how one
 * is counted.
 *
 * A category's own `votes` hold for it, else engine.votes. Where `of` names the
 * classifiers, the ballot is held for every reply; where it does not, the
 * request's classifiers vote on the categories that they name, by a number or,
 * to abstain, by nil.
 */
#ifndef SIDECAR_ENGINE_BALLOT_H
#define SIDECAR_ENGINE_BALLOT_H

#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/engine/votes.h"

/* Can there be a ballot at all? If not, ballot_hold need not be called. */
bool ballot_any(const struct config *config, const struct request *request);

/*
 *   own   [category_count] the rules' scores
 *   out   [category_count] in the arena; NULL where there is no ballot
 *
 * False: no memory.
 */
bool ballot_hold(const struct config *config, const struct request *request,
                 const double *own, struct arena *arena,
                 const struct votes_result ***out, struct err *err);

#endif
