/*
 * Vectors of a caller's embedding model, from a file of JSON lines with
 * "embedding": [number, ...], all of one width.
 */
#ifndef SIDECAR_TOOLS_VECTORS_H
#define SIDECAR_TOOLS_VECTORS_H

#include <stddef.h>

#include "sidecar/base/err.h"

struct vectors {
    float *at; /* [rows][dim], owned */
    size_t rows, dim;
};

/* Fails naming path:line. Other keys of a line are left alone. */
bool vectors_read(const char *path, struct vectors *out, struct err *err);
void vectors_free(struct vectors *vectors);

#endif
