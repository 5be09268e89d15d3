/*
 * Whether two requests are the same message: a digest of all that judging
 * reads, and of nothing else (id, deadline, token, metadata may differ).
 */
#ifndef SIDECAR_SERVE_MESSAGE_DIGEST_H
#define SIDECAR_SERVE_MESSAGE_DIGEST_H

#include "proto/request.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/store/store.h"

/* Of a request with candidates; keyed as store_digest. ERR_MEMORY. */
bool message_digest(const struct store *store, const struct request *request,
                    struct arena *arena, struct digest *out, struct err *err);

#endif
