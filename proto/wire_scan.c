/*
 * The structural pre-scan of a message. msgpack-c's own unpacker believes
 * lengths before it has seen the bytes (5 bytes claim 3.2 GB), and accepts
 * trailing bytes; this walk refuses both without allocating.
 */
#include "proto/wire.h"

/* One byte says what follows: how long, and how many children. */
struct shape {
    size_t head;     /* bytes of type and length */
    uint64_t body;   /* bytes of content after the head */
    uint64_t nested; /* values that follow as children */
    bool known;
};

static uint64_t
big_endian(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* Bytes of length field after the type byte, for str, bin, array and map. */
static size_t
length_bytes(unsigned char type)
{
    switch (type) {
    case 0xc4:
    case 0xd9:
        return 1;
    case 0xc5:
    case 0xda:
    case 0xdc:
    case 0xde:
        return 2;
    case 0xc6:
    case 0xdb:
    case 0xdd:
    case 0xdf:
        return 4;
    default:
        return 0;
    }
}

/* Bytes of a scalar after its type byte. */
static size_t
scalar_bytes(unsigned char type)
{
    switch (type) {
    case 0xcc:
    case 0xd0:
        return 1;
    case 0xcd:
    case 0xd1:
        return 2;
    case 0xca:
    case 0xce:
    case 0xd2:
        return 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
        return 8;
    default:
        return 0;
    }
}

static struct shape
shape_of(const unsigned char *at, size_t left)
{
    const unsigned char type = at[0];
    struct shape s = {.head = 1, .known = true};

    if (type <= 0x7f || type >= 0xe0) {
        return s; // a small integer is its own byte
    }
    if (type <= 0x8f) {
        s.nested = 2u * (type & 0x0fu);
    } else if (type <= 0x9f) {
        s.nested = type & 0x0fu;
    } else if (type <= 0xbf) {
        s.body = type & 0x1fu;
    } else if (length_bytes(type) > 0) {
        const size_t bytes = length_bytes(type);
        s.head = 1 + bytes;
        if (left < s.head) {
            return s; // the caller sees that it is cut
        }
        const uint64_t length = big_endian(at + 1, bytes);
        if (type == 0xdc || type == 0xdd) {
            s.nested = length;
        } else if (type == 0xde || type == 0xdf) {
            s.nested = 2 * length;
        } else {
            s.body = length;
        }
    } else if (scalar_bytes(type) > 0) {
        s.body = scalar_bytes(type);
    } else {
        s.known = type == 0xc0 || type == 0xc2 || type == 0xc3;
    }
    return s;
}

static bool
refuse(struct err *err, enum err_kind kind, size_t offset, const char *what)
{
    err_set(err, kind, "message: %s at byte %zu", what, offset);
    return false;
}

bool
wire_scan(struct text message, const struct wire_limits *limits,
          struct err *err)
{
    const unsigned char *bytes = (const unsigned char *)message.at;
    uint64_t open[WIRE_DEPTH_CAP]; // values still to come at each depth
    size_t depth = 0, nodes = 0, at = 0;

    if (message.len == 0) {
        return refuse(err, ERR_BAD_REQUEST, 0, "empty");
    }
    for (;;) {
        if (at == message.len) {
            return refuse(err, ERR_BAD_REQUEST, at, "truncated");
        }
        const size_t left = message.len - at;
        const struct shape s = shape_of(bytes + at, left);
        if (!s.known) {
            return refuse(err, ERR_BAD_REQUEST, at,
                          "unknown or extension type");
        }
        if (left < s.head || s.body > left - s.head) {
            return refuse(err, ERR_BAD_REQUEST, at, "truncated");
        }
        if (s.nested > left - s.head) {
            return refuse(err, ERR_BAD_REQUEST, at,
                          "length beyond the message");
        }
        if (++nodes > limits->nodes) {
            return refuse(err, ERR_TOO_LARGE, at, "too many values");
        }
        if (s.nested > 0 &&
            (depth >= limits->depth || depth == WIRE_DEPTH_CAP)) {
            return refuse(err, ERR_TOO_LARGE, at, "nested too deep");
        }
        at += s.head + (size_t)s.body;
        if (s.nested > 0) {
            open[depth++] = s.nested;
            continue;
        }
        while (depth > 0 && --open[depth - 1] == 0) {
            depth--;
        }
        if (depth == 0) {
            break;
        }
    }
    if (at != message.len) {
        return refuse(err, ERR_BAD_REQUEST, at, "trailing bytes");
    }
    return true;
}
