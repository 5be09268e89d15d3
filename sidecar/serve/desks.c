#include "sidecar/serve/desks.h"

void
desks_init(struct desks *d)
{
    *d = (struct desks){.idle_count = 0};
    pthread_mutex_init(&d->lock, NULL);
}

bool
desks_set(struct desks *d, const struct config *config, struct err *err)
{
    for (size_t i = 0; i < DESKS; i++) {
        if (!handle_desk_init(&d->all[i], config)) {
            err_memory(err, "desks");
            return false;
        }
        d->idle[d->idle_count++] = &d->all[i];
    }
    return true;
}

void
desks_clear(struct desks *d)
{
    for (size_t i = 0; i < DESKS; i++) {
        handle_desk_clear(&d->all[i]);
    }
    pthread_mutex_destroy(&d->lock);
}

struct desk *
desks_take(struct desks *d)
{
    struct desk *desk = NULL;

    pthread_mutex_lock(&d->lock);
    if (d->idle_count > 0) {
        desk = d->idle[--d->idle_count];
    }
    pthread_mutex_unlock(&d->lock);
    return desk;
}

void
desks_put(struct desks *d, struct desk *desk)
{
    pthread_mutex_lock(&d->lock);
    d->idle[d->idle_count++] = desk;
    pthread_mutex_unlock(&d->lock);
}
