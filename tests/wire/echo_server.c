/*
 * A transport with an echo behind it, for tests that speak to it from outside
 * (tests/wire). The process is told what to do on standard input, one
 * word a line, and answers on standard output:
 *
 *     stats   -> one JSON object
 *     drain   -> {"unanswered": N}, then the end
 *
 * Arguments: URLs, and limits as --NAME=NUMBER. The URLs, with the ports they
 * got, come first on standard output, one a line.
 *
 * A body is answered with itself; one that begins with "work" goes through the
 * queue to a worker, and "hold" waits there until standard input says
 * "release".
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sidecar/serve/transport.h"

enum { WORKERS = 2, QUEUE_REQUESTS = 256, QUEUE_BYTES = 64 << 20 };

static struct queue *queue;
static struct {
    pthread_mutex_t lock; /* guards open */
    pthread_cond_t opened;
    bool open;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

static void
deliver(void *context, struct transport_request *request)
{
    static const char *const refusals[] = {
        [TRANSPORT_TOO_LARGE] = "too_large",
        [TRANSPORT_BUSY] = "overloaded",
        [TRANSPORT_DRAINING] = "draining",
    };

    (void)context;
    if (request->mark != TRANSPORT_JUDGE) {
        transport_reply(request, text_of(refusals[request->mark]));
        return;
    }
    if (text_starts(request->body, TEXT("work")) ||
        text_starts(request->body, TEXT("hold"))) {
        request->entry.item = request;
        request->entry.bytes = request->body.len;
        if (!queue_push(queue, request->source, &request->entry)) {
            transport_reply(request, TEXT("overloaded"));
        }
        return;
    }
    transport_reply(request, request->body);
}

static void
wait_for_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    while (!gate.open) {
        pthread_cond_wait(&gate.opened, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
}

static void *
work(void *arg)
{
    struct transport_request *request;

    (void)arg;
    while ((request = queue_pop(queue)) != NULL) {
        if (text_starts(request->body, TEXT("hold"))) {
            wait_for_gate();
        }
        transport_reply(request, request->body);
    }
    return NULL;
}

static void
open_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_mutex_unlock(&gate.lock);
    pthread_cond_broadcast(&gate.opened);
}

static void
print_stats(struct transport *transport)
{
    struct transport_stats s;

    transport_stats(transport, &s);
    printf("{\"accepted\": %lu, \"open\": %lu, \"requests\": %lu, "
           "\"replies\": %lu, \"dropped\": %lu, \"too_large\": %lu, "
           "\"busy\": %lu, \"shed\": %lu",
           s.accepted, s.open, s.requests, s.replies, s.dropped, s.too_large,
           s.busy, s.shed);
    for (int i = 0; i < TRANSPORT_END_COUNT; i++) {
        printf(", \"%s\": %lu", transport_end_names[i], s.ended[i]);
    }
    printf("}\n");
}

static bool
take_limit(const char *arg, struct transport_limits *limits)
{
    const char *const equals = strchr(arg, '=');
    const long n = equals != NULL ? strtol(equals + 1, NULL, 10) : -1;
    const size_t len = equals != NULL ? (size_t)(equals - arg) : 0;

#define LIMIT(name, type)                                                      \
    if (len == sizeof("--" #name) - 1 && strncmp(arg, "--" #name, len) == 0) { \
        limits->name = (type)n;                                                \
        return true;                                                           \
    }
    LIMIT(message_bytes, size_t)
    LIMIT(connections, size_t)
    LIMIT(user_connections, size_t)
    LIMIT(in_flight, unsigned)
    LIMIT(output_bytes, size_t)
    LIMIT(input_bytes, size_t)
    LIMIT(handshake_ms, int)
    LIMIT(receive_ms, int)
    LIMIT(send_ms, int)
#undef LIMIT
    return false;
}

static bool
set_up(struct transport *transport, int argc, char **argv)
{
    struct transport_listen how = {0};
    static long uid;

    for (int i = 1; i < argc; i++) {
        struct err err;
        if (strncmp(argv[i], "--cert=", 7) == 0) {
            how.cert_path = argv[i] + 7;
        } else if (strncmp(argv[i], "--key=", 6) == 0) {
            how.key_path = argv[i] + 6;
        } else if (strncmp(argv[i], "--uid=", 6) == 0) {
            uid = strtol(argv[i] + 6, NULL, 10);
            how.uids = &uid;
            how.uid_count = 1;
        } else if (strncmp(argv[i], "--", 2) != 0) {
            how.url = argv[i];
            if (!transport_listen(transport, &how, &err)) {
                fprintf(stderr, "%s\n", err.message);
                return false;
            }
        }
    }
    return true;
}

static void
obey(struct transport *transport)
{
    char line[64], url[ENDPOINT_URL_BYTES];

    for (size_t i = 0; transport_url(transport, i, url); i++) {
        printf("%s\n", url);
    }
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "stats\n") == 0) {
            print_stats(transport);
        } else if (strcmp(line, "release\n") == 0) {
            open_gate();
        } else if (strcmp(line, "drain\n") == 0) {
            printf("{\"unanswered\": %zu}\n", transport_drain(transport, 2000));
        }
        fflush(stdout);
    }
}

int
main(int argc, char **argv)
{
    struct transport_limits limits = transport_default_limits;
    const struct transport_handler handler = {.deliver = deliver};
    pthread_t workers[WORKERS];

    for (int i = 1; i < argc; i++) {
        take_limit(argv[i], &limits);
    }
    struct transport *transport = transport_new(&limits, &handler);
    queue = queue_new(QUEUE_REQUESTS, QUEUE_BYTES);
    for (int i = 0; i < WORKERS; i++) {
        pthread_create(&workers[i], NULL, work, NULL);
    }
    const bool started = set_up(transport, argc, argv);
    if (started) {
        obey(transport);
        transport_drain(transport, 1000);
    }
    open_gate();
    queue_close(queue);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    transport_free(transport);
    queue_free(queue);
    return started ? EXIT_SUCCESS : 73;
}
