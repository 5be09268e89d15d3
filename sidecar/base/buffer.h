/*
 * Bytes that grow as they are written, up to a limit. A write that does not
 * fit sets `failed` and every later one does nothing: write straight through
 * and ask once at the end.
 */
#ifndef SIDECAR_BASE_BUFFER_H
#define SIDECAR_BASE_BUFFER_H

#include "sidecar/base/text.h"

struct buffer {
    char *at;     /* owned; NULL while empty */
    size_t len;   /* bytes written */
    size_t cap;   /* bytes allocated */
    size_t limit; /* bytes that may ever be written */
    bool failed;  /* limit or memory reached: the content is not whole */
};

/* An empty buffer; allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_clear(struct buffer *buffer); /* frees the bytes */
void buffer_reset(struct buffer *buffer); /* empties it, keeps the memory */

void buffer_add(struct buffer *buffer, const void *bytes, size_t len);
void buffer_add_text(struct buffer *buffer, struct text text);
void buffer_add_byte(struct buffer *buffer, char byte);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Room for `len` more bytes to be written at the returned place, counted as
 * written. NULL: failed.
 */
char *buffer_extend(struct buffer *buffer, size_t len);

static inline struct text
buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->at, buffer->len};
}

#endif
