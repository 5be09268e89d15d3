/*
 * Time. Durations, deadlines and rates use the monotonic clock only, so a
 * change of the wall clock changes no timeout.
 */
#ifndef SIDECAR_BASE_CLOCK_H
#define SIDECAR_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an arbitrary start; never goes back. Any thread. */
uint64_t clock_ns(void);

/* Milliseconds since 1970, UTC: for stamps that people read. Any thread. */
int64_t clock_wall_ms(void);

/*
 * Tests: both clocks stand still at these values until clock_unpin. Not safe
 * while other threads read the time.
 */
void clock_pin(uint64_t ns, int64_t wall_ms);
void clock_unpin(void);

#endif
