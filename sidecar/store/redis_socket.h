/*
 * A socket to a Redis server and the reader of its replies, of hiredis. Never
 * waits. One thread's. What the server sends is bounded: a reply is a value or
 * a list of REDIS_REPLY_ITEMS values at most, 16 MiB in all.
 */
#ifndef SIDECAR_STORE_REDIS_SOCKET_H
#define SIDECAR_STORE_REDIS_SOCKET_H

#include "sidecar/store/redis_fault.h"
#include "sidecar/store/redis_reply.h"

struct redis_socket;

/*
 * A socket on its way to the server: a host, or the path of a socket, which
 * begins with "/". Resolving the name of a host may take its time. NULL: it
 * cannot be begun.
 */
struct redis_socket *redis_socket_open(const char *host, unsigned port);
void redis_socket_close(struct redis_socket *socket); /* NULL is fine */

/* To be polled; -1 for NULL. */
int redis_socket_fd(const struct redis_socket *socket);

/* Once it can be written to: is the connection made? */
bool redis_socket_connected(const struct redis_socket *socket);

/* Writes from *written on, as much as the socket takes. */
enum redis_fault redis_socket_write(struct redis_socket *socket,
                                    struct text bytes, size_t *written);

/* Reads some of what is there, for redis_socket_next. */
enum redis_fault redis_socket_read(struct redis_socket *socket);

/* The next whole reply. NULL: *fault, or NONE: there is none yet. */
struct redis_reply *
redis_socket_next(struct redis_socket *socket, enum redis_fault *fault);

/* The library's version, or NULL: this build has none, and no sockets. */
const char *redis_socket_library(void);

#endif
