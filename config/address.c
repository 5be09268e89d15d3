#include "config/address.h"

/* Four numbers of at most 255, the first of them 127. */
static bool
is_loopback_ipv4(struct text host)
{
    unsigned part = 0, parts = 0, digits = 0;

    for (size_t i = 0; i <= host.len; i++) {
        const char c = i < host.len ? host.at[i] : '.';
        if (c == '.') {
            if (digits == 0 || (parts == 0 && part != 127)) {
                return false;
            }
            parts++;
            part = digits = 0;
        } else if (c < '0' || c > '9' || ++digits > 3) {
            return false;
        } else {
            part = part * 10 + (unsigned)(c - '0');
            if (part > 255) {
                return false;
            }
        }
    }
    return parts == 4;
}

static bool
is_loopback(struct text host)
{
    return text_is(host, "localhost") || text_is(host, "::1") ||
           is_loopback_ipv4(host);
}

static const char *
parse_port(struct text text, unsigned *port)
{
    *port = 0;
    if (text.len == 0 || text.len > 5) {
        return "a port from 0 to 65535 must end the address";
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return "a port from 0 to 65535 must end the address";
        }
        *port = *port * 10 + (unsigned)(text.at[i] - '0');
    }
    return *port > 65535 ? "a port is at most 65535" : NULL;
}

/* host:port, [host]:port or *:port */
static const char *
parse_host(struct text rest, struct address *out)
{
    size_t colon = rest.len;

    while (colon > 0 && rest.at[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return "the port is missing, as in tcp://127.0.0.1:7710";
    }
    struct text host = text_part(rest, 0, colon - 1);
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = text_part(host, 1, host.len - 1);
    } else if (host.len > 0 && memchr(host.at, ':', host.len) != NULL) {
        return "an IPv6 host stands in brackets, as in tcp://[::1]:7710";
    }
    for (size_t i = 0; i < host.len; i++) {
        const unsigned char c = (unsigned char)host.at[i];
        if (c <= ' ' || c >= 0x7f || c == '/' || c == '[' || c == ']') {
            return "the host has a character that no host has";
        }
    }
    out->host = host;
    out->loopback = is_loopback(host);
    return parse_port(text_part(rest, colon, rest.len), &out->port);
}

static const char *
parse_path(struct text path, struct address *out)
{
    if (path.len == 0) {
        return "the path is missing, as in ipc:///tmp/leeway.sock";
    }
    if (path.len > ADDRESS_PATH_BYTES) {
        return "a socket's path has at most 107 bytes";
    }
    if (memchr(path.at, '\0', path.len) != NULL) {
        return "a NUL byte in a path";
    }
    out->path = path;
    out->loopback = true;
    return NULL;
}

const char *
address_parse(struct text url, struct address *out)
{
    static const struct {
        const char *prefix;
        enum address_scheme scheme;
    } schemes[] = {{"ipc://", ADDRESS_IPC},
                   {"tcp://", ADDRESS_TCP},
                   {"tls+tcp://", ADDRESS_TLS}};

    *out = (struct address){.path = TEXT(""), .host = TEXT("")};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const struct text prefix = text_of(schemes[i].prefix);
        if (!text_starts(url, prefix)) {
            continue;
        }
        const struct text rest = text_part(url, prefix.len, url.len);
        out->scheme = schemes[i].scheme;
        return out->scheme == ADDRESS_IPC ? parse_path(rest, out)
                                          : parse_host(rest, out);
    }
    return "an address begins with ipc://, tcp:// or tls+tcp://";
}
