/*
 * Some replies of the input, read by one thread and judged by one: what the
 * pipeline hands about. It owns everything in it, so that the transcript can
 * be read on.
 */
#ifndef SIDECAR_TOOLS_RESCORE_BATCH_H
#define SIDECAR_TOOLS_RESCORE_BATCH_H

#include "sidecar/base/arena.h"
#include "sidecar/base/buffer.h"
#include "sidecar/tools/transcript.h"

enum {
    /*
     * A batch ends with the record that passes one of these: small enough
     * that an interrupt is obeyed at once and no thread waits long for the
     * last one, large enough that the lock around them costs nothing.
     */
    RESCORE_BATCH_REPLIES = 128,
    RESCORE_BATCH_BYTES = 256 << 10,
    RESCORE_BATCH_NOTES = 16 << 10 /* of messages about errors in it */
};

/* A reply, or something in the file that should have been one. */
struct rescore_reply {
    uint64_t row;       /* 1..: of the wanted ones, whatever the shard */
    const char *source; /* the file as it was named */
    size_t line;        /* of its record */
    bool checked_again; /* its row is there already, and is compared */
    /* TRANSCRIPT_TURN, else BAD or BROKEN: path and reason say why */
    enum transcript_kind kind;
    struct transcript_turn turn;
    struct text path, reason;
};

struct rescore_batch {
    struct arena *arena;      /* of the texts */
    struct rescore_reply *at; /* [count] */
    size_t count, cap;
    size_t bytes;        /* of text in it */
    struct buffer out;   /* what judging it came to, in order */
    struct buffer notes; /* for stderr */
    uint64_t errors;     /* rows with an error, of those not checked again */
    uint64_t place;      /* bytes of the input that were read until here */
};

/* NULL: no memory. */
struct rescore_batch *rescore_batch_new(void);
void rescore_batch_free(struct rescore_batch *batch);

/* Empties it and keeps its memory. */
void rescore_batch_reset(struct rescore_batch *batch);

static inline bool
rescore_batch_full(const struct rescore_batch *batch)
{
    return batch->count >= RESCORE_BATCH_REPLIES ||
           batch->bytes >= RESCORE_BATCH_BYTES;
}

/* A copy of what an item says; NULL: no memory. Row is for the caller. */
struct rescore_reply *
rescore_batch_add(struct rescore_batch *batch, const char *source,
                  const struct transcript_item *item);

/* Takes the last replies away again, so that `count` are left. */
void rescore_batch_cut(struct rescore_batch *batch, size_t count);

#endif
