/*
 * For decoder_differential.py: reads messages in hexadecimal, one a line, and
 * answers each with what wire_scan and the reader make of it, one a line:
 * "refused: ..." or the value, written so that another language can write the
 * same: n nil, t f, i-5, d<bits of the double> or dnan, s<hex> and b<hex>,
 * [a,b], {k:v,k:v} in the order of the message.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/wire.h"

enum { MESSAGE_BYTES = 1 << 16 };

static void print_value(struct wire_reader *r);

static void
print_double(struct wire_reader *r)
{
    struct wire_reader again = *r;
    uint64_t bits;

    if (isnan(wire_read_float(&again))) {
        r->at = again.at;
        printf("dnan");
        return;
    }
    const double value =
        wire_read_number(r, -(double)INFINITY, (double)INFINITY);
    memcpy(&bits, &value, sizeof(bits));
    printf("d%016llx", (unsigned long long)bits);
}

static void
print_int(struct wire_reader *r)
{
    struct wire_reader again = *r;
    struct err beyond;

    again.err = &beyond;
    const unsigned long long natural = wire_read_uint(&again, UINT64_MAX);
    if (again.failed) {
        printf("i%lld", wire_read_int(r, INT64_MIN, INT64_MAX));
    } else {
        printf("i%llu", natural);
        r->at = again.at;
    }
}

static void
print_bytes(struct wire_reader *r, char kind)
{
    const struct text bytes = wire_read_bytes(r);

    putchar(kind);
    for (size_t i = 0; i < bytes.len; i++) {
        printf("%02x", (unsigned char)bytes.at[i]);
    }
}

static void
print_array(struct wire_reader *r)
{
    const size_t count = wire_read_array(r);

    putchar('[');
    for (size_t i = 0; i < count; i++) {
        printf("%s", i > 0 ? "," : "");
        print_value(r);
    }
    putchar(']');
}

static void
print_map(struct wire_reader *r)
{
    const size_t entries = wire_read_map(r);

    putchar('{');
    for (size_t i = 0; i < entries; i++) {
        printf("%s", i > 0 ? "," : "");
        print_value(r);
        putchar(':');
        print_value(r);
    }
    putchar('}');
}

/* wire_scan has limited the depth. */
static void
print_value(struct wire_reader *r)
{
    switch (wire_next(r)) {
    case WIRE_NIL:
        (void)wire_skip(r);
        putchar('n');
        break;
    case WIRE_BOOL:
        putchar(wire_read_bool(r) ? 't' : 'f');
        break;
    case WIRE_INT:
        print_int(r);
        break;
    case WIRE_FLOAT:
        print_double(r);
        break;
    case WIRE_STR:
        print_bytes(r, 's');
        break;
    case WIRE_BIN:
        print_bytes(r, 'b');
        break;
    case WIRE_ARRAY:
        print_array(r);
        break;
    case WIRE_MAP:
        print_map(r);
        break;
    }
}

static size_t
read_hex(const char *line, char *bytes)
{
    size_t len = 0;
    unsigned value;

    for (; sscanf(line + 2 * len, "%2x", &value) == 1; len++) {
        bytes[len] = (char)value;
    }
    return len;
}

int
main(void)
{
    static const struct wire_limits limits = {60, 1 << 16};
    static char line[2 * MESSAGE_BYTES + 2], bytes[MESSAGE_BYTES];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        const struct text message = {bytes, read_hex(line, bytes)};
        struct wire_reader reader;
        struct err err;
        if (wire_scan(message, &limits, &err)) {
            wire_read(&reader, message, &err);
            print_value(&reader);
            putchar('\n');
        } else {
            printf("refused: %s\n", err.message);
        }
    }
    return EXIT_SUCCESS;
}
