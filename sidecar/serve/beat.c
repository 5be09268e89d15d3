#include "sidecar/serve/beat.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sidecar/base/clock.h"

enum { NS_PER_S = 1000000000 };

struct beat {
    void (*job)(void *context);
    void *context;
    uint64_t every_ns;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `over` */
    pthread_cond_t ended;
    bool over;
};

static void *
run(void *context)
{
    struct beat *b = context;

    pthread_mutex_lock(&b->lock);
    while (!b->over) {
        const uint64_t next = clock_ns() + b->every_ns;
        const struct timespec until = {.tv_sec = (time_t)(next / NS_PER_S),
                                       .tv_nsec = (long)(next % NS_PER_S)};
        pthread_cond_timedwait(&b->ended, &b->lock, &until);
        pthread_mutex_unlock(&b->lock);
        b->job(b->context);
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

struct beat *
beat_start(uint64_t every_ns, void (*job)(void *context), void *context,
           struct err *err)
{
    struct beat *b = calloc(1, sizeof(*b));
    pthread_condattr_t steady;

    if (b == NULL) {
        err_memory(err, "the beat");
        return NULL;
    }
    b->job = job;
    b->context = context;
    b->every_ns = every_ns < NS_PER_S ? every_ns : NS_PER_S;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&b->ended, &steady);
    pthread_condattr_destroy(&steady);
    if (pthread_create(&b->thread, NULL, run, b) != 0) {
        err_set(err, ERR_INTERNAL, "cannot start a thread");
        pthread_cond_destroy(&b->ended);
        pthread_mutex_destroy(&b->lock);
        free(b);
        return NULL;
    }
    return b;
}

void
beat_stop(struct beat *b)
{
    if (b == NULL) {
        return;
    }
    pthread_mutex_lock(&b->lock);
    b->over = true;
    pthread_cond_signal(&b->ended);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    pthread_cond_destroy(&b->ended);
    pthread_mutex_destroy(&b->lock);
    free(b);
}
