#include "sidecar/store/redis_reply.h"

#include <stdlib.h>

struct redis_reply *
redis_reply_new(size_t count)
{
    struct redis_reply *reply = calloc(1, sizeof(*reply));

    if (reply == NULL || count > REDIS_REPLY_ITEMS) {
        free(reply);
        return NULL;
    }
    if (count > 0) {
        reply->items = calloc(count, sizeof(*reply->items));
        if (reply->items == NULL) {
            free(reply);
            return NULL;
        }
        reply->count = count;
    }
    return reply;
}

void
redis_reply_free(struct redis_reply *reply)
{
    if (reply == NULL) {
        return;
    }
    for (size_t i = 0; i < reply->count; i++) {
        free(reply->items[i].bytes);
    }
    free(reply->items);
    free(reply->bytes);
    free(reply);
}

struct text
redis_reply_text(const struct redis_reply *reply)
{
    return reply != NULL && reply->type == REDIS_TEXT
               ? (struct text){reply->bytes, reply->len}
               : (struct text){NULL, 0};
}

const struct redis_reply *
redis_reply_item(const struct redis_reply *reply, size_t index)
{
    return reply->type == REDIS_LIST && index < reply->count
               ? &reply->items[index]
               : NULL;
}
