/*
 * One client's connection: reads its requests, delivers them, sends the
 * replies. Part of the transport, whose only user it is; see transport.h for
 * what the names and limits mean.
 */
#ifndef SIDECAR_SERVE_CONNECTION_H
#define SIDECAR_SERVE_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>

#include "sidecar/serve/intake.h"
#include "sidecar/serve/outgo.h"
#include "sidecar/serve/transport.h"

/* What all connections of a transport share. */
struct connection_host {
    struct transport_limits limits;
    struct transport_handler handler;
    struct slab_pool *slabs;
    /* Set once; a request read just before is simply not marked. */
    atomic_bool draining;
    _Atomic uint64_t numbered; /* connections so far; relaxed: only unique */

    /* Called once when a connection has ended, and once before it is freed. */
    void (*ended)(struct connection_host *host, enum transport_end why);
    void (*freed)(struct connection_host *host, struct connection *c);
};

/* What a connection counts; relaxed, since each number stands alone. */
enum connection_count {
    CONNECTION_REQUESTS,
    CONNECTION_REPLIES,
    CONNECTION_DROPPED,
    CONNECTION_TOO_LARGE,
    CONNECTION_BUSY,
    CONNECTION_COUNTS
};

struct connection {
    struct connection_host *host;
    struct connection *previous, *next; /* the host's */
    struct link *link;
    struct link_peer peer;
    uint64_t number; /* transport_request.client */
    int tag;
    bool ipc;
    struct queue_source source; /* the queue's */
    atomic_bool ended;          /* set once */
    _Atomic unsigned refs;      /* acquire-release: the last one frees */

    /* With the turn (see connection.c). */
    struct intake intake;
    uint64_t deadline_ns; /* for what the client has begun; 0: none */

    pthread_mutex_t lock; /* guards everything below */
    struct outgo outgo;
    struct transport_request *spare; /* chained by next */
    bool sending, corked, paused;
    bool greeted; /* the client has taken something, our greeting at least */
    /* Written under the lock, read without it too. Sequential: a reply adds to
     * `unsent` before it takes from in_flight, and transport_drain reads them
     * the other way round, so it never sees neither. */
    atomic_uint in_flight;
    atomic_size_t unsent; /* outgo.bytes */
    _Atomic uint64_t counts[CONNECTION_COUNTS];
};

struct connection_place { /* where a connection came in */
    bool ipc;
    int tag;
};

/*
 * One reference, the turn's, not begun yet: connection_open, or else
 * connection_discard. The link is the connection's from connection_open on.
 * NULL: out of memory.
 */
struct connection *
connection_new(struct connection_host *host,
               const struct connection_place *place, struct link *link,
               const struct link_peer *peer);

/* Frees one that was never opened, without the link. NULL is fine. */
void connection_discard(struct connection *c);

/* Greets the client and begins to read; takes the turn's reference. */
void connection_open(struct connection *c);

/*
 * Ends it; the first caller's reason counts. Needs a reference; any thread,
 * no lock held.
 */
void connection_end(struct connection *c, enum transport_end why);

void connection_keep(struct connection *c);
void connection_drop(struct connection *c);

/* transport_reply. */
void connection_reply(struct transport_request *request, struct text body);

#endif
