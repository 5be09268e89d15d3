#include "proto/wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "sidecar/base/utf8.h"

void
wire_read(struct wire_reader *reader, struct text message, struct err *err)
{
    reader->at = (const unsigned char *)message.at;
    reader->end = reader->at + message.len;
    reader->err = err;
    reader->failed = false;
    reader->path[0] = '\0';
}

static void
fail_with(struct wire_reader *reader, enum err_kind kind, const char *format,
          va_list args) __attribute__((format(printf, 3, 0)));

static void
fail_with(struct wire_reader *reader, enum err_kind kind, const char *format,
          va_list args)
{
    char message[ERR_MESSAGE_BYTES / 2];

    if (reader->failed) {
        return;
    }
    vsnprintf(message, sizeof(message), format, args);
    err_at(reader->err, kind, reader->path, "%s%s%s", reader->path,
           reader->path[0] != '\0' ? ": " : "", message);
    reader->failed = true;
    reader->at = reader->end; // every later read finds nothing
}

void
wire_fail(struct wire_reader *reader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail_with(reader, ERR_INVALID, format, args);
    va_end(args);
}

void
wire_fail_as(struct wire_reader *reader, enum err_kind kind, const char *format,
             ...)
{
    va_list args;

    va_start(args, format);
    fail_with(reader, kind, format, args);
    va_end(args);
}

enum wire_type
wire_next(const struct wire_reader *reader)
{
    if (reader->at == reader->end) {
        return WIRE_NIL;
    }
    const unsigned char type = *reader->at;
    if (type <= 0x7f || type >= 0xe0 || (type >= 0xcc && type <= 0xd3)) {
        return WIRE_INT;
    }
    if (type <= 0x8f || type == 0xde || type == 0xdf) {
        return WIRE_MAP;
    }
    if (type <= 0x9f || type == 0xdc || type == 0xdd) {
        return WIRE_ARRAY;
    }
    if (type <= 0xbf || (type >= 0xd9 && type <= 0xdb)) {
        return WIRE_STR;
    }
    if (type >= 0xc4 && type <= 0xc6) {
        return WIRE_BIN;
    }
    if (type == 0xca || type == 0xcb) {
        return WIRE_FLOAT;
    }
    return type == 0xc0 ? WIRE_NIL : WIRE_BOOL;
}

static const char *const type_names[] = {"nil", "bool", "int",   "float",
                                         "str", "bin",  "array", "map"};

static bool
expect(struct wire_reader *reader, enum wire_type wanted)
{
    const enum wire_type found = wire_next(reader);

    if (reader->failed) {
        return false;
    }
    if (reader->at == reader->end || found != wanted) {
        wire_fail(reader, "expected %s, got %s", type_names[wanted],
                  type_names[found]);
        return false;
    }
    return true;
}

static uint64_t
take(struct wire_reader *reader, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | reader->at[i];
    }
    reader->at += bytes;
    return value;
}

/* Steps over the head of a str, bin, array or map; its length. */
static size_t
take_length(struct wire_reader *reader)
{
    const unsigned char type = *reader->at++;

    if (type <= 0x9f) {
        return type & 0x0f;
    }
    if (type <= 0xbf) {
        return type & 0x1f;
    }
    switch (type) {
    case 0xc4:
    case 0xd9:
        return (size_t)take(reader, 1);
    case 0xc5:
    case 0xda:
    case 0xdc:
    case 0xde:
        return (size_t)take(reader, 2);
    default:
        return (size_t)take(reader, 4);
    }
}

size_t
wire_read_map(struct wire_reader *reader)
{
    return expect(reader, WIRE_MAP) ? take_length(reader) : 0;
}

size_t
wire_read_array(struct wire_reader *reader)
{
    return expect(reader, WIRE_ARRAY) ? take_length(reader) : 0;
}

bool
wire_read_bool(struct wire_reader *reader)
{
    return expect(reader, WIRE_BOOL) && *reader->at++ == 0xc3;
}

struct number {
    bool integer;
    bool negative;
    uint64_t whole; /* of an integer; two's complement where negative */
    double real;    /* of any */
    float single;   /* of any; infinite beyond float's range */
};

static struct number
take_number(struct wire_reader *reader)
{
    const unsigned char type = *reader->at++;
    struct number n = {.integer = true};

    if (type <= 0x7f) {
        n.whole = type;
    } else if (type >= 0xe0) {
        n.negative = true;
        n.whole = (uint64_t)(int64_t)(signed char)type;
    } else if (type == 0xca) {
        const uint32_t bits = (uint32_t)take(reader, 4);
        memcpy(&n.single, &bits, sizeof(n.single));
        n.real = (double)n.single;
        n.integer = false;
    } else if (type == 0xcb) {
        const uint64_t bits = take(reader, 8);
        memcpy(&n.real, &bits, sizeof(n.real));
        n.single = n.real > (double)FLT_MAX    ? INFINITY
                   : n.real < -(double)FLT_MAX ? -INFINITY
                                               : (float)n.real;
        n.integer = false;
    } else if (type <= 0xcf) {
        n.whole = take(reader, (size_t)1 << (type & 3)); // 1, 2, 4, 8
    } else {
        const size_t bytes = (size_t)1 << (type & 3);
        n.whole = take(reader, bytes);
        n.negative = (n.whole >> (8 * bytes - 1) & 1) != 0;
        if (n.negative && bytes < 8) {
            n.whole |= ~(uint64_t)0 << 8 * bytes;
        }
    }
    if (n.integer) {
        n.real = n.negative ? -(double)(~n.whole + 1) : (double)n.whole;
        n.single = (float)n.real;
    }
    return n;
}

long long
wire_read_int(struct wire_reader *reader, long long min, long long max)
{
    if (!expect(reader, WIRE_INT)) {
        return min;
    }
    const struct number n = take_number(reader);
    const bool fits = n.negative || n.whole <= INT64_MAX;
    const long long value =
        n.negative ? -(long long)(~n.whole) - 1 : (long long)n.whole;
    if (!fits || value < min || value > max) {
        wire_fail(reader, "outside %lld..%lld", min, max);
        return min;
    }
    return value;
}

unsigned long long
wire_read_uint(struct wire_reader *reader, unsigned long long max)
{
    if (!expect(reader, WIRE_INT)) {
        return 0;
    }
    const struct number n = take_number(reader);
    if (n.negative || n.whole > max) {
        wire_fail(reader, "outside 0..%llu", max);
        return 0;
    }
    return n.whole;
}

static bool
expect_number(struct wire_reader *reader)
{
    const enum wire_type found = wire_next(reader);

    if (reader->failed) {
        return false;
    }
    if (reader->at == reader->end ||
        (found != WIRE_INT && found != WIRE_FLOAT)) {
        wire_fail(reader, "expected a number, got %s", type_names[found]);
        return false;
    }
    return true;
}

double
wire_read_number(struct wire_reader *reader, double min, double max)
{
    if (!expect_number(reader)) {
        return min;
    }
    const double value = take_number(reader).real;
    if (!(value >= min && value <= max)) {
        wire_fail(reader, "outside %g..%g", min, max);
        return min;
    }
    return value;
}

float
wire_read_float(struct wire_reader *reader)
{
    return expect_number(reader) ? take_number(reader).single : 0.0f;
}

struct text
wire_read_bytes(struct wire_reader *reader)
{
    const enum wire_type found = wire_next(reader);
    struct text bytes = {NULL, 0};

    if (reader->failed) {
        return bytes;
    }
    if (reader->at == reader->end || (found != WIRE_STR && found != WIRE_BIN)) {
        wire_fail(reader, "expected str or bin, got %s", type_names[found]);
        return bytes;
    }
    bytes.len = take_length(reader);
    bytes.at = (const char *)reader->at;
    reader->at += bytes.len;
    return bytes;
}

struct text
wire_read_str(struct wire_reader *reader, size_t limit)
{
    size_t bad = 0;

    if (!expect(reader, WIRE_STR)) {
        return (struct text){NULL, 0};
    }
    const struct text str = wire_read_bytes(reader);
    if (str.len > limit) {
        wire_fail_as(reader, ERR_TOO_LARGE, "%zu bytes, at most %zu", str.len,
                     limit);
    } else if (!utf8_check(str, &bad)) {
        wire_fail_as(reader, ERR_BAD_REQUEST, "not UTF-8 at byte %zu", bad);
    } else {
        return str;
    }
    return (struct text){NULL, 0};
}

/* A message that was scanned nests no deeper than WIRE_DEPTH_CAP. */
struct text
wire_skip(struct wire_reader *reader)
{
    const unsigned char *const start = reader->at;

    for (size_t left = 1; left > 0 && reader->at < reader->end; left--) {
        switch (wire_next(reader)) {
        case WIRE_NIL:
        case WIRE_BOOL:
            reader->at++;
            break;
        case WIRE_INT:
        case WIRE_FLOAT:
            (void)take_number(reader);
            break;
        case WIRE_STR:
        case WIRE_BIN:
            (void)wire_read_bytes(reader);
            break;
        case WIRE_ARRAY:
            left += take_length(reader);
            break;
        case WIRE_MAP:
            left += 2 * take_length(reader);
            break;
        }
    }
    return (struct text){(const char *)start, (size_t)(reader->at - start)};
}
