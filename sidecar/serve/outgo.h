/*
 * The writing side of one connection: replies in the order in which they were
 * given, gathered so that one send takes many.
 *
 * Bytes handed out by outgo_front may be with the kernel while others are
 * added behind them. Not locked: the connection's lock guards it.
 */
#ifndef SIDECAR_SERVE_OUTGO_H
#define SIDECAR_SERVE_OUTGO_H

#include "sidecar/base/text.h"
#include "sidecar/serve/slab.h"

/* Blocks in one send: 256 KiB, above what a socket takes at once. */
enum { OUTGO_PIECES = 4 };

struct outgo {
    struct slab_pool *pool;
    struct slab *first, *last; /* NULL while empty */
    size_t gone;               /* bytes of `first` already sent */
    size_t bytes;              /* still to be sent */
};

/* Keeps the pool. Allocates nothing yet. */
void outgo_init(struct outgo *out, struct slab_pool *pool);
void outgo_clear(struct outgo *out); /* drops what was not sent */

/*
 * Puts a copy of the bytes at the end. False: out of memory; some of them may
 * have been added, so the connection must be closed.
 */
bool outgo_add(struct outgo *out, struct text bytes);

/*
 * What to send next, valid until it has been said to be sent.
 *
 *   pieces   [OUTGO_PIECES]
 *   returns  how many; 0: nothing to send
 */
size_t outgo_front(const struct outgo *out, struct text *pieces);

/* The first `len` bytes of outgo_front have been sent. */
void outgo_sent(struct outgo *out, size_t len);

#endif
