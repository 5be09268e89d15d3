#include "tests/unit/support_fake.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

static struct support_fake fake;
static const char *beyond; /* of a proxy; else NULL */
static pthread_t thread;
static int listening = -1;
static _Atomic bool stopping;
static _Atomic size_t connections, flooded;

static void
pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* Waits for something to read; false: to stop. */
static bool
await(int fd)
{
    struct pollfd at = {.fd = fd, .events = POLLIN};

    while (!stopping) {
        if (poll(&at, 1, 5) > 0) {
            return true;
        }
    }
    return false;
}

static bool
say(int fd, const char *bytes, size_t len)
{
    while (len > 0 && !stopping) {
        const ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            struct pollfd at = {.fd = fd, .events = POLLOUT};
            if (poll(&at, 1, 5) < 0 || (at.revents & (POLLERR | POLLHUP))) {
                return false;
            }
            continue;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return !stopping;
}

static void
flood(int fd)
{
    static char bytes[64 * 1024];

    memset(bytes, 'a', sizeof(bytes));
    while (say(fd, bytes, sizeof(bytes))) {
        flooded += sizeof(bytes);
    }
}

/* Answers the loading of scripts; how many there were. */
static size_t
greet(int fd, const char *bytes)
{
    static const char sha[] =
        "$40\r\n0123456789012345678901234567890123456789\r\n";
    const char *greeting = fake.greeting != NULL ? fake.greeting : sha;
    size_t scripts = 0;

    for (const char *at = bytes; (at = strstr(at, "\r\nSCRIPT\r\n")) != NULL;
         at++) {
        (void)say(fd, greeting, strlen(greeting));
        scripts++;
    }
    return scripts;
}

static void
converse(int fd)
{
    static char bytes[64 * 1024];

    while (await(fd)) {
        const ssize_t len = recv(fd, bytes, sizeof(bytes) - 1, 0);
        if (len <= 0) {
            return;
        }
        bytes[len] = '\0';
        if (greet(fd, bytes) > 0) {
            continue;
        }
        pause_ms(fake.delay_ms);
        if (!say(fd, fake.reply.at, fake.reply.len) ||
            fake.then == SUPPORT_FAKE_CLOSES) {
            return;
        }
        if (fake.then == SUPPORT_FAKE_FLOODS) {
            flood(fd);
            return;
        }
    }
}

/* Both ways, until one side ends. */
static void
pass_on(int fd)
{
    static char bytes[64 * 1024];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    ssize_t len = 1;

    memcpy(at.sun_path, beyond, strlen(beyond));
    if (connect(server, (const struct sockaddr *)&at, sizeof(at)) != 0) {
        len = 0;
    }
    while (len > 0 && !stopping) {
        struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
                                {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, 5) <= 0) {
            continue;
        }
        const bool reply = fds[0].revents == 0;
        len = recv(reply ? server : fd, bytes, sizeof(bytes), 0);
        if (len > 0 && reply) {
            pause_ms(fake.delay_ms);
        }
        if (len > 0 && !say(reply ? fd : server, bytes, (size_t)len)) {
            len = 0;
        }
    }
    close(server);
}

static void *
serve(void *context)
{
    (void)context;
    while (await(listening)) {
        const int fd = accept(listening, NULL, NULL);
        connections++;
        if (beyond != NULL) {
            pass_on(fd);
        } else {
            converse(fd);
        }
        close(fd);
    }
    return NULL;
}

static void
start(void)
{
    const struct sockaddr_un at = {.sun_family = AF_UNIX,
                                   .sun_path = SUPPORT_FAKE_SOCKET};

    stopping = false;
    connections = flooded = 0;
    (void)unlink(SUPPORT_FAKE_SOCKET);
    listening = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listening, (const struct sockaddr *)&at, sizeof(at)),
                     0);
    ck_assert_int_eq(listen(listening, 8), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

void
support_fake_start(const struct support_fake *with)
{
    fake = *with;
    beyond = NULL;
    start();
}

void
support_fake_delay(const char *socket, long ms)
{
    fake = (struct support_fake){.delay_ms = ms};
    beyond = socket;
    start();
}

void
support_fake_stop(void)
{
    stopping = true;
    pthread_join(thread, NULL);
    close(listening);
}

size_t
support_fake_connections(void)
{
    return connections;
}

size_t
support_fake_flooded(void)
{
    return flooded;
}
