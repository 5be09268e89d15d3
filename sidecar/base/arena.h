/*
 * Memory for one request (or one compile): pieces are taken in turn and all
 * given back at once. An arena never returns memory to the system before
 * arena_free, so a warm one does not allocate.
 *
 * Sanitizer builds give each piece its own malloc, so that an overrun inside an
 * arena is seen.
 *
 * Not locked: one thread at a time.
 */
#ifndef SIDECAR_BASE_ARENA_H
#define SIDECAR_BASE_ARENA_H

#include "sidecar/base/text.h"

struct arena;

/*
 * An empty arena that hands out at most `limit` bytes between two resets.
 * NULL: out of memory.
 */
struct arena *arena_new(size_t limit);

/* One of many that hold a few KiB each: it takes no more than it needs. */
struct arena *arena_new_small(size_t limit);

void arena_free(struct arena *arena);

/* Gives every piece back. Pointers from before are dead. */
void arena_reset(struct arena *arena);

/*
 * `bytes` of memory, aligned to 16, not cleared; a distinct pointer for 0.
 * NULL: the limit or the machine's memory is reached, and then every later
 * call fails too until arena_reset.
 */
void *arena_take(struct arena *arena, size_t bytes);

/* As arena_take, for count * bytes, cleared; NULL also where that overflows. */
void *arena_zeroed(struct arena *arena, size_t count, size_t bytes);

#define ARENA_ARRAY(arena, type, count)                                        \
    ((type *)arena_zeroed((arena), (count), sizeof(type)))

/* A copy of the text, ended by a NUL that is not counted; at NULL on failure.
 */
struct text arena_copy(struct arena *arena, struct text text);

/* Bytes taken since the last reset, and the most ever between two resets. */
size_t arena_used(const struct arena *arena);
size_t arena_peak(const struct arena *arena);

/* Memory that it holds, used or not. */
size_t arena_held(const struct arena *arena);

/* Tests: the nth take from now (1 is the next) fails, and all after it. 0: off
 */
void arena_fail_at(struct arena *arena, size_t nth);

#endif
