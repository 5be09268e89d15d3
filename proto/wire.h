/*
 * msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md), read and
 * written.
 *
 * Reading is in two steps. wire_scan walks the whole message once and refuses
 * what is not exactly one object within the limits, before anything is
 * allocated. After that a `struct wire_reader` goes through it: it cannot run
 * over the end, its first error sticks, and a caller asks once at the end.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "sidecar/base/arena.h"
#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

struct wire_limits {
    size_t depth; /* of maps and arrays that hold something, root counted */
    size_t nodes; /* values and keys in all */
};

enum {
    WIRE_DEPTH_CAP = 64, /* whatever the limits say */
    WIRE_KEY_BYTES = 64  /* of a request's own keys */
};

/*
 * Is `message` exactly one msgpack object, nothing after it, no extension
 * types, every length within what is left, within the limits? Time and memory
 * do not depend on lengths it claims. Fails with ERR_BAD_REQUEST, or
 * ERR_TOO_LARGE for depth and nodes, naming the byte offset.
 */
bool wire_scan(struct text message, const struct wire_limits *limits,
               struct err *err);

enum wire_type {
    WIRE_NIL,
    WIRE_BOOL,
    WIRE_INT,
    WIRE_FLOAT,
    WIRE_STR,
    WIRE_BIN,
    WIRE_ARRAY,
    WIRE_MAP
};

/*
 * A place in a message that wire_scan has passed, with the path of the key
 * being read for messages. After an error `at` is `end` and every read gives
 * an empty value: 0, false, no bytes, or the least of what it may be.
 */
struct wire_reader {
    const unsigned char *at, *end;
    struct err *err;
    bool failed;
    char path[ERR_PATH_BYTES];
};

void
wire_read(struct wire_reader *reader, struct text message, struct err *err);

/* The type of the next value; WIRE_NIL at the end. */
enum wire_type wire_next(const struct wire_reader *reader);

/* Sets ERR_INVALID under the reader's path, unless an error is set already. */
void wire_fail(struct wire_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As wire_fail, of another kind. */
void
wire_fail_as(struct wire_reader *reader, enum err_kind kind, const char *format,
             ...) __attribute__((format(printf, 3, 4)));

size_t wire_read_map(struct wire_reader *reader);   /* entries that follow */
size_t wire_read_array(struct wire_reader *reader); /* elements that follow */
bool wire_read_bool(struct wire_reader *reader);
long long
wire_read_int(struct wire_reader *reader, long long min, long long max);
/* An integer of 0 or more, up to the whole range of uint 64. */
unsigned long long
wire_read_uint(struct wire_reader *reader, unsigned long long max);
/* An integer or a float, within [min, max]; not NaN. */
double wire_read_number(struct wire_reader *reader, double min, double max);
/* A str of valid UTF-8, at most `limit` bytes (else ERR_TOO_LARGE). */
struct text wire_read_str(struct wire_reader *reader, size_t limit);
/* A str or a bin, not checked. */
struct text wire_read_bytes(struct wire_reader *reader);
/* A number of any kind as it is, NaN and infinities included. */
float wire_read_float(struct wire_reader *reader);
/* Steps over one value whole; returns its bytes. */
struct text wire_skip(struct wire_reader *reader);

/* ------------------------------------------------------------------ writing */

/*
 * Values are appended to the buffer, which says at the end whether all fitted.
 * A map or array of unknown size is opened, filled and closed; opened ones
 * are closed in reverse order.
 */
struct wire_open {
    size_t at; /* of the header in the buffer */
};

void wire_put_nil(struct buffer *to);
void wire_put_bool(struct buffer *to, bool value);
void wire_put_int(struct buffer *to, long long value);
void wire_put_uint(struct buffer *to, unsigned long long value);
void wire_put_double(struct buffer *to, double value); /* nil where NAN */
void wire_put_str(struct buffer *to, struct text value);
void wire_put_bin(struct buffer *to, struct text value);
void wire_put_array(struct buffer *to, size_t count);
void wire_put_map(struct buffer *to, size_t count);

/* A map whose entries are counted while they are written, at most 65,535. */
struct wire_open wire_open_map(struct buffer *to);
void wire_close_map(struct buffer *to, struct wire_open map, size_t entries);

/* An array of the same kind, of as many elements as msgpack can count. */
struct wire_open wire_open_array(struct buffer *to);
void
wire_close_array(struct buffer *to, struct wire_open array, size_t elements);

#endif
