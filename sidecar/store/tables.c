#include "sidecar/store/tables.h"

#include <stdio.h>

enum { PARTS = 2 };

/*
 * The step from version i to i + 1, in parts, since a literal has 4,095 bytes.
 * Comments stay in the file: .schema shows them.
 */
static const char *const steps[TABLES_VERSION][PARTS] = {{
    "CREATE TABLE session (\n"
    "    -- One row for each conversation. Times are milliseconds since\n"
    "    -- 1970, UTC: datetime(started_at / 1000, 'unixepoch').\n"
    "    id TEXT NOT NULL PRIMARY KEY,\n"
    "    persona TEXT NOT NULL,\n"
    "    user TEXT NOT NULL,\n"
    "    workspace TEXT NOT NULL,\n"
    "    title TEXT NOT NULL,\n"
    "    metadata TEXT NOT NULL,          -- a JSON object, or ''\n"
    "    machine TEXT NOT NULL,           -- of the configuration, or ''\n"
    "    machine_state BLOB NOT NULL,     -- msgpack, or empty\n"
    "    status TEXT NOT NULL,            -- active, ended, archived\n"
    "    message_count INTEGER NOT NULL,  -- since the last reset\n"
    "    started_at INTEGER NOT NULL,\n"
    "    last_active_at INTEGER NOT NULL,\n"
    "    ended_at INTEGER,\n"
    "    trend_state TEXT NOT NULL,       -- stable, slipping, lost\n"
    "    trend_ewma REAL NOT NULL,        -- of the turns' deviations\n"
    "    trend_since INTEGER NOT NULL,    -- turn, 0 where stable\n"
    "    trend BLOB NOT NULL,             -- what the trend goes on from\n"
    "    place INTEGER NOT NULL,          -- of its last turn, ever\n"
    "    revision INTEGER NOT NULL        -- changes to this row\n"
    ");\n"
    "CREATE TABLE turn (\n"
    "    -- One row for each reply judged in a session; never its text.\n"
    "    session TEXT NOT NULL,\n"
    "    place INTEGER NOT NULL,          -- in the session; only grows\n"
    "    turn INTEGER NOT NULL,           -- its number since the reset\n"
    "    revision INTEGER NOT NULL,       -- the session's, with this turn\n"
    "    at INTEGER NOT NULL,\n"
    "    message_id TEXT NOT NULL,        -- the caller's, or ''\n"
    "    content BLOB NOT NULL,           -- digest of what was judged\n"
    "    attempt INTEGER NOT NULL,        -- the last one at this message\n"
    "    role TEXT NOT NULL,              -- machine: a step, no message\n"
    "    verdict TEXT NOT NULL,\n"
    "    action TEXT NOT NULL,\n"
    "    drift_score REAL,\n"
    "    deviations REAL,                 -- below the persona's own mean\n"
    "    chars INTEGER NOT NULL,\n"
    "    envelope BLOB NOT NULL,          -- msgpack\n"
    "    reply BLOB                       -- msgpack; NULL: not kept\n"
    ");\n"
    "CREATE UNIQUE INDEX turn_place ON turn (session, place);\n"
    "CREATE UNIQUE INDEX turn_message ON turn (session, message_id)\n"
    "    WHERE message_id <> '';\n",
    "CREATE TABLE journal (\n"
    "    -- One row for each verdict: hash is SHA-256 over all the others of\n"
    "    -- its columns. leeway journal verify\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    at INTEGER NOT NULL,\n"
    "    op TEXT NOT NULL,\n"
    "    persona TEXT NOT NULL,\n"
    "    session TEXT NOT NULL,\n"
    "    message_id TEXT NOT NULL,\n"
    "    workspace TEXT NOT NULL,\n"
    "    user_hash TEXT NOT NULL,\n"
    "    request_id TEXT NOT NULL,\n"
    "    engine TEXT NOT NULL,            -- its hash\n"
    "    generation INTEGER NOT NULL,\n"
    "    verdict TEXT NOT NULL,\n"
    "    action TEXT NOT NULL,\n"
    "    decided_by TEXT NOT NULL,        -- kind:id\n"
    "    rules TEXT NOT NULL,             -- hit, by commas\n"
    "    drift_score REAL,\n"
    "    drift_threshold REAL,\n"
    "    drift_alert INTEGER,\n"
    "    content TEXT NOT NULL,           -- its SHA-256, keyed where there\n"
    "                                     -- is a journal.key\n"
    "    metadata TEXT NOT NULL,          -- a JSON object, or ''\n"
    "    text TEXT NOT NULL,              -- '' unless journal.text\n"
    "    prev BLOB NOT NULL,              -- hash of the record before\n"
    "    hash BLOB NOT NULL\n"
    ");\n"
    "CREATE TABLE checkpoint (\n"
    "    -- The chain as it stood at a record, sealed.\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    at INTEGER NOT NULL,\n"
    "    count INTEGER NOT NULL,          -- records since the first ever\n"
    "    hash BLOB NOT NULL,              -- of that record\n"
    "    seal BLOB NOT NULL\n"
    ");\n"
    "CREATE TABLE outbox (\n"
    "    -- Alerts: leeway events prints them.\n"
    "    number INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "    id TEXT NOT NULL UNIQUE,         -- follows from what it is about\n"
    "    dedup_key TEXT NOT NULL,         -- same trouble, same session\n"
    "    at INTEGER NOT NULL,\n"
    "    repeats INTEGER NOT NULL,        -- it was raised again\n"
    "    type TEXT NOT NULL,\n"
    "    reason TEXT NOT NULL,\n"
    "    severity TEXT NOT NULL,\n"
    "    persona TEXT NOT NULL,\n"
    "    session TEXT NOT NULL,\n"
    "    message_id TEXT NOT NULL,\n"
    "    workspace TEXT NOT NULL,\n"
    "    request_id TEXT NOT NULL,\n"
    "    drift_score REAL,\n"
    "    drift_threshold REAL,\n"
    "    metadata TEXT NOT NULL,          -- a JSON object, or ''\n"
    "    attempts INTEGER NOT NULL,       -- to deliver it\n"
    "    next_at INTEGER NOT NULL,        -- not before\n"
    "    delivered_at INTEGER             -- NULL: not yet\n"
    ");\n",
}};

static bool
read_version(struct db *db, const char *path, long long *version,
             struct err *err)
{
    long long application = 0;
    long long tables = 0;

    if (!db_run_for(db, "PRAGMA application_id", &application, err) ||
        !db_run_for(db, "PRAGMA user_version", version, err) ||
        !db_run_for(db, "SELECT count(*) FROM sqlite_master", &tables, err)) {
        return false;
    }
    if (application != TABLES_APPLICATION &&
        (application != 0 || *version != 0 || tables != 0)) {
        err_set(err, ERR_CONFIG, "%s: a database, but not one of Leeway's",
                path);
        return false;
    }
    if (*version < 0 || *version > TABLES_VERSION) {
        err_set(err, ERR_CONFIG,
                "%s: made by a newer Leeway: its version is %lld, and this "
                "one knows 1 to %d",
                path, *version, TABLES_VERSION);
        return false;
    }
    return true;
}

static bool
take_step(struct db *db, int version, struct err *err)
{
    struct err ignored;
    char mark[96];
    bool done = db_run(db, "BEGIN IMMEDIATE", err);

    snprintf(mark, sizeof(mark),
             "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
             TABLES_APPLICATION, version + 1);
    for (size_t i = 0; done && i < PARTS && steps[version][i] != NULL; i++) {
        done = db_run(db, steps[version][i], err);
    }
    if (done && db_run(db, mark, err)) {
        return true;
    }
    if (db_in_transaction(db)) {
        (void)db_run(db, "ROLLBACK", &ignored);
    }
    return false;
}

bool
tables_migrate(struct db *db, const char *path, struct err *err)
{
    long long version = 0;

    if (!read_version(db, path, &version, err)) {
        return false;
    }
    for (int v = (int)version; v < TABLES_VERSION; v++) {
        if (!take_step(db, v, err)) {
            err_under(err, "version %d of the tables", v + 1);
            return false;
        }
    }
    return true;
}

bool
tables_check(struct db *db, const char *path, struct err *err)
{
    long long version = 0;

    if (!read_version(db, path, &version, err)) {
        return false;
    }
    if (version != TABLES_VERSION) {
        err_set(err, ERR_CONFIG,
                "%s: its version is %lld, not %d: leeway serve brings it up "
                "to date",
                path, version, TABLES_VERSION);
        return false;
    }
    return true;
}
