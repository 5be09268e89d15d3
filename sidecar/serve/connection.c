#include "sidecar/serve/connection.h"

#include <stdlib.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"

/*
 * Design notes.
 *
 * A connection has two sides. The reading side belongs to whoever has the
 * *turn*: there is one turn, and it is with an outstanding link_recv, with the
 * thread that runs on_received, or, while the connection is paused, with
 * nobody. So intake and deadline need no lock. The writing side (outgo) and
 * the counts are under the connection's lock, which is held for copying and
 * never while calling out.
 *
 * Replies given while the turn is being run are held (`corked`) and leave in
 * one send when the turn ends, or after FLUSH_REPLIES of them. At other times
 * the thread that replies sends. One thread at a time sends, or one link_send
 * is under way (`sending`); others only add behind.
 *
 * A connection is paused when its client asks faster than it reads (outgo too
 * long) or asks for more than it may (in_flight passed by a request that was
 * not answered at once). Whoever makes room gives the turn back with
 * link_wake, which goes through the library's task queue: so nobody ever
 * parses a connection from inside connection_reply.
 *
 * References: the turn has one, each request one, a link_send under way one.
 * The last one frees. The host's list has none: the last to drop takes the
 * connection off it.
 *
 * At most one lock is held at a time.
 */

enum {
    FLUSH_REPLIES = 32, /* at 5 us a verdict the first waits 160 us */
    SEND_ROUNDS = 8,    /* then the library's thread goes on sending */
    NS_PER_MS = 1000000
};

static void on_received(void *owner, enum link_result result, size_t len);
static void on_sent(void *owner, enum link_result result, size_t len);

static const struct link_events events = {on_received, on_sent};

static void
count_one(struct connection *c, enum connection_count which)
{
    atomic_fetch_add_explicit(&c->counts[which], 1, memory_order_relaxed);
}

/* --- life and death ----------------------------------------------------- */

struct connection *
connection_new(struct connection_host *host,
               const struct connection_place *place, struct link *link,
               const struct link_peer *peer)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    c->host = host;
    c->link = link;
    c->peer = *peer;
    c->number =
        1 + atomic_fetch_add_explicit(&host->numbered, 1, memory_order_relaxed);
    c->tag = place->tag;
    c->ipc = place->ipc;
    atomic_init(&c->refs, 1);
    pthread_mutex_init(&c->lock, NULL);
    intake_init(&c->intake, host->slabs, c->ipc, host->limits.message_bytes);
    outgo_init(&c->outgo, host->slabs);
    c->deadline_ns =
        clock_ns() + (uint64_t)host->limits.handshake_ms * NS_PER_MS;
    link_start(link, &events, c);
    return c;
}

void
connection_discard(struct connection *c)
{
    if (c != NULL) {
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

static void
free_requests(struct transport_request *request)
{
    while (request != NULL) {
        struct transport_request *next = request->next;
        free(request);
        request = next;
    }
}

static void
connection_free(struct connection *c)
{
    link_free(c->link);
    intake_clear(&c->intake);
    outgo_clear(&c->outgo);
    free_requests(c->spare);
    pthread_mutex_destroy(&c->lock);
    c->host->freed(c->host, c);
    free(c);
}

void
connection_drop(struct connection *c)
{
    if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1) {
        connection_free(c);
    }
}

void
connection_keep(struct connection *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void
connection_end(struct connection *c, enum transport_end why)
{
    if (atomic_exchange(&c->ended, true)) {
        return;
    }
    c->host->ended(c->host, why);
    link_close(c->link);
    if (c->host->handler.gone != NULL) {
        c->host->handler.gone(c->host->handler.context, c->number);
    }
    log_event(LOG_DEBUG, "connection_ended", "why=%s uid=%ld pid=%ld",
              transport_end_names[why], c->peer.uid, c->peer.pid);
    pthread_mutex_lock(&c->lock);
    const bool had_turn = c->paused;
    c->paused = false;
    pthread_mutex_unlock(&c->lock);
    if (had_turn) {
        connection_drop(c);
    }
}

/* --- writing ------------------------------------------------------------ */

/* With the lock: does the caller send? Then it must call send_on. */
static bool
begin_send(struct connection *c)
{
    const bool mine =
        !c->sending && c->outgo.bytes > 0 && !atomic_load(&c->ended);

    c->sending = c->sending || mine;
    return mine;
}

/* With the lock: is there room again? Then the caller must link_wake. */
static bool
unpause(struct connection *c)
{
    const struct transport_limits *limits = &c->host->limits;
    const bool wake = c->paused && !atomic_load(&c->ended) &&
                      c->outgo.bytes <= limits->output_bytes / 2 &&
                      atomic_load(&c->in_flight) <= limits->in_flight;

    c->paused = c->paused && !wake;
    return wake;
}

/*
 * Sends until nothing is left or the socket is full; `sent` bytes have gone
 * already. The caller holds a reference and `sending`. While it sends, others
 * may add: it does their work for SEND_ROUNDS only.
 */
static void
send_on(struct connection *c, size_t sent)
{
    struct text pieces[OUTGO_PIECES];
    enum link_result result = LINK_OK;
    bool wake = false;
    int round = 0, limit_ms;

    _Static_assert((int)OUTGO_PIECES <= (int)LINK_PIECES,
                   "one send takes the front");
    while (result == LINK_OK) {
        pthread_mutex_lock(&c->lock);
        outgo_sent(&c->outgo, sent);
        c->greeted = c->greeted || sent > 0;
        // Over TLS the greeting waits for the handshake.
        limit_ms =
            c->greeted ? c->host->limits.send_ms : c->host->limits.handshake_ms;
        atomic_store(&c->unsent, c->outgo.bytes);
        const size_t count = outgo_front(&c->outgo, pieces);
        c->sending = count > 0;
        wake = count == 0 && unpause(c);
        pthread_mutex_unlock(&c->lock);
        if (count == 0) {
            break;
        }
        result = round++ < SEND_ROUNDS
                     ? link_try_send(c->link, pieces, count, &sent)
                     : LINK_LATER;
        if (result == LINK_LATER) {
            connection_keep(c);
            link_send(c->link, pieces, count, limit_ms);
        }
    }
    if (result == LINK_GONE) {
        connection_end(c, TRANSPORT_LEFT);
    } else if (wake) {
        link_wake(c->link);
    }
}

static void
on_sent(void *owner, enum link_result result, size_t len)
{
    struct connection *c = owner;

    if (result == LINK_OK) {
        send_on(c, len);
    } else {
        pthread_mutex_lock(&c->lock);
        const bool greeted = c->greeted;
        pthread_mutex_unlock(&c->lock);
        connection_end(c, result != LINK_TIMEOUT ? TRANSPORT_LEFT
                          : greeted              ? TRANSPORT_SLOW_READER
                                                 : TRANSPORT_SLOW_GREETING);
    }
    connection_drop(c);
}

/* Sends what was held back, and from now on holds back as `corked` says. */
static void
flush(struct connection *c, bool corked)
{
    pthread_mutex_lock(&c->lock);
    const bool mine = begin_send(c);
    c->corked = corked;
    pthread_mutex_unlock(&c->lock);
    if (mine) {
        send_on(c, 0);
    }
}

/* With the lock: the request's memory is for the next one. */
static void
recycle(struct connection *c, struct transport_request *request)
{
    request->next = c->spare;
    c->spare = request;
    atomic_store(&c->unsent, c->outgo.bytes);
    atomic_fetch_sub(&c->in_flight, 1);
}

void
connection_reply(struct transport_request *request, struct text body)
{
    struct connection *c = request->connection;
    struct slab *slab = request->slab;
    char bytes[FRAMING_REPLY_HEAD_BYTES];
    const struct text head = {
        bytes, framing_reply_head(c->ipc, &request->route, body.len, bytes)};

    pthread_mutex_lock(&c->lock);
    const bool alive = !atomic_load(&c->ended);
    const bool fits =
        !alive || (outgo_add(&c->outgo, head) && outgo_add(&c->outgo, body));
    recycle(c, request);
    const bool mine = fits && !c->corked && begin_send(c);
    const bool wake = !mine && unpause(c);
    pthread_mutex_unlock(&c->lock);
    slab_drop(slab);
    count_one(c, alive ? CONNECTION_REPLIES : CONNECTION_DROPPED);
    if (!fits) {
        connection_end(c, TRANSPORT_NO_MEMORY);
    }
    if (mine) {
        send_on(c, 0);
    } else if (wake) {
        link_wake(c->link);
    }
    connection_drop(c);
}

/* --- reading ------------------------------------------------------------ */

static bool
crowded(struct connection *c)
{
    const struct transport_limits *limits = &c->host->limits;

    return atomic_load(&c->in_flight) > limits->in_flight ||
           atomic_load(&c->unsent) > limits->output_bytes;
}

/* A request to fill, counted as in flight. NULL: out of memory. */
static struct transport_request *
take_request(struct connection *c, bool *over)
{
    pthread_mutex_lock(&c->lock);
    struct transport_request *request = c->spare;
    if (request != NULL) {
        c->spare = request->next;
    }
    *over = atomic_fetch_add(&c->in_flight, 1) >= c->host->limits.in_flight;
    pthread_mutex_unlock(&c->lock);
    if (request == NULL) {
        request = malloc(sizeof(*request));
    }
    if (request != NULL) {
        connection_keep(c);
    }
    return request;
}

static enum transport_mark
mark_of(struct connection *c, const struct framing_message *message, bool kept,
        bool over)
{
    struct connection_host *host = c->host;

    if (atomic_load_explicit(&host->draining, memory_order_relaxed)) {
        return TRANSPORT_DRAINING;
    }
    if (message->payload_bytes > host->limits.message_bytes) {
        count_one(c, CONNECTION_TOO_LARGE);
        return TRANSPORT_TOO_LARGE;
    }
    if (!kept || over) {
        count_one(c, CONNECTION_BUSY);
        return TRANSPORT_BUSY;
    }
    return TRANSPORT_JUDGE;
}

static bool
deliver(struct connection *c, const struct framing_message *message, bool kept,
        uint64_t now)
{
    bool over = false;
    struct transport_request *request = take_request(c, &over);

    if (request == NULL) {
        return false;
    }
    *request = (struct transport_request){
        .body = message->body,
        .mark = mark_of(c, message, kept, over),
        .tag = c->tag,
        .body_bytes = message->payload_bytes - message->route.len,
        .arrived_ns = now,
        .peer = c->peer,
        .client = c->number,
        .source = &c->source,
        .connection = c,
        .slab = kept ? slab_keep(c->intake.slab) : NULL,
        .route = message->route,
    };
    count_one(c, CONNECTION_REQUESTS);
    c->host->handler.deliver(c->host->handler.context, request);
    return true;
}

/*
 * Delivers what has come whole. FRAMING_MORE: all of it; FRAMING_MESSAGE: as
 * much as the client may have outstanding; FRAMING_BAD: the connection has
 * ended.
 */
static enum framing_event
deliver_all(struct connection *c)
{
    static const enum transport_end ends[] = {
        [FRAMING_NOT_SP] = TRANSPORT_NOT_SP,
        [FRAMING_NOT_REQ] = TRANSPORT_NOT_REQ,
        [FRAMING_NO_MARK] = TRANSPORT_BAD_FRAME,
        [FRAMING_TOO_SHORT] = TRANSPORT_BAD_FRAME,
        [FRAMING_TOO_LONG] = TRANSPORT_TOO_LONG,
        [FRAMING_BAD_ROUTE] = TRANSPORT_BAD_FRAME,
    };
    const uint64_t now = clock_ns();
    struct framing_message message;
    unsigned delivered = 0;

    for (;;) {
        const enum framing_event event = intake_next(&c->intake, &message);
        if (event == FRAMING_MORE) {
            return event;
        }
        if (atomic_load(&c->ended)) {
            return FRAMING_BAD; // nobody is left to ask for the rest
        }
        if (event == FRAMING_BAD) {
            connection_end(c, ends[c->intake.framing.fault]);
            return event;
        }
        c->deadline_ns = 0;
        if (event == FRAMING_GREETED) {
            continue;
        }
        if (!deliver(c, &message, event == FRAMING_MESSAGE, now)) {
            connection_end(c, TRANSPORT_NO_MEMORY);
            return FRAMING_BAD;
        }
        if (++delivered % FLUSH_REPLIES == 0) {
            flush(c, true);
        }
        if (crowded(c)) {
            return FRAMING_MESSAGE;
        }
    }
}

/* Gives the turn to nobody, or to the end; false: there is room again. */
static bool
pause_turn(struct connection *c)
{
    pthread_mutex_lock(&c->lock);
    const bool over = atomic_load(&c->ended);
    // The time in which we do not read is not the client's.
    c->deadline_ns = 0;
    c->paused = !over && crowded(c);
    const bool paused = c->paused;
    pthread_mutex_unlock(&c->lock);
    if (over) {
        connection_drop(c);
    }
    return over || paused;
}

static enum transport_end
lateness(const struct connection *c)
{
    return c->intake.framing.greeted ? TRANSPORT_SLOW_SENDER
                                     : TRANSPORT_SLOW_GREETING;
}

/* Milliseconds until the deadline, at least 1; 0: it has passed. */
static int
time_left(struct connection *c)
{
    const uint64_t now = clock_ns();

    if (c->deadline_ns == 0) {
        c->deadline_ns = now + (uint64_t)c->host->limits.receive_ms * NS_PER_MS;
    }
    return now >= c->deadline_ns
               ? 0
               : (int)((c->deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* Passes the turn to the next bytes. */
static void
read_on(struct connection *c)
{
    int timeout_ms = LINK_FOREVER;
    char *at = NULL;
    size_t len = 0;

    if (intake_midway(&c->intake)) {
        timeout_ms = time_left(c);
    }
    if (timeout_ms == 0) {
        connection_end(c, lateness(c));
    } else if (!intake_room(&c->intake, &at, &len)) {
        connection_end(c, TRANSPORT_NO_MEMORY);
    } else {
        connection_keep(c); // for on_received; ours is until link_recv is back
        link_recv(c->link, at, len, timeout_ms);
    }
    connection_drop(c);
}

static void
on_received(void *owner, enum link_result result, size_t len)
{
    struct connection *c = owner;

    if (result != LINK_OK) {
        connection_end(c,
                       result == LINK_TIMEOUT ? lateness(c) : TRANSPORT_LEFT);
        connection_drop(c);
        return;
    }
    intake_took(&c->intake, len);
    for (;;) {
        flush(c, true);
        const enum framing_event event = deliver_all(c);
        flush(c, false);
        if (event == FRAMING_MORE) {
            read_on(c);
            return;
        }
        if (event == FRAMING_BAD) {
            connection_drop(c);
            return;
        }
        if (pause_turn(c)) {
            return;
        }
    }
}

void
connection_open(struct connection *c)
{
    pthread_mutex_lock(&c->lock);
    const bool fits = outgo_add(
        &c->outgo, (struct text){framing_greeting, FRAMING_GREETING_BYTES});
    pthread_mutex_unlock(&c->lock);
    if (!fits) {
        connection_end(c, TRANSPORT_NO_MEMORY);
    }
    flush(c, false);
    read_on(c);
}
