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
#include "sidecar/serve/stream_table.h"
#include "sidecar/store/store.h"

/*
 * A thread's desk: what it needs to handle one message at a time. It keeps the
 * memory of the largest message that it has seen: at most
 * limits.request_memory and one reply.
 */
struct desk {
    struct judge *judge;
    struct buffer reply; /* of the last message handled */
    /* While it is handled: what the store is to keep of it. */
    struct buffer results, past, kept, words;
};

/* false: no memory; clear it all the same. */
bool handle_desk_init(struct desk *desk, const struct config *config);
void handle_desk_clear(struct desk *desk);

enum handle_mark {
    HANDLE_NORMAL,
    HANDLE_TOO_LARGE, /* the body was not kept */
    HANDLE_OVERLOADED,
    HANDLE_DRAINING /* of the rest only streams that are open go on */
};

struct handle_message {
    struct text body;
    size_t body_bytes; /* of the body as it was sent */
    enum handle_mark mark;
    bool admin;               /* came through the private socket */
    uint64_t client;          /* its connection's number; 0: none */
    bool may_block;           /* this thread may wait for another's message */
    bool may_wait;            /* this thread may be held up for seconds */
    bool may_keep;            /* this thread may wait for the store */
    uint64_t arrived_ns;      /* of clock_ns */
    long long retry_after_ms; /* for HANDLE_OVERLOADED */
};

struct enrol;

/* What the handler asks of the server; called on the handling thread. */
struct handle_server {
    struct rotation *rotation;
    struct enrol *enrol; /* changes fingerprints */
    struct flood *flood; /* counts messages by session */
    struct stream_table *streams;
    struct store *store; /* NULL: nothing is remembered */
    /* Fills at most `room` numbers, returns how many. */
    size_t (*stats)(void *context, struct encode_stat *out, size_t room,
                    struct text *last_error, struct arena *arena);
    /* Loads the configuration anew; *generation is the new engine's. */
    bool (*reload)(void *context, uint64_t *generation, struct err *err);
    void *context;
};

/* Where nothing was done, since this thread is not one to do it. */
enum handle_later {
    HANDLE_DONE,     /* it was done */
    HANDLE_BY_BLOCK, /* handle it where may_block holds */
    HANDLE_BY_WAIT,  /* handle it where may_wait holds */
    HANDLE_BY_STORE  /* handle it where may_keep holds */
};

/* How it went, for the server's counters. */
struct handle_outcome {
    bool ok;
    enum handle_later later;
    enum err_kind kind; /* where not ok */
    enum request_op op;
    bool judged;
    enum envelope_verdict verdict; /* of the chosen candidate */
    bool drift_alert;
};

/*
 * Answers a message marked HANDLE_NORMAL or HANDLE_DRAINING into desk->reply,
 * whatever it says: an error is an error reply. The reply is empty where there
 * was no memory even for that, and where the outcome says `later`.
 */
struct handle_outcome handle_one(struct desk *desk, struct engine *engine,
                                 const struct handle_server *server,
                                 const struct handle_message *message);

/*
 * The error reply to a message with any other mark, into `reply`, which is
 * emptied first; empty afterwards: no memory. Needs no desk and costs one walk
 * over the message, since it is what an overloaded sidecar does most.
 */
struct handle_outcome handle_refuse(struct buffer *reply, struct engine *engine,
                                    const struct handle_message *message);

#endif
