/*
 * From the configuration to a transport that listens.
 */
#ifndef SIDECAR_SERVE_LISTEN_H
#define SIDECAR_SERVE_LISTEN_H

#include "config/config.h"
#include "sidecar/serve/transport.h"

/* Which kind of socket a request came through: its tag. */
enum listen_tag { LISTEN_SERVING, LISTEN_ADMIN };

struct listen_urls {
    const char *const *at; /* [count], instead of the configured ones */
    size_t count;          /* 0: the configured ones */
};

struct transport_limits listen_limits(const struct config *config);

/*
 * Listens on every serving address and the private one. Fails as
 * transport_listen does; what was opened before is the transport's to close.
 */
bool listen_all(struct transport *transport, const struct config *config,
                const struct listen_urls *urls, struct err *err);

#endif
