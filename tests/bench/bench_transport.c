/*
 * What the transport costs: echoes through it, and through a plain nng_rep0
 * socket, by the same raw SP client, in turns within one run.
 *
 *     build/release/bench/bench_transport [ROUNDS [REQUESTS]]
 *
 * For each shape (connections x outstanding on each) it prints the median
 * latency where one is outstanding, the time and the server's CPU time per
 * request, ours over rep0's. Servers are processes of their own (this program
 * again, since nng cannot be forked).
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include "sidecar/base/clock.h"
#include "sidecar/serve/transport.h"

enum {
    BODY_BYTES = 200,
    FRAME_BYTES = 9 + 4 + BODY_BYTES,
    CONTEXTS = 64, /* of the rep0 server; more did not help */
    CONNECTIONS = 16,
    SERVERS = 2,
    MAX_ROUNDS = 50
};

/* --- servers ------------------------------------------------------------ */

static void
echo(void *context, struct transport_request *request)
{
    (void)context;
    transport_reply(request, request->body);
}

static void
serve_ours(const char *url)
{
    const struct transport_handler handler = {.deliver = echo};
    const struct transport_listen how = {.url = url};
    struct transport *t = transport_new(&transport_default_limits, &handler);
    struct err err;

    if (t == NULL || !transport_listen(t, &how, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
}

struct context {
    nng_ctx ctx;
    nng_aio *aio;
    bool sending;
};

static void
rep0_step(void *arg)
{
    struct context *c = arg;

    if (nng_aio_result(c->aio) != 0) {
        return;
    }
    c->sending = !c->sending;
    if (c->sending) {
        nng_ctx_send(c->ctx, c->aio); // the message received goes back
    } else {
        nng_ctx_recv(c->ctx, c->aio);
    }
}

static void
serve_rep0(const char *url)
{
    static struct context contexts[CONTEXTS];
    nng_socket socket;

    if (nng_rep0_open(&socket) != 0 || nng_listen(socket, url, NULL, 0) != 0) {
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < CONTEXTS; i++) {
        struct context *c = &contexts[i];
        if (nng_ctx_open(&c->ctx, socket) != 0 ||
            nng_aio_alloc(&c->aio, rep0_step, c) != 0) {
            exit(EXIT_FAILURE);
        }
        nng_ctx_recv(c->ctx, c->aio);
    }
}

/* --- the client --------------------------------------------------------- */

static int
connect_to(const char *path)
{
    static const char greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[sizeof(greeting)];
    const struct timespec pause = {.tv_nsec = 5000000};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    for (int tries = 0; tries < 400; tries++) {
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
                0 &&
            write(fd, greeting, sizeof(greeting)) == sizeof(greeting) &&
            read(fd, answer, sizeof(answer)) == sizeof(answer)) {
            return fd;
        }
        close(fd);
        nanosleep(&pause, NULL);
    }
    fprintf(stderr, "%s: no answer\n", path);
    exit(EXIT_FAILURE);
}

static void
fill(char *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *at = frames + i * FRAME_BYTES;
        memset(at, 'x', FRAME_BYTES);
        memset(at, 0, 9);
        at[0] = 1;
        at[8] = (char)(unsigned char)(4 + BODY_BYTES);
        at[9] = (char)(unsigned char)0x80;
    }
}

static void
send_frames(int fd, const char *frames, size_t count)
{
    const size_t len = count * FRAME_BYTES;

    for (size_t done = 0; done < len;) {
        const ssize_t put = write(fd, frames + done, len - done);
        if (put <= 0) {
            fprintf(stderr, "write: %s\n", strerror(errno));
            exit(EXIT_FAILURE);
        }
        done += (size_t)put;
    }
}

static int
by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of `count` round trips, us. */
static double
ping(int fd, const char *frames, size_t count)
{
    double *us = calloc(count, sizeof(*us));
    char reply[FRAME_BYTES];

    assert(us != NULL);
    for (size_t i = 0; i < count; i++) {
        const uint64_t start = clock_ns();
        send_frames(fd, frames, 1);
        for (size_t got = 0; got < sizeof(reply);) {
            const ssize_t n = read(fd, reply + got, sizeof(reply) - got);
            assert(n > 0);
            got += (size_t)n;
        }
        us[i] = (double)(clock_ns() - start) / 1e3;
    }
    qsort(us, count, sizeof(*us), by_size);
    const double median = us[count / 2];
    free(us);
    return median;
}

/* `outstanding` on each connection until `count` have been answered. */
static void
pump(const int *fds, size_t connections, size_t outstanding, const char *frames,
     size_t count)
{
    static char replies[1 << 17];
    struct pollfd polls[CONNECTIONS];
    size_t partial[CONNECTIONS] = {0}, asked = 0, answered = 0;

    for (size_t i = 0; i < connections; i++) {
        polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
        send_frames(fds[i], frames, outstanding);
        asked += outstanding;
    }
    while (answered < count) {
        poll(polls, (nfds_t)connections, -1);
        for (size_t i = 0; i < connections; i++) {
            if ((polls[i].revents & POLLIN) == 0) {
                continue;
            }
            const ssize_t n = read(fds[i], replies, sizeof(replies));
            assert(n > 0);
            partial[i] += (size_t)n;
            const size_t whole = partial[i] / FRAME_BYTES;
            const size_t more = asked >= count          ? 0
                                : whole < count - asked ? whole
                                                        : count - asked;
            partial[i] -= whole * FRAME_BYTES;
            answered += whole;
            if (more > 0) {
                send_frames(fds[i], frames, more);
                asked += more;
            }
        }
    }
}

/* --- measuring ---------------------------------------------------------- */

struct shape {
    size_t connections, outstanding;
};

struct result {
    double us;      /* median round trip; one outstanding only */
    double wall_us; /* per request: 1e6 / (requests per second) */
    double cpu_us;  /* of the server, per request */
};

static double
cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static struct result
measure(pid_t server, const char *path, const struct shape *shape, size_t count)
{
    static char frames[64 * FRAME_BYTES];
    int fds[CONNECTIONS];
    struct result result = {0};

    fill(frames, 64);
    for (size_t i = 0; i < shape->connections; i++) {
        fds[i] = connect_to(path);
    }
    pump(fds, shape->connections, shape->outstanding, frames,
         shape->connections * shape->outstanding * 4); // warm
    const double cpu = cpu_of(server);
    const uint64_t start = clock_ns();
    if (shape->connections * shape->outstanding == 1) {
        result.us = ping(fds[0], frames, count);
    } else {
        pump(fds, shape->connections, shape->outstanding, frames, count);
    }
    result.wall_us = (double)(clock_ns() - start) / 1e3 / (double)count;
    result.cpu_us = (cpu_of(server) - cpu) / (double)count;
    for (size_t i = 0; i < shape->connections; i++) {
        close(fds[i]);
    }
    return result;
}

static pid_t
start(const char *program, const char *which, const char *path)
{
    char url[128];
    const pid_t pid = fork();

    if (pid == 0) {
        snprintf(url, sizeof(url), "ipc://%s", path);
        execl(program, program, which, url, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* The rounds of one server, and what is told of them: the least and the
 * median. The machine is shared: the least says what the code can do. */
struct column {
    double least, median;
};

static struct column
column_of(const struct result *rounds, size_t count, size_t offset)
{
    double values[MAX_ROUNDS];

    for (size_t i = 0; i < count; i++) {
        memcpy(&values[i], (const char *)&rounds[i] + offset, sizeof(double));
    }
    qsort(values, count, sizeof(*values), by_size);
    return (struct column){values[0], values[count / 2]};
}

static void
print_column(const char *label, struct result (*seen)[MAX_ROUNDS],
             size_t rounds, size_t offset)
{
    const struct column ours = column_of(seen[0], rounds, offset);
    const struct column rep0 = column_of(seen[1], rounds, offset);

    printf("   %-12s least %8.2f %8.2f  %5.2f x    median %8.2f %8.2f  %5.2f "
           "x\n",
           label, ours.least, rep0.least, ours.least / rep0.least, ours.median,
           rep0.median, ours.median / rep0.median);
}

static void
compare(const pid_t *pids, char (*paths)[64], size_t rounds, size_t count)
{
    static const struct shape shapes[] = {{1, 1}, {1, 64}, {16, 4}, {16, 64}};
    static struct result seen[SERVERS][MAX_ROUNDS];

    printf("connections x outstanding; ours, rep0, ours / rep0\n");
    for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
        const bool single = shapes[s].connections * shapes[s].outstanding == 1;
        const size_t n = single ? count : 4 * count;
        for (size_t round = 0; round < rounds; round++) {
            for (size_t i = 0; i < SERVERS; i++) {
                seen[i][round] = measure(pids[i], paths[i], &shapes[s], n);
            }
        }
        printf("%zu x %zu\n", shapes[s].connections, shapes[s].outstanding);
        if (single) {
            print_column("p50 us", seen, rounds, offsetof(struct result, us));
        }
        print_column("us/request", seen, rounds,
                     offsetof(struct result, wall_us));
        print_column("CPU us", seen, rounds, offsetof(struct result, cpu_us));
    }
}

int
main(int argc, char **argv)
{
    static const char *const which[SERVERS] = {"--ours", "--rep0"};
    char paths[SERVERS][64];
    pid_t pids[SERVERS];

    if (argc == 3 && argv[1][0] == '-') {
        if (strcmp(argv[1], "--ours") == 0) {
            serve_ours(argv[2]);
        } else {
            serve_rep0(argv[2]);
        }
        pause();
        return EXIT_SUCCESS;
    }
    const size_t asked = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
    const size_t rounds = asked < 1            ? 1
                          : asked > MAX_ROUNDS ? MAX_ROUNDS
                                               : asked;
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
    for (int i = 0; i < SERVERS; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/tmp/bench-transport-%ld-%d",
                 (long)getpid(), i);
        pids[i] = start(argv[0], which[i], paths[i]);
    }
    compare(pids, paths, rounds, count);
    for (int i = 0; i < SERVERS; i++) {
        char lock[80];
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
        unlink(paths[i]);
        snprintf(lock, sizeof(lock), "%s.lock", paths[i]);
        unlink(lock);
    }
    return EXIT_SUCCESS;
}
