/*
 * SQLite, as much of it as the store needs: a connection with its prepared
 * statements, and failures sorted by what is to be done about them.
 *
 * A connection belongs to one thread at a time.
 */
#ifndef SIDECAR_STORE_DB_H
#define SIDECAR_STORE_DB_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

struct db;
struct db_query; /* a prepared statement, owned by its connection */

/* What went wrong last on a connection. */
enum db_fault {
    DB_NONE,
    DB_FULL,      /* no room on the device, or the file's limit is reached */
    DB_IO,        /* the device, or the file cannot be opened */
    DB_BUSY,      /* another process holds the lock */
    DB_READ_ONLY, /* the file, or the folder, may not be written */
    DB_CORRUPT,   /* damaged, or no database of SQLite's */
    DB_MEMORY,    /* no memory */
    DB_RECORD,    /* this one statement: a constraint, too large */
    DB_FAULTS
};

/* "full", "io", "busy", ... */
const char *db_fault_name(enum db_fault fault);

/* A path for a database that lives in this process's memory only. */
#define DB_IN_MEMORY ":memory:"

struct db_options {
    const char *path;
    const char *vfs;        /* SQLite's name of a file layer; NULL: its own */
    const char *const *sql; /* [count] statements, prepared when first used */
    size_t count;           /* DB_QUERIES at most */
    bool read_only;         /* it must be there already */
    int busy_ms;            /* to wait for another process's lock */
    size_t cache_bytes;     /* of pages */
};

enum { DB_QUERIES = 64 };

/*
 * Opens the file, making it where it is not there (mode 0600) unless read_only.
 * `fault` gets the kind of a failure. Reads nothing of the file yet.
 */
struct db *db_open(const struct db_options *options, enum db_fault *fault,
                   struct err *err);
void db_close(struct db *db); /* NULL is fine */

/* The kind of the last failure on this connection. */
enum db_fault db_fault(const struct db *db);

/* Runs one or more statements that give nothing back. */
bool db_run(struct db *db, const char *sql, struct err *err);

/* Runs one statement and takes the integer that it gives; 0 where none. */
bool
db_run_for(struct db *db, const char *sql, long long *out, struct err *err);

/* Is a transaction open? SQLite ends one by itself on some failures. */
bool db_in_transaction(const struct db *db);

/*
 * The statement of that index, without bindings, ready to be bound. NULL: it
 * could not be prepared.
 */
struct db_query *db_query(struct db *db, size_t index, struct err *err);

/* Parameters count from 1. The bytes must stay until db_end. */
void db_bind_null(struct db_query *query, int at);
void db_bind_int(struct db_query *query, int at, long long value);
void db_bind_double(struct db_query *query, int at, double value);
void db_bind_text(struct db_query *query, int at, struct text value);
void db_bind_blob(struct db_query *query, int at, struct text value);

/* *row: there is a row to be read by db_int and the like; else it is over. */
bool db_step(struct db_query *query, bool *row, struct err *err);

/* Ends the reading of rows and frees the bindings. */
void db_end(struct db_query *query);

/* Binds are done: runs it to its end, rows unread. */
bool db_finish(struct db_query *query, struct err *err);

/* Columns count from 0. Views are good until the next db_step or db_end. */
bool db_is_null(const struct db_query *query, int column);
long long db_int(const struct db_query *query, int column);
double db_double(const struct db_query *query, int column);
struct text db_text(const struct db_query *query, int column); /* or a blob */

/* Notes that the file was found to be damaged; false. */
bool db_damaged(struct db *db, struct err *err);

/* Rows that the last INSERT, UPDATE or DELETE touched. */
long long db_changes(const struct db *db);

/* "3.40.1" */
const char *db_library(void);

#endif
