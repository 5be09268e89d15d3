#include "sidecar/engine/hold_stretch.h"

enum { FIRST_BYTES = 64 }; /* words of prose, with room for some together */

/* What was taken before stays with the arena: in all twice what it comes to. */
static bool
grow(struct hold_stretch *s)
{
    const size_t cap = s->cap > 0 ? 2 * s->cap : FIRST_BYTES;
    char *at = arena_take(s->arena, cap);
    uint32_t *from = ARENA_ARRAY(s->arena, uint32_t, cap);
    uint32_t *to = ARENA_ARRAY(s->arena, uint32_t, cap);

    if (at == NULL || from == NULL || to == NULL) {
        return false;
    }
    if (s->len > 0) {
        memcpy(at, s->at, s->len);
        memcpy(from, s->raw_from, s->len * sizeof(*from));
        memcpy(to, s->raw_to, s->len * sizeof(*to));
    }
    s->at = at;
    s->raw_from = from;
    s->raw_to = to;
    s->cap = cap;
    return true;
}

bool
hold_stretch_add(struct hold_stretch *s, char c, struct span raw)
{
    if (s->len == s->cap && !grow(s)) {
        return false;
    }
    s->at[s->len] = c;
    s->raw_from[s->len] = (uint32_t)raw.from;
    s->raw_to[s->len++] = (uint32_t)raw.to;
    return true;
}

void
hold_stretch_drop(struct hold_stretch *s, size_t count)
{
    if (count > 0) {
        s->len -= count;
        memmove(s->at, s->at + count, s->len);
        memmove(s->raw_from, s->raw_from + count,
                s->len * sizeof(s->raw_from[0]));
        memmove(s->raw_to, s->raw_to + count, s->len * sizeof(s->raw_to[0]));
    }
}
