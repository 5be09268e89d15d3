/*
 * Vectors on the wire: an array of numbers, or a bin of little-endian float32.
 * Values come as they are, NaN and infinities included. Errors are left in the
 * reader.
 */
#ifndef PROTO_FLOATS_H
#define PROTO_FLOATS_H

#include "proto/wire.h"

/* How many numbers the next value holds, which stays where it is. */
size_t floats_count(struct wire_reader *reader);

/* Reads them: out [floats_count]. */
void floats_read(struct wire_reader *reader, float *out);

#endif
