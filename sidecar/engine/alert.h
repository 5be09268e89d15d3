/*
 * The alert flags of an envelope. An alert's id follows from what it is about
 * (request, candidate, kind), so a repeated request raises the same alert and
 * not a second one.
 */
#ifndef SIDECAR_ENGINE_ALERT_H
#define SIDECAR_ENGINE_ALERT_H

#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

struct alert_subject {
    const struct request *request;
    struct text candidate; /* its text */
    struct text cause;     /* rule, category: what set the verdict; or "" */
};

/* Reads verdict, hits and drift of `out`, fills its alerts. false: no memory.
 */
bool alert_fill(const struct alert_subject *subject, struct arena *arena,
                struct envelope *out, struct err *err);

#endif
