/*
 * One thread that owns the store's connection for writing. Others hand it
 * records; it commits many of them together.
 *
 * Records come in units: all of a unit's are in the file or none is. A unit is
 * committed at once where somebody waits for one, else at the latest after the
 * commit window. What a wait has acknowledged survives the death of the
 * process; what nobody waited for is lost with at most one window of it.
 *
 * Where the file fails, the thread tries again with growing pauses. Until then
 * units are kept, as many as the queue holds (keep), or given up and refused
 * at once (not keep).
 */
#ifndef SIDECAR_STORE_WRITER_H
#define SIDECAR_STORE_WRITER_H

#include "proto/wire.h"
#include "sidecar/store/db.h"

struct writer;

/* No unit, and whichever was handed over last. */
#define WRITER_SEQ_NONE UINT64_C(0)
#define WRITER_SEQ_ALL  UINT64_MAX

/* What the hooks' work is called with. */
struct writer_beat {
    bool ticked;
    int64_t now_ms; /* of the last tick */
    uint64_t lost;  /* units, ever */
};

/* Called on the writer's thread. All but `apply` may be NULL. */
struct writer_hooks {
    /* The connection is open: set it up; called again after a failure. */
    bool (*opened)(void *context, struct db *db, struct err *err);
    /*
     * Writes one record. A failure of kind DB_RECORD gives up this record's
     * unit; any other undoes the whole batch, to be tried again.
     */
    bool (*apply)(void *context, struct db *db, unsigned kind,
                  struct text record, struct err *err);
    /* After the batch of a transaction: is it there, or undone? */
    void (*settled)(void *context, bool committed);
    /*
     * After each batch and each tick, outside a transaction: small jobs.
     * *more: call again soon.
     */
    bool (*work)(void *context, struct db *db, const struct writer_beat *beat,
                 bool *more, struct err *err);
    /* No room: make some. False: there is nothing to give up. */
    bool (*make_room)(void *context, struct db *db, struct err *err);
    /* The last that is done with the connection, outside a transaction. */
    void (*closing)(void *context, struct db *db);
    void *context;
};

struct writer_options {
    struct db_options db;
    long long window_ms;   /* how long a unit may wait for company */
    size_t batch;          /* units that are committed at once, window or not */
    size_t queue_bytes;    /* of units that wait */
    long long patience_ms; /* that a full queue holds a caller up */
    long long retry_ms, retry_max_ms; /* pauses after a failure */
    bool keep;                        /* units over a failure */
    struct writer_hooks hooks;
};

struct writer_health {
    bool failing;
    enum db_fault fault;             /* of the last failure */
    char message[ERR_MESSAGE_BYTES]; /* the same in words, or "" */
    uint64_t units, commits;         /* committed */
    uint64_t lost;                   /* units given up, ever */
    uint64_t failures;               /* transactions that failed */
    size_t waiting_bytes;
};

/*
 * Opens the connection and starts the thread. With `keep`, a file that cannot
 * be written now (full, busy, read-only, I/O) is no failure: the thread goes
 * on trying. NULL: the file cannot be used; *fault says why.
 */
struct writer *writer_new(const struct writer_options *options,
                          enum db_fault *fault, struct err *err);

/* Commits what is there, if that can be done at once, and ends the thread. */
void writer_free(struct writer *writer);

/*
 * Begins a unit: records are then written to the returned buffer, each between
 * writer_open_record and writer_close_record, and writer_end hands the unit
 * over. The queue is locked in between: write and do nothing else. NULL: no
 * room, or failing without `keep`; the unit is counted as lost.
 */
struct buffer *writer_begin(struct writer *writer, struct err *err);
size_t writer_open_record(struct buffer *unit, unsigned kind);
void writer_close_record(struct buffer *unit, size_t record);

/*
 * Hands the unit over and, where `wait`, waits until it is committed.
 *
 *   seq  gets its number, from 1 on; WRITER_SEQ_NONE: it did not fit
 *
 * False: it did not fit, or was waited for and is not committed, since the
 * file fails; with `keep` it may still come to be.
 */
bool
writer_end(struct writer *writer, bool wait, uint64_t *seq, struct err *err);

/*
 * Waits until the unit of that number is committed or given up, so that a
 * reader finds what there is of it. False: the file fails, it is undecided.
 */
bool writer_flush(struct writer *writer, uint64_t seq);

/* Is it decided already? */
bool writer_settled(struct writer *writer, uint64_t seq);

/* Lets the hooks' work run, as of that time. Does not wait for it. */
void writer_tick(struct writer *writer, int64_t now_ms);

/* Would a unit be taken at once? Does the file work? Answers age at once. */
bool writer_has_room(struct writer *writer);
bool writer_working(struct writer *writer);

void writer_health(struct writer *writer, struct writer_health *out);

/*
 * The writer's own connection, for a database in memory, which has no other.
 * Between two batches; hold it for one statement or two. NULL: not open.
 */
struct db *writer_borrow(struct writer *writer);
void writer_return(struct writer *writer);

#endif
