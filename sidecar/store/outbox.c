#include "sidecar/store/outbox.h"

#include <math.h>

#include "sidecar/store/sql.h"

static double
measure_at(const struct db_query *query, int column)
{
    return db_is_null(query, column) ? (double)NAN : db_double(query, column);
}

/* Copies the columns [from, from + count) to the texts. */
static bool
copy_texts(const struct db_query *query, int from, struct text *const *texts,
           int count, struct arena *arena)
{
    bool done = true;

    for (int i = 0; i < count; i++) {
        *texts[i] = arena_copy(arena, db_text(query, from + i));
        done = done && texts[i]->at != NULL;
    }
    return done;
}

static bool
read_row(const struct db_query *query, struct arena *arena,
         struct store_outbox_row *out)
{
    struct store_alert *a = &out->alert;
    struct text *const names[] = {&a->id, &a->dedup_key};
    struct text *const texts[] = {&a->type,      &a->reason,    &a->severity,
                                  &a->persona,   &a->session,   &a->message_id,
                                  &a->workspace, &a->request_id};
    struct text *const last[] = {&a->metadata};

    out->number = (uint64_t)db_int(query, 0);
    a->at_ms = db_int(query, 3);
    out->repeats = (uint64_t)db_int(query, 4);
    a->drift_score = measure_at(query, 13);
    a->drift_threshold = measure_at(query, 14);
    out->attempts = (uint64_t)db_int(query, 16);
    out->next_at_ms = db_int(query, 17);
    out->delivered_at_ms = db_int(query, 18);
    return copy_texts(query, 1, names, 2, arena) &&
           copy_texts(query, 5, texts, 8, arena) &&
           copy_texts(query, 15, last, 1, arena);
}

size_t
outbox_page(struct db *db, uint64_t after, size_t limit,
            struct store_outbox_row *rows, struct arena *arena, struct err *err)
{
    struct db_query *query = db_query(db, SQL_OUTBOX_PAGE, err);
    bool row = true;
    bool done = query != NULL;
    size_t count = 0;

    if (query == NULL) {
        return 0;
    }
    db_bind_int(query, 1, (long long)after);
    db_bind_int(query, 2, (long long)limit);
    while (done && row && count < limit) {
        done = db_step(query, &row, err);
        if (done && row && !read_row(query, arena, &rows[count++])) {
            err_memory(err, "alerts");
            done = false;
        }
    }
    db_end(query);
    err->kind = done ? ERR_NONE : err->kind;
    return done ? count : 0;
}
