#include "sidecar/store/turnstile.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { GATES = 256 /* many more than threads: two keys rarely meet */ };

#define NS_PER_S INT64_C(1000000000)

struct turnstile {
    struct gate {
        pthread_mutex_t lock;
        pthread_cond_t free;
        bool busy;
    } gates[GATES];
};

struct turnstile *
turnstile_new(void)
{
    struct turnstile *turnstile = calloc(1, sizeof(*turnstile));
    pthread_condattr_t monotonic;

    if (turnstile == NULL) {
        return NULL;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (int i = 0; i < GATES; i++) {
        pthread_mutex_init(&turnstile->gates[i].lock, NULL);
        pthread_cond_init(&turnstile->gates[i].free, &monotonic);
    }
    pthread_condattr_destroy(&monotonic);
    return turnstile;
}

void
turnstile_free(struct turnstile *turnstile)
{
    for (int i = 0; turnstile != NULL && i < GATES; i++) {
        pthread_cond_destroy(&turnstile->gates[i].free);
        pthread_mutex_destroy(&turnstile->gates[i].lock);
    }
    free(turnstile);
}

bool
turnstile_enter(struct turnstile *turnstile, uint64_t key, int64_t until_ns)
{
    struct gate *gate = &turnstile->gates[key % GATES];
    const struct timespec until = {(time_t)(until_ns / NS_PER_S),
                                   (long)(until_ns % NS_PER_S)};
    int waited = 0;

    pthread_mutex_lock(&gate->lock);
    while (gate->busy && waited == 0) {
        waited = pthread_cond_timedwait(&gate->free, &gate->lock, &until);
    }
    const bool in = !gate->busy;
    gate->busy = true;
    pthread_mutex_unlock(&gate->lock);
    return in;
}

void
turnstile_leave(struct turnstile *turnstile, uint64_t key)
{
    struct gate *gate = &turnstile->gates[key % GATES];

    pthread_mutex_lock(&gate->lock);
    gate->busy = false;
    pthread_cond_signal(&gate->free);
    pthread_mutex_unlock(&gate->lock);
}
