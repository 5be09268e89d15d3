/*
 * The journal inside the store: records are put into a writer's unit by any
 * thread; numbering, hashing, sealing and cutting happen on the writer's.
 */
#ifndef SIDECAR_STORE_JOURNAL_H
#define SIDECAR_STORE_JOURNAL_H

#include "sidecar/store/journal_seal.h"
#include "sidecar/store/writer.h"

struct journal_options {
    struct text key;       /* of seals and digests, or "" */
    const char *seal_path; /* the file beside the store */
    long long every;       /* records from seal to seal */
    long long every_ms;    /* and time, where there was a record */
    long long least_ms;    /* between two seals, however many records */
    long long keep_ms;     /* records older than this are cut; 0: never */
};

/* The writer's thread's own, all of it. */
struct journal {
    struct journal_options options;
    struct journal_point head;      /* with the batch being written */
    struct journal_point committed; /* without it */
    struct journal_point sealed;
    int64_t sealed_ms;   /* when */
    uint64_t first;      /* the oldest record that is kept */
    uint64_t cut_to;     /* being cut, up to this one; 0: no */
    uint64_t lost_noted; /* units lost that a record tells of */
    uint64_t seal_failures;
};

void
journal_init(struct journal *journal, const struct journal_options *options);

/* Puts a record into the unit; its seq, prev and hash are not read. */
void journal_put(struct buffer *unit, const struct journal_record *record);

/*
 * Finds the end of the chain in the file and beside it. Where the seal goes
 * further than the records, numbers go on after it, so that the gap stays.
 */
bool journal_opened(struct journal *journal, struct db *db, struct err *err);

/* Writes a record that journal_put made. */
bool journal_apply(struct journal *journal, struct db *db, struct text record,
                   struct err *err);

void journal_settled(struct journal *journal, bool committed);

/* Seals, where it is due by number or, where `timed`, by time. */
bool journal_seal(struct journal *journal, struct db *db, int64_t now_ms,
                  bool timed, struct err *err);

/* Seals what is not sealed yet. */
bool journal_seal_now(struct journal *journal, struct db *db, struct err *err);

/* A step of cutting off what is too old, at a checkpoint. */
bool journal_cut(struct journal *journal, struct db *db, int64_t now_ms,
                 size_t rows, bool *more, struct err *err);

/* Where units were lost since the last time: a record that says so. */
bool journal_note_lost(struct journal *journal, struct db *db, uint64_t lost,
                       int64_t now_ms, struct err *err);

/* Reads the row of SQL_JOURNAL_PAGE at which the query stands; views. */
void journal_read_row(const struct db_query *query, struct journal_record *out);

#endif
