/*
 * Byte streams over ipc, TCP and TLS: the only file that knows nng.
 *
 * Everything is asynchronous. At most one link_recv and one link_send are
 * under way on a link; each ends in exactly one call of its event, on one of
 * the library's threads (two per processor, shared by everything: an event
 * must not block). The event may come before the call that asked for it has
 * returned, and the link must stay until it has.
 *
 * nng cannot be used on both sides of a fork: a process that forks must do so
 * before its first call here, or exec at once.
 */
#ifndef SIDECAR_SERVE_LINK_H
#define SIDECAR_SERVE_LINK_H

#include "sidecar/base/text.h"
#include "sidecar/serve/endpoint.h"

enum { LINK_PIECES = 4, LINK_FOREVER = -1 };

enum link_result {
    LINK_OK,
    LINK_LATER,   /* link_try_send: nothing was sent; use link_send */
    LINK_TIMEOUT, /* the time given was over first */
    LINK_GONE     /* closed, by either side */
};

struct link;

/* What a link's owner is told. `len` is 0 unless LINK_OK. */
struct link_events {
    void (*received)(void *owner, enum link_result result, size_t len);
    void (*sent)(void *owner, enum link_result result, size_t len);
};

/* Who is at the other end of an ipc link, as the kernel says; -1: unknown. */
struct link_peer {
    long uid, pid;
};

/*
 * Before anything else on a link. Keeps `events` and `owner` until link_free.
 */
void
link_start(struct link *link, const struct link_events *events, void *owner);

void link_peer(const struct link *link, struct link_peer *out);

/*
 * Reads what is there, once: 1 to `len` bytes to `at`, which must stay until
 * `received`. timeout_ms: at least 1, or LINK_FOREVER.
 */
void link_recv(struct link *link, char *at, size_t len, int timeout_ms);

/* `received` is called with LINK_OK and 0 bytes, as if by link_recv. */
void link_wake(struct link *link);

/*
 * Sends, at once, as much as the kernel takes, and says how much: no event
 * follows. LINK_LATER: it takes none, or this kind of link cannot do it. Not
 * while a link_send is under way.
 *
 *   pieces  [count], count 1..LINK_PIECES
 */
enum link_result link_try_send(struct link *link, const struct text *pieces,
                               size_t count, size_t *len);

/* Sends some of it, at least a byte; the pieces must stay until `sent`. */
void link_send(struct link *link, const struct text *pieces, size_t count,
               int timeout_ms);

/* Ends what is under way with LINK_GONE. Any thread, any number of times. */
void link_close(struct link *link);

/*
 * Nothing may be under way, but it may be called from an event, the last thing
 * there. Closes the link where it is open.
 */
void link_free(struct link *link);

/* --- listening ---------------------------------------------------------- */

struct link_listener;

struct link_listen {
    const struct endpoint *endpoint;
    const char *cert, *key; /* PEM texts; tls only, else NULL */
    /* Takes the link; must not block. */
    void (*accepted)(void *owner, struct link *link);
    void *owner;
};

/*
 * Binds; link_listener_start begins to accept. For ipc, binds "<path>.new" with
 * mode 0600 (see endpoint.h). Changes the umask for a moment: call it while no
 * other thread creates files.
 *
 * The listener never gives up: where the process has no descriptors left it
 * turns new peers away, with one held in reserve, or looks again every
 * 100 ms, and is back within that time.
 *
 * NULL: ERR_CONFIG (certificate, TLS not built into the library) or ERR_IO
 * (the address cannot be bound).
 */
struct link_listener *
link_listen(const struct link_listen *how, struct err *err);

void link_listener_start(struct link_listener *listener);

/* The port that a TCP listener got. */
unsigned link_port(const struct link_listener *listener);

/* How many peers were turned away for want of a descriptor. Any thread. */
unsigned long link_shed(const struct link_listener *listener);

/* No more are accepted. Does not wait. */
void link_listener_close(struct link_listener *listener);

/* Waits for an `accepted` that is running. Not from an event. */
void link_listener_free(struct link_listener *listener);

#endif
