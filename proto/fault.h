/*
 * How a failure is told to a caller: its name and HTTP number (CONTRACT of the
 * wire: PROTOCOL.md, "Errors").
 */
#ifndef PROTO_FAULT_H
#define PROTO_FAULT_H

#include "sidecar/base/err.h"

struct fault {
    const char *code; /* "bad_request" */
    int http;
};

/* For every kind but ERR_NONE. The machine's own troubles are internal_error.
 */
struct fault fault_of(enum err_kind kind);

#endif
