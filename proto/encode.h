/*
 * From answers to messages. Each function appends one whole reply to the
 * buffer; buffer->failed says afterwards whether it fitted. Key names and
 * their order are fixed: proto/PROTOCOL.md.
 */
#ifndef PROTO_ENCODE_H
#define PROTO_ENCODE_H

#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

struct encode_answer {
    const struct request *request;
    struct envelope_engine engine;
    struct envelope_timing timing;
    const long long *expected_seq; /* of an error: the next; NULL: none */
};

/* results [count], 1 to 16; `chosen` is an index into them. */
void encode_score(struct buffer *to, const struct encode_answer *answer,
                  const struct envelope *results, size_t count, size_t chosen);

/* `version` is the program's. */
void encode_ping(struct buffer *to, const struct encode_answer *answer,
                 struct text version);

/* One number of a stats reply; `name` may hold dots: "connections.open". */
struct encode_stat {
    const char *name;
    uint64_t value;
};

/* stats [count]; last_error is of the last failed reload, or "". */
void encode_stats(struct buffer *to, const struct encode_answer *answer,
                  const struct encode_stat *stats, size_t count,
                  struct text last_error);

/*
 * An error reply; request may have only its echoes (id, op_name, traceparent,
 * metadata). retry_after_ms below 0: none.
 */
void encode_error(struct buffer *to, const struct encode_answer *answer,
                  const struct err *err, long long retry_after_ms);

/* One envelope alone, as it stands in "results". */
void encode_envelope(struct buffer *to, const struct envelope *envelope);

/* The array "results" alone: [count], 1 to 16. */
void
encode_results(struct buffer *to, const struct envelope *results, size_t count);

/* As encode_score, of results that encode_results wrote. */
void encode_score_written(struct buffer *to, const struct encode_answer *answer,
                          struct text results, size_t chosen);

/*
 * An envelope for keeping: without what holds, or may hold, words of the reply
 * or of the caller. `contentReplaced` tells that there was a content.
 */
void encode_kept(struct buffer *to, const struct envelope *envelope);

#endif
