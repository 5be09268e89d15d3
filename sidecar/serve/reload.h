/*
 * Loading the configuration anew while the old one serves: everything is
 * loaded, checked and compiled beside it, then the engine is swapped; or else
 * nothing changes and the reason is kept. Personas enrolled over the wire are
 * laid over the new configuration's.
 */
#ifndef SIDECAR_SERVE_RELOAD_H
#define SIDECAR_SERVE_RELOAD_H

#include <pthread.h>

#include "sidecar/base/arena.h"
#include "sidecar/serve/slot.h"
#include "sidecar/serve/tally.h"

enum { RELOAD_ERROR_BYTES = 512 };

/* Where the configuration comes from. All kept by its user. */
struct reload_source {
    const char *path;
    const char *const *overrides; /* [override_count] */
    size_t override_count;
    const struct kernel_set *kernels;
};

struct reload {
    struct reload_source source;
    pthread_mutex_t lock; /* guards last_error */
    char last_error[RELOAD_ERROR_BYTES];
};

void reload_init(struct reload *reload, const struct reload_source *source);
void reload_clear(struct reload *reload);

/*
 * Loads, and swaps the slot's engine; *generation is the new one's. On failure
 * every problem is logged and the first is in err, with its place. Takes
 * seconds. One thread at a time.
 */
bool reload_run(struct reload *reload, struct slot *slot, struct tally *tally,
                uint64_t *generation, struct err *err);

/* Why the last one failed, in the arena; "" where it did not. Any thread. */
struct text reload_last_error(struct reload *reload, struct arena *arena);

#endif
