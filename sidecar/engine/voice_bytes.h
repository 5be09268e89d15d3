/*
 * Numbers in the voice measure's files, little-endian on every machine. A
 * reader past its end sets `cut` and gives zeros: read straight through and
 * ask once.
 */
#ifndef SIDECAR_ENGINE_VOICE_BYTES_H
#define SIDECAR_ENGINE_VOICE_BYTES_H

#include "sidecar/base/buffer.h"

struct voice_bytes {
    struct text left; /* not read yet */
    bool cut;         /* something was asked for that is not there */
};

/* The next `len` bytes; at NULL, len 0 where they are not there. */
struct text voice_bytes_take(struct voice_bytes *from, size_t len);

/* The next 1 to 8 bytes as a number. */
uint64_t voice_bytes_number(struct voice_bytes *from, size_t bytes);

/* A text with its length in 4 bytes before it. */
struct text voice_bytes_text(struct voice_bytes *from);

float voice_bytes_float(struct voice_bytes *from);

/* The same in the other direction. */
void voice_bytes_put(struct buffer *out, uint64_t number, size_t bytes);
void voice_bytes_put_text(struct buffer *out, struct text text);
void voice_bytes_put_float(struct buffer *out, float number);

#endif
