/*
 * A few desks for threads that are not ours and come and go.
 */
#ifndef SIDECAR_SERVE_DESKS_H
#define SIDECAR_SERVE_DESKS_H

#include <pthread.h>

#include "sidecar/serve/handle.h"

enum { DESKS = 16 }; /* the library has two threads per processor */

struct desks {
    pthread_mutex_t lock; /* guards the next two */
    struct desk *idle[DESKS];
    size_t idle_count;
    struct desk all[DESKS];
};

void desks_init(struct desks *desks);

/* Once, before the first is taken. ERR_MEMORY. */
bool
desks_set(struct desks *desks, const struct config *config, struct err *err);

/* All are back. Also where desks_set failed. */
void desks_clear(struct desks *desks);

struct desk *desks_take(struct desks *desks); /* NULL: all are in use */
void desks_put(struct desks *desks, struct desk *desk);

#endif
