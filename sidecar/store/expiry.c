#include <stdio.h>

#include "sidecar/base/log.h"
#include "sidecar/store/parts.h"
#include "sidecar/store/sql.h"

enum {
    STEP_ROWS = 200,      /* that one step looks at or removes */
    SWEEP_MS = 60 * 1000, /* from the beginning of a sweep to the next */
    VACUUM_PAGES = 64     /* given back to the device by a step */
};

/* ids of one step, copied: rows cannot be changed while they are read */
struct batch {
    struct row {
        char id[256];
        size_t len;
        bool forget; /* else: archive */
    } rows[STEP_ROWS];
    size_t count;
};

static void
note_row(struct batch *batch, struct text id, bool forget)
{
    struct row *row = &batch->rows[batch->count];

    if (id.len <= sizeof(row->id)) {
        memcpy(row->id, id.at, id.len);
        row->len = id.len;
        row->forget = forget;
        batch->count++;
    }
}

static bool
run_for(struct db *db, enum sql which, struct text id, struct err *err)
{
    struct db_query *query = db_query(db, which, err);

    if (query == NULL) {
        return false;
    }
    db_bind_text(query, 1, id);
    if (which == SQL_TURNS_DROP) {
        db_bind_int(query, 2, INT64_MAX);
    }
    return db_finish(query, err);
}

static bool
apply(struct db *db, const struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->rows[i];
        const struct text id = {row->id, row->len};
        if (row->forget ? !run_for(db, SQL_TURNS_DROP, id, err) ||
                              !run_for(db, SQL_SESSION_DROP, id, err)
                        : !run_for(db, SQL_REPLIES_DROP, id, err) ||
                              !run_for(db, SQL_SESSION_ARCHIVE, id, err)) {
            return false;
        }
    }
    return true;
}

/* In a transaction of its own. */
static bool
commit(struct db *db, const struct batch *batch, struct err *err)
{
    struct err ignored;

    if (batch->count == 0) {
        return true;
    }
    if (db_run(db, "BEGIN IMMEDIATE", err) && apply(db, batch, err) &&
        db_run(db, "COMMIT", err)) {
        return true;
    }
    if (db_in_transaction(db)) {
        (void)db_run(db, "ROLLBACK", &ignored);
    }
    return false;
}

/* What the next sessions in the order of their rows have come to. */
static bool
look(struct store *store, struct db *db, int64_t now_ms, struct batch *batch,
     bool *over, struct err *err)
{
    const int64_t idle_before = now_ms - store->options.idle_ms;
    const int64_t forget_before = now_ms - store->options.retention_ms;
    struct db_query *query = db_query(db, SQL_SWEEP, err);
    bool row = true;
    bool done = query != NULL;
    int seen = 0;

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, store->sweep.row);
    db_bind_int(query, 2, STEP_ROWS);
    while (done && row) {
        done = db_step(query, &row, err);
        if (!done || !row) {
            break;
        }
        const int64_t last_active = db_int(query, 3);
        const bool forget =
            store->options.retention_ms > 0 && last_active < forget_before;
        seen++;
        store->sweep.row = db_int(query, 0);
        if (forget || (last_active < idle_before &&
                       text_is(db_text(query, 2), "active"))) {
            note_row(batch, db_text(query, 1), forget);
        }
    }
    db_end(query);
    *over = seen < STEP_ROWS;
    return done;
}

static bool
sweep_sessions(struct store *store, struct db *db, int64_t now_ms,
               struct err *err)
{
    struct batch batch = {.count = 0};
    bool over = true;

    if (!look(store, db, now_ms, &batch, &over, err) ||
        !commit(db, &batch, err)) {
        return false;
    }
    for (size_t i = 0; i < batch.count; i++) {
        atomic_fetch_add_explicit(batch.rows[i].forget ? &store->expired
                                                       : &store->archived,
                                  1, memory_order_relaxed);
    }
    store->sweep.running = !over;
    return true;
}

/* The first rows of a table that grows at its end, where they are too old. */
static bool
drop_old(struct db *db, enum sql which, int64_t before_ms, bool *more,
         struct err *err)
{
    struct db_query *query = db_query(db, which, err);

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, before_ms);
    db_bind_int(query, 2, STEP_ROWS);
    const bool done = db_finish(query, err);
    *more = *more || (done && db_changes(db) == STEP_ROWS);
    return done;
}

static bool
forget_old(struct store *store, struct db *db, int64_t now_ms, bool *more,
           struct err *err)
{
    const int64_t before = now_ms - store->options.retention_ms;
    char vacuum[64];

    if (store->options.retention_ms == 0) {
        return true;
    }
    if (!drop_old(db, SQL_EXPIRE_TURNS, before, more, err) ||
        !drop_old(db, SQL_EXPIRE_OUTBOX, before, more, err) ||
        !journal_cut(&store->journal, db, now_ms, STEP_ROWS, more, err)) {
        return false;
    }
    snprintf(vacuum, sizeof(vacuum), "PRAGMA incremental_vacuum(%d)",
             VACUUM_PAGES);
    return db_run(db, vacuum, err);
}

bool
expiry_step(struct store *store, struct db *db, bool ticked, int64_t now_ms,
            bool *more, struct err *err)
{
    struct parts_sweep *sweep = &store->sweep;

    if (ticked && !sweep->running &&
        (now_ms - sweep->began_ms >= SWEEP_MS || now_ms < sweep->began_ms)) {
        *sweep = (struct parts_sweep){.running = true, .began_ms = now_ms};
    }
    if (!sweep->running) {
        return true;
    }
    if (!sweep_sessions(store, db, now_ms, err) ||
        !forget_old(store, db, now_ms, more, err)) {
        return false;
    }
    // The rest of the tables goes on for as long as the sessions do, or alone.
    sweep->running = sweep->running || *more;
    *more = sweep->running;
    return true;
}

bool
expiry_make_room(void *context, struct db *db, struct err *err)
{
    struct store *store = context;
    struct batch batch = {.count = 0};
    struct db_query *query = db_query(db, SQL_OLDEST, err);
    bool row = true;
    bool done = query != NULL;

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, STEP_ROWS);
    while (done && row) {
        done = db_step(query, &row, err);
        if (done && row) {
            note_row(&batch, db_text(query, 0), true);
        }
    }
    db_end(query);
    if (!done || batch.count == 0 || !commit(db, &batch, err)) {
        return false;
    }
    if (atomic_fetch_add_explicit(&store->evicted, batch.count,
                                  memory_order_relaxed) == 0) {
        log_event(LOG_WARN, "store_memory", "evicting the oldest sessions");
    }
    return true;
}
