#include "sidecar/serve/link.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"

/*
 * Design notes.
 *
 * Every completion of an nng_aio with a callback costs a hop to one of nng's
 * task threads: a futex call, a wake-up, a context switch. For receiving there
 * is no way round it. For sending there is: an aio without a callback is
 * completed on the spot, and nng_stream_send tries the socket before it
 * returns. So link_try_send starts one, aborts it (which does nothing when it
 * is already done) and waits for it (which it need not). Either all of the
 * call's bytes that the kernel took are counted, or the result is "cancelled"
 * and none was sent. Only then, with a full socket, is the other aio used,
 * with its callback and its time limit.
 *
 * TLS is different: its engine may have taken the bytes, encrypted, and still
 * say that it is not done. There the callback is always used.
 *
 * nng 1.5.2 loses an operation that is started on a stream that has just been
 * closed: neither the close nor anything later completes it. So nothing is
 * started on a closed link: `lock` is held over each start and over the mark
 * that link_close sets. (No event can come under it: nng calls back on its own
 * threads only.)
 *
 * Its TLS does the same inside itself: where the peer leaves just before the
 * caller receives, that receive is never completed. And it passes an abort,
 * and a time limit is one, to its own receive on the socket, which does
 * nothing while bytes have just come in; then it receives again, and an abort
 * counts only once, so a client that drips bytes could outlive every limit.
 * Freeing the stream ends everything, but not while an abort is on its way
 * into it. So a TLS link has no time limits of the library's, but a watch that
 * looks every WATCH_MS: it closes a link that is late or whose socket has no
 * peer any more, and LINGER_TICKS after a close it frees the stream under
 * whatever is still there. Usually link_free has come first.
 *
 * nng_aio_free waits for the callback, so it must not be called there, and
 * nng_stream_free waits for the poller: both have forms that leave it to a
 * thread of the library (nng_aio_reap; nng_stream_free is one by itself).
 */

enum {
    BACKOFF_MS = 100, /* Q16: new peers are answered within this */
    WATCH_MS = 250,   /* T09 wants half a second */
    LINGER_TICKS = 4, /* far above what an abort takes to arrive */
    NS_PER_MS = 1000000,
    SOCKET_MODE = 0600 /* of an ipc socket */
};

/* One direction of a link. */
struct way {
    nng_aio *aio;
    uint64_t deadline_ns; /* TLS only; 0: none. The link's lock. */
    bool late;            /* the watch has closed the link for it */
};

struct link {
    nng_stream *stream;
    struct way recv, send;
    nng_aio *direct; /* sends, without a callback; NULL for TLS */
    nng_aio *watch;  /* TLS only, else NULL */
    const struct link_events *events;
    void *owner;
    unsigned lingered;        /* ticks since the close; the watch's own */
    atomic_bool stream_freed; /* whoever sets it frees the stream */
    _Atomic unsigned refs;    /* the owner's, and the watch's */
    pthread_mutex_t lock;     /* guards what follows, and every start */
    bool closed, left;        /* left: link_free has been called */
};

struct link_listener {
    nng_stream_listener *listener;
    nng_aio *accept;
    void (*accepted)(void *owner, struct link *link);
    void *owner;
    bool tls;
    bool resting;   /* the aio is a sleep; only its callback looks */
    int reserve_fd; /* -1 while given up; only the callback looks */
    /* Set once, read by the callback: any order will do. */
    atomic_bool closed;
    atomic_ulong shed; /* a counter */
};

/* --- links -------------------------------------------------------------- */

/* How the operation ended, and with how many bytes. */
static enum link_result
finish(struct link *link, struct way *way, size_t *len)
{
    const int result = nng_aio_result(way->aio);
    bool late = result == NNG_ETIMEDOUT;

    if (link->watch != NULL) {
        pthread_mutex_lock(&link->lock);
        way->deadline_ns = 0;
        late = way->late;
        pthread_mutex_unlock(&link->lock);
    }
    *len = result == 0 ? nng_aio_count(way->aio) : 0;
    return result == 0 ? LINK_OK : late ? LINK_TIMEOUT : LINK_GONE;
}

static void
on_received(void *arg)
{
    struct link *link = arg;
    size_t len = 0;
    const enum link_result result = finish(link, &link->recv, &len);

    link->events->received(link->owner, result, len);
}

static void
on_sent(void *arg)
{
    struct link *link = arg;
    size_t len = 0;
    const enum link_result result = finish(link, &link->send, &len);

    link->events->sent(link->owner, result, len);
}

static void
free_stream(struct link *link)
{
    if (!atomic_exchange(&link->stream_freed, true)) {
        nng_stream_free(link->stream);
    }
}

static void
drop(struct link *link)
{
    nng_aio *const aios[] = {link->recv.aio, link->send.aio, link->direct,
                             link->watch};

    if (atomic_fetch_sub_explicit(&link->refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    free_stream(link);
    for (size_t i = 0; i < sizeof(aios) / sizeof(*aios); i++) {
        if (aios[i] != NULL) {
            nng_aio_reap(aios[i]);
        }
    }
    pthread_mutex_destroy(&link->lock);
    free(link);
}

static bool
has_peer(const struct link *link)
{
    nng_sockaddr address;

    return nng_stream_get_addr(link->stream, NNG_OPT_REMADDR, &address) == 0;
}

/* With the lock. */
static bool
is_late(struct way *way, uint64_t now)
{
    way->late = way->deadline_ns != 0 && now >= way->deadline_ns;
    return way->late;
}

static void
on_watch(void *arg)
{
    struct link *link = arg;
    const uint64_t now = clock_ns();

    pthread_mutex_lock(&link->lock);
    const bool left = link->left;
    const bool closed = link->closed;
    const bool recv_late = !closed && is_late(&link->recv, now);
    const bool send_late = !closed && is_late(&link->send, now);
    pthread_mutex_unlock(&link->lock);
    if (recv_late || send_late || (!closed && !has_peer(link))) {
        link_close(link);
    }
    link->lingered += closed;
    if (left || link->lingered > LINGER_TICKS) {
        free_stream(link);
        drop(link);
    } else {
        nng_sleep_aio(WATCH_MS, link->watch);
    }
}

void
link_free(struct link *link)
{
    if (link == NULL) {
        return;
    }
    link_close(link);
    pthread_mutex_lock(&link->lock);
    link->left = true;
    pthread_mutex_unlock(&link->lock);
    if (link->watch != NULL) {
        nng_aio_abort(link->watch, NNG_ECANCELED);
    }
    drop(link);
}

static void
turn_away(nng_stream *stream)
{
    if (stream != NULL) {
        nng_stream_close(stream);
        nng_stream_free(stream);
    }
}

/* Takes the stream, also on failure. */
static struct link *
link_new(nng_stream *stream, bool tls)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL) {
        turn_away(stream);
        return NULL;
    }
    link->stream = stream;
    pthread_mutex_init(&link->lock, NULL);
    atomic_init(&link->refs, 1);
    if (nng_aio_alloc(&link->recv.aio, on_received, link) != 0 ||
        nng_aio_alloc(&link->send.aio, on_sent, link) != 0 ||
        (tls ? nng_aio_alloc(&link->watch, on_watch, link)
             : nng_aio_alloc(&link->direct, NULL, NULL)) != 0) {
        link_free(link);
        return NULL;
    }
    return link;
}

void
link_start(struct link *link, const struct link_events *events, void *owner)
{
    link->events = events;
    link->owner = owner;
    if (link->watch != NULL) {
        atomic_fetch_add_explicit(&link->refs, 1, memory_order_relaxed);
        nng_sleep_aio(WATCH_MS, link->watch);
    }
}

void
link_peer(const struct link *link, struct link_peer *out)
{
    uint64_t id = 0;

    // 64 bits wide, whatever the width of uid_t.
    out->uid =
        nng_stream_get_uint64(link->stream, NNG_OPT_IPC_PEER_UID, &id) == 0
            ? (long)id
            : -1;
    out->pid =
        nng_stream_get_uint64(link->stream, NNG_OPT_IPC_PEER_PID, &id) == 0
            ? (long)id
            : -1;
}

/* Starts it, or ends it at once where the link is closed. */
static void
start(struct link *link, struct way *way,
      void (*operation)(nng_stream *, nng_aio *), int timeout_ms)
{
    const bool watched = link->watch != NULL;

    nng_aio_set_timeout(way->aio, watched ? NNG_DURATION_INFINITE : timeout_ms);
    pthread_mutex_lock(&link->lock);
    if (watched && timeout_ms != LINK_FOREVER) {
        way->deadline_ns = clock_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    }
    if (!link->closed) {
        operation(link->stream, way->aio);
    } else if (nng_aio_begin(way->aio)) {
        nng_aio_finish(way->aio, NNG_ECLOSED);
    }
    pthread_mutex_unlock(&link->lock);
}

void
link_recv(struct link *link, char *at, size_t len, int timeout_ms)
{
    const nng_iov iov = {.iov_buf = at, .iov_len = len};

    nng_aio_set_iov(link->recv.aio, 1, &iov); // cannot fail up to four pieces
    start(link, &link->recv, nng_stream_recv, timeout_ms);
}

void
link_wake(struct link *link)
{
    if (nng_aio_begin(link->recv.aio)) {
        nng_aio_finish(link->recv.aio, 0);
    }
}

static void
set_pieces(nng_aio *aio, const struct text *pieces, size_t count)
{
    nng_iov iov[LINK_PIECES];

    assert(count > 0 && count <= LINK_PIECES);
    for (size_t i = 0; i < count; i++) {
        // nng only reads what it sends, but its iov has no const.
        iov[i].iov_buf = (void *)(uintptr_t)pieces[i].at;
        iov[i].iov_len = pieces[i].len;
    }
    nng_aio_set_iov(aio, (unsigned)count, iov);
}

enum link_result
link_try_send(struct link *link, const struct text *pieces, size_t count,
              size_t *len)
{
    if (link->direct == NULL) {
        return LINK_LATER;
    }
    set_pieces(link->direct, pieces, count);
    nng_stream_send(link->stream, link->direct);
    nng_aio_abort(link->direct, NNG_ECANCELED);
    nng_aio_wait(link->direct);
    switch (nng_aio_result(link->direct)) {
    case 0:
        *len = nng_aio_count(link->direct);
        return LINK_OK;
    case NNG_ECANCELED:
        return LINK_LATER;
    default:
        return LINK_GONE;
    }
}

void
link_send(struct link *link, const struct text *pieces, size_t count,
          int timeout_ms)
{
    set_pieces(link->send.aio, pieces, count);
    start(link, &link->send, nng_stream_send, timeout_ms);
}

void
link_close(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    const bool first = !link->closed;
    link->closed = true;
    pthread_mutex_unlock(&link->lock);
    if (!first) {
        return;
    }
    nng_stream_close(link->stream);
    if (link->watch != NULL) {
        nng_aio_abort(link->recv.aio, NNG_ECLOSED);
        nng_aio_abort(link->send.aio, NNG_ECLOSED);
    }
}

/* --- accepting ---------------------------------------------------------- */

static int
open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
accept_next(struct link_listener *l)
{
    l->resting = false;
    nng_stream_listener_accept(l->listener, l->accept);
}

static void
rest(struct link_listener *l)
{
    l->resting = true;
    nng_sleep_aio(BACKOFF_MS, l->accept);
}

/*
 * Takes the stream. The reserve is given up only while there are no
 * descriptors; where it cannot be had again, this peer sits in its place.
 */
static void
take_stream(struct link_listener *l, nng_stream *stream)
{
    if (l->reserve_fd < 0) {
        l->reserve_fd = open_reserve();
    }
    if (l->reserve_fd < 0) {
        atomic_fetch_add(&l->shed, 1);
        log_event(LOG_WARN, "connection_shed", "reason=no_descriptors");
        turn_away(stream);
        return;
    }
    struct link *link = link_new(stream, l->tls);
    if (link != NULL) {
        l->accepted(l->owner, link);
    }
}

static void
on_accept(void *arg)
{
    struct link_listener *l = arg;
    const int result = nng_aio_result(l->accept);

    nng_stream *stream =
        result == 0 && !l->resting ? nng_aio_get_output(l->accept, 0) : NULL;

    if (atomic_load(&l->closed) || result == NNG_ECLOSED) {
        turn_away(stream);
        return;
    }
    if (l->resting) {
        accept_next(l);
    } else if (stream != NULL) {
        take_stream(l, stream);
        accept_next(l);
    } else if (result == NNG_ENOFILES && l->reserve_fd >= 0) {
        close(l->reserve_fd);
        l->reserve_fd = -1;
        accept_next(l);
    } else {
        rest(l);
    }
}

/* --- listening ---------------------------------------------------------- */

static bool
secure(struct link_listener *l, const struct link_listen *how, struct err *err)
{
    nng_tls_config *tls = NULL;

    int rv = nng_tls_config_alloc(&tls, NNG_TLS_MODE_SERVER);
    if (rv != 0) {
        err_set(err, ERR_CONFIG, "%s",
                rv == NNG_ENOTSUP ? "this libnng was built without TLS"
                                  : nng_strerror(rv));
        return false;
    }
    rv = nng_tls_config_own_cert(tls, how->cert, how->key, NULL);
    if (rv == 0) {
        rv = nng_stream_listener_set_ptr(l->listener, NNG_OPT_TLS_CONFIG, tls);
    }
    if (rv != 0) {
        err_set(err, ERR_CONFIG, "not a certificate and its key: %s",
                nng_strerror(rv));
    }
    nng_tls_config_free(tls); // the listener holds its own reference
    return rv == 0;
}

/* nng changes a socket's mode after bind and before listen; the umask makes
 * it right from the start. */
static int
bind_quietly(nng_stream_listener *listener)
{
    const mode_t before = umask(0777 & ~SOCKET_MODE);
    const int rv = nng_stream_listener_listen(listener);

    umask(before);
    return rv;
}

static bool
open_listener(struct link_listener *l, const struct link_listen *how,
              struct err *err)
{
    char url[ENDPOINT_URL_BYTES], shown[ENDPOINT_URL_BYTES];

    endpoint_bind_url(how->endpoint, url);
    endpoint_url(how->endpoint, shown);
    int rv = nng_stream_listener_alloc(&l->listener, url);
    if (rv == 0 && l->tls && !secure(l, how, err)) {
        err_under(err, "%s", shown);
        return false;
    }
    if (rv == 0) {
        rv = nng_aio_alloc(&l->accept, on_accept, l);
    }
    if (rv == 0 && how->endpoint->kind == ENDPOINT_IPC) {
        rv = nng_stream_listener_set_int(l->listener, NNG_OPT_IPC_PERMISSIONS,
                                         SOCKET_MODE);
    }
    if (rv == 0 && how->endpoint->kind == ENDPOINT_TCP) {
        // So that a peer whose machine is gone does not sit there for ever.
        rv = nng_stream_listener_set_bool(l->listener, NNG_OPT_TCP_KEEPALIVE,
                                          true);
    }
    if (rv == 0) {
        rv = bind_quietly(l->listener);
    }
    if (rv != 0) {
        err_set(err, ERR_IO, "%s: %s", shown, nng_strerror(rv));
    }
    return rv == 0;
}

struct link_listener *
link_listen(const struct link_listen *how, struct err *err)
{
    struct link_listener *l = calloc(1, sizeof(*l));

    if (l == NULL) {
        err_memory(err, "listener");
        return NULL;
    }
    l->accepted = how->accepted;
    l->owner = how->owner;
    l->tls = how->endpoint->kind == ENDPOINT_TLS;
    l->reserve_fd = -1;
    if (!open_listener(l, how, err)) {
        link_listener_free(l);
        return NULL;
    }
    l->reserve_fd = open_reserve();
    return l;
}

void
link_listener_start(struct link_listener *l)
{
    accept_next(l);
}

unsigned
link_port(const struct link_listener *l)
{
    int port = 0;

    nng_stream_listener_get_int(l->listener, NNG_OPT_TCP_BOUND_PORT, &port);
    return (unsigned)port;
}

unsigned long
link_shed(const struct link_listener *l)
{
    return atomic_load_explicit(&l->shed, memory_order_relaxed);
}

void
link_listener_close(struct link_listener *l)
{
    if (!atomic_exchange(&l->closed, true)) {
        nng_stream_listener_close(l->listener);
        nng_aio_abort(l->accept, NNG_ECLOSED); // it may be resting
    }
}

void
link_listener_free(struct link_listener *l)
{
    if (l == NULL) {
        return;
    }
    if (l->accept != NULL) {
        link_listener_close(l);
        nng_aio_free(l->accept);
    }
    if (l->listener != NULL) {
        nng_stream_listener_free(l->listener);
    }
    if (l->reserve_fd >= 0) {
        close(l->reserve_fd);
    }
    free(l);
}
