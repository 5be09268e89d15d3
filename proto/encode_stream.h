/*
 * The replies of the stream operations. As encode.h.
 */
#ifndef PROTO_ENCODE_STREAM_H
#define PROTO_ENCODE_STREAM_H

#include "proto/encode.h"

/* To stream.open. */
void encode_stream_open(struct buffer *to, const struct encode_answer *answer,
                        struct text id, enum request_mode mode);

struct encode_stream_step {
    long long seq;
    struct text emit;
    size_t held; /* bytes */
    bool stop, retract;
    struct text content; /* at NULL: none */
    enum envelope_verdict verdict;
    /* The provisional drift; the alert counts where the status is DRIFT_OK. */
    enum envelope_drift_status drift_status;
    double drift_score, drift_threshold; /* NAN: nil */
    bool drift_alert;
};

/* To stream.feed. */
void encode_stream_feed(struct buffer *to, const struct encode_answer *answer,
                        struct text id, const struct encode_stream_step *step);

struct encode_stream_end {
    struct text emit;
    bool retract;
    struct text content; /* at NULL: none */
    const struct envelope *envelope;
    struct text results; /* at NULL: the envelope alone; else as written */
};

/* To stream.close. */
void encode_stream_close(struct buffer *to, const struct encode_answer *answer,
                         struct text id, const struct encode_stream_end *end);

/* To stream.abort. */
void encode_stream_abort(struct buffer *to, const struct encode_answer *answer,
                         struct text id);

#endif
