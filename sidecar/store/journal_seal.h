/*
 * The small file beside the store that says how far its journal goes, so that
 * a tail that is cut off leaves a trace: one JSON object,
 *
 *     {"seq":1024,"count":1024,"at":1700000000000,"first":1,
 *      "hash":"...","seal":"..."}
 */
#ifndef SIDECAR_STORE_JOURNAL_SEAL_H
#define SIDECAR_STORE_JOURNAL_SEAL_H

#include "sidecar/base/err.h"
#include "sidecar/store/journal_chain.h"

struct journal_seal {
    struct journal_point point;
    uint64_t first; /* the oldest record that is kept */
    struct digest seal;
};

enum journal_seal_state {
    JOURNAL_SEAL_READ,
    JOURNAL_SEAL_ABSENT,
    JOURNAL_SEAL_BROKEN /* unreadable, or not of this form */
};

/* Atomic, synced. */
bool journal_seal_write(const char *path, const struct journal_point *point,
                        uint64_t first, struct text key, struct err *err);

/* err says what is BROKEN. Does not check the seal. */
enum journal_seal_state
journal_seal_read(const char *path, struct journal_seal *out, struct err *err);

/* Was this sealed with that key? In constant time. */
bool journal_seal_holds(const struct journal_seal *seal, struct text key);

#endif
