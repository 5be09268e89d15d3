#include "sidecar/serve/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"
#include "sidecar/serve/handle.h"
#include "sidecar/serve/listen.h"
#include "sidecar/serve/queue.h"
#include "sidecar/serve/reload.h"
#include "sidecar/serve/slot.h"
#include "sidecar/serve/tally.h"

enum {
    WORKERS_MOST = 256,      /* the range of limits.workers */
    INLINE_BYTES = 8 * 1024, /* a larger message goes to a worker */
    INLINE_DESKS = 16,       /* the library has two threads per processor */
    ADMIN_REQUESTS = 64,     /* that wait for the clerk */
    ADMIN_BYTES = 64 << 20,
    FLOOD_SESSIONS = 8192,    /* that are counted; 3.6 MB */
    REFUSAL_BYTES = 16 << 10, /* an error and what it echoes: below 2 KiB */
    RETRY_MOST_MS = 1000,
    QUIET_MS = 50,       /* without a request: nobody is left to be told */
    QUIET_MOST_MS = 500, /* for those who ask on and on while we stop */
    NS_PER_MS = 1000000
};

/* A thread that takes requests from one queue. */
struct worker {
    struct server *server;
    struct queue *queue;
    bool may_wait; /* see struct handle_message */
    struct desk desk;
    bool running;
    pthread_t thread;
};

struct server {
    struct slot *slot;
    struct transport *transport;
    struct rotation *rotation;
    struct flood *flood;
    struct tally tally;
    struct handle_server handle;
    uint64_t started_ns;
    struct buffer no_memory; /* the reply where there is none for another */

    pthread_mutex_t desks_lock; /* guards the next two */
    struct desk *idle[INLINE_DESKS];
    size_t idle_count;
    struct desk inline_desks[INLINE_DESKS];

    struct queue *queue;    /* for the workers */
    struct worker *workers; /* [worker_count] */
    size_t worker_count;

    struct queue *admin_queue; /* for the clerk */
    struct worker clerk;       /* the one thread that reloads */
    /* A connection's source belongs to one queue: what comes from the serving
     * sockets to the clerk needs another. */
    struct queue_source forwarded;
    struct reload reload;
    struct queue_source signals;
    struct queue_entry signal;  /* in the admin queue while... */
    atomic_bool signal_waiting; /* ...this holds; the queue's lock orders it */
};

/* ------------------------------------------------------------- one request */

static enum handle_mark
mark_of(const struct transport_request *request)
{
    switch (request->mark) {
    case TRANSPORT_JUDGE:
        return HANDLE_NORMAL;
    case TRANSPORT_TOO_LARGE:
        return HANDLE_TOO_LARGE;
    case TRANSPORT_BUSY:
        return HANDLE_OVERLOADED;
    case TRANSPORT_DRAINING:
        break;
    }
    return HANDLE_DRAINING;
}

/* How long what waits will take, with some spread so that not all return. */
static long long
retry_after(struct server *server, const struct transport_request *request)
{
    struct queue_depth depth;

    queue_depth(server->queue, &depth);
    const uint64_t each_us = tally_mean_us(&server->tally);
    const uint64_t ms = depth.count * each_us / server->worker_count / 1000 +
                        1 + request->arrived_ns / 1000 % 10;
    return (long long)(ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS);
}

static struct handle_message
describe(const struct transport_request *request, enum handle_mark mark)
{
    return (struct handle_message){.body = request->body,
                                   .body_bytes = request->body_bytes,
                                   .mark = mark,
                                   .admin = request->tag == LISTEN_ADMIN,
                                   .arrived_ns = request->arrived_ns,
                                   .retry_after_ms = -1};
}

/* No request stays without a reply, whatever memory there is. */
static void
send_reply(const struct server *server, struct transport_request *request,
           const struct buffer *reply)
{
    transport_reply(request, reply->len > 0 ? buffer_text(reply)
                                            : buffer_text(&server->no_memory));
}

/* Says no, cheaply: this is what an overloaded sidecar does most. */
static void
refuse(struct server *server, struct transport_request *request,
       enum handle_mark mark)
{
    struct handle_message message = describe(request, mark);
    struct engine *engine = slot_take(server->slot);
    struct buffer reply;

    message.retry_after_ms = retry_after(server, request);
    buffer_init(&reply, REFUSAL_BYTES);
    const struct handle_outcome outcome =
        handle_refuse(&reply, engine, &message);
    tally_outcome(&server->tally, &outcome, 0);
    engine_drop(engine);
    send_reply(server, request, &reply);
    buffer_clear(&reply);
}

/* false: nothing was done, it is one for the clerk. */
static bool
answer(struct server *server, struct desk *desk,
       struct transport_request *request, bool may_wait)
{
    struct handle_message message = describe(request, HANDLE_NORMAL);
    struct engine *engine = slot_take(server->slot);
    const uint64_t began_ns = clock_ns();

    message.may_wait = may_wait;
    const struct handle_outcome outcome =
        handle_one(desk, engine, &server->handle, &message);
    const uint64_t spent_ns = clock_ns() - began_ns;
    engine_drop(engine);
    if (outcome.later) {
        return false;
    }
    tally_outcome(&server->tally, &outcome, spent_ns);
    send_reply(server, request, &desk->reply);
    return true;
}

static void
hand_over(struct server *server, struct queue *queue,
          struct queue_source *source, struct transport_request *request)
{
    request->entry.item = request;
    request->entry.bytes = request->body_bytes;
    if (!queue_push(queue, source, &request->entry)) {
        refuse(server, request, HANDLE_OVERLOADED);
    }
}

static void
forward_to_clerk(struct server *server, struct transport_request *request)
{
    hand_over(server, server->admin_queue, &server->forwarded, request);
}

/* ----------------------------------------------- on the transport's threads */

static struct desk *
take_desk(struct server *server)
{
    struct desk *desk = NULL;

    pthread_mutex_lock(&server->desks_lock);
    if (server->idle_count > 0) {
        desk = server->idle[--server->idle_count];
    }
    pthread_mutex_unlock(&server->desks_lock);
    return desk;
}

static void
put_desk(struct server *server, struct desk *desk)
{
    pthread_mutex_lock(&server->desks_lock);
    server->idle[server->idle_count++] = desk;
    pthread_mutex_unlock(&server->desks_lock);
}

/* Judges it here and now, if it is small and first; false: it is not. */
static bool
judge_here(struct server *server, struct transport_request *request)
{
    struct queue_depth depth;

    if (request->body_bytes > INLINE_BYTES) {
        return false;
    }
    queue_depth(server->queue, &depth);
    struct desk *desk = depth.count == 0 ? take_desk(server) : NULL;
    if (desk == NULL) {
        return false;
    }
    const bool answered = answer(server, desk, request, false);
    put_desk(server, desk);
    if (!answered) {
        forward_to_clerk(server, request);
    }
    return true;
}

/* Must not block. */
static void
deliver(void *context, struct transport_request *request)
{
    struct server *server = context;
    const enum handle_mark mark = mark_of(request);

    if (mark != HANDLE_NORMAL) {
        refuse(server, request, mark);
    } else if (request->tag == LISTEN_ADMIN) {
        hand_over(server, server->admin_queue, request->source, request);
    } else if (!judge_here(server, request)) {
        hand_over(server, server->queue, request->source, request);
    }
}

/* ----------------------------------------------------- on the other threads */

static bool
run_reload(void *context, uint64_t *generation, struct err *err)
{
    struct server *server = context;

    return reload_run(&server->reload, server->slot, &server->tally, generation,
                      err);
}

static void
obey_signal(struct server *server)
{
    uint64_t generation;
    struct err err;

    // Before it begins: files changed from now on want another one.
    atomic_store(&server->signal_waiting, false);
    (void)run_reload(server, &generation, &err); // it is logged
}

static void *
work(void *context)
{
    struct worker *worker = context;
    struct server *server = worker->server;
    void *item;

    while ((item = queue_pop(worker->queue)) != NULL) {
        struct transport_request *request = item;
        if (item == &server->signal) {
            obey_signal(server);
        } else if (!transport_request_alive(request)) {
            transport_reply(request, (struct text){NULL, 0}); // to nobody
        } else if (!answer(server, &worker->desk, request, worker->may_wait)) {
            forward_to_clerk(server, request);
        }
    }
    return NULL;
}

void
server_reload_soon(struct server *server)
{
    if (atomic_exchange(&server->signal_waiting, true)) {
        return;
    }
    server->signal = (struct queue_entry){.item = &server->signal};
    if (!queue_push(server->admin_queue, &server->signals, &server->signal)) {
        atomic_store(&server->signal_waiting, false);
        log_event(LOG_ERROR, "reload_refused",
                  "too much waits on the private socket");
    }
}

/* -------------------------------------------------------------------- stats */

static size_t
add_stat(struct encode_stat *out, size_t room, size_t count, const char *name,
         uint64_t value)
{
    if (count < room) {
        out[count++] = (struct encode_stat){name, value};
    }
    return count;
}

static size_t
stats(void *context, struct encode_stat *out, size_t room,
      struct text *last_error, struct arena *arena)
{
    struct server *server = context;
    struct transport_stats wire;
    struct queue_depth depth;
    size_t n = tally_stats(&server->tally, out, room);

    transport_stats(server->transport, &wire);
    queue_depth(server->queue, &depth);
    n = add_stat(out, room, n, "uptime_ms",
                 (clock_ns() - server->started_ns) / 1000000u);
    n = add_stat(out, room, n, "connections.accepted", wire.accepted);
    n = add_stat(out, room, n, "connections.open", wire.open);
    n = add_stat(out, room, n, "connections.shed", wire.shed);
    for (int i = 0; i < TRANSPORT_END_COUNT; i++) {
        n = add_stat(out, room, n, transport_end_names[i], wire.ended[i]);
    }
    n = add_stat(out, room, n, "queue.waiting", depth.count);
    n = add_stat(out, room, n, "queue.peak", depth.peak);
    n = add_stat(out, room, n, "replies.dropped", wire.dropped);
    n = add_stat(out, room, n, "log.dropped", log_dropped());
    *last_error = reload_last_error(&server->reload, arena);
    return n;
}

/* -------------------------------------------------------------------- start */

static size_t
workers_wanted(const struct config *config)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const long long wanted = config->limits.workers > 0 ? config->limits.workers
                                                        : (long long)processors;

    return wanted < 1              ? 1
           : wanted > WORKERS_MOST ? WORKERS_MOST
                                   : (size_t)wanted;
}

static bool
start_worker(struct worker *worker, const struct config *config,
             struct err *err)
{
    if (!handle_desk_init(&worker->desk, config)) {
        err_memory(err, "a worker's desk");
        return false;
    }
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        err_set(err, ERR_INTERNAL, "cannot start a thread");
        return false;
    }
    worker->running = true;
    return true;
}

static bool
start_workers(struct server *server, const struct config *config,
              struct err *err)
{
    for (size_t i = 0; i < server->worker_count; i++) {
        server->workers[i].server = server;
        server->workers[i].queue = server->queue;
        if (!start_worker(&server->workers[i], config, err)) {
            return false;
        }
    }
    server->clerk.server = server;
    server->clerk.queue = server->admin_queue;
    server->clerk.may_wait = true;
    return start_worker(&server->clerk, config, err);
}

static bool
set_desks(struct server *server, const struct config *config, struct err *err)
{
    for (size_t i = 0; i < INLINE_DESKS; i++) {
        if (!handle_desk_init(&server->inline_desks[i], config)) {
            err_memory(err, "desks");
            return false;
        }
        server->idle[server->idle_count++] = &server->inline_desks[i];
    }
    return true;
}

/* What is said where nothing else can be. */
static bool
set_last_resort(struct server *server, const struct engine *engine)
{
    const struct request nobody = {.op = REQUEST_PING};
    const struct encode_answer answer = {
        .request = &nobody,
        .engine = {engine->generation, text_of(engine->hash)}};
    struct err err;

    err_memory(&err, "the reply");
    buffer_init(&server->no_memory, REFUSAL_BYTES);
    encode_error(&server->no_memory, &answer, &err, -1);
    return !server->no_memory.failed;
}

/* Everything but threads and sockets. NULL: no memory. */
static struct server *
server_new(const struct server_setup *setup)
{
    const struct config *config = setup->engine->config;
    const struct transport_limits limits = listen_limits(config);
    struct server *server = calloc(1, sizeof(*server));
    struct err err;

    if (server == NULL) {
        engine_drop(setup->engine);
        return NULL;
    }
    const struct transport_handler handler = {deliver, server};
    const struct reload_source source = {setup->path, setup->overrides,
                                         setup->override_count, setup->kernels};
    const bool worded = set_last_resort(server, setup->engine);
    pthread_mutex_init(&server->desks_lock, NULL);
    reload_init(&server->reload, &source);
    server->started_ns = clock_ns();
    server->worker_count = workers_wanted(config);
    server->workers = calloc(server->worker_count, sizeof(*server->workers));
    server->queue = queue_new((size_t)config->limits.queue_requests,
                              (size_t)config->limits.queue_bytes);
    server->admin_queue = queue_new(ADMIN_REQUESTS, ADMIN_BYTES);
    server->rotation = rotation_new();
    // Nobody can know where in the table a session is: time and address.
    server->flood =
        flood_new(FLOOD_SESSIONS, clock_ns() ^ (uintptr_t)server, &err);
    server->transport = transport_new(&limits, &handler);
    server->handle = (struct handle_server){.rotation = server->rotation,
                                            .flood = server->flood,
                                            .stats = stats,
                                            .reload = run_reload,
                                            .context = server};
    server->slot = slot_new(setup->engine); // from here on the engine's owner
    if (!worded || server->workers == NULL || server->queue == NULL ||
        server->admin_queue == NULL || server->rotation == NULL ||
        server->flood == NULL || server->transport == NULL ||
        server->slot == NULL) {
        server_free(server);
        return NULL;
    }
    return server;
}

struct server *
server_start(const struct server_setup *setup, struct err *err)
{
    struct engine *engine = engine_keep(setup->engine); // for its config
    const struct listen_urls where = {setup->urls, setup->url_count};
    struct server *server = server_new(setup);

    if (server == NULL) {
        err_memory(err, "the server");
    } else if (!set_desks(server, engine->config, err) ||
               !start_workers(server, engine->config, err) ||
               !listen_all(server->transport, engine->config, &where, err)) {
        server_free(server);
        server = NULL;
    }
    engine_drop(engine);
    return server;
}

bool
server_url(const struct server *server, size_t n, char *out, size_t size)
{
    char url[ENDPOINT_URL_BYTES];

    if (!transport_url(server->transport, n, url)) {
        return false;
    }
    snprintf(out, size, "%s", url);
    return true;
}

/* --------------------------------------------------------------------- stop */

static int
ms_until(uint64_t end_ns)
{
    const uint64_t now = clock_ns();

    return now < end_ns ? (int)((end_ns - now) / NS_PER_MS) : 0;
}

/*
 * What clients had sent but the transport had not read yet is read now, and
 * each gets its `draining`, instead of a connection that closes under it.
 */
static size_t
drain_rest(struct server *server, size_t left, uint64_t end_ns)
{
    const struct timespec quiet = {.tv_nsec = QUIET_MS * NS_PER_MS};
    const uint64_t most_ns = clock_ns() + (uint64_t)QUIET_MOST_MS * NS_PER_MS;
    struct transport_stats before, after = {.requests = UINT64_MAX};

    if (end_ns > most_ns) {
        end_ns = most_ns;
    }
    do {
        before = after;
        nanosleep(&quiet, NULL);
        left = transport_drain(server->transport, ms_until(end_ns));
        transport_stats(server->transport, &after);
    } while (after.requests != before.requests && clock_ns() < end_ns);
    return left;
}

size_t
server_drain(struct server *server)
{
    struct engine *engine = slot_take(server->slot);
    const int limit_ms = (int)engine->config->limits.drain_ms;
    const uint64_t end_ns = clock_ns() + (uint64_t)limit_ms * NS_PER_MS;

    engine_drop(engine);
    const size_t left = transport_drain(server->transport, limit_ms);
    return clock_ns() < end_ns ? drain_rest(server, left, end_ns) : left;
}

static void
stop_worker(struct worker *worker)
{
    if (worker->running) {
        pthread_join(worker->thread, NULL);
    }
    handle_desk_clear(&worker->desk);
}

/* The queues first: what is in them is answered by the workers' last work. */
static void
stop_workers(struct server *server)
{
    if (server->queue != NULL) {
        queue_close(server->queue);
    }
    for (size_t i = 0; server->workers != NULL && i < server->worker_count;
         i++) {
        stop_worker(&server->workers[i]);
    }
    // Only now: a worker may still forward to the clerk.
    if (server->admin_queue != NULL) {
        queue_close(server->admin_queue);
    }
    stop_worker(&server->clerk);
}

void
server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->transport != NULL) {
        (void)transport_drain(server->transport, 0);
    }
    stop_workers(server);
    transport_free(server->transport);
    queue_free(server->queue);
    queue_free(server->admin_queue);
    for (size_t i = 0; i < INLINE_DESKS; i++) {
        handle_desk_clear(&server->inline_desks[i]);
    }
    slot_free(server->slot);
    rotation_free(server->rotation);
    flood_free(server->flood);
    reload_clear(&server->reload);
    buffer_clear(&server->no_memory);
    pthread_mutex_destroy(&server->desks_lock);
    free(server->workers);
    free(server);
}
