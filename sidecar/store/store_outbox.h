/*
 * The outbox: alerts wait in it for whoever takes them away. They are put in
 * beside the verdict or the turn that raised them.
 */
#ifndef SIDECAR_STORE_STORE_OUTBOX_H
#define SIDECAR_STORE_STORE_OUTBOX_H

#include "sidecar/base/arena.h"
#include "sidecar/store/store.h"

/* An alert that is raised again, by its id, is counted and not put in twice. */
struct store_alert {
    int64_t at_ms;
    struct text id, dedup_key, type, reason, severity;
    struct text persona, session, message_id, workspace, request_id;
    double drift_score, drift_threshold; /* NAN: there is none */
    struct text metadata;                /* a JSON object, or "" */
};

/* One that is in the outbox. */
struct store_outbox_row {
    uint64_t number; /* only grows */
    struct store_alert alert;
    uint64_t repeats;
    uint64_t attempts;
    int64_t next_at_ms;      /* not to be delivered before */
    int64_t delivered_at_ms; /* 0: not yet */
};

/*
 * The alerts after that number, oldest first.
 *
 *   rows     [limit], filled; texts are in the arena
 *   returns  how many; 0 with err->kind ERR_NONE: there are no more
 */
size_t store_outbox_read(struct store *store, uint64_t after, size_t limit,
                         struct store_outbox_row *rows, struct arena *arena,
                         struct err *err);

/*
 * Notes an attempt to deliver: at that time with success (delivered_ms), or
 * without (0), to be tried again not before next_ms. Waits for the commit.
 */
bool
store_outbox_settle(struct store *store, uint64_t number, int64_t delivered_ms,
                    int64_t next_ms, struct err *err);

#endif
