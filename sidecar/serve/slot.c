#include "sidecar/serve/slot.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    pthread_mutex_t lock; /* guards the pointer */
    struct engine *engine;
};

struct slot *
slot_new(struct engine *engine)
{
    struct slot *slot = calloc(1, sizeof(*slot));

    if (slot == NULL) {
        engine_drop(engine);
        return NULL;
    }
    pthread_mutex_init(&slot->lock, NULL);
    slot->engine = engine;
    return slot;
}

void
slot_free(struct slot *slot)
{
    if (slot != NULL) {
        engine_drop(slot->engine);
        pthread_mutex_destroy(&slot->lock);
        free(slot);
    }
}

struct engine *
slot_take(struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    struct engine *engine = engine_keep(slot->engine);
    pthread_mutex_unlock(&slot->lock);
    return engine;
}

void
slot_swap(struct slot *slot, struct engine *engine)
{
    pthread_mutex_lock(&slot->lock);
    struct engine *old = slot->engine;
    engine->generation = old->generation + 1;
    slot->engine = engine;
    pthread_mutex_unlock(&slot->lock);
    engine_drop(old); // outside the lock: it may free much
}

bool
slot_replace(struct slot *slot, const struct engine *old, struct engine *engine)
{
    pthread_mutex_lock(&slot->lock);
    struct engine *now = slot->engine;
    const bool same = now == old;
    if (same) {
        engine->generation = now->generation + 1;
        slot->engine = engine;
    }
    pthread_mutex_unlock(&slot->lock);
    if (same) {
        engine_drop(now); // outside the lock, though `old` is not the last
    }
    return same;
}
