/*
 * Bytes that nobody can guess.
 */
#ifndef SIDECAR_BASE_ENTROPY_H
#define SIDECAR_BASE_ENTROPY_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

/*
 * Fills out [len], len at most 256, from the system's generator. Fails with
 * ERR_INTERNAL where the system has none. Any thread.
 */
bool entropy_fill(void *out, size_t len, struct err *err);

#endif
