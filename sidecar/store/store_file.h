/*
 * A store's file, read from outside: by the command line, while a sidecar
 * writes it or not. Changes nothing. One thread at a time.
 */
#ifndef SIDECAR_STORE_STORE_FILE_H
#define SIDECAR_STORE_STORE_FILE_H

#include "sidecar/store/journal_chain.h"
#include "sidecar/store/store_outbox.h"

struct store_file;

/* Fails where it is not there, not a store, or of another version. */
struct store_file *store_file_open(const char *path, struct err *err);
void store_file_close(struct store_file *file); /* NULL is fine */

/*
 * Calls `each` for the records after that number, oldest first, until it
 * returns false. Texts are good during the call.
 */
bool store_file_journal(struct store_file *file, uint64_t after,
                        bool (*each)(void *context,
                                     const struct journal_record *record),
                        void *context, struct err *err);

/* As store_outbox_read. */
size_t store_file_outbox(struct store_file *file, uint64_t after, size_t limit,
                         struct store_outbox_row *rows, struct arena *arena,
                         struct err *err);

enum { STORE_FILE_FINDINGS = 32, STORE_FILE_FINDING_BYTES = 192 };

struct store_finding {
    uint64_t seq; /* of the record where it shows */
    char message[STORE_FILE_FINDING_BYTES];
};

struct store_verified {
    uint64_t records, first, last; /* numbers; 0 where there are none */
    uint64_t checkpoints;
    uint64_t sealed; /* up to this record; what follows has no seal yet */
    bool keyed;      /* seals were checked with a key */
    size_t found;    /* findings, all of them */
    struct store_finding findings[STORE_FILE_FINDINGS]; /* the first ones */
};

/*
 * Goes through the whole journal: each record's hash, its place in the chain,
 * its number, the checkpoints, and the seal beside the file. Without the key
 * that the seals were made with they count as wrong.
 *
 * False: it could not be read. A journal that is not whole is no failure: see
 * out->found.
 */
bool store_file_verify(struct store_file *file, struct text key,
                       struct store_verified *out, struct err *err);

#endif
