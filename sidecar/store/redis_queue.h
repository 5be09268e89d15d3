/*
 * Requests under way on one connection: callers put them in and wait, each for
 * its own reply; the connection's thread takes their bytes out and puts
 * replies in, which come in the order of the requests. Knows no sockets.
 */
#ifndef SIDECAR_STORE_REDIS_QUEUE_H
#define SIDECAR_STORE_REDIS_QUEUE_H

#include <stdint.h>

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"
#include "sidecar/store/redis_fault.h"
#include "sidecar/store/redis_reply.h"

struct redis_queue;

enum {
    REDIS_QUEUE_FLIGHT = 256, /* requests under way */
    REDIS_QUEUE_ARGS = 16,    /* of one request */
    REDIS_QUEUE_SHA = 40      /* SHA-1 of a script, in hexadecimal */
};

/* A script to be run. */
struct redis_call {
    size_t script;           /* its index */
    struct text key;         /* the one that it works on */
    const struct text *args; /* [count], 0..REDIS_QUEUE_ARGS */
    size_t count;
    bool writes;
};

struct redis_health {
    bool working;
    enum redis_fault fault;          /* of the last failure */
    char message[ERR_MESSAGE_BYTES]; /* the same in words, or "" */
    uint64_t requests;
    uint64_t failures; /* of requests, or of connecting */
    uint64_t late;     /* requests without a reply in time */
    uint64_t connects; /* that succeeded */
    uint64_t flight;   /* requests under way now */
};

/*
 *   scripts      [count], Lua; kept
 *   deadline_ns  of a request; where one is late, others fail at once
 *   limit        bytes that wait to be written
 *   wake         called when there are bytes, with the queue locked
 */
struct redis_queue *
redis_queue_new(const char *const *scripts, size_t count, int64_t deadline_ns,
                size_t limit, void (*wake)(void *context), void *context);
void redis_queue_free(struct redis_queue *queue); /* NULL is fine */

/* The monotonic clock, which no test stops: others' time goes on. */
int64_t redis_queue_now(void);

/* ---- callers ------------------------------------------------------------- */

/*
 * Puts the request in and waits for the reply, which the caller frees, or
 * until that time. Else what is wrong; then *reply is NULL.
 *
 *   whole   send the script itself, for a server that does not know it
 */
enum redis_fault
redis_queue_call(struct redis_queue *queue, const struct redis_call *call,
                 bool whole, int64_t until_ns, struct redis_reply **reply);

/* A reply that no caller could make sense of. */
void redis_queue_note(struct redis_queue *queue, enum redis_fault fault);

/*
 * Waits until the connection was opened or has failed once, or until then.
 * Whether it is open.
 */
bool redis_queue_wait(struct redis_queue *queue, int64_t until_ns);

/* Without the message. */
void redis_queue_health(struct redis_queue *queue, struct redis_health *out);

/* ---- the connection's thread --------------------------------------------- */

/* Requests may come. The names of the scripts are the server's. */
void
redis_queue_open(struct redis_queue *queue, char (*sha)[REDIS_QUEUE_SHA + 1]);

/* Requests fail, those under way too. */
void redis_queue_close(struct redis_queue *queue, enum redis_fault fault);

/*
 * Exchanges an empty buffer for what is to be written, and asks for a sign of
 * life first where `ping`. Since when the oldest request is under way; 0: none
 * is.
 */
int64_t
redis_queue_take(struct redis_queue *queue, struct buffer *bytes, bool ping);

/*
 * Takes the next reply. What went wrong, so that the connection is no use any
 * more, or NONE.
 */
enum redis_fault
redis_queue_deliver(struct redis_queue *queue, struct redis_reply *reply);

#endif
