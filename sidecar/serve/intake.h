/*
 * The reading side of one connection: where the next bytes from the socket
 * go, and the messages that have come whole. Many messages come out of one
 * read, without being copied.
 *
 * Memory follows the bytes that have come, never the length that a peer
 * claims: a message that outgrows its block moves to one twice as large, and
 * one for which there is no room is read, dropped and answered as such.
 *
 * Not locked: one thread at a time.
 */
#ifndef SIDECAR_SERVE_INTAKE_H
#define SIDECAR_SERVE_INTAKE_H

#include "sidecar/serve/framing.h"
#include "sidecar/serve/slab.h"

struct intake {
    struct framing framing;
    struct slab_pool *pool;
    struct slab *slab; /* NULL until the first intake_room */
    size_t begin, end; /* of the bytes in slab that are not used yet */
};

/* Keeps the pool. Allocates nothing yet. ipc, soft_bytes: framing_init. */
void intake_init(struct intake *in, struct slab_pool *pool, bool ipc,
                 size_t soft_bytes);
void intake_clear(struct intake *in);

/*
 * Where the next bytes go, at least one of them, valid until the next call on
 * `in`. False: out of memory.
 */
bool intake_room(struct intake *in, char **at, size_t *len);

/* `len` bytes have been written there. */
void intake_took(struct intake *in, size_t len);

/*
 * As framing_next over the bytes at hand. A message's body lies in in->slab:
 * slab_keep it before the next call on `in` where the body is to live on.
 */
enum framing_event intake_next(struct intake *in, struct framing_message *out);

/* Has the peer begun a greeting or a message that it must finish? */
bool intake_midway(const struct intake *in);

#endif
