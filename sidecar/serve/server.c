#include "sidecar/serve/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"
#include "sidecar/serve/beat.h"
#include "sidecar/serve/crew.h"
#include "sidecar/serve/desks.h"
#include "sidecar/serve/enrol.h"
#include "sidecar/serve/drain.h"
#include "sidecar/serve/gauges.h"
#include "sidecar/serve/handle.h"
#include "sidecar/serve/listen.h"
#include "sidecar/serve/queue.h"
#include "sidecar/serve/reload.h"
#include "sidecar/serve/slot.h"
#include "sidecar/serve/tally.h"

enum {
    WORKERS_MOST = 256,      /* the range of limits.workers */
    KEEPERS = 8,             /* that wait for the store: one commit is many's */
    KEPT_FROM = 64,          /* sources of theirs, by connection */
    SWEEPS = 4,              /* of streams, in their idle time */
    INLINE_BYTES = 8 * 1024, /* a larger message goes to a worker */
    ADMIN_REQUESTS = 64,     /* that wait for the clerk */
    ADMIN_BYTES = 64 << 20,
    FLOOD_SESSIONS = 8192,    /* that are counted; 3.6 MB */
    REFUSAL_BYTES = 16 << 10, /* an error and what it echoes: below 2 KiB */
    RETRY_MOST_MS = 1000,
    NS_PER_MS = 1000000
};

struct server {
    struct slot *slot;
    struct transport *transport;
    struct rotation *rotation;
    struct flood *flood;
    struct stream_table *streams;
    struct store *store;
    struct beat *beat;
    struct tally tally;
    struct handle_server handle;
    uint64_t started_ns;
    struct buffer no_memory; /* the reply where there is none for another */

    struct desks desks; /* for the transport's threads */

    struct queue *queue; /* for the workers */
    struct crew *workers;

    struct queue *store_queue; /* for the keepers, who wait for the store */
    struct crew *keepers;
    struct queue_source kept_from[KEPT_FROM];

    struct queue *admin_queue; /* for the clerk */
    struct crew *clerk;        /* the one thread that changes the engine */
    /* A connection's source belongs to one queue: what comes from the serving
     * sockets to the clerk needs another. */
    struct queue_source forwarded;
    struct reload reload;
    struct enrol enrol; /* the clerk's too */
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
    const uint64_t ms =
        depth.count * each_us / crew_count(server->workers) / 1000 + 1 +
        request->arrived_ns / 1000 % 10;
    return (long long)(ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS);
}

static struct handle_message
describe(const struct transport_request *request, enum handle_mark mark)
{
    return (struct handle_message){.body = request->body,
                                   .body_bytes = request->body_bytes,
                                   .mark = mark,
                                   .admin = request->tag == LISTEN_ADMIN,
                                   .client = request->client,
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

/* Anything but HANDLE_DONE: nothing was done, it is one for another thread. */
static enum handle_later
answer(struct server *server, struct desk *desk,
       struct transport_request *request, const struct crew_patience *patience)
{
    struct handle_message message = describe(request, mark_of(request));
    struct engine *engine = slot_take(server->slot);
    const uint64_t began_ns = clock_ns();

    message.may_block = patience->block;
    message.may_wait = patience->wait;
    message.may_keep = patience->keep;
    message.retry_after_ms = RETRY_MOST_MS;
    const struct handle_outcome outcome =
        handle_one(desk, engine, &server->handle, &message);
    const uint64_t spent_ns = clock_ns() - began_ns;
    engine_drop(engine);
    if (outcome.later != HANDLE_DONE) {
        return outcome.later;
    }
    tally_outcome(&server->tally, &outcome, spent_ns);
    // One that left meanwhile has been looked for before the stream was there.
    if (!transport_request_alive(request)) {
        stream_table_leave(server->streams, request->client);
    }
    send_reply(server, request, &desk->reply);
    return HANDLE_DONE;
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

/* To the threads that may be held up by what holds this one up. */
static void
forward(struct server *server, struct transport_request *request,
        enum handle_later later)
{
    if (later == HANDLE_BY_STORE) {
        hand_over(server, server->store_queue,
                  &server->kept_from[request->client % KEPT_FROM], request);
    } else {
        hand_over(server, server->admin_queue, &server->forwarded, request);
    }
}

/* ----------------------------------------------- on the transport's threads */

/* Judges it here and now, if it is small and first; false: it is not. */
static bool
judge_here(struct server *server, struct transport_request *request)
{
    struct queue_depth depth;

    if (request->body_bytes > INLINE_BYTES) {
        return false;
    }
    queue_depth(server->queue, &depth);
    struct desk *desk = depth.count == 0 ? desks_take(&server->desks) : NULL;
    if (desk == NULL) {
        return false;
    }
    const struct crew_patience none = {.block = false};
    const enum handle_later later = answer(server, desk, request, &none);
    desks_put(&server->desks, desk);
    if (later == HANDLE_BY_WAIT || later == HANDLE_BY_STORE) {
        forward(server, request, later);
    }
    return later != HANDLE_BY_BLOCK;
}

/* Streams that are open when we are asked to stop may come to their end. */
static bool
may_end_a_stream(struct server *server, const struct transport_request *request)
{
    return request->mark == TRANSPORT_DRAINING && request->body.len > 0 &&
           stream_table_open(server->streams) > 0;
}

static void
gone(void *context, uint64_t client)
{
    struct server *server = context;

    stream_table_leave(server->streams, client);
}

/* Must not block. */
static void
deliver(void *context, struct transport_request *request)
{
    struct server *server = context;
    const enum handle_mark mark = mark_of(request);

    if (mark != HANDLE_NORMAL && !may_end_a_stream(server, request)) {
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

static void
work(void *context, struct desk *desk, const struct crew_patience *patience,
     void *item)
{
    struct server *server = context;
    struct transport_request *request = item;

    if (item == &server->signal) {
        obey_signal(server);
    } else if (!transport_request_alive(request)) {
        transport_reply(request, (struct text){NULL, 0}); // to nobody
    } else {
        const enum handle_later later = answer(server, desk, request, patience);
        if (later != HANDLE_DONE) {
            forward(server, request, later);
        }
    }
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
stats(void *context, struct encode_stat *out, size_t room,
      struct text *last_error, struct arena *arena)
{
    struct server *server = context;
    const struct gauges gauges = {.tally = &server->tally,
                                  .transport = server->transport,
                                  .queue = server->queue,
                                  .streams = server->streams,
                                  .store = server->store,
                                  .enrol = &server->enrol,
                                  .started_ns = server->started_ns};

    *last_error = reload_last_error(&server->reload, arena);
    return gauges_read(&gauges, out, room);
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
start_workers(struct server *server, const struct config *config,
              struct err *err)
{
    const struct crew_work workers = {.queue = server->queue,
                                      .count = workers_wanted(config),
                                      .patience = {.block = true},
                                      .run = work,
                                      .context = server};
    const struct crew_work keepers = {.queue = server->store_queue,
                                      .count = KEEPERS,
                                      .patience = {.block = true, .keep = true},
                                      .run = work,
                                      .context = server};
    const struct crew_work clerk = {.queue = server->admin_queue,
                                    .count = 1,
                                    .patience = {true, true, true},
                                    .run = work,
                                    .context = server};

    server->workers = crew_start(&workers, config, err);
    server->keepers = crew_start(&keepers, config, err);
    server->clerk = crew_start(&clerk, config, err);
    return server->workers != NULL && server->keepers != NULL &&
           server->clerk != NULL;
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

static struct stream_table *
make_streams(const struct config *config)
{
    const struct config_limits *l = &config->limits;
    const struct stream_table_limits limits = {
        .streams = (size_t)l->streams,
        .per_client = (size_t)l->streams_per_connection,
        .bytes = (size_t)l->stream_bytes,
        .idle_ns = (uint64_t)l->stream_idle * NS_PER_MS};

    return stream_table_new(&limits);
}

/* On the beat's thread. */
static void
tidy(void *context)
{
    const struct server *server = context;

    stream_table_sweep(server->streams, clock_ns());
    store_tick(server->store, clock_wall_ms());
}

static bool
start_beat(struct server *server, const struct config *config, struct err *err)
{
    const uint64_t idle_ns = (uint64_t)config->limits.stream_idle * NS_PER_MS;

    server->beat = beat_start(idle_ns / SWEEPS, tidy, server, err);
    return server->beat != NULL;
}

static bool
start_store(struct server *server, const struct config *config, struct err *err)
{
    char room[STORE_PATH_BYTES];
    const struct store_options options = store_options_of(config, room);

    server->store = store_open(&options, clock_wall_ms(), err);
    server->handle.store = server->store;
    return server->store != NULL;
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
    const struct transport_handler handler = {deliver, gone, server};
    const struct reload_source source = {setup->path, setup->overrides,
                                         setup->override_count, setup->kernels};
    const bool worded = set_last_resort(server, setup->engine);
    desks_init(&server->desks);
    reload_init(&server->reload, &source);
    server->started_ns = clock_ns();
    server->queue = queue_new((size_t)config->limits.queue_requests,
                              (size_t)config->limits.queue_bytes);
    server->store_queue = queue_new((size_t)config->limits.queue_requests,
                                    (size_t)config->limits.queue_bytes);
    server->admin_queue = queue_new(ADMIN_REQUESTS, ADMIN_BYTES);
    server->rotation = rotation_new();
    // Nobody can know where in the table a session is: time and address.
    server->flood =
        flood_new(FLOOD_SESSIONS, clock_ns() ^ (uintptr_t)server, &err);
    server->streams = make_streams(config);
    server->transport = transport_new(&limits, &handler);
    server->handle = (struct handle_server){.rotation = server->rotation,
                                            .enrol = &server->enrol,
                                            .flood = server->flood,
                                            .streams = server->streams,
                                            .stats = stats,
                                            .reload = run_reload,
                                            .context = server};
    server->slot = slot_new(setup->engine); // from here on the engine's owner
    if (!worded || server->queue == NULL || server->store_queue == NULL ||
        server->admin_queue == NULL || server->rotation == NULL ||
        server->flood == NULL || server->streams == NULL ||
        server->transport == NULL || server->slot == NULL) {
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
    } else if (!enrol_init(&server->enrol, server->slot, err) ||
               !desks_set(&server->desks, engine->config, err) ||
               !start_store(server, engine->config, err) ||
               !start_workers(server, engine->config, err) ||
               !start_beat(server, engine->config, err) ||
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

size_t
server_drain(struct server *server)
{
    struct engine *engine = slot_take(server->slot);
    const uint64_t end_ns =
        clock_ns() + (uint64_t)engine->config->limits.drain_ms * NS_PER_MS;

    engine_drop(engine);
    const size_t left = drain_all(server->transport, server->streams, end_ns);
    (void)store_flush(server->store); // what fails was logged by its writer
    return left;
}

/* In this order: each may still forward to those that follow. */
static void
stop_workers(struct server *server)
{
    crew_stop(server->workers);
    crew_stop(server->keepers);
    crew_stop(server->clerk);
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
    beat_stop(server->beat);
    stream_table_free(server->streams);
    queue_free(server->queue);
    queue_free(server->store_queue);
    queue_free(server->admin_queue);
    desks_clear(&server->desks);
    slot_free(server->slot);
    rotation_free(server->rotation);
    flood_free(server->flood);
    reload_clear(&server->reload);
    enrol_clear(&server->enrol);
    buffer_clear(&server->no_memory);
    store_close(server->store);
    free(server);
}
