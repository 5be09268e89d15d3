/*
 * The end of serving, in order: nothing new is begun, what is under way comes
 * to its end, and whoever had sent something is told.
 */
#ifndef SIDECAR_SERVE_DRAIN_H
#define SIDECAR_SERVE_DRAIN_H

#include "sidecar/serve/stream_table.h"
#include "sidecar/serve/transport.h"

/* At the latest at `end_ns` (clock_ns). As transport_drain, what is left. */
size_t drain_all(struct transport *transport, struct stream_table *streams,
                 uint64_t end_ns);

#endif
