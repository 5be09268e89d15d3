/*
 * Threads that take requests from one queue, each with a desk of its own.
 */
#ifndef SIDECAR_SERVE_CREW_H
#define SIDECAR_SERVE_CREW_H

#include <pthread.h>

#include "sidecar/serve/handle.h"
#include "sidecar/serve/queue.h"

/* What a thread may be held up by: as in struct handle_message. */
struct crew_patience {
    bool block, wait, keep;
};

struct crew;

struct crew_work {
    struct queue *queue;
    size_t count; /* threads, 1 or more */
    struct crew_patience patience;
    /* Called with each item, on one of the threads. */
    void (*run)(void *context, struct desk *desk,
                const struct crew_patience *patience, void *item);
    void *context;
};

/*
 * Starts the threads. NULL: ERR_MEMORY, or ERR_INTERNAL (no thread); those that
 * were started have ended.
 */
struct crew *crew_start(const struct crew_work *work,
                        const struct config *config, struct err *err);

/* Closes the queue, waits until what is in it is done. NULL is fine. */
void crew_stop(struct crew *crew);

size_t crew_count(const struct crew *crew);

#endif
