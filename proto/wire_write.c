#include "proto/wire.h"

#include <math.h>

#include <msgpack.h>

/* msgpack-c calls this for each piece; the buffer remembers a failure. */
static int
append(void *data, const char *bytes, size_t len)
{
    buffer_add(data, bytes, len);
    return 0;
}

static msgpack_packer
packer(struct buffer *to)
{
    msgpack_packer p;

    msgpack_packer_init(&p, to, append);
    return p;
}

/* msgpack counts in 32 bits. */
static bool
countable(struct buffer *to, size_t count)
{
    if (count > UINT32_MAX) {
        to->failed = true;
    }
    return count <= UINT32_MAX;
}

void
wire_put_nil(struct buffer *to)
{
    msgpack_packer p = packer(to);

    msgpack_pack_nil(&p);
}

void
wire_put_bool(struct buffer *to, bool value)
{
    msgpack_packer p = packer(to);

    if (value) {
        msgpack_pack_true(&p);
    } else {
        msgpack_pack_false(&p);
    }
}

void
wire_put_int(struct buffer *to, long long value)
{
    msgpack_packer p = packer(to);

    msgpack_pack_long_long(&p, value);
}

void
wire_put_uint(struct buffer *to, unsigned long long value)
{
    msgpack_packer p = packer(to);

    msgpack_pack_unsigned_long_long(&p, value);
}

void
wire_put_double(struct buffer *to, double value)
{
    msgpack_packer p = packer(to);

    if (isnan(value)) {
        msgpack_pack_nil(&p);
    } else {
        msgpack_pack_double(&p, value);
    }
}

void
wire_put_str(struct buffer *to, struct text value)
{
    msgpack_packer p = packer(to);

    if (countable(to, value.len)) {
        msgpack_pack_str(&p, value.len);
        msgpack_pack_str_body(&p, value.at, value.len);
    }
}

void
wire_put_bin(struct buffer *to, struct text value)
{
    msgpack_packer p = packer(to);

    if (countable(to, value.len)) {
        msgpack_pack_bin(&p, value.len);
        msgpack_pack_bin_body(&p, value.at, value.len);
    }
}

void
wire_put_array(struct buffer *to, size_t count)
{
    msgpack_packer p = packer(to);

    if (countable(to, count)) {
        msgpack_pack_array(&p, count);
    }
}

void
wire_put_map(struct buffer *to, size_t count)
{
    msgpack_packer p = packer(to);

    if (countable(to, count)) {
        msgpack_pack_map(&p, count);
    }
}

struct wire_open
wire_open_map(struct buffer *to)
{
    const struct wire_open map = {to->len};

    buffer_add(to, "\xde\0\0", 3); // map 16, count to follow
    return map;
}

void
wire_close_map(struct buffer *to, struct wire_open map, size_t entries)
{
    if (to->failed || entries > UINT16_MAX) {
        to->failed = true;
        return;
    }
    to->at[map.at + 1] = (char)(unsigned char)(entries >> 8);
    to->at[map.at + 2] = (char)(unsigned char)(entries & 0xff);
}

struct wire_open
wire_open_array(struct buffer *to)
{
    const struct wire_open array = {to->len};

    buffer_add(to, "\xdd\0\0\0\0", 5); // array 32, count to follow
    return array;
}

void
wire_close_array(struct buffer *to, struct wire_open array, size_t elements)
{
    if (to->failed || elements > UINT32_MAX) {
        to->failed = true;
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        to->at[array.at + 1 + i] =
            (char)(unsigned char)(elements >> (24 - 8 * i) & 0xff);
    }
}
