/*
 * JSON (RFC 8259) to msgpack and back, for the command line and for people.
 * One to one: maps, arrays, strings, integers of 64 bits, doubles, booleans,
 * null. Going to JSON, a `bin` becomes the array of its bytes' values and a
 * double that is whole looks like an integer.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

enum { JSON_DEPTH = 32 }; /* of nested arrays and objects */

/*
 * Parses one JSON value, with nothing but white space around it, and appends
 * it as msgpack. Strict, since two readers that disagree are a way around a
 * rule: a key twice, a surrogate alone, bad UTF-8, NaN, a number beyond 64 bits
 * or a double's range, and whatever else RFC 8259 does not have, fail with
 * ERR_BAD_REQUEST naming the byte offset; too much for the buffer with
 * ERR_TOO_LARGE. After a failure the buffer holds no whole value.
 */
bool json_to_wire(struct text json, struct buffer *to, struct err *err);

/*
 * Appends the msgpack object (of a message that wire_scan passed) as JSON, on
 * one line, or indented where `pretty`. Doubles are written with the fewest
 * digits that read back the same, control characters as escapes. Fails with
 * ERR_INVALID where JSON has no such thing: NaN, infinities, a key that is no
 * str, str that is not UTF-8, deeper than JSON_DEPTH.
 */
bool json_from_wire(struct text message, bool pretty, struct buffer *to,
                    struct err *err);

#endif
