#include "sidecar/serve/outgo.h"

#include <assert.h>

void
outgo_init(struct outgo *out, struct slab_pool *pool)
{
    memset(out, 0, sizeof(*out));
    out->pool = pool;
}

static void
drop_first(struct outgo *out)
{
    struct slab *first = out->first;

    out->first = first->next;
    out->gone = 0;
    if (out->first == NULL) {
        out->last = NULL;
    }
    slab_drop(first);
}

void
outgo_clear(struct outgo *out)
{
    while (out->first != NULL) {
        drop_first(out);
    }
    out->bytes = 0;
}

bool
outgo_add(struct outgo *out, struct text bytes)
{
    while (bytes.len > 0) {
        if (out->last == NULL || out->last->used == out->last->cap) {
            struct slab *slab = slab_new(out->pool);
            if (slab == NULL) {
                return false;
            }
            if (out->last == NULL) {
                out->first = slab;
            } else {
                out->last->next = slab;
            }
            out->last = slab;
        }
        struct slab *last = out->last;
        const size_t room = last->cap - last->used;
        const size_t len = bytes.len < room ? bytes.len : room;
        memcpy(last->bytes + last->used, bytes.at, len);
        last->used += len;
        out->bytes += len;
        bytes = text_part(bytes, len, bytes.len);
    }
    return true;
}

size_t
outgo_front(const struct outgo *out, struct text *pieces)
{
    size_t from = out->gone, count = 0;

    for (const struct slab *slab = out->first;
         slab != NULL && count < OUTGO_PIECES; slab = slab->next) {
        if (slab->used > from) {
            pieces[count++] =
                (struct text){slab->bytes + from, slab->used - from};
        }
        from = 0;
    }
    return count;
}

void
outgo_sent(struct outgo *out, size_t len)
{
    assert(len <= out->bytes);
    out->bytes -= len;
    while (len > 0) {
        const size_t left = out->first->used - out->gone;
        if (len < left) {
            out->gone += len;
            return;
        }
        len -= left;
        drop_first(out);
    }
}
