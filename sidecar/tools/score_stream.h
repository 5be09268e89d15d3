/*
 * leeway score --stream: a text as if a model were writing it.
 */
#ifndef SIDECAR_TOOLS_SCORE_STREAM_H
#define SIDECAR_TOOLS_SCORE_STREAM_H

#include "proto/request.h"
#include "sidecar/engine/engine.h"
#include "sidecar/engine/judge.h"

struct score_stream {
    struct engine *engine;
    struct judge *judge;
    const struct request *request; /* with its one candidate */
    enum request_mode mode;
    int pace_ms;   /* between two deltas */
    bool coloured; /* what is said of it */
};

/*
 * Feeds the candidate's text a few bytes at a time to a stream in this process.
 * stdout gets what a user would see, at once: the pieces, and where they were
 * taken back, a line and what stands in their place. stderr gets one line at
 * the end: how it ended, and why. Fails as the stream does.
 */
bool score_stream_show(const struct score_stream *how, struct err *err);

#endif
