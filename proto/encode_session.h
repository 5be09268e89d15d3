/*
 * The replies of the operations on sessions and machines, and what judged
 * replies have in sessions alone. As encode.h.
 */
#ifndef PROTO_ENCODE_SESSION_H
#define PROTO_ENCODE_SESSION_H

#include "proto/encode.h"

struct encode_session {
    struct text id, status, persona, user, workspace, title;
    struct text metadata; /* msgpack of a map, or "" */
    unsigned long long messages;
    int64_t started_ms, last_active_ms;     /* since 1970, UTC */
    int64_t ended_ms;                       /* 0: not ended */
    const bool *created;                    /* NULL: not told */
    const struct envelope_trend *trend;     /* NULL: no reply was measured */
    const struct envelope_machine *machine; /* NULL: it runs none */
};

/* To session.open, .get, .reset and .end. */
void encode_session(struct buffer *to, const struct encode_answer *answer,
                    const struct encode_session *session);

/* A turn as history has it. */
struct encode_past {
    unsigned long long turn;
    int64_t at_ms;
    struct text message_id, role;
    struct text envelope; /* msgpack; "": it is not there */
};

/* To session.history. next: the cursor of the next page; 0: there is none. */
void encode_history(struct buffer *to, const struct encode_answer *answer,
                    struct text session, const struct encode_past *turns,
                    size_t count, unsigned long long next);

/* To machine.step. session: "": there was none. */
void encode_step(struct buffer *to, const struct encode_answer *answer,
                 struct text session, const struct envelope_machine *machine);

/* As encode_step, of a block that encode_machine wrote. */
void encode_step_again(struct buffer *to, const struct encode_answer *answer,
                       struct text session, struct text machine);

/* The block "machine". */
void encode_machine(struct buffer *to, const struct envelope_machine *machine);

/* The block "trend". */
void encode_trend(struct buffer *to, const struct envelope_trend *trend);

#endif
