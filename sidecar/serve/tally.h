/*
 * What the sidecar has done so far, in numbers. Any thread.
 */
#ifndef SIDECAR_SERVE_TALLY_H
#define SIDECAR_SERVE_TALLY_H

#include <stdatomic.h>

#include "sidecar/serve/handle.h"

/*
 * Independent counters: nobody concludes from one to another, so relaxed order
 * is enough throughout.
 */
struct tally {
    _Atomic uint64_t ops[REQUEST_OPS];
    _Atomic uint64_t errors[ERR_COUNT];
    _Atomic uint64_t verdicts[VERDICTS];
    _Atomic uint64_t drift_alerts;
    _Atomic uint64_t reloads, reloads_failed;
    _Atomic uint64_t mean_ns; /* of judging one request, moving */
};

void tally_outcome(struct tally *tally, const struct handle_outcome *outcome,
                   uint64_t spent_ns);
void tally_reload(struct tally *tally, bool done);

/*
 * Moving mean (weight 1/16 for the latest) of judging one request,
 * microseconds. Pings and reloads say nothing of how long the queue will take.
 */
uint64_t tally_mean_us(const struct tally *tally);

/*
 * Fills at most `room` numbers; returns how many. Failures of one name on the
 * wire are one number: internal_error holds want of memory too.
 */
size_t
tally_stats(const struct tally *tally, struct encode_stat *out, size_t room);

#endif
