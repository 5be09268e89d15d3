/*
 * From a message to a request.
 */
#ifndef PROTO_DECODE_H
#define PROTO_DECODE_H

#include "proto/request.h"
#include "proto/wire.h"

struct decode_limits {
    struct wire_limits wire;
    size_t text_bytes;      /* of one candidate */
    size_t prompt_bytes;    /* of systemPrompt */
    size_t guardrails;      /* items */
    size_t guardrail_bytes; /* of one item */
    size_t dimensions;      /* of one vector */
};

/*
 * Reads a whole message. On failure err says what and where (a path such as
 * "candidates[0].text"), and out->id, out->op_name and out->traceparent hold
 * what could be read of them, for the error reply. Arrays go to the arena;
 * texts are views into `message`.
 */
bool decode_request(struct text message, const struct decode_limits *limits,
                    struct arena *arena, struct request *out, struct err *err);

/*
 * For a message that nobody will decode: what its error reply echoes, id,
 * op_name and traceparent, as far as they can be read; all else in `out` is
 * absent. One walk over the message, no memory.
 */
void decode_echoes(struct text message, const struct wire_limits *limits,
                   struct request *out);

#endif
