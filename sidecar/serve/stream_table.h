/*
 * The open streams: found by an id that nobody can guess, limited in number,
 * memory and idle time, and gone with the client that used them last.
 *
 * A stream is with one thread at a time: stream_table_take lends it and
 * stream_table_put or _end gives it back. Any thread.
 */
#ifndef SIDECAR_SERVE_STREAM_TABLE_H
#define SIDECAR_SERVE_STREAM_TABLE_H

#include "sidecar/engine/stream.h"

enum { STREAM_TABLE_ID = REQUEST_STREAM_BYTES + 1 }; /* with its NUL */

struct stream_table;

struct stream_table_limits {
    size_t streams;    /* open, in all; 1 to 2^18, or 0: none */
    size_t per_client; /* of them, of one client */
    size_t bytes;      /* memory of all of them */
    uint64_t idle_ns;  /* without an operation */
};

/* NULL: no memory. */
struct stream_table *stream_table_new(const struct stream_table_limits *limits);

/* Nobody holds a stream any more. NULL is fine. */
void stream_table_free(struct stream_table *table);

/* A stream as it stands in the table; the holder's while it is taken. */
struct stream_entry {
    struct stream *stream;
    char id[STREAM_TABLE_ID]; /* lower-case hexadecimal */
    long long next_seq;       /* that it is to be fed with; 0 at first */

    /* The table's own, under its lock. */
    struct stream_entry *chain;           /* of its bucket */
    struct stream_entry *older, *newer;   /* by last use; not while taken */
    struct stream_entry *before, *behind; /* of the same client */
    struct stream_owner *owner;           /* NULL: no client */
    uint64_t used_ns;
    size_t bytes, held;
    bool taken, doomed; /* doomed: to be freed when it is given back */
};

/* Is there room for one more of this client's? ERR_OVERLOADED: no. */
bool
stream_table_room(struct stream_table *table, uint64_t client, struct err *err);

/*
 * Takes the stream, also on failure, and puts it into the table; its id goes
 * to `id`. client: a number of its connection's, 0: none. Fails with
 * ERR_OVERLOADED, ERR_MEMORY or ERR_INTERNAL (no random id).
 */
bool
stream_table_add(struct stream_table *table, struct stream *stream,
                 uint64_t client, char id[STREAM_TABLE_ID], struct err *err);

enum stream_table_answer {
    STREAM_TABLE_TAKEN,
    STREAM_TABLE_BUSY,    /* another thread has it, and we were not to wait */
    STREAM_TABLE_UNKNOWN, /* never was, idle for too long, left by its client */
    STREAM_TABLE_CLOSED,  /* not long ago */
    STREAM_TABLE_ABORTED  /* likewise */
};

struct stream_table_query {
    struct text id;
    uint64_t client;        /* whose it is from now on; 0: nobody else's */
    uint64_t wait_until_ns; /* of clock_ns; 0: do not wait */
};

/*
 * Lends the stream, which *out is then; whoever gets it gives it back. Those
 * that are closed or aborted are remembered by id for a while: a few
 * thousand of the latest.
 */
enum stream_table_answer
stream_table_take(struct stream_table *table,
                  const struct stream_table_query *query,
                  struct stream_entry **out);

/*
 * May a taken stream grow by this much? ERR_OVERLOADED: the memory of all
 * streams would be more than it may.
 */
bool stream_table_may_grow(struct stream_table *table, size_t bytes,
                           struct err *err);

/* Gives it back, still open. */
void stream_table_put(struct stream_table *table, struct stream_entry *entry);

/* Gives it back, closed or aborted, and frees it. */
void stream_table_end(struct stream_table *table, struct stream_entry *entry,
                      bool closed);

/* The client has gone, and its streams with it. */
void stream_table_leave(struct stream_table *table, uint64_t client);

/*
 * Ends the streams idle for too long at `now_ns` (clock_ns). Somebody must
 * call it now and then: stream_sweep.h.
 */
void stream_table_sweep(struct stream_table *table, uint64_t now_ns);

/* Counts a stream that showed what it should not have. */
void stream_table_defect(struct stream_table *table);

size_t stream_table_open(struct stream_table *table);

/* All since the start, but the first three. */
struct stream_table_stats {
    uint64_t open;
    uint64_t bytes; /* memory */
    uint64_t held;  /* bytes of text fed and not shown */
    uint64_t opened, closed, aborted;
    uint64_t expired; /* idle */
    uint64_t left;    /* their client had gone */
    uint64_t refused; /* for want of room */
    uint64_t defects;
};

void
stream_table_stats(struct stream_table *table, struct stream_table_stats *out);

#endif
