/*
 * A map of a reply being written: it counts its own entries. Internal to the
 * encoders.
 */
#ifndef PROTO_MAP_H
#define PROTO_MAP_H

#include <math.h>

#include "proto/encode.h"
#include "proto/wire.h"

struct map {
    struct buffer *to;
    struct wire_open open;
    size_t entries;
};

static inline struct map
map_begin(struct buffer *to)
{
    return (struct map){to, wire_open_map(to), 0};
}

static inline void
map_end(const struct map *map)
{
    wire_close_map(map->to, map->open, map->entries);
}

/* A whole reply, its common keys written: the operation's own follow. */
struct map
map_reply(struct buffer *to, const struct encode_answer *answer, bool ok);

/* What is written next is the value of this key. */
static inline void
map_key(struct map *map, const char *name)
{
    wire_put_str(map->to, text_of(name));
    map->entries++;
}

/* The value of this key is a map too, to be ended before the outer one. */
static inline struct map
map_inner(struct map *outer, const char *name)
{
    map_key(outer, name);
    return map_begin(outer->to);
}

static inline void
map_text(struct map *map, const char *name, struct text value)
{
    map_key(map, name);
    wire_put_str(map->to, value);
}

static inline void
map_string(struct map *map, const char *name, const char *value)
{
    map_text(map, name, text_of(value));
}

static inline void
map_count(struct map *map, const char *name, unsigned long long value)
{
    map_key(map, name);
    wire_put_uint(map->to, value);
}

/* nil where NAN. */
static inline void
map_number(struct map *map, const char *name, double value)
{
    map_key(map, name);
    wire_put_double(map->to, value);
}

/* As numbers leave: with 4 decimals (PROTOCOL.md, "Numbers"); NAN stays. */
static inline double
map_decimals(double value)
{
    return isnan(value) ? value : floor(value * 1e4 + 0.5) / 1e4;
}

static inline void
map_rounded(struct map *map, const char *name, double value)
{
    map_number(map, name, map_decimals(value));
}

static inline void
map_bool(struct map *map, const char *name, bool value)
{
    map_key(map, name);
    wire_put_bool(map->to, value);
}

/* nil where it is not known. */
static inline void
map_bool_or_nil(struct map *map, const char *name, bool known, bool value)
{
    map_key(map, name);
    if (known) {
        wire_put_bool(map->to, value);
    } else {
        wire_put_nil(map->to);
    }
}

/* An array of texts [count]. */
static inline void
map_texts(struct map *map, const char *name, const struct text *at,
          size_t count)
{
    map_key(map, name);
    wire_put_array(map->to, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_str(map->to, at[i]);
    }
}

#endif
