/*
 * One connection to a running sidecar, as any REQ client would have it: SP
 * framing over a plain socket (proto/PROTOCOL.md, "Transport").
 */
#ifndef SIDECAR_TOOLS_CALLER_H
#define SIDECAR_TOOLS_CALLER_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

struct caller;

/*
 * Connects to ipc://PATH or tcp://HOST:PORT. NULL: err is ERR_IO (cannot be
 * reached) or ERR_INVALID (no such kind of URL). timeout_ms bounds this
 * and every later call, but for the look-up of a host's name.
 */
struct caller *caller_open(const char *url, int timeout_ms, struct err *err);
void caller_close(struct caller *caller);

/* Sends one request; many may be sent before a reply is read. */
bool caller_send(struct caller *caller, struct text message, struct err *err);

/*
 * The next reply to come, of whichever request: its number (0 for the first
 * sent) goes to *which, its bytes into `reply`, emptied first.
 */
bool caller_receive(struct caller *caller, struct buffer *reply,
                    uint32_t *which, struct err *err);

#endif
