#include "sidecar/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 1024 };

void
buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void
buffer_clear(struct buffer *buffer)
{
    free(buffer->at);
    buffer_init(buffer, buffer->limit);
}

void
buffer_reset(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

/*
 * Room for `more` bytes within the limit and, after them, for one that is not
 * counted: the NUL that vsnprintf writes.
 */
static bool
make_room(struct buffer *buffer, size_t more)
{
    if (buffer->failed || more > buffer->limit - buffer->len ||
        more == SIZE_MAX - buffer->len) {
        buffer->failed = true;
        return false;
    }
    const size_t least = buffer->len + more + 1;
    if (least <= buffer->cap) {
        return true;
    }
    size_t cap = buffer->cap > 0 ? buffer->cap : FIRST_BYTES;
    while (cap < least) {
        cap = cap > SIZE_MAX / 2 ? least : cap * 2;
    }
    char *at = realloc(buffer->at, cap);
    if (at == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->at = at;
    buffer->cap = cap;
    return true;
}

char *
buffer_extend(struct buffer *buffer, size_t len)
{
    if (!make_room(buffer, len)) {
        return NULL;
    }
    char *place = buffer->at + buffer->len;
    buffer->len += len;
    return place;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
    char *place = len > 0 ? buffer_extend(buffer, len) : NULL;

    if (place != NULL) {
        memcpy(place, bytes, len);
    }
}

void
buffer_add_text(struct buffer *buffer, struct text text)
{
    buffer_add(buffer, text.at, text.len);
}

void
buffer_add_byte(struct buffer *buffer, char byte)
{
    buffer_add(buffer, &byte, 1);
}

void
buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !make_room(buffer, (size_t)len)) {
        buffer->failed = true;
    } else {
        vsnprintf(buffer->at + buffer->len, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}
