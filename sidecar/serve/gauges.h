/*
 * All numbers that the server can tell of itself at this moment.
 */
#ifndef SIDECAR_SERVE_GAUGES_H
#define SIDECAR_SERVE_GAUGES_H

#include "sidecar/serve/enrol.h"
#include "sidecar/serve/queue.h"
#include "sidecar/serve/stream_table.h"
#include "sidecar/serve/tally.h"
#include "sidecar/serve/transport.h"
#include "sidecar/store/store.h"

struct gauges {
    const struct tally *tally;
    struct transport *transport;
    struct queue *queue; /* of the workers */
    struct stream_table *streams;
    struct store *store;
    const struct enrol *enrol;
    uint64_t started_ns; /* of clock_ns */
};

/* Fills at most `room` numbers; returns how many. Any thread. */
size_t
gauges_read(const struct gauges *gauges, struct encode_stat *out, size_t room);

#endif
