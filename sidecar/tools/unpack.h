/*
 * Packed files, unpacked piece by piece in bounded memory: gzip (RFC 1952,
 * several members joined) and, where libzstd was there when this was built,
 * Zstandard (RFC 8878).
 *
 * How much a file may unpack to is for the caller to watch: it knows both
 * counts.
 */
#ifndef SIDECAR_TOOLS_UNPACK_H
#define SIDECAR_TOOLS_UNPACK_H

#include "sidecar/base/text.h"

/* Both places move as bytes are taken and given. */
struct unpack_io {
    const char *in;
    size_t in_len; /* bytes left */
    char *out;
    size_t out_len; /* room left */
};

/* One way of packing. A state belongs to one thread at a time. */
struct unpack_method {
    const char *name;   /* "gzip" */
    struct text magic;  /* what such a file begins with */
    void *(*new)(void); /* NULL: no memory */
    void (*free)(void *state);
    /*
     * Takes what it can of `in` and fills what it can of `out`. false: what
     * is packed is bad, and *why says how, in words that last.
     */
    bool (*run)(void *state, struct unpack_io *io, const char **why);
    /* Could the packed bytes end here? */
    bool (*whole)(const void *state);
    const char *(*library)(void); /* its version; NULL: not built in */
};

extern const struct unpack_method unpack_gzip, unpack_zstd;

/* The method whose magic the bytes begin with, or NULL. */
const struct unpack_method *unpack_find(struct text head);

enum { UNPACK_MAGIC_BYTES = 4 }; /* the longest of them */

#endif
