/*
 * A batch of units, written in one transaction. Units stand one after another
 * in a buffer, as writer_begin and its companions put them there; what is wrong
 * with a single one costs that one alone.
 */
#ifndef SIDECAR_STORE_COMMIT_H
#define SIDECAR_STORE_COMMIT_H

#include "sidecar/store/writer.h"

struct commit_unit {
    uint32_t bytes;    /* of its records */
    uint32_t given_up; /* is left out */
};

struct commit_record {
    uint32_t bytes;
    uint32_t kind;
};

struct commit {
    struct db *db;
    struct buffer *units;
    uint64_t seq; /* of the first of them */
    const struct writer_hooks *hooks;
    /* One will never be written; called outside the transaction. */
    void (*given_up)(void *context, uint64_t seq, const struct err *why);
    void *context;
};

/*
 * Writes the batch. Units that cannot be written are given up, and the rest is
 * written again; where there is no room, the hooks make some.
 *
 * False: nothing is written; db_fault says how it failed.
 */
bool commit_batch(const struct commit *commit, struct err *err);

#endif
