/*
 * Threads that would only get in one another's way go one after another: one
 * at a time for each key, as long as nobody is in there too long.
 */
#ifndef SIDECAR_STORE_TURNSTILE_H
#define SIDECAR_STORE_TURNSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct turnstile;

struct turnstile *turnstile_new(void);            /* NULL: no memory */
void turnstile_free(struct turnstile *turnstile); /* NULL is fine */

/*
 * Waits until nobody else of this key (or, rarely, of another) is in, or until
 * that time of CLOCK_MONOTONIC, in nanoseconds. Whether the caller is in, and
 * must leave.
 */
bool
turnstile_enter(struct turnstile *turnstile, uint64_t key, int64_t until_ns);
void turnstile_leave(struct turnstile *turnstile, uint64_t key);

#endif
