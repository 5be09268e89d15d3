/*
 * Which fallback line comes next in a session, so that no line is shown twice
 * running.
 *
 * A fixed table of counters by hash: nothing grows with the number of
 * sessions. Two sessions that share a counter (one in 65,536), or two requests
 * of one session at the same moment, may see a line twice.
 */
#ifndef SIDECAR_SERVE_ROTATION_H
#define SIDECAR_SERVE_ROTATION_H

#include "proto/request.h"

struct rotation;

struct rotation *rotation_new(void); /* NULL: no memory */
void rotation_free(struct rotation *rotation);

/*
 * The number for this request: with a session one more than that of the last
 * line shown in it, but the same again for the same turn, so that a request
 * sent twice is answered alike; without a session a hash of the text, and then
 * rotation may be NULL. Any thread.
 */
uint64_t
rotation_next(const struct rotation *rotation, const struct request *request);

/* A line was chosen by this number, which rotation_next gave. Any thread. */
void rotation_shown(struct rotation *rotation, const struct request *request,
                    uint64_t number);

#endif
