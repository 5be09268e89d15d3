/*
 * One request through the engine: fold, scan, measure, decide, mend. The same
 * call serves the socket, the command line and the rule tests, so an offline
 * answer equals the live one.
 */
#ifndef SIDECAR_ENGINE_JUDGE_H
#define SIDECAR_ENGINE_JUDGE_H

#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/engine/engine.h"

/* A thread's working memory; one request at a time. */
struct judge;
struct hold_scratch; /* sidecar/engine/hold.h */

/*
 * NULL: no memory. arena_bytes bounds what the answers of one request may take,
 * and again what the work on one of its candidates may.
 */
struct judge *judge_new(size_t arena_bytes);
void judge_free(struct judge *judge);

/* The request's arena, emptied by judge_begin. */
struct arena *judge_arena(struct judge *judge);

/*
 * For streams, between judge_begin and the next: the scratch of the rules, and
 * that of what is held back, made when it is first asked for (NULL: no memory).
 */
struct rules_scratch *judge_rules(struct judge *judge);
struct hold_scratch *judge_hold(struct judge *judge, struct err *err);

/* Forgets the last request and makes ready for this engine. */
bool
judge_begin(struct judge *judge, const struct engine *engine, struct err *err);

struct judge_terms {      /* what does not stand in the request itself */
    uint64_t deadline_ns; /* of clock_ns; UINT64_MAX: none */
    uint64_t rotation;    /* see fallback.h */
    struct flood *flood;  /* counts messages; NULL: nobody does */
    uint64_t now_ns;      /* of the flood's clock */
};

struct judge_result {
    struct envelope *envelopes; /* [count], in the request's arena */
    size_t count;
    size_t chosen; /* index: mildest action, then lowest drift, then first */
    struct envelope_timing timing; /* without total and queue */
};

/*
 * Judges every candidate of a score request (after judge_begin). Fails with
 * ERR_NOT_FOUND (persona), ERR_DEADLINE, ERR_MEMORY or ERR_INTERNAL: then there
 * is no verdict at all.
 */
bool
judge_request(struct judge *judge, const struct engine *engine,
              const struct request *request, const struct judge_terms *terms,
              struct judge_result *out, struct err *err);

#endif
