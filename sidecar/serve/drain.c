#include "sidecar/serve/drain.h"

#include <time.h>

#include "sidecar/base/clock.h"

enum {
    STREAM_LOOK_MS = 5,
    QUIET_MS = 50,       /* without a request: nobody is left to be told */
    QUIET_MOST_MS = 500, /* for those who ask on and on while we stop */
    NS_PER_MS = 1000000
};

static int
ms_until(uint64_t end_ns)
{
    const uint64_t now = clock_ns();

    return now < end_ns ? (int)((end_ns - now) / NS_PER_MS) : 0;
}

/*
 * What clients had sent but the transport had not read yet is read now, and
 * each gets its `draining`, instead of a connection that closes under it.
 */
static size_t
drain_rest(struct transport *transport, size_t left, uint64_t end_ns)
{
    const struct timespec quiet = {.tv_nsec = QUIET_MS * NS_PER_MS};
    const uint64_t most_ns = clock_ns() + (uint64_t)QUIET_MOST_MS * NS_PER_MS;
    struct transport_stats before, after = {.requests = UINT64_MAX};

    if (end_ns > most_ns) {
        end_ns = most_ns;
    }
    do {
        before = after;
        nanosleep(&quiet, NULL);
        left = transport_drain(transport, ms_until(end_ns));
        transport_stats(transport, &after);
    } while (after.requests != before.requests && clock_ns() < end_ns);
    return left;
}

/* Until all have been closed, or left by their clients. */
static void
drain_streams(struct stream_table *streams, uint64_t end_ns)
{
    const struct timespec look = {.tv_nsec = STREAM_LOOK_MS * NS_PER_MS};

    while (stream_table_open(streams) > 0 && clock_ns() < end_ns) {
        nanosleep(&look, NULL);
    }
}

size_t
drain_all(struct transport *transport, struct stream_table *streams,
          uint64_t end_ns)
{
    (void)transport_drain(transport, 0); // begins it
    drain_streams(streams, end_ns);
    const size_t left = transport_drain(transport, ms_until(end_ns));
    return clock_ns() < end_ns ? drain_rest(transport, left, end_ns) : left;
}
