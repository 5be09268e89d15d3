#include "sidecar/serve/listen.h"

struct transport_limits
listen_limits(const struct config *config)
{
    const struct config_limits *l = &config->limits;
    struct transport_limits limits = transport_default_limits;

    limits.message_bytes = (size_t)l->message_bytes;
    limits.connections = (size_t)l->connections;
    limits.in_flight = (unsigned)l->in_flight;
    limits.handshake_ms = (int)l->handshake_ms;
    limits.receive_ms = (int)l->receive_ms;
    limits.send_ms = (int)l->send_ms;
    return limits;
}

static bool
listen_on(struct transport *transport, const struct config *config,
          const char *url, enum listen_tag tag, struct err *err)
{
    const struct transport_listen how = {
        .url = url,
        .allow_remote = config->allow_remote,
        .cert_path = config->tls_cert.len > 0 ? config->tls_cert.at : NULL,
        .key_path = config->tls_key.len > 0 ? config->tls_key.at : NULL,
        .tag = (int)tag};

    return transport_listen(transport, &how, err);
}

bool
listen_all(struct transport *transport, const struct config *config,
           const struct listen_urls *urls, struct err *err)
{
    const size_t count = urls->count > 0 ? urls->count : config->listen.count;

    for (size_t i = 0; i < count; i++) {
        const char *url =
            urls->count > 0 ? urls->at[i] : config->listen.at[i].at;
        if (!listen_on(transport, config, url, LISTEN_SERVING, err)) {
            return false;
        }
    }
    return text_is(config->admin_listen, "none") ||
           listen_on(transport, config, config->admin_listen.at, LISTEN_ADMIN,
                     err);
}
