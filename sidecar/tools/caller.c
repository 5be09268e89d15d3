#include "sidecar/tools/caller.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/clock.h"

enum { GREETING = 8, HEADER = 9 + 4, HOST_BYTES = 256, NS_PER_MS = 1000000 };

#define ID_BIT UINT32_C(0x80000000) /* ends the stack of hops */

struct caller {
    int fd;
    bool ipc;
    int timeout_ms;
    uint32_t sent;
    struct buffer out; /* a frame goes out in one piece */
};

static bool
fail(struct err *err, const char *what)
{
    err_set(err, ERR_IO, "%s: %s", what, strerror(errno));
    return false;
}

/* Waits until the socket is ready. */
static bool
wait_for(int fd, short events, uint64_t until_ns, struct err *err)
{
    for (;;) {
        const uint64_t now = clock_ns();
        struct pollfd ready = {.fd = fd, .events = events};
        const int left =
            now < until_ns ? (int)((until_ns - now) / NS_PER_MS) + 1 : 0;
        const int count = poll(&ready, 1, left);
        if (count > 0) {
            return true;
        }
        if (count == 0) {
            err_set(err, ERR_IO, "%s in time",
                    events == POLLIN ? "no reply" : "nobody reads");
            return false;
        }
        if (errno != EINTR) {
            return fail(err, "poll");
        }
    }
}

/* Finishes what connect began. false: errno says why. */
static bool
connected(int fd, uint64_t until_ns)
{
    struct err late;
    int problem = 0;
    socklen_t len = sizeof(problem);

    if (!wait_for(fd, POLLOUT, until_ns, &late)) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) != 0) {
        return false;
    }
    errno = problem;
    return problem == 0;
}

/*
 * A connected socket that does not block, or -1 and errno. A unix socket whose
 * queue of new clients is full says EAGAIN: it is asked again.
 */
static int
connect_to(const struct sockaddr *address, socklen_t len, uint64_t until_ns)
{
    static const struct timespec pause = {.tv_nsec = NS_PER_MS};
    const int fd = socket(address->sa_family,
                          SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool done = false;

    if (fd < 0) {
        return -1;
    }
    for (;;) {
        done = connect(fd, address, len) == 0 ||
               ((errno == EINPROGRESS || errno == EINTR) &&
                connected(fd, until_ns));
        if (done || errno != EAGAIN || clock_ns() >= until_ns) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    if (!done) {
        const int problem = errno;
        close(fd);
        errno = problem;
        return -1;
    }
    return fd;
}

static int
connect_ipc(const char *path, uint64_t until_ns, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
        err_set(err, ERR_INVALID, "ipc://%s: a path of 1 to %zu bytes", path,
                sizeof(address.sun_path) - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = connect_to((const struct sockaddr *)&address,
                              sizeof(address), until_ns);
    if (fd < 0) {
        (void)fail(err, path);
    }
    return fd;
}

/* Into the name and the port of HOST:PORT; brackets of IPv6 taken off. */
static bool
split_host(const char *where, char host[HOST_BYTES], const char **port)
{
    const char *colon = strrchr(where, ':');
    const char *at = where;
    size_t len = colon != NULL ? (size_t)(colon - where) : 0;

    if (len >= 2 && at[0] == '[' && at[len - 1] == ']') {
        at++;
        len -= 2;
    }
    if (len == 0 || len >= HOST_BYTES || colon[1] == '\0') {
        return false;
    }
    memcpy(host, at, len);
    host[len] = '\0';
    *port = colon + 1;
    return true;
}

static int
connect_tcp(const char *where, uint64_t until_ns, struct err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[HOST_BYTES];
    const char *port = NULL;
    const int yes = 1;
    int fd = -1;

    if (!split_host(where, host, &port)) {
        err_set(err, ERR_INVALID, "tcp://%s: expected HOST:PORT", where);
        return -1;
    }
    const int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0) {
        err_set(err, ERR_IO, "%s: %s", where, gai_strerror(problem));
        return -1;
    }
    for (const struct addrinfo *a = found; a != NULL && fd < 0;
         a = a->ai_next) {
        fd = connect_to(a->ai_addr, a->ai_addrlen, until_ns);
        if (fd < 0) {
            (void)fail(err, where);
        }
    }
    freeaddrinfo(found);
    if (fd >= 0) {
        // Many requests may be on their way: none waits for another's ACK.
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    return fd;
}

static uint64_t
time_limit(const struct caller *caller)
{
    return clock_ns() + (uint64_t)caller->timeout_ms * NS_PER_MS;
}

/* After a send or recv that failed: is it worth trying again? */
static bool
again(struct caller *caller, short events, uint64_t until_ns, const char *what,
      struct err *err)
{
    if (errno == EINTR) {
        return true;
    }
    if (errno == EAGAIN) {
        return wait_for(caller->fd, events, until_ns, err);
    }
    return fail(err, what);
}

static bool
write_all(struct caller *caller, const char *at, size_t len, struct err *err)
{
    const uint64_t until_ns = time_limit(caller);

    while (len > 0) {
        const ssize_t put = send(caller->fd, at, len, MSG_NOSIGNAL);
        if (put >= 0) {
            at += put;
            len -= (size_t)put;
        } else if (!again(caller, POLLOUT, until_ns, "send", err)) {
            return false;
        }
    }
    return true;
}

static bool
read_all(struct caller *caller, char *at, size_t len, struct err *err)
{
    const uint64_t until_ns = time_limit(caller);

    while (len > 0) {
        const ssize_t got = recv(caller->fd, at, len, 0);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        } else if (got == 0) {
            err_set(err, ERR_IO, "the sidecar closed the connection");
            return false;
        } else if (!again(caller, POLLIN, until_ns, "receive", err)) {
            return false;
        }
    }
    return true;
}

static bool
greet(struct caller *caller, struct err *err)
{
    static const char ours[GREETING] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    static const char wanted[GREETING] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};
    char theirs[GREETING];

    if (!write_all(caller, ours, sizeof(ours), err) ||
        !read_all(caller, theirs, sizeof(theirs), err)) {
        return false;
    }
    if (memcmp(theirs, wanted, sizeof(wanted)) != 0) {
        err_set(err, ERR_IO, "no SP reply socket answers there");
        return false;
    }
    return true;
}

struct caller *
caller_open(const char *url, int timeout_ms, struct err *err)
{
    const uint64_t until_ns = clock_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    const bool ipc = strncmp(url, "ipc://", 6) == 0;
    struct caller *caller = NULL;
    int fd = -1;

    if (ipc) {
        fd = connect_ipc(url + 6, until_ns, err);
    } else if (strncmp(url, "tcp://", 6) == 0) {
        fd = connect_tcp(url + 6, until_ns, err);
    } else {
        err_set(err, ERR_INVALID, "%s: expected ipc://PATH or tcp://HOST:PORT",
                url);
    }
    if (fd < 0) {
        return NULL;
    }
    caller = calloc(1, sizeof(*caller));
    if (caller == NULL) {
        close(fd);
        err_memory(err, "a connection");
        return NULL;
    }
    *caller = (struct caller){.fd = fd, .ipc = ipc, .timeout_ms = timeout_ms};
    buffer_init(&caller->out, SIZE_MAX);
    if (!greet(caller, err)) {
        caller_close(caller);
        return NULL;
    }
    return caller;
}

void
caller_close(struct caller *caller)
{
    if (caller != NULL) {
        close(caller->fd);
        buffer_clear(&caller->out);
        free(caller);
    }
}

static void
put_big_endian(char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (char)(unsigned char)(value >> 8 * (bytes - 1 - i));
    }
}

bool
caller_send(struct caller *caller, struct text message, struct err *err)
{
    char head[HEADER];
    size_t len = 0;

    if (caller->ipc) {
        head[len++] = 1;
    }
    put_big_endian(head + len, (uint64_t)message.len + 4, 8);
    put_big_endian(head + len + 8, ID_BIT | caller->sent, 4);
    len += 12;
    caller->sent++;
    buffer_reset(&caller->out);
    buffer_add(&caller->out, head, len);
    buffer_add_text(&caller->out, message);
    if (caller->out.failed) {
        err_memory(err, "a request");
        return false;
    }
    return write_all(caller, caller->out.at, caller->out.len, err);
}

bool
caller_receive(struct caller *caller, struct buffer *reply, uint32_t *which,
               struct err *err)
{
    unsigned char head[HEADER];
    const size_t len = caller->ipc ? HEADER : HEADER - 1;
    const unsigned char *at = head + (caller->ipc ? 1 : 0);
    uint64_t size = 0;

    if (!read_all(caller, (char *)head, len, err)) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        size = size << 8 | at[i];
    }
    buffer_reset(reply);
    char *body = size >= 4 && size - 4 <= reply->limit
                     ? buffer_extend(reply, (size_t)size - 4)
                     : NULL;
    if ((caller->ipc && head[0] != 1) || size < 4 ||
        (body == NULL && size > 4)) {
        err_set(err, ERR_IO, "a reply of %llu bytes", (unsigned long long)size);
        return false;
    }
    *which = ((uint32_t)at[8] << 24 | (uint32_t)at[9] << 16 |
              (uint32_t)at[10] << 8 | (uint32_t)at[11]) &
             ~ID_BIT;
    return read_all(caller, body, (size_t)size - 4, err);
}
