#include "sidecar/base/clock.h"

#include <stdbool.h>
#include <time.h>

static struct {
    bool set;
    uint64_t ns;
    int64_t wall_ms;
} pinned;

uint64_t
clock_ns(void)
{
    struct timespec now;

    if (pinned.set) {
        return pinned.ns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t
clock_wall_ms(void)
{
    struct timespec now;

    if (pinned.set) {
        return pinned.wall_ms;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
clock_pin(uint64_t ns, int64_t wall_ms)
{
    pinned.set = true;
    pinned.ns = ns;
    pinned.wall_ms = wall_ms;
}

void
clock_unpin(void)
{
    pinned.set = false;
}
