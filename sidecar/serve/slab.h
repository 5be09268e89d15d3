/*
 * Counted blocks of bytes for what comes in and goes out, pooled so that a
 * warm connection does not allocate. A block read from a socket may hold many
 * requests; each keeps it until it is answered.
 *
 * Two kinds: ordinary ones of SLAB_BYTES, which the pool keeps for the next
 * taker, and large ones for a single message, whose sum is limited.
 *
 * Sanitizer builds keep none back, so that a use after the last drop is seen.
 *
 * Any thread. `used` and the bytes belong to whoever is filling the block.
 */
#ifndef SIDECAR_SERVE_SLAB_H
#define SIDECAR_SERVE_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * 64 KiB takes 64 requests of 1 KB in one read. Memory is touched, and so
 * resident, only as far as bytes have come.
 */
enum { SLAB_BYTES = 64 << 10 };

struct slab_pool;

struct slab {
    struct slab *next; /* for whoever holds it; NULL from the pool */
    struct slab_pool *pool;
    /* Acquire-release: the last to drop must see what others did before. */
    _Atomic unsigned refs;
    size_t cap;  /* bytes that fit */
    size_t used; /* bytes filled; 0 from the pool */
    char bytes[];
};

/*
 * A pool whose large blocks together hold at most `large_bytes`. NULL: out of
 * memory.
 */
struct slab_pool *slab_pool_new(size_t large_bytes);

/* Every block must have been dropped. */
void slab_pool_free(struct slab_pool *pool);

/* A block of SLAB_BYTES with one reference. NULL: out of memory. */
struct slab *slab_new(struct slab_pool *pool);

/*
 * A block of `cap` bytes, more than SLAB_BYTES, with one reference. NULL: the
 * limit or the machine's memory is reached.
 */
struct slab *slab_new_large(struct slab_pool *pool, size_t cap);

/* One more reference; returns the slab. */
struct slab *slab_keep(struct slab *slab);

/* Gives a reference back; the last one frees or pools it. NULL is fine. */
void slab_drop(struct slab *slab);

/* Is the caller's reference the only one? */
bool slab_sole(const struct slab *slab);

#endif
