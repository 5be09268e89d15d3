#include "sidecar/store/journal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sidecar/base/log.h"
#include "sidecar/store/sql.h"

enum { COLUMNS = 23, PREV_COLUMN = 21, HASH_COLUMN = 22 };

void
journal_init(struct journal *journal, const struct journal_options *options)
{
    memset(journal, 0, sizeof(*journal));
    journal->options = *options;
    journal->first = 1;
}

static struct text
bytes_of(const struct digest *digest)
{
    return (struct text){(const char *)digest->bytes, DIGEST_BYTES};
}

/* ---- records ------------------------------------------------------------- */

void
journal_put(struct buffer *unit, const struct journal_record *r)
{
    const size_t record = writer_open_record(unit, SQL_JOURNAL_ADD);

    wire_put_int(unit, r->at);
    wire_put_bin(unit, r->op);
    wire_put_bin(unit, r->persona);
    wire_put_bin(unit, r->session);
    wire_put_bin(unit, r->message_id);
    wire_put_bin(unit, r->workspace);
    wire_put_bin(unit, r->user_hash);
    wire_put_bin(unit, r->request_id);
    wire_put_bin(unit, r->engine);
    wire_put_uint(unit, r->generation);
    wire_put_bin(unit, r->verdict);
    wire_put_bin(unit, r->action);
    wire_put_bin(unit, r->decided_by);
    wire_put_bin(unit, r->rules);
    wire_put_double(unit, r->drift_score);
    wire_put_double(unit, r->drift_threshold);
    wire_put_int(unit, r->drift_alert);
    wire_put_bin(unit, r->content);
    wire_put_bin(unit, r->metadata);
    wire_put_bin(unit, r->text);
    writer_close_record(unit, record);
}

static double
read_measure(struct wire_reader *r)
{
    if (wire_next(r) == WIRE_NIL) {
        (void)wire_skip(r);
        return (double)NAN;
    }
    return wire_read_number(r, -HUGE_VAL, HUGE_VAL);
}

/* What journal_put wrote. */
static void
take_up(struct text bytes, struct journal_record *out)
{
    struct wire_reader r;
    struct err err;

    wire_read(&r, bytes, &err);
    memset(out, 0, sizeof(*out));
    out->at = wire_read_int(&r, INT64_MIN, INT64_MAX);
    out->op = wire_read_bytes(&r);
    out->persona = wire_read_bytes(&r);
    out->session = wire_read_bytes(&r);
    out->message_id = wire_read_bytes(&r);
    out->workspace = wire_read_bytes(&r);
    out->user_hash = wire_read_bytes(&r);
    out->request_id = wire_read_bytes(&r);
    out->engine = wire_read_bytes(&r);
    out->generation = wire_read_uint(&r, INT64_MAX);
    out->verdict = wire_read_bytes(&r);
    out->action = wire_read_bytes(&r);
    out->decided_by = wire_read_bytes(&r);
    out->rules = wire_read_bytes(&r);
    out->drift_score = read_measure(&r);
    out->drift_threshold = read_measure(&r);
    out->drift_alert = (int)wire_read_int(&r, JOURNAL_CHAIN_NO_ALERT, 1);
    out->content = wire_read_bytes(&r);
    out->metadata = wire_read_bytes(&r);
    out->text = wire_read_bytes(&r);
    assert(!r.failed);
}

static void
bind_measure(struct db_query *query, int at, double value)
{
    if (isnan(value)) {
        db_bind_null(query, at);
    } else {
        db_bind_double(query, at, value);
    }
}

static void
bind(struct db_query *query, const struct journal_record *r)
{
    const struct text before[] = {r->op,         r->persona,   r->session,
                                  r->message_id, r->workspace, r->user_hash,
                                  r->request_id, r->engine};
    const struct text after[] = {r->verdict, r->action, r->decided_by,
                                 r->rules};
    int at = 1;

    db_bind_int(query, at++, (long long)r->seq);
    db_bind_int(query, at++, r->at);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        db_bind_text(query, at++, before[i]);
    }
    db_bind_int(query, at++, (long long)r->generation);
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        db_bind_text(query, at++, after[i]);
    }
    bind_measure(query, at++, r->drift_score);
    bind_measure(query, at++, r->drift_threshold);
    if (r->drift_alert == JOURNAL_CHAIN_NO_ALERT) {
        db_bind_null(query, at++);
    } else {
        db_bind_int(query, at++, r->drift_alert);
    }
    db_bind_text(query, at++, r->content);
    db_bind_text(query, at++, r->metadata);
    db_bind_text(query, at++, r->text);
    db_bind_blob(query, at++, r->prev);
    db_bind_blob(query, at++, r->hash);
    assert(at == COLUMNS + 1);
}

/* Appends the record to the chain. */
static bool
add(struct journal *journal, struct db *db, struct journal_record *record,
    struct err *err)
{
    struct db_query *query = db_query(db, SQL_JOURNAL_ADD, err);

    if (query == NULL) {
        return false;
    }
    record->seq = journal->head.seq + 1;
    const struct digest hash = journal_chain_hash(record, &journal->head.hash);
    record->prev = bytes_of(&journal->head.hash);
    record->hash = bytes_of(&hash);
    bind(query, record);
    if (!db_finish(query, err)) {
        return false;
    }
    journal->head = (struct journal_point){.seq = record->seq,
                                           .count = journal->head.count + 1,
                                           .at = record->at,
                                           .hash = hash};
    return true;
}

bool
journal_apply(struct journal *journal, struct db *db, struct text bytes,
              struct err *err)
{
    struct journal_record record;

    take_up(bytes, &record);
    return add(journal, db, &record, err);
}

void
journal_settled(struct journal *journal, bool committed)
{
    if (committed) {
        journal->committed = journal->head;
    } else {
        journal->head = journal->committed;
    }
}

static double
measure_at(const struct db_query *query, int column)
{
    return db_is_null(query, column) ? (double)NAN : db_double(query, column);
}

void
journal_read_row(const struct db_query *q, struct journal_record *out)
{
    int at = 0;

    out->seq = (uint64_t)db_int(q, at++);
    out->at = db_int(q, at++);
    out->op = db_text(q, at++);
    out->persona = db_text(q, at++);
    out->session = db_text(q, at++);
    out->message_id = db_text(q, at++);
    out->workspace = db_text(q, at++);
    out->user_hash = db_text(q, at++);
    out->request_id = db_text(q, at++);
    out->engine = db_text(q, at++);
    out->generation = (uint64_t)db_int(q, at++);
    out->verdict = db_text(q, at++);
    out->action = db_text(q, at++);
    out->decided_by = db_text(q, at++);
    out->rules = db_text(q, at++);
    out->drift_score = measure_at(q, at++);
    out->drift_threshold = measure_at(q, at++);
    out->drift_alert =
        db_is_null(q, at) ? JOURNAL_CHAIN_NO_ALERT : (int)db_int(q, at);
    at++;
    out->content = db_text(q, at++);
    out->metadata = db_text(q, at++);
    out->text = db_text(q, at++);
    out->prev = db_text(q, at++);
    out->hash = db_text(q, at++);
    assert(at == COLUMNS);
}

/* ---- opening ------------------------------------------------------------- */

/* One row of seq, at, count, hash; zeros where there is none. */
static bool
read_checkpoint(struct db *db, enum sql which, struct journal_point *out,
                struct err *err)
{
    struct db_query *query = db_query(db, which, err);
    bool row = false;

    memset(out, 0, sizeof(*out));
    if (query == NULL) {
        return false;
    }
    const bool done = db_step(query, &row, err);
    if (row && db_text(query, 3).len == DIGEST_BYTES) {
        out->seq = (uint64_t)db_int(query, 0);
        out->at = db_int(query, 1);
        out->count = (uint64_t)db_int(query, 2);
        memcpy(out->hash.bytes, db_text(query, 3).at, DIGEST_BYTES);
    }
    db_end(query);
    return done;
}

static bool
read_last(struct db *db, struct journal_point *out, struct err *err)
{
    struct db_query *query = db_query(db, SQL_JOURNAL_LAST, err);
    bool row = false;

    memset(out, 0, sizeof(*out));
    if (query == NULL) {
        return false;
    }
    const bool done = db_step(query, &row, err);
    if (row) {
        const struct text hash = db_text(query, 1);
        out->seq = (uint64_t)db_int(query, 0);
        if (hash.len == DIGEST_BYTES) {
            memcpy(out->hash.bytes, hash.at, DIGEST_BYTES);
        }
    }
    db_end(query);
    return done;
}

/* Goes on after whichever knows the furthest: rows, checkpoints or the seal. */
static void
find_head(struct journal *journal, const struct journal_point *last,
          const struct journal_point *checkpoint)
{
    struct journal_seal seal;
    struct err err;
    const enum journal_seal_state state =
        journal_seal_read(journal->options.seal_path, &seal, &err);
    struct journal_point head = *last;

    if (checkpoint->seq > head.seq) {
        head = *checkpoint; // all that it covers is cut, or was removed
    }
    if (state == JOURNAL_SEAL_READ && seal.point.seq > head.seq) {
        log_event(LOG_ERROR, "journal_cut_tail",
                  "sealed=%" PRIu64 " found=%" PRIu64, seal.point.seq,
                  head.seq);
        head = seal.point;
    }
    if (state == JOURNAL_SEAL_BROKEN) {
        log_event(LOG_ERROR, "journal_seal", "error=%s", err.message);
    }
    if (state == JOURNAL_SEAL_READ) {
        journal->sealed = seal.point;
        journal->sealed_ms = seal.point.at;
        journal->first = seal.first;
    }
    head.count = head.seq;
    journal->head = head;
    journal->committed = head;
}

bool
journal_opened(struct journal *journal, struct db *db, struct err *err)
{
    struct journal_point last, checkpoint;

    if (!read_last(db, &last, err) ||
        !read_checkpoint(db, SQL_CHECKPOINT_LAST, &checkpoint, err)) {
        return false;
    }
    find_head(journal, &last, &checkpoint);
    return true;
}

/* ---- sealing ------------------------------------------------------------- */

/*
 * By number it is due at the end of a batch; the time of that is its last
 * record's.
 */
static bool
is_due(const struct journal *journal, int64_t now_ms, bool timed)
{
    const uint64_t records = journal->committed.seq - journal->sealed.seq;
    const int64_t passed = timed ? now_ms - journal->sealed_ms
                                 : journal->committed.at - journal->sealed_ms;

    if (passed < 0) { // the clock was set back
        return true;
    }
    return (records >= (uint64_t)journal->options.every &&
            passed >= journal->options.least_ms) ||
           (timed && passed >= journal->options.every_ms);
}

static bool
add_checkpoint(const struct journal *journal, struct db *db, struct err *err)
{
    const struct journal_point *point = &journal->committed;
    const struct digest seal =
        journal_chain_seal(point, 0, journal->options.key);
    struct db_query *query = db_query(db, SQL_CHECKPOINT_ADD, err);

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, (long long)point->seq);
    db_bind_int(query, 2, point->at);
    db_bind_int(query, 3, (long long)point->count);
    db_bind_blob(query, 4, bytes_of(&point->hash));
    db_bind_blob(query, 5, bytes_of(&seal));
    return db_finish(query, err);
}

static void
write_beside(struct journal *journal)
{
    struct err err;

    // The checkpoint is in the file: this can wait for the next one.
    if (!journal_seal_write(journal->options.seal_path, &journal->sealed,
                            journal->first, journal->options.key, &err)) {
        journal->seal_failures++;
        log_event(LOG_WARN, "journal_seal", "error=%s", err.message);
    }
}

/*
 * The commit syncs the file, so that after a power cut the seal beside it
 * does not tell of records that are not there.
 */
bool
journal_seal_now(struct journal *journal, struct db *db, struct err *err)
{
    struct err ignored;
    long long level = 0;

    if (journal->committed.seq <= journal->sealed.seq) {
        return true;
    }
    if (!db_run_for(db, "PRAGMA synchronous", &level, err) ||
        !db_run(db, "PRAGMA synchronous=FULL", err)) {
        return false;
    }
    const bool added = add_checkpoint(journal, db, err);
    if (level == 1) {
        (void)db_run(db, "PRAGMA synchronous=NORMAL", &ignored);
    }
    if (added) {
        journal->sealed = journal->committed;
        write_beside(journal);
    }
    return added;
}

bool
journal_seal(struct journal *journal, struct db *db, int64_t now_ms, bool timed,
             struct err *err)
{
    if (journal->committed.seq <= journal->sealed.seq ||
        !is_due(journal, now_ms, timed)) {
        return true;
    }
    journal->sealed_ms = timed ? now_ms : journal->committed.at;
    return journal_seal_now(journal, db, err);
}

/* ---- cutting ------------------------------------------------------------- */

static bool
find_cut(struct journal *journal, struct db *db, int64_t before_ms,
         struct err *err)
{
    struct db_query *query = db_query(db, SQL_CHECKPOINT_BEFORE, err);
    bool row = false;

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, before_ms);
    const bool done = db_step(query, &row, err);
    const uint64_t seq = row ? (uint64_t)db_int(query, 0) : 0;
    db_end(query);
    if (done && seq >= journal->first) {
        journal->cut_to = seq;
        journal->first = seq + 1;
    }
    return done;
}

static bool
cut_rows(struct journal *journal, struct db *db, size_t rows, bool *more,
         struct err *err)
{
    struct db_query *query = db_query(db, SQL_JOURNAL_CUT, err);

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, (long long)journal->cut_to);
    db_bind_int(query, 2, (long long)rows);
    if (!db_finish(query, err)) {
        return false;
    }
    if (db_changes(db) == (long long)rows) {
        *more = true;
        return true;
    }
    // The checkpoint at the cut stays: the chain goes on from it.
    query = db_query(db, SQL_CHECKPOINT_CUT, err);
    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, (long long)journal->cut_to);
    journal->cut_to = 0;
    return db_finish(query, err);
}

bool
journal_cut(struct journal *journal, struct db *db, int64_t now_ms, size_t rows,
            bool *more, struct err *err)
{
    if (journal->cut_to == 0) {
        if (journal->options.keep_ms == 0 ||
            !find_cut(journal, db, now_ms - journal->options.keep_ms, err)) {
            return journal->options.keep_ms == 0;
        }
        if (journal->cut_to == 0) {
            return true;
        }
        // First the seal says where the journal begins, then it begins there.
        write_beside(journal);
    }
    return cut_rows(journal, db, rows, more, err);
}

bool
journal_note_lost(struct journal *journal, struct db *db, uint64_t lost,
                  int64_t now_ms, struct err *err)
{
    char metadata[64];

    if (lost == journal->lost_noted) {
        return true;
    }
    snprintf(metadata, sizeof(metadata), "{\"units\":%" PRIu64 "}",
             lost - journal->lost_noted);
    struct journal_record record = {.at = now_ms,
                                    .op = TEXT("lost"),
                                    .metadata = text_of(metadata),
                                    .drift_score = (double)NAN,
                                    .drift_threshold = (double)NAN,
                                    .drift_alert = JOURNAL_CHAIN_NO_ALERT};
    if (!add(journal, db, &record, err)) {
        return false;
    }
    journal->committed = journal->head;
    journal->lost_noted = lost;
    return true;
}
