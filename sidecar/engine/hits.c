#include "sidecar/engine/hits.h"

#include <stdlib.h>

enum { FIRST_HITS = 32 };

void
hits_init(struct hits *hits, struct arena *arena)
{
    *hits = (struct hits){.arena = arena};
}

bool
hits_add(struct hits *hits, const struct hit *hit)
{
    if (hits->count == hits->cap) {
        const size_t cap = hits->cap > 0 ? hits->cap * 2 : FIRST_HITS;
        struct hit *at = ARENA_ARRAY(hits->arena, struct hit, cap);
        if (at == NULL) {
            return false;
        }
        if (hits->count > 0) {
            memcpy(at, hits->at, hits->count * sizeof(*at));
        }
        hits->at = at;
        hits->cap = cap;
    }
    hits->at[hits->count++] = *hit;
    return true;
}

static int
order(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int
by_rule(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;

    if (a->rule != b->rule) {
        return order(a->rule, b->rule);
    }
    if (a->whole != b->whole) {
        return a->whole ? -1 : 1; // it lies in no other
    }
    if (a->raw.from != b->raw.from) {
        return order(a->raw.from, b->raw.from);
    }
    if (a->raw.to != b->raw.to) {
        return order(b->raw.to, a->raw.to); // the longest first
    }
    return order(a->seen, b->seen);
}

static int
by_place(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;

    if (a->raw.from != b->raw.from) {
        return order(a->raw.from, b->raw.from);
    }
    if (a->raw.to != b->raw.to) {
        return order(a->raw.to, b->raw.to);
    }
    return order(a->rule, b->rule);
}

/* Most come in order; to find that out costs little beside sorting. */
static void
sort(struct hit *at, size_t count, int (*by)(const void *, const void *))
{
    for (size_t i = 1; i < count; i++) {
        if (by(&at[i - 1], &at[i]) > 0) {
            qsort(at, count, sizeof(*at), by);
            return;
        }
    }
}

void
hits_tidy(struct hits *hits, size_t from)
{
    size_t kept = from;

    sort(hits->at + from, hits->count - from, by_rule);
    for (size_t i = from; i < hits->count; i++) {
        const struct hit *h = &hits->at[i];
        struct hit *last = kept > from ? &hits->at[kept - 1] : NULL;
        if (last != NULL && last->rule == h->rule &&
            h->raw.to <= last->raw.to) {
            last->score = h->score > last->score ? h->score : last->score;
            last->action = h->action > last->action ? h->action : last->action;
            continue;
        }
        hits->at[kept++] = *h;
    }
    hits->count = kept;
}

void
hits_sort(struct hits *hits)
{
    sort(hits->at, hits->count, by_place);
}
