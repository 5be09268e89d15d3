/* What a Redis server answered: a value, or a list of values. */
#ifndef SIDECAR_STORE_REDIS_REPLY_H
#define SIDECAR_STORE_REDIS_REPLY_H

#include "sidecar/base/text.h"

enum redis_type {
    REDIS_NIL,
    REDIS_INTEGER,
    REDIS_TEXT,
    REDIS_ERROR,
    REDIS_LIST
};

enum { REDIS_REPLY_ITEMS = 256 /* of a list: a page of history and some */ };

struct redis_reply {
    enum redis_type type;
    long long integer;
    char *bytes; /* [len], of a text or an error; owned */
    size_t len;
    struct redis_reply *items; /* [count], no lists; owned */
    size_t count;
};

/* A list of `count` nils, or with 0 a nil. NULL: no memory, or too many. */
struct redis_reply *redis_reply_new(size_t count);
void redis_reply_free(struct redis_reply *reply); /* NULL is fine */

/* The text of a bulk; at NULL: it is none. A view. */
struct text redis_reply_text(const struct redis_reply *reply);

/* The item of a list; NULL: it is no list, or there is none of that index. */
const struct redis_reply *
redis_reply_item(const struct redis_reply *reply, size_t index);

#endif
