/*
 * Where the sidecar listens: the URL, read and judged, and the place in the
 * file system that an ipc URL stands for.
 *
 * An ipc socket is bound under a name of its own, "<path>.new", and then
 * renamed to its path: nobody meets a socket with wider rights than 0600, a
 * stale socket is replaced without a moment when there is none, and the
 * library, which deletes whatever stands at the path it was given, at the
 * start and at the end, is only ever given the other name.
 *
 * A lock on "<path>.lock" comes before everything else, so a second instance
 * touches nothing. All of it at start and stop, from one thread.
 */
#ifndef SIDECAR_SERVE_ENDPOINT_H
#define SIDECAR_SERVE_ENDPOINT_H

#include <sys/types.h>

#include "sidecar/base/err.h"

enum {
    /* sun_path is 108 bytes on Linux; a NUL and ".new" must fit as well. */
    ENDPOINT_PATH_BYTES = 108 - 4,
    ENDPOINT_HOST_BYTES = 256,
    ENDPOINT_URL_BYTES = ENDPOINT_HOST_BYTES + 32
};

enum endpoint_kind { ENDPOINT_IPC, ENDPOINT_TCP, ENDPOINT_TLS };

struct endpoint {
    enum endpoint_kind kind;
    char path[ENDPOINT_PATH_BYTES]; /* ipc */
    char host[ENDPOINT_HOST_BYTES]; /* an IPv6 address is in brackets */
    unsigned port;                  /* 0: any that is free */
};

/*
 * Reads "ipc://PATH", "tcp://HOST:PORT" or "tls+tcp://HOST:PORT".
 *
 * HOST is an address or a name; "*" or nothing is every address; "localhost"
 * is read as 127.0.0.1. A host outside 127.0.0.0/8 and ::1 is refused unless
 * `allow_remote`. Every failure is ERR_CONFIG and names the URL.
 */
bool endpoint_parse(const char *url, bool allow_remote, struct endpoint *out,
                    struct err *err);

/*
 * The URL again; for ipc that of the name to bind to.
 *
 *   out  [ENDPOINT_URL_BYTES]
 */
void endpoint_bind_url(const struct endpoint *e, char *out);

/* The URL again, for people and clients. out [ENDPOINT_URL_BYTES] */
void endpoint_url(const struct endpoint *e, char *out);

/* A path that we hold. Zero at first, then claim, settle, release. */
struct endpoint_guard {
    char path[ENDPOINT_PATH_BYTES];
    int lock_fd;  /* meaningful while held */
    dev_t device; /* of our socket; meaningful once settled */
    ino_t inode;
    bool held, settled;
};

/*
 * Takes the lock and looks at what stands at the path. ERR_IO: another
 * instance runs ("already running, pid N"), another program listens there, or
 * something that is not a socket stands there; nothing has been changed.
 */
bool
endpoint_claim(struct endpoint_guard *guard, const char *path, struct err *err);

/* The socket "<path>.new" has been bound: mode 0600, and onto its path. */
bool endpoint_settle(struct endpoint_guard *guard, struct err *err);

/*
 * Removes the socket where it is still ours, then the lock. Harmless twice and
 * on a guard that holds nothing.
 */
void endpoint_release(struct endpoint_guard *guard);

#endif
