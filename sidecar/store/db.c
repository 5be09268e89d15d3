#include "sidecar/store/db.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

/* A record is never larger: what a wire message may hold, and room for more. */
enum { VALUE_BYTES = 64 << 20 };

struct db_query {
    struct db *db;
    sqlite3_stmt *statement; /* NULL: not prepared yet */
    int bind_code;           /* of the first bind that failed */
};

struct db {
    sqlite3 *handle;
    char *path;
    const char *const *sql;
    size_t count;
    enum db_fault fault;
    struct db_query queries[DB_QUERIES];
};

const char *
db_fault_name(enum db_fault fault)
{
    static const char *const names[DB_FAULTS] = {
        "none",      "full",    "io",     "busy",
        "read_only", "corrupt", "memory", "record"};

    return names[fault];
}

static enum db_fault
fault_of(int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return DB_NONE;
    case SQLITE_FULL:
        return DB_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return DB_BUSY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return DB_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DB_CORRUPT;
    case SQLITE_NOMEM:
        return DB_MEMORY;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
        return DB_RECORD;
    default:
        return DB_IO;
    }
}

/* SQLite's words hold no value that was bound, so they are safe to log. */
static bool
fail(struct db *db, int code, struct err *err)
{
    db->fault = fault_of(code);
    const char *words = sqlite3_errmsg(db->handle);
    err_set(
        err, db->fault == DB_MEMORY ? ERR_MEMORY : ERR_IO, "%s: %s", db->path,
        sqlite3_errcode(db->handle) == (code & 0xFF) ? words
                                                     : sqlite3_errstr(code));
    return false;
}

static char *
copy_of(const char *string)
{
    const size_t bytes = strlen(string) + 1;
    char *copy = malloc(bytes);

    if (copy != NULL) {
        memcpy(copy, string, bytes);
    }
    return copy;
}

static bool
set_up(struct db *db, const struct db_options *options, struct err *err)
{
    char sql[128];

    // An analyst's file may have been handled by others: no trust in it.
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, options->busy_ms);
    snprintf(sql, sizeof(sql),
             "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
             "PRAGMA cache_size=-%zu;",
             options->cache_bytes / 1024);
    return db_run(db, sql, err);
}

struct db *
db_open(const struct db_options *options, enum db_fault *fault, struct err *err)
{
    struct db *db = calloc(1, sizeof(*db));
    const int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
        (options->read_only ? SQLITE_OPEN_READONLY
                            : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    assert(options->count <= DB_QUERIES);
    *fault = DB_MEMORY;
    if (db == NULL || (db->path = copy_of(options->path)) == NULL) {
        err_memory(err, "the store");
        db_close(db);
        return NULL;
    }
    db->sql = options->sql;
    db->count = options->count;
    for (size_t i = 0; i < DB_QUERIES; i++) {
        db->queries[i].db = db;
    }
    const int code =
        sqlite3_open_v2(options->path, &db->handle, flags, options->vfs);
    if (code != SQLITE_OK ? !fail(db, code, err) : !set_up(db, options, err)) {
        *fault = db->fault;
        db_close(db);
        return NULL;
    }
    *fault = DB_NONE;
    return db;
}

void
db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    for (size_t i = 0; i < DB_QUERIES; i++) {
        sqlite3_finalize(db->queries[i].statement);
    }
    sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

enum db_fault
db_fault(const struct db *db)
{
    return db->fault;
}

bool
db_run(struct db *db, const char *sql, struct err *err)
{
    const int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || fail(db, code, err);
}

bool
db_run_for(struct db *db, const char *sql, long long *out, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

    *out = 0;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *out = sqlite3_column_int64(statement, 0);
        }
    }
    const bool done =
        code == SQLITE_ROW || code == SQLITE_DONE || fail(db, code, err);
    sqlite3_finalize(statement);
    return done;
}

bool
db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

struct db_query *
db_query(struct db *db, size_t index, struct err *err)
{
    assert(index < db->count);
    struct db_query *query = &db->queries[index];

    if (query->statement == NULL) {
        const int code = sqlite3_prepare_v3(db->handle, db->sql[index], -1,
                                            SQLITE_PREPARE_PERSISTENT,
                                            &query->statement, NULL);
        if (code != SQLITE_OK) {
            (void)fail(db, code, err);
            return NULL;
        }
    }
    query->bind_code = SQLITE_OK;
    return query;
}

static void
note(struct db_query *query, int code)
{
    if (query->bind_code == SQLITE_OK) {
        query->bind_code = code;
    }
}

void
db_bind_null(struct db_query *query, int at)
{
    note(query, sqlite3_bind_null(query->statement, at));
}

void
db_bind_int(struct db_query *query, int at, long long value)
{
    note(query, sqlite3_bind_int64(query->statement, at, value));
}

void
db_bind_double(struct db_query *query, int at, double value)
{
    note(query, sqlite3_bind_double(query->statement, at, value));
}

void
db_bind_text(struct db_query *query, int at, struct text value)
{
    note(query, sqlite3_bind_text64(query->statement, at,
                                    value.len > 0 ? value.at : "", value.len,
                                    SQLITE_STATIC, SQLITE_UTF8));
}

void
db_bind_blob(struct db_query *query, int at, struct text value)
{
    note(query, sqlite3_bind_blob64(query->statement, at,
                                    value.len > 0 ? value.at : "", value.len,
                                    SQLITE_STATIC));
}

bool
db_step(struct db_query *query, bool *row, struct err *err)
{
    const int code = query->bind_code != SQLITE_OK
                         ? query->bind_code
                         : sqlite3_step(query->statement);

    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ||
           fail(query->db, code, err);
}

void
db_end(struct db_query *query)
{
    (void)sqlite3_reset(query->statement); // its code was told by db_step
    (void)sqlite3_clear_bindings(query->statement);
}

bool
db_finish(struct db_query *query, struct err *err)
{
    bool row = true;
    bool done = true;

    while (done && row) {
        done = db_step(query, &row, err);
    }
    db_end(query);
    return done;
}

bool
db_is_null(const struct db_query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

long long
db_int(const struct db_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

double
db_double(const struct db_query *query, int column)
{
    return sqlite3_column_double(query->statement, column);
}

struct text
db_text(const struct db_query *query, int column)
{
    const void *at = sqlite3_column_blob(query->statement, column);
    const int len = sqlite3_column_bytes(query->statement, column);

    return (struct text){at, at != NULL ? (size_t)len : 0};
}

bool
db_damaged(struct db *db, struct err *err)
{
    return fail(db, SQLITE_CORRUPT, err);
}

long long
db_changes(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

const char *
db_library(void)
{
    return sqlite3_libversion();
}
