#include "sidecar/serve/transport.h"

#include <stdlib.h>
#include <time.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/file.h"
#include "sidecar/base/log.h"
#include "sidecar/serve/connection.h"

enum {
    PEM_BYTES = 1 << 20, /* a chain of certificates is a few KB */
    DRAIN_LOOK_MS = 2,   /* a stop happens once; the hot path knows nothing */
    NS_PER_MS = 1000000
};

const struct transport_limits transport_default_limits = {
    .message_bytes = 1 << 20,
    .connections = 1024,
    .user_connections = 512,
    .in_flight = 64,
    .output_bytes = 1 << 20,
    .input_bytes = 64 << 20,
    .handshake_ms = 2000,
    .receive_ms = 5000,
    .send_ms = 1000,
};

#define TRANSPORT_END(name, label) label,
const char *const transport_end_names[] = {TRANSPORT_ENDS(TRANSPORT_END)};
#undef TRANSPORT_END

struct listener {
    struct transport *transport;
    struct link_listener *link;
    struct endpoint endpoint;
    struct endpoint_guard guard;
    const long *uids; /* [uid_count] */
    size_t uid_count;
    struct connection_place place;
};

struct transport {
    struct connection_host host; /* first: a host is its transport */
    struct listener listeners[TRANSPORT_LISTENERS];
    size_t listener_count;

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t changed;
    struct connection *connections; /* those not freed yet */
    struct transport_stats stats;   /* less what is counted in those */
};

/* --- the list of connections -------------------------------------------- */

static struct transport *
transport_of(struct connection_host *host)
{
    return (struct transport *)host;
}

static void
enlist(struct transport *t, struct connection *c)
{
    c->previous = NULL;
    c->next = t->connections;
    if (c->next != NULL) {
        c->next->previous = c;
    }
    t->connections = c;
}

static void
delist(struct transport *t, struct connection *c)
{
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        t->connections = c->next;
    }
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
}

static void
on_ended(struct connection_host *host, enum transport_end why)
{
    struct transport *t = transport_of(host);

    pthread_mutex_lock(&t->lock);
    t->stats.open--;
    t->stats.ended[why]++;
    pthread_mutex_unlock(&t->lock);
}

static void
add_counts(struct transport_stats *stats, const struct connection *c)
{
    uint64_t *const into[] = {
        [CONNECTION_REQUESTS] = &stats->requests,
        [CONNECTION_REPLIES] = &stats->replies,
        [CONNECTION_DROPPED] = &stats->dropped,
        [CONNECTION_TOO_LARGE] = &stats->too_large,
        [CONNECTION_BUSY] = &stats->busy,
    };

    for (int i = 0; i < CONNECTION_COUNTS; i++) {
        *into[i] += atomic_load_explicit(&c->counts[i], memory_order_relaxed);
    }
}

static void
on_freed(struct connection_host *host, struct connection *c)
{
    struct transport *t = transport_of(host);

    pthread_mutex_lock(&t->lock);
    delist(t, c);
    add_counts(&t->stats, c);
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

/* --- accepting ---------------------------------------------------------- */

static bool
is_allowed(const struct listener *l, long uid)
{
    for (size_t i = 0; i < l->uid_count; i++) {
        if (l->uids[i] == uid) {
            return true;
        }
    }
    return l->uid_count == 0;
}

/* With the lock. */
static size_t
connections_of(const struct transport *t, long uid)
{
    size_t count = 0;

    for (const struct connection *c = t->connections; c != NULL; c = c->next) {
        count += c->peer.uid == uid && !atomic_load(&c->ended);
    }
    return count;
}

/* With the lock: what speaks against it, or TRANSPORT_END_COUNT. */
static enum transport_end
objection(struct listener *l, const struct connection *c, long uid)
{
    struct transport *t = l->transport;
    const struct transport_limits *limits = &t->host.limits;

    if (!is_allowed(l, uid)) {
        return TRANSPORT_REFUSED_USER;
    }
    if (t->stats.open >= limits->connections ||
        (uid >= 0 && connections_of(t, uid) >= limits->user_connections)) {
        return TRANSPORT_REFUSED_FULL;
    }
    if (atomic_load(&t->host.draining)) {
        return TRANSPORT_STOPPED;
    }
    return c == NULL ? TRANSPORT_NO_MEMORY : TRANSPORT_END_COUNT;
}

/* Counts the peer and puts it on the list; false: it may not come in. */
static bool
enter(struct listener *l, struct connection *c, const struct link_peer *peer)
{
    struct transport *t = l->transport;

    pthread_mutex_lock(&t->lock);
    const enum transport_end why = objection(l, c, peer->uid);
    const bool welcome = why == TRANSPORT_END_COUNT;
    t->stats.accepted++;
    if (welcome) {
        enlist(t, c);
        t->stats.open++;
    } else {
        t->stats.ended[why]++;
    }
    pthread_mutex_unlock(&t->lock);
    if (!welcome) {
        log_event(LOG_WARN, "connection_refused", "why=%s uid=%ld pid=%ld",
                  transport_end_names[why], peer->uid, peer->pid);
    }
    return welcome;
}

static void
on_accepted(void *owner, struct link *link)
{
    struct listener *l = owner;
    struct link_peer peer = {-1, -1};

    if (l->place.ipc) {
        link_peer(link, &peer);
    }
    struct connection *c =
        connection_new(&l->transport->host, &l->place, link, &peer);
    if (enter(l, c, &peer)) {
        connection_open(c);
    } else {
        connection_discard(c);
        link_free(link);
    }
}

/* --- the transport ------------------------------------------------------ */

struct transport *
transport_new(const struct transport_limits *limits,
              const struct transport_handler *handler)
{
    struct transport *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->host.limits = *limits;
    t->host.handler = *handler;
    t->host.ended = on_ended;
    t->host.freed = on_freed;
    t->host.slabs = slab_pool_new(limits->input_bytes);
    if (t->host.slabs == NULL) {
        free(t);
        return NULL;
    }
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    return t;
}

/* Reads a PEM file as a string. */
static bool
read_pem(const char *path, struct buffer *out, struct err *err)
{
    if (!file_read(path, PEM_BYTES, out, err)) {
        err->kind = ERR_CONFIG; // the address itself may be fine
        return false;
    }
    out->limit++; // for the NUL
    buffer_add_byte(out, '\0');
    if (out->failed) {
        buffer_clear(out);
        err_memory(err, path);
    }
    return !out->failed;
}

/* For TLS, with the certificate and its key. */
static bool
open_secure(struct link_listen *link, const struct transport_listen *how,
            struct link_listener **out, struct err *err)
{
    struct buffer cert, key;

    if (how->cert_path == NULL || how->key_path == NULL) {
        err_set(err, ERR_CONFIG, "%s: needs a certificate and a key", how->url);
        return false;
    }
    if (!read_pem(how->cert_path, &cert, err)) {
        return false;
    }
    if (read_pem(how->key_path, &key, err)) {
        link->cert = cert.at;
        link->key = key.at;
        *out = link_listen(link, err);
        buffer_clear(&key);
    }
    buffer_clear(&cert);
    return *out != NULL;
}

static bool
open_ipc(struct listener *l, const struct link_listen *link, struct err *err)
{
    if (!endpoint_claim(&l->guard, l->endpoint.path, err)) {
        return false;
    }
    l->link = link_listen(link, err);
    if (l->link == NULL || !endpoint_settle(&l->guard, err)) {
        link_listener_free(l->link);
        endpoint_release(&l->guard);
        return false;
    }
    return true;
}

static bool
bind_listener(struct listener *l, const struct transport_listen *how,
              struct err *err)
{
    struct link_listen link = {
        .endpoint = &l->endpoint, .accepted = on_accepted, .owner = l};

    switch (l->endpoint.kind) {
    case ENDPOINT_IPC:
        return open_ipc(l, &link, err);
    case ENDPOINT_TCP:
        l->link = link_listen(&link, err);
        break;
    case ENDPOINT_TLS:
        open_secure(&link, how, &l->link, err);
        break;
    }
    if (l->link != NULL) {
        l->endpoint.port = link_port(l->link);
    }
    return l->link != NULL;
}

bool
transport_listen(struct transport *t, const struct transport_listen *how,
                 struct err *err)
{
    if (t->listener_count == TRANSPORT_LISTENERS) {
        err_set(err, ERR_CONFIG, "%s: more than %d addresses", how->url,
                TRANSPORT_LISTENERS);
        return false;
    }
    struct listener *l = &t->listeners[t->listener_count];
    // Whole, since a failed attempt may have left something there.
    *l = (struct listener){.transport = t,
                           .uids = how->uids,
                           .uid_count = how->uid_count,
                           .place.tag = how->tag};
    if (!endpoint_parse(how->url, how->allow_remote, &l->endpoint, err)) {
        return false;
    }
    l->place.ipc = l->endpoint.kind == ENDPOINT_IPC;
    if (!bind_listener(l, how, err)) {
        return false;
    }
    link_listener_start(l->link);
    t->listener_count++;
    return true;
}

bool
transport_url(const struct transport *t, size_t n, char *out)
{
    if (n >= t->listener_count) {
        return false;
    }
    endpoint_url(&t->listeners[n].endpoint, out);
    return true;
}

void
transport_reply(struct transport_request *request, struct text body)
{
    connection_reply(request, body);
}

bool
transport_request_alive(const struct transport_request *request)
{
    return !atomic_load(&request->connection->ended);
}

void
transport_stats(struct transport *t, struct transport_stats *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->stats;
    for (const struct connection *c = t->connections; c != NULL; c = c->next) {
        add_counts(out, c);
    }
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < t->listener_count; i++) {
        out->shed += link_shed(t->listeners[i].link);
    }
}

/* --- stopping ----------------------------------------------------------- */

/* Requests of live clients not answered yet; *unsent: answers not sent. */
static size_t
unanswered(struct transport *t, bool *unsent)
{
    size_t count = 0;

    *unsent = false;
    pthread_mutex_lock(&t->lock);
    for (struct connection *c = t->connections; c != NULL; c = c->next) {
        if (!atomic_load(&c->ended)) {
            count += atomic_load(&c->in_flight);
            *unsent = *unsent || atomic_load(&c->unsent) > 0;
        }
    }
    pthread_mutex_unlock(&t->lock);
    return count;
}

size_t
transport_drain(struct transport *t, int limit_ms)
{
    const struct timespec look = {.tv_nsec = DRAIN_LOOK_MS * NS_PER_MS};
    const uint64_t end = clock_ns() + (uint64_t)limit_ms * NS_PER_MS;
    bool unsent = false;

    atomic_store(&t->host.draining, true);
    for (size_t i = 0; i < t->listener_count; i++) {
        link_listener_close(t->listeners[i].link);
        endpoint_release(&t->listeners[i].guard);
    }
    size_t count = unanswered(t, &unsent);
    while ((count > 0 || unsent) && clock_ns() < end) {
        nanosleep(&look, NULL);
        count = unanswered(t, &unsent);
    }
    return count;
}

/*
 * A connection that has not ended, with a reference; NULL: none. It cannot be
 * freed under our hands: whoever ends it comes to on_ended, and so to the
 * lock, with a reference.
 */
static struct connection *
any_connection(struct transport *t)
{
    pthread_mutex_lock(&t->lock);
    struct connection *c = t->connections;
    while (c != NULL && atomic_load(&c->ended)) {
        c = c->next;
    }
    if (c != NULL) {
        connection_keep(c);
    }
    pthread_mutex_unlock(&t->lock);
    return c;
}

void
transport_free(struct transport *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->listener_count; i++) {
        link_listener_free(t->listeners[i].link);
        endpoint_release(&t->listeners[i].guard);
    }
    for (struct connection *c = any_connection(t); c != NULL;
         c = any_connection(t)) {
        connection_end(c, TRANSPORT_STOPPED);
        connection_drop(c);
    }
    pthread_mutex_lock(&t->lock);
    while (t->connections != NULL) {
        pthread_cond_wait(&t->changed, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    slab_pool_free(t->host.slabs);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
