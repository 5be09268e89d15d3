/*
 * A thread that does small jobs again and again: idle streams go, the store
 * looks at its clock.
 */
#ifndef SIDECAR_SERVE_BEAT_H
#define SIDECAR_SERVE_BEAT_H

#include <stdint.h>

#include "sidecar/base/err.h"

struct beat;

/*
 * Calls `job` on a thread of its own every `every_ns` and at least once a
 * second. NULL: ERR_MEMORY, or ERR_INTERNAL (no thread).
 */
struct beat *beat_start(uint64_t every_ns, void (*job)(void *context),
                        void *context, struct err *err);

/* Waits for a job that has begun. NULL is fine. */
void beat_stop(struct beat *beat);

#endif
