#include "sidecar/base/arena.h"

#include <stdlib.h>

/*
 * A list of blocks; pieces are cut from the last. A reset keeps the largest
 * block only: after a few requests one block serves a whole request.
 */
enum { ALIGN = 16, FIRST_BLOCK = 64 * 1024, SMALL_BLOCK = 1024 };

struct block {
    struct block *older;
    size_t size; /* of bytes[] */
    size_t used;
    size_t pad; /* keeps bytes[] aligned to 16 */
    unsigned char bytes[];
};

_Static_assert(sizeof(struct block) % ALIGN == 0, "pieces would be misaligned");

struct arena {
    struct block *newest;
    size_t limit;
    bool small;
    size_t used;
    size_t peak;
    size_t fail_at;
    bool failed;
};

static struct arena *
new_arena(size_t limit, bool small)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL) {
        arena->limit = limit;
        arena->small = small;
    }
    return arena;
}

struct arena *
arena_new(size_t limit)
{
    return new_arena(limit, false);
}

struct arena *
arena_new_small(size_t limit)
{
    return new_arena(limit, true);
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct block *b = arena->newest, *older; b != NULL; b = older) {
        older = b->older;
        free(b);
    }
    free(arena);
}

void
arena_reset(struct arena *arena)
{
    struct block *keep = NULL;

    for (struct block *b = arena->newest, *older; b != NULL; b = older) {
        older = b->older;
#ifdef LEEWAY_SANITIZED
        free(b);
#else
        if (keep == NULL || b->size > keep->size) {
            free(keep);
            keep = b;
        } else {
            free(b);
        }
#endif
    }
    if (keep != NULL) {
        keep->older = NULL;
        keep->used = 0;
    }
    arena->newest = keep;
    arena->used = 0;
    arena->failed = false;
}

#ifndef LEEWAY_SANITIZED
/* Blocks double, so that there are few; small ones waste little. */
static size_t
next_size(const struct arena *arena)
{
    const struct block *b = arena->newest;

    if (arena->small) {
        return SMALL_BLOCK + arena->used / 16;
    }
    return b != NULL && b->size <= SIZE_MAX / 4 ? b->size * 2 : FIRST_BLOCK;
}
#endif

static struct block *
block_for(struct arena *arena, size_t bytes)
{
    struct block *b = arena->newest;
    size_t size = bytes;

#ifndef LEEWAY_SANITIZED
    if (b != NULL && bytes <= b->size - b->used) {
        return b;
    }
    const size_t least = next_size(arena);
    size = bytes > least ? bytes : least;
#endif
    if (size > SIZE_MAX - sizeof(*b)) {
        return NULL;
    }
    b = malloc(sizeof(*b) + size);
    if (b == NULL) {
        return NULL;
    }
    b->older = arena->newest;
    b->size = size;
    b->used = 0;
    arena->newest = b;
    return b;
}

/* In whole steps of ALIGN, at least one; 0 where that overflows. */
static size_t
rounded_up(size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN) {
        return 0;
    }
    return bytes == 0 ? ALIGN : (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *
arena_take(struct arena *arena, size_t bytes)
{
    const size_t rounded = rounded_up(bytes);

    if (arena->fail_at > 0 && --arena->fail_at == 0) {
        arena->failed = true;
    }
    if (arena->failed || rounded == 0 || rounded > arena->limit - arena->used) {
        arena->failed = true;
        return NULL;
    }
#ifdef LEEWAY_SANITIZED
    struct block *b = block_for(arena, bytes);
#else
    struct block *b = block_for(arena, rounded);
#endif
    if (b == NULL) {
        arena->failed = true;
        return NULL;
    }
    void *piece = b->bytes + b->used;
    b->used += b->size - b->used < rounded ? b->size - b->used : rounded;
    arena->used += rounded;
    if (arena->used > arena->peak) {
        arena->peak = arena->used;
    }
    return piece;
}

void *
arena_zeroed(struct arena *arena, size_t count, size_t bytes)
{
    if (bytes > 0 && count > SIZE_MAX / bytes) {
        arena->failed = true;
        return NULL;
    }
    void *piece = arena_take(arena, count * bytes);
    if (piece != NULL) {
        memset(piece, 0, count * bytes);
    }
    return piece;
}

struct text
arena_copy(struct arena *arena, struct text text)
{
    // A text of SIZE_MAX bytes cannot be: adding one for the NUL is safe.
    char *copy = arena_take(arena, text.len + 1);

    if (copy == NULL) {
        return (struct text){NULL, 0};
    }
    if (text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    copy[text.len] = '\0';
    return (struct text){copy, text.len};
}

size_t
arena_used(const struct arena *arena)
{
    return arena->used;
}

size_t
arena_peak(const struct arena *arena)
{
    return arena->peak;
}

size_t
arena_held(const struct arena *arena)
{
    size_t bytes = sizeof(*arena);

    for (const struct block *b = arena->newest; b != NULL; b = b->older) {
        bytes += sizeof(*b) + b->size;
    }
    return bytes;
}

void
arena_fail_at(struct arena *arena, size_t nth)
{
    arena->fail_at = nth;
}
