#include "sidecar/store/redis_socket.h"

#include <stdlib.h>

#ifdef LEEWAY_REDIS

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    REPLY_BYTES = 16 << 20, /* of one reply; a page of history is below 5 MiB */
    LINE_BYTES = 64 * 1024  /* of a status, an error, a number or a length */
};

struct redis_socket {
    redisContext *context;
    bool misshapen; /* the reply being read is none of ours */
};

/* ---- replies, as the library's reader finds them ------------------------- */

static struct redis_reply *
place_of(const redisReadTask *task)
{
    struct redis_reply *list = task->parent != NULL ? task->parent->obj : NULL;

    if (list == NULL) {
        return redis_reply_new(0);
    }
    return task->idx >= 0 && (size_t)task->idx < list->count
               ? &list->items[task->idx]
               : NULL;
}

static void *
create_text(const redisReadTask *task, char *bytes, size_t len)
{
    struct redis_reply *reply = place_of(task);
    char *copy = malloc(len + 1);

    if (reply == NULL || copy == NULL) {
        free(copy);
        if (task->parent == NULL) {
            redis_reply_free(reply);
        }
        return NULL;
    }
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    reply->type = task->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT;
    reply->bytes = copy;
    reply->len = len;
    return reply;
}

static void *
create_list(const redisReadTask *task, int count)
{
    struct redis_socket *s = task->privdata;

    // A length that is claimed costs nothing to send.
    if (task->parent != NULL || count < 0 || count > REDIS_REPLY_ITEMS) {
        s->misshapen = true;
        return NULL;
    }
    struct redis_reply *reply = redis_reply_new((size_t)count);
    if (reply != NULL) {
        reply->type = REDIS_LIST;
    }
    return reply;
}

static void *
create_integer(const redisReadTask *task, long long value)
{
    struct redis_reply *reply = place_of(task);

    if (reply != NULL) {
        reply->type = REDIS_INTEGER;
        reply->integer = value;
    }
    return reply;
}

static void *
create_nil(const redisReadTask *task)
{
    return place_of(task);
}

static void
free_reply(void *reply)
{
    redis_reply_free(reply);
}

/* Not const, since the library is not; nobody writes to it. */
static redisReplyObjectFunctions makers = {.createString = create_text,
                                           .createArray = create_list,
                                           .createInteger = create_integer,
                                           .createNil = create_nil,
                                           .freeObject = free_reply};

/* Does what waits for its end stay within what a reply may be? */
static bool
within_bounds(const redisReader *reader)
{
    const size_t waiting = reader->len - reader->pos;

    if (waiting <= LINE_BYTES) {
        return true;
    }
    // Only a bulk may be long, once its length has come.
    return waiting <= REPLY_BYTES && reader->buf[reader->pos] == '$' &&
           memchr(reader->buf + reader->pos, '\n', LINE_BYTES) != NULL;
}

struct redis_reply *
redis_socket_next(struct redis_socket *s, enum redis_fault *fault)
{
    redisReader *reader = s->context->reader;
    void *reply = NULL;

    *fault = REDIS_FAULT_NONE;
    if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
        *fault = reader->err == REDIS_ERR_OOM && !s->misshapen
                     ? REDIS_FAULT_MEMORY
                     : REDIS_FAULT_PROTOCOL;
        return NULL;
    }
    if (reply == NULL && !within_bounds(reader)) {
        *fault = REDIS_FAULT_TOO_LARGE;
    }
    return reply;
}

enum redis_fault
redis_socket_read(struct redis_socket *s)
{
    char bytes[READ_BYTES];
    const ssize_t len = read(s->context->fd, bytes, sizeof(bytes));

    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return REDIS_FAULT_NONE;
    }
    if (len <= 0) {
        return REDIS_FAULT_AWAY;
    }
    return redisReaderFeed(s->context->reader, bytes, (size_t)len) == REDIS_OK
               ? REDIS_FAULT_NONE
               : REDIS_FAULT_MEMORY;
}

/* ---- the socket ---------------------------------------------------------- */

struct redis_socket *
redis_socket_open(const char *host, unsigned port)
{
    struct redis_socket *s = calloc(1, sizeof(*s));
    const int on = 1;

    if (s == NULL) {
        return NULL;
    }
    s->context = host[0] == '/' ? redisConnectUnixNonBlock(host)
                                : redisConnectNonBlock(host, (int)port);
    if (s->context == NULL || s->context->err != 0) {
        redis_socket_close(s);
        return NULL;
    }
    (void)fcntl(s->context->fd, F_SETFD, FD_CLOEXEC);
    if (host[0] != '/') {
        (void)setsockopt(s->context->fd, IPPROTO_TCP, TCP_NODELAY, &on,
                         sizeof(on));
    }
    s->context->reader->fn = &makers;
    // Not redisReaderSetPrivdata: it casts the pointer to an int.
    s->context->reader->privdata = s;
    return s;
}

void
redis_socket_close(struct redis_socket *s)
{
    if (s != NULL && s->context != NULL) {
        redisFree(s->context);
    }
    free(s);
}

int
redis_socket_fd(const struct redis_socket *s)
{
    return s != NULL ? s->context->fd : -1;
}

bool
redis_socket_connected(const struct redis_socket *s)
{
    int error = 0;
    socklen_t len = sizeof(error);

    return getsockopt(s->context->fd, SOL_SOCKET, SO_ERROR, &error, &len) ==
               0 &&
           error == 0;
}

enum redis_fault
redis_socket_write(struct redis_socket *s, struct text bytes, size_t *written)
{
    while (*written < bytes.len) {
        const ssize_t len = send(s->context->fd, bytes.at + *written,
                                 bytes.len - *written, MSG_NOSIGNAL);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return errno == EAGAIN ? REDIS_FAULT_NONE : REDIS_FAULT_AWAY;
        }
        *written += (size_t)len;
    }
    return REDIS_FAULT_NONE;
}

const char *
redis_socket_library(void)
{
    static char version[32];

    snprintf(version, sizeof(version), "%d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR,
             HIREDIS_PATCH);
    return version;
}

#else

struct redis_socket *
redis_socket_open(const char *host, unsigned port)
{
    (void)host;
    (void)port;
    return NULL;
}

void
redis_socket_close(struct redis_socket *s)
{
    (void)s;
}

int
redis_socket_fd(const struct redis_socket *s)
{
    (void)s;
    return -1;
}

bool
redis_socket_connected(const struct redis_socket *s)
{
    (void)s;
    return false;
}

enum redis_fault
redis_socket_read(struct redis_socket *s)
{
    (void)s;
    return REDIS_FAULT_AWAY;
}

struct redis_reply *
redis_socket_next(struct redis_socket *s, enum redis_fault *fault)
{
    (void)s;
    *fault = REDIS_FAULT_AWAY;
    return NULL;
}

enum redis_fault
redis_socket_write(struct redis_socket *s, struct text bytes, size_t *written)
{
    (void)s;
    (void)bytes;
    (void)written;
    return REDIS_FAULT_AWAY;
}

const char *
redis_socket_library(void)
{
    return NULL;
}

#endif
