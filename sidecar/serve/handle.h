/*
 * One message in, one reply out: decoding, authority, deadline, the operation.
 * Knows nothing of sockets, threads or queues.
 */
#ifndef SIDECAR_SERVE_HANDLE_H
#define SIDECAR_SERVE_HANDLE_H

#include "proto/encode.h"
#include "sidecar/engine/judge.h"
#include "sidecar/engine/flood.h"
#include "sidecar/serve/rotation.h"

/*
 * A thread's desk: what it needs to handle one message at a time. It keeps the
 * memory of the largest message that it has seen: at most
 * limits.request_memory and one reply.
 */
struct desk {
    struct judge *judge;
    struct buffer reply; /* of the last message handled */
};

/* false: no memory; clear it all the same. */
bool handle_desk_init(struct desk *desk, const struct config *config);
void handle_desk_clear(struct desk *desk);

enum handle_mark {
    HANDLE_NORMAL,
    HANDLE_TOO_LARGE, /* the body was not kept */
    HANDLE_OVERLOADED,
    HANDLE_DRAINING
};

struct handle_message {
    struct text body;
    size_t body_bytes; /* of the body as it was sent */
    enum handle_mark mark;
    bool admin;               /* came through the private socket */
    bool may_wait;            /* this thread may be held up for seconds */
    uint64_t arrived_ns;      /* of clock_ns */
    long long retry_after_ms; /* for HANDLE_OVERLOADED */
};

/* What the handler asks of the server; called on the handling thread. */
struct handle_server {
    struct rotation *rotation;
    struct flood *flood; /* counts messages by session */
    /* Fills at most `room` numbers, returns how many. */
    size_t (*stats)(void *context, struct encode_stat *out, size_t room,
                    struct text *last_error, struct arena *arena);
    /* Loads the configuration anew; *generation is the new engine's. */
    bool (*reload)(void *context, uint64_t *generation, struct err *err);
    void *context;
};

/* How it went, for the server's counters. */
struct handle_outcome {
    bool ok;
    bool later;         /* nothing was done: handle it where may_wait holds */
    enum err_kind kind; /* where not ok */
    enum request_op op;
    bool judged;
    enum envelope_verdict verdict; /* of the chosen candidate */
    bool drift_alert;
};

/*
 * Answers a message marked HANDLE_NORMAL into desk->reply, whatever it says:
 * an error is an error reply. The reply is empty where there was no memory
 * even for that, and where the outcome says `later`.
 */
struct handle_outcome handle_one(struct desk *desk, const struct engine *engine,
                                 const struct handle_server *server,
                                 const struct handle_message *message);

/*
 * The error reply to a message with any other mark, into `reply`, which is
 * emptied first; empty afterwards: no memory. Needs no desk and costs one walk
 * over the message, since it is what an overloaded sidecar does most.
 */
struct handle_outcome
handle_refuse(struct buffer *reply, const struct engine *engine,
              const struct handle_message *message);

#endif
