/*
 * SP request-reply framing, the side that replies (REP), as a pure state
 * machine: bytes in, messages out, no sockets and no memory of its own.
 *
 * The wire, in the words of the SP RFCs (nanomsg rfc/sp-tcp-mapping-01 and
 * sp-request-reply-01) and of what REQ clients send:
 *
 *     greeting  00 'S' 'P' 00 | protocol, u16 BE | 00 00     once, each way
 *     message   [01, ipc only] | length, u64 BE | payload [length]
 *     payload   hop ... hop | id | body      words of 4 bytes; the id is the
 *               first whose top bit is set; at most FRAMING_HOPS hops
 *
 * A reply starts with the words of its request. Not locked: one thread at a
 * time for each struct framing; framing_reply_head may run anywhere.
 */
#ifndef SIDECAR_SERVE_FRAMING_H
#define SIDECAR_SERVE_FRAMING_H

#include "sidecar/base/text.h"

enum {
    FRAMING_GREETING_BYTES = 8,
    FRAMING_HOPS = 8, /* nng's own default for NNG_OPT_MAXTTL */
    FRAMING_ROUTE_BYTES = 4 * (FRAMING_HOPS + 1),
    FRAMING_HEAD_BYTES = 9, /* the longer of the two: ipc's */
    FRAMING_REPLY_HEAD_BYTES = FRAMING_HEAD_BYTES + FRAMING_ROUTE_BYTES,
    FRAMING_HARD_BYTES = 16 << 20 /* no payload above this is read at all */
};

/* What we send first: we are REP. */
extern const char framing_greeting[FRAMING_GREETING_BYTES];

enum framing_fault {
    FRAMING_FINE,
    FRAMING_NOT_SP,    /* the greeting is something else, HTTP say */
    FRAMING_NOT_REQ,   /* SP, but another protocol than REQ */
    FRAMING_NO_MARK,   /* ipc: a message that does not begin with 01 */
    FRAMING_TOO_SHORT, /* no room for an id */
    FRAMING_TOO_LONG,  /* above FRAMING_HARD_BYTES */
    FRAMING_BAD_ROUTE  /* no id within FRAMING_HOPS hops */
};

enum framing_event {
    FRAMING_MORE,    /* nothing whole yet: come back with more bytes */
    FRAMING_GREETED, /* the peer has said that it is a REQ */
    FRAMING_MESSAGE, /* a message: route and body */
    FRAMING_DROPPED, /* a message whose body was not kept: route only */
    FRAMING_BAD      /* see fault; every later call answers the same */
};

/* Where the reply goes: the words to be sent back, as they came. */
struct framing_route {
    char at[FRAMING_ROUTE_BYTES];
    unsigned char len; /* 4 to FRAMING_ROUTE_BYTES */
};

struct framing_message {
    struct framing_route route;
    struct text body;     /* view into the bytes given to framing_next */
    size_t payload_bytes; /* with the route, as the sender announced it */
};

struct framing {
    size_t soft_bytes; /* payloads above this are dropped as they come */
    size_t frame;      /* bytes of the message at hand, head included; 0: its
                          head has not come yet */
    size_t skip;       /* bytes of a dropped message still to come */
    struct framing_route route; /* of the message being dropped */
    enum framing_fault fault;
    bool ipc;
    bool greeted;
    bool given_up; /* the message at hand is to be dropped */
};

/*
 * Starts before the greeting.
 *
 *   ipc         messages begin with the byte 01
 *   soft_bytes  largest payload kept, 4..FRAMING_HARD_BYTES
 */
void framing_init(struct framing *f, bool ipc, size_t soft_bytes);

/*
 * The next thing at the front of `bytes`. `*used` bytes of it are done with
 * and must not be given again; the rest must be, with more behind it. After
 * FRAMING_MESSAGE the body is inside the used bytes.
 *
 * Faults are seen as early as the bytes allow: a wrong greeting at its first
 * wrong byte, a length before any of its payload.
 */
enum framing_event framing_next(struct framing *f, struct text bytes,
                                size_t *used, struct framing_message *out);

/*
 * How many bytes, from the front of what framing_next last saw, must stand
 * together before it can answer: the whole message once its head is there.
 */
size_t framing_wants(const struct framing *f);

/*
 * Has the peer begun something that it must finish? `left` is the number of
 * bytes that framing_next has not used.
 */
bool framing_midway(const struct framing *f, size_t left);

/* No room for the message at hand: it comes out as FRAMING_DROPPED. */
void framing_give_up(struct framing *f);

/*
 * What goes before a reply's body.
 *
 *   out      [FRAMING_REPLY_HEAD_BYTES]
 *   returns  bytes written
 */
size_t framing_reply_head(bool ipc, const struct framing_route *route,
                          size_t body_bytes, char *out);

#endif
