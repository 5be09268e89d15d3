/*
 * The sidecar as a whole: transport, queues, workers, the engine of now.
 *
 * How a request travels. The transport delivers it on one of its own threads.
 * A small one is judged right there, where a desk is free and nothing waits
 * before it: handing it to another thread costs more than judging it (10 to
 * 20 us for a wake-up against 5 for a verdict). Everything else goes into the
 * bounded queue, from which the workers take it; where the queue has no room,
 * the answer is `overloaded` at once, for the price of reading its id. So long
 * work never sits on the transport's threads, and nothing waits without a
 * limit.
 *
 * What came through the private socket, every reload, every change of a
 * fingerprint and every comparison has a queue and a thread of its own, the
 * clerk's: a reload takes seconds, during which all workers go on judging with
 * the old engine, and the operator gets an answer however busy they are.
 *
 * Locks, never nested: the slot's, the queues', the desks', the reload's last
 * error, and the transport's own.
 */
#ifndef SIDECAR_SERVE_SERVER_H
#define SIDECAR_SERVE_SERVER_H

#include "sidecar/engine/engine.h"

struct server;

struct server_setup {
    struct engine *engine;        /* taken */
    const char *path;             /* of the configuration, for reloads; kept */
    const char *const *overrides; /* kept */
    size_t override_count;
    const char *const *urls; /* instead of the configured ones; kept */
    size_t url_count;        /* 0: the configured ones */
    const struct kernel_set *kernels;
};

/*
 * Opens the sockets and starts the workers. NULL, and then nothing is left
 * behind: ERR_CONFIG (an address that may not be), ERR_IO (one that is taken),
 * ERR_MEMORY or ERR_INTERNAL (no thread).
 */
struct server *server_start(const struct server_setup *setup, struct err *err);

/* The nth address listened on, into out [size]; false: there are no more. */
bool server_url(const struct server *server, size_t n, char *out, size_t size);

/*
 * Asks for the configuration to be loaded anew, and returns at once: the engine
 * is swapped, or nothing changes; either is logged and counted. One that is
 * asked for while another waits to begin is the same one.
 */
void server_reload_soon(struct server *server);

/*
 * Stops: no new connections, `draining` to new requests, those in flight are
 * finished, at most limits.drain_ms. Returns how many were not. Afterwards the
 * process may _exit.
 */
size_t server_drain(struct server *server);

/*
 * Stops at once and frees everything. Waits for work that has begun, a reload
 * too. NULL is fine.
 */
void server_free(struct server *server);

#endif
