#include "sidecar/store/session_row.h"

#include "sidecar/store/sql.h"

/* ---- records ------------------------------------------------------------- */

void
session_row_put(struct buffer *unit, const struct store_session *s,
                const struct trend_reading *reading)
{
    const size_t record = writer_open_record(unit, SQL_SESSION_PUT);

    session_record_put(unit, s, reading);
    writer_close_record(unit, record);
}

void
session_row_put_turn(struct buffer *unit, const struct store_turn *turn,
                     const struct store_session *session, uint64_t number,
                     const struct store_answer *answer)
{
    const size_t record = writer_open_record(unit, SQL_TURN_ADD);

    session_record_put_turn(unit, turn, session, number, answer);
    writer_close_record(unit, record);
}

void
session_row_put_drop(struct buffer *unit, const struct store_session *session)
{
    const size_t record = writer_open_record(unit, SQL_TURNS_DROP);

    wire_put_str(unit, session->id);
    wire_put_uint(unit, session->revision);
    writer_close_record(unit, record);
}

/* ---- rows ---------------------------------------------------------------- */

/* Views into the row. */
static void
read_row(const struct db_query *q, struct store_session *out)
{
    *out = (struct store_session){
        .id = db_text(q, 0),
        .persona = db_text(q, 1),
        .user = db_text(q, 2),
        .workspace = db_text(q, 3),
        .title = db_text(q, 4),
        .metadata = db_text(q, 5),
        .machine = db_text(q, 6),
        .machine_state = db_text(q, 7),
        .status = session_record_status(db_text(q, 8)),
        .message_count = (uint64_t)db_int(q, 9),
        .started_ms = db_int(q, 10),
        .last_active_ms = db_int(q, 11),
        .ended_ms = db_int(q, 12),
        .trend = session_record_trend(db_text(q, 16)),
        .place = (uint64_t)db_int(q, 17),
        .revision = (uint64_t)db_int(q, 18),
        .stored = true,
    };
}

static bool
read_ids(struct db *db, struct session_entry *entry, struct err *err)
{
    struct db_query *query = db_query(db, SQL_TURN_IDS, err);
    bool row = true;
    bool done = true;

    if (query == NULL) {
        return false;
    }
    db_bind_text(query, 1, entry->session.id);
    db_bind_int(query, 2, SESSION_CACHE_IDS + 1);
    while (done && row) {
        done = db_step(query, &row, err);
        if (done && row) {
            session_seen_add(&entry->seen, db_text(query, 0));
        }
    }
    db_end(query);
    return done;
}

bool
session_row_read(struct db *db, struct text id, struct session_entry **out,
                 struct err *err)
{
    struct db_query *query = db_query(db, SQL_SESSION_GET, err);
    struct store_session session;
    bool row = false;

    *out = NULL;
    if (query == NULL) {
        return false;
    }
    db_bind_text(query, 1, id);
    bool done = db_step(query, &row, err);
    if (row) {
        read_row(query, &session);
        *out = session_entry_new(&session);
        if (*out == NULL) {
            err_memory(err, "a session");
            done = false;
        }
    }
    db_end(query);
    if (*out != NULL && !read_ids(db, *out, err)) {
        session_entry_free(*out);
        *out = NULL;
        done = false;
    }
    return done;
}

bool
session_row_find(struct db *db, struct text id, struct text message_id,
                 struct arena *arena, struct session_message *out,
                 struct err *err)
{
    struct db_query *query = db_query(db, SQL_TURN_FIND, err);
    bool row = false;

    memset(out, 0, sizeof(*out));
    if (query == NULL) {
        return false;
    }
    db_bind_text(query, 1, id);
    db_bind_text(query, 2, message_id);
    bool done = db_step(query, &row, err);
    if (done && row) {
        const struct text digest = db_text(query, 0);
        out->known = true;
        if (digest.len == DIGEST_BYTES) {
            memcpy(out->content.bytes, digest.at, DIGEST_BYTES);
        }
        if (!db_is_null(query, 1)) {
            out->reply = arena_copy(arena, db_text(query, 1));
            done = out->reply.at != NULL;
        }
        out->turn = (uint64_t)db_int(query, 2);
        out->attempt = (unsigned)db_int(query, 3);
        out->regenerated = text_is(db_text(query, 4), "regenerate");
        if (!done) {
            err_memory(err, "an earlier reply");
        }
    }
    db_end(query);
    return done;
}

static bool
copy_past(const struct db_query *q, struct arena *arena, struct store_past *out)
{
    *out = (struct store_past){
        .place = (uint64_t)db_int(q, 0),
        .turn = (uint64_t)db_int(q, 1),
        .at_ms = db_int(q, 2),
        .message_id = arena_copy(arena, db_text(q, 3)),
        .role = arena_copy(arena, db_text(q, 4)),
        .envelope = arena_copy(arena, db_text(q, 5)),
    };
    return out->message_id.at != NULL && out->role.at != NULL &&
           out->envelope.at != NULL;
}

bool
session_row_page(struct db *db, struct text id, uint64_t before, size_t limit,
                 struct arena *arena, struct store_page *out, struct err *err)
{
    struct db_query *query = db_query(db, SQL_TURN_PAGE, err);
    bool row = true;
    bool done = true;

    *out = (struct store_page){
        .turns = ARENA_ARRAY(arena, struct store_past, limit)};
    if (query == NULL) {
        return false;
    }
    db_bind_text(query, 1, id);
    db_bind_int(query, 2, before > INT64_MAX ? INT64_MAX : (long long)before);
    db_bind_int(query, 3, (long long)limit + 1);
    while (done && row && out->turns != NULL) {
        done = db_step(query, &row, err);
        if (!done || !row) {
            break;
        }
        if (out->count == limit) {
            out->next = out->turns[limit - 1].place;
            break;
        }
        if (!copy_past(query, arena, &out->turns[out->count++])) {
            out->turns = NULL;
        }
    }
    db_end(query);
    if (done && out->turns == NULL) {
        err_memory(err, "a page of history");
        return false;
    }
    return done;
}
