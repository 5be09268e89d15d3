/*
 * A connection to one Redis server, shared by all threads: requests are
 * written one after another without waiting for the replies (pipelining), and
 * each caller waits for its own, until its deadline.
 *
 * One thread of its own connects, writes and reads, and connects again with
 * growing pauses where the server goes away. While it is away, or late,
 * requests fail at once. What was sent and not answered in time may have been
 * done or not: callers send what can be sent twice.
 *
 * A server is not trusted: what it sends is bounded, and anything that is no
 * reply costs it the connection.
 *
 * Protocol: RESP2, https://redis.io/docs/reference/protocol-spec
 */
#ifndef SIDECAR_STORE_REDIS_LINK_H
#define SIDECAR_STORE_REDIS_LINK_H

#include "config/redis_url.h"
#include "sidecar/base/err.h"
#include "sidecar/store/redis_queue.h"

struct redis_link;

enum {
    REDIS_LINK_SCRIPTS = 4,
    REDIS_LINK_HANDSHAKE_MS = 1000 /* to connect and be let in */
};

struct redis_link_options {
    struct redis_url url;
    struct text username, password;   /* "": none */
    const char *const *scripts;       /* [script_count], Lua; kept */
    size_t script_count;              /* 0..REDIS_LINK_SCRIPTS */
    long long deadline_ms;            /* of a request */
    long long retry_ms, retry_max_ms; /* pauses before connecting */
    size_t queue_bytes;               /* of requests not yet written */
};

/* The library's version, or NULL: this build has none, and no links. */
const char *redis_link_library(void);

/* Copies the texts. Does not wait for the server. NULL: no memory, or no
 * library. */
struct redis_link *
redis_link_new(const struct redis_link_options *options, struct err *err);
void redis_link_free(struct redis_link *link); /* NULL is fine; none waits */

/*
 * Waits until the first attempt to connect is decided. False: it failed, or
 * has not ended in time; the link goes on trying.
 */
bool redis_link_wait(struct redis_link *link, struct err *err);

/* The moment at which a request that begins now is late. */
int64_t redis_link_until(const struct redis_link *link);

/*
 * Runs a script and waits for its reply, which the caller frees.
 *
 * False: ERR_INTERNAL, naming what is wrong with the server; nothing is known
 * of what became of the request.
 */
bool
redis_link_call(struct redis_link *link, const struct redis_call *call,
                int64_t until_ns, struct redis_reply **reply, struct err *err);

/* For a caller to whom a reply made no sense: ERR_INTERNAL; false. */
bool redis_link_nonsense(struct redis_link *link, struct err *err);

void redis_link_health(struct redis_link *link, struct redis_health *out);

#endif
