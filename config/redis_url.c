#include "config/redis_url.h"

#include "config/address.h"

enum { HOST_BYTES = 253 /* of a name, RFC 1035 */ };

/* A number up to max, all of the text. */
static bool
read_number(struct text digits, unsigned max, unsigned *out)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        const char c = digits.at[i];
        if (c < '0' || c > '9') {
            return false;
        }
        const unsigned digit = (unsigned)(c - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = 10 * value + digit;
    }
    *out = value;
    return digits.len > 0;
}

static const char *
parse_unix(struct text rest, struct redis_url *out)
{
    static const struct text option = {"?db=", 4};
    const size_t at = text_find(rest, option, 0);

    out->path = at != SIZE_MAX ? text_part(rest, 0, at) : rest;
    if (at != SIZE_MAX && !read_number(text_part(rest, at + 4, rest.len),
                                       REDIS_URL_DB_MAX, &out->db)) {
        return "the number after ?db= is not that of a database";
    }
    if (out->path.len == 0 || out->path.at[0] != '/') {
        return "the path of a socket begins with /: unix:///run/redis.sock";
    }
    return out->path.len > ADDRESS_PATH_BYTES
               ? "the path of a socket has 107 bytes at most"
               : NULL;
}

/* Where the host ends; SIZE_MAX: its bracket is not closed. */
static size_t
host_end(struct text rest)
{
    if (rest.len > 0 && rest.at[0] == '[') {
        const size_t close = text_find(rest, TEXT("]"), 0);
        return close == SIZE_MAX ? SIZE_MAX : close + 1;
    }
    const size_t colon = text_find(rest, TEXT(":"), 0);
    return colon == SIZE_MAX ? rest.len : colon;
}

static const char *
parse_tcp(struct text rest, struct redis_url *out)
{
    const size_t slash = text_find(rest, TEXT("/"), 0);

    if (slash != SIZE_MAX) {
        const struct text db = text_part(rest, slash + 1, rest.len);
        if (db.len > 0 && !read_number(db, REDIS_URL_DB_MAX, &out->db)) {
            return "what follows the last / is the number of a database";
        }
        rest = text_part(rest, 0, slash);
    }
    const size_t end = host_end(rest);
    if (end == SIZE_MAX) {
        return "the bracket of an IPv6 address is not closed";
    }
    if (end < rest.len &&
        (rest.at[end] != ':' ||
         !read_number(text_part(rest, end + 1, rest.len), 65535, &out->port))) {
        return "what follows the host is a colon and a port, 1..65535";
    }
    out->host = text_part(rest, 0, end);
    if (end > 2 && rest.at[0] == '[') {
        out->host = text_part(rest, 1, end - 1);
    }
    if (out->host.len == 0 || out->host.len > HOST_BYTES) {
        return "a host has 1 to 253 bytes";
    }
    return out->port == 0 ? "a port is 1..65535" : NULL;
}

const char *
redis_url_parse(struct text url, struct redis_url *out)
{
    *out = (struct redis_url){.port = REDIS_URL_PORT};
    for (size_t i = 0; i < url.len; i++) {
        if ((unsigned char)url.at[i] <= ' ' || url.at[i] == 0x7f) {
            return "an address has no spaces";
        }
    }
    if (text_find(url, TEXT("@"), 0) != SIZE_MAX) {
        return "an address is shown in messages: the name goes into "
               "store.redis.username, the password into store.redis.password";
    }
    if (text_starts(url, TEXT("unix://"))) {
        return parse_unix(text_part(url, 7, url.len), out);
    }
    if (text_starts(url, TEXT("redis://"))) {
        return parse_tcp(text_part(url, 8, url.len), out);
    }
    if (text_starts(url, TEXT("rediss://"))) {
        return "TLS to Redis is not built in: use a socket, or a tunnel on "
               "this machine";
    }
    return "an address begins with redis:// or unix://";
}
