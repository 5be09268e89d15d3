#include "sidecar/serve/slab.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#ifdef LEEWAY_SANITIZED
static const size_t kept_slabs = 0;
#else
/* 4 MiB: as much as 64 busy connections read into. */
static const size_t kept_slabs = 64;
#endif

struct slab_pool {
    pthread_mutex_t lock; /* guards spare and spares */
    struct slab *spare;
    size_t spares;
    /* A sum and nothing else: no order is needed. */
    _Atomic size_t large_used;
    size_t large_bytes;
};

struct slab_pool *
slab_pool_new(size_t large_bytes)
{
    struct slab_pool *pool = calloc(1, sizeof(*pool));

    if (pool != NULL) {
        pthread_mutex_init(&pool->lock, NULL);
        pool->large_bytes = large_bytes;
    }
    return pool;
}

void
slab_pool_free(struct slab_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    while (pool->spare != NULL) {
        struct slab *slab = pool->spare;
        pool->spare = slab->next;
        free(slab);
    }
    assert(atomic_load(&pool->large_used) == 0);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static struct slab *
allocate(struct slab_pool *pool, size_t cap)
{
    struct slab *slab = malloc(sizeof(*slab) + cap);

    if (slab != NULL) {
        slab->pool = pool;
        slab->cap = cap;
    }
    return slab;
}

static struct slab *
ready(struct slab *slab)
{
    if (slab != NULL) {
        slab->next = NULL;
        slab->used = 0;
        atomic_init(&slab->refs, 1);
    }
    return slab;
}

struct slab *
slab_new(struct slab_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct slab *slab = pool->spare;
    if (slab != NULL) {
        pool->spare = slab->next;
        pool->spares--;
    }
    pthread_mutex_unlock(&pool->lock);
    return ready(slab != NULL ? slab : allocate(pool, SLAB_BYTES));
}

struct slab *
slab_new_large(struct slab_pool *pool, size_t cap)
{
    assert(cap > SLAB_BYTES);
    const size_t before =
        atomic_fetch_add_explicit(&pool->large_used, cap, memory_order_relaxed);
    struct slab *slab = NULL;
    if (before <= pool->large_bytes && cap <= pool->large_bytes - before) {
        slab = allocate(pool, cap);
    }
    if (slab == NULL) {
        atomic_fetch_sub_explicit(&pool->large_used, cap, memory_order_relaxed);
    }
    return ready(slab);
}

struct slab *
slab_keep(struct slab *slab)
{
    atomic_fetch_add_explicit(&slab->refs, 1, memory_order_relaxed);
    return slab;
}

void
slab_drop(struct slab *slab)
{
    if (slab == NULL ||
        atomic_fetch_sub_explicit(&slab->refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    struct slab_pool *pool = slab->pool;
    bool keep = false;
    if (slab->cap > SLAB_BYTES) {
        atomic_fetch_sub_explicit(&pool->large_used, slab->cap,
                                  memory_order_relaxed);
    } else {
        pthread_mutex_lock(&pool->lock);
        if (pool->spares < kept_slabs) {
            slab->next = pool->spare;
            pool->spare = slab;
            pool->spares++;
            keep = true;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    if (!keep) {
        free(slab);
    }
}

bool
slab_sole(const struct slab *slab)
{
    return atomic_load_explicit(&slab->refs, memory_order_acquire) == 1;
}
