/*
 * Requests from every client, replies to each: SP request-reply (framing.h)
 * over ipc, TCP and TLS (link.h), with a limit on everything that a stranger
 * could take without end: connections, time, memory and requests in flight.
 *
 * A connection may have many requests outstanding and gets its replies in the
 * order in which they are given.
 */
#ifndef SIDECAR_SERVE_TRANSPORT_H
#define SIDECAR_SERVE_TRANSPORT_H

#include "sidecar/serve/framing.h"
#include "sidecar/serve/link.h"
#include "sidecar/serve/queue.h"

struct transport;
struct connection;

/*
 * What may be done about a request. Anything but TRANSPORT_JUDGE has no body,
 * or no claim on time, and is to be answered with an error inside `deliver`.
 */
enum transport_mark {
    TRANSPORT_JUDGE,
    TRANSPORT_TOO_LARGE, /* above message_bytes; the body was not kept */
    TRANSPORT_BUSY,      /* in_flight reached, or no memory for the body */
    TRANSPORT_DRAINING   /* came after transport_drain; may have its body */
};

struct transport_request {
    struct text body; /* until transport_reply */
    enum transport_mark mark;
    int tag;             /* of the listener that it came through */
    size_t body_bytes;   /* body.len, or what was not kept */
    uint64_t arrived_ns; /* clock_ns when its last byte was read */
    struct link_peer peer;
    uint64_t client; /* the connection's number, from 1, never used twice */

    /* For queue.h, whose entry is the handler's to fill. */
    struct queue_entry entry;
    struct queue_source *source; /* one for each connection */

    /* The transport's own. */
    struct connection *connection;
    struct slab *slab;
    struct framing_route route;
    struct transport_request *next;
};

struct transport_limits {
    size_t message_bytes;    /* 4..FRAMING_HARD_BYTES; above: TOO_LARGE */
    size_t connections;      /* in all; one more is closed at once */
    size_t user_connections; /* of one uid over ipc */
    unsigned in_flight;      /* requests of one connection; above: BUSY */
    size_t output_bytes; /* unread replies of one connection; above: it is not
                            read from until half of them are gone */
    size_t input_bytes;  /* in half-read messages above SLAB_BYTES, together */
    int handshake_ms;    /* for the greeting */
    int receive_ms;      /* for a whole message, from its first byte */
    int send_ms;         /* for the client to read anything at all */
};

/* The defaults of RELIABILITY's table of limits. */
extern const struct transport_limits transport_default_limits;

/* Why connections ended, and under which name that is counted. */
#define TRANSPORT_ENDS(ROW)                                                    \
    ROW(TRANSPORT_LEFT, "left")                                                \
    ROW(TRANSPORT_NOT_SP, "not_sp")                                            \
    ROW(TRANSPORT_NOT_REQ, "not_req")                                          \
    ROW(TRANSPORT_BAD_FRAME, "bad_frame")                                      \
    ROW(TRANSPORT_TOO_LONG, "too_long")                                        \
    ROW(TRANSPORT_SLOW_GREETING, "slow_greeting")                              \
    ROW(TRANSPORT_SLOW_SENDER, "slow_sender")                                  \
    ROW(TRANSPORT_SLOW_READER, "slow_reader")                                  \
    ROW(TRANSPORT_REFUSED_USER, "refused_user")                                \
    ROW(TRANSPORT_REFUSED_FULL, "refused_full")                                \
    ROW(TRANSPORT_NO_MEMORY, "no_memory")                                      \
    ROW(TRANSPORT_STOPPED, "stopped")

#define TRANSPORT_END(name, label) name,
enum transport_end { TRANSPORT_ENDS(TRANSPORT_END) TRANSPORT_END_COUNT };
#undef TRANSPORT_END

extern const char *const transport_end_names[TRANSPORT_END_COUNT];

/* All since the start, but `open`. */
struct transport_stats {
    uint64_t accepted; /* connections */
    uint64_t open;     /* connections now */
    uint64_t ended[TRANSPORT_END_COUNT];
    uint64_t shed;      /* turned away for want of a descriptor */
    uint64_t requests;  /* delivered */
    uint64_t replies;   /* given to a live connection */
    uint64_t dropped;   /* given to a dead one */
    uint64_t too_large; /* requests delivered with that mark */
    uint64_t busy;      /* and with that one */
};

/*
 * Takes a request, on a thread of the library's; must not block. It may answer
 * before it returns, which is the fastest for small work, or pass the request
 * to another thread.
 */
struct transport_handler {
    void (*deliver)(void *context, struct transport_request *request);
    /*
     * A connection has ended; requests of its may still be under way. No lock
     * is held. NULL: nobody wants to know.
     */
    void (*gone)(void *context, uint64_t client);
    void *context;
};

/* NULL: out of memory. */
struct transport *transport_new(const struct transport_limits *limits,
                                const struct transport_handler *handler);

struct transport_listen {
    const char *url; /* as endpoint_parse; port 0: any */
    bool allow_remote;
    const char *cert_path, *key_path; /* PEM, for tls+tcp */
    const long *uids; /* [uid_count] who may use an ipc URL, by the kernel's
                         word, before a byte is read; kept */
    size_t uid_count; /* 0: whoever the socket's mode lets in */
    int tag;          /* given back with each request */
};

enum { TRANSPORT_LISTENERS = 16 };

/*
 * Begins to serve a URL: see endpoint_parse, endpoint_claim and link_listen
 * for what is refused. ERR_CONFIG: the URL or the certificate; ERR_IO: the
 * place is taken or cannot be had. One thread, before transport_drain.
 */
bool transport_listen(struct transport *transport,
                      const struct transport_listen *how, struct err *err);

/*
 * The nth URL listened on, with the port it got.
 *
 *   out      [ENDPOINT_URL_BYTES]
 *   returns  false where there are no more than n
 */
bool transport_url(const struct transport *transport, size_t n, char *out);

/*
 * Answers a request, exactly once, from any thread; the request is gone
 * afterwards. The body is copied, and may be the request's own. Where the
 * client has left the reply is dropped and counted.
 */
void transport_reply(struct transport_request *request, struct text body);

/* Is there still somebody to answer? For giving up dead work early. */
bool transport_request_alive(const struct transport_request *request);

void transport_stats(struct transport *transport, struct transport_stats *out);

/*
 * Stops accepting, removes the ipc sockets, marks every later request
 * TRANSPORT_DRAINING, and waits until all requests are answered and the
 * answers sent, at most `limit_ms`.
 *
 *   returns  how many requests of live clients were still not answered
 *
 * Never waits for the library. One thread; afterwards the process may _exit.
 */
size_t transport_drain(struct transport *transport, int limit_ms);

/*
 * Closes everything and frees it. Waits until every request has been answered
 * by whoever has it. Not from `deliver`. NULL is fine.
 */
void transport_free(struct transport *transport);

#endif
