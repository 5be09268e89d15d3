#include "sidecar/store/journal_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "sidecar/store/sql.h"

/* A checkpoint as it stands in the file. */
struct mark {
    bool there;
    struct journal_seal seal; /* first is 0 */
};

struct check {
    struct store_verified *out;
    struct text key;
    struct journal_seal seal; /* of the file beside it */
    enum journal_seal_state seal_state;
    struct db_query *marks; /* checkpoints, in order */
    struct mark mark;       /* the next one that no record was held against */
    uint64_t seq;           /* of the record before */
    bool chained;           /* its hash is known: */
    struct digest hash;
};

static void find(struct check *c, uint64_t seq, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
find(struct check *c, uint64_t seq, const char *format, ...)
{
    va_list args;

    if (c->out->found < STORE_FILE_FINDINGS) {
        struct store_finding *finding = &c->out->findings[c->out->found];
        finding->seq = seq;
        va_start(args, format);
        vsnprintf(finding->message, sizeof(finding->message), format, args);
        va_end(args);
    }
    c->out->found++;
}

static bool
same(struct text bytes, const struct digest *digest)
{
    return bytes.len == DIGEST_BYTES &&
           memcmp(bytes.at, digest->bytes, DIGEST_BYTES) == 0;
}

static bool
same_digest(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

/* ---- checkpoints --------------------------------------------------------- */

static void
copy_digest(struct digest *to, struct text from)
{
    memset(to, 0, sizeof(*to));
    if (from.len == DIGEST_BYTES) {
        memcpy(to->bytes, from.at, DIGEST_BYTES);
    }
}

static bool
next_mark(struct check *c, struct err *err)
{
    struct mark *mark = &c->mark;

    memset(mark, 0, sizeof(*mark));
    if (!db_step(c->marks, &mark->there, err)) {
        return false;
    }
    if (!mark->there) {
        return true;
    }
    mark->seal.point.seq = (uint64_t)db_int(c->marks, 0);
    mark->seal.point.at = db_int(c->marks, 1);
    mark->seal.point.count = (uint64_t)db_int(c->marks, 2);
    copy_digest(&mark->seal.point.hash, db_text(c->marks, 3));
    copy_digest(&mark->seal.seal, db_text(c->marks, 4));
    c->out->checkpoints++;
    if (!journal_seal_holds(&mark->seal, c->key)) {
        find(c, mark->seal.point.seq,
             "the seal of the checkpoint at record %" PRIu64
             " is wrong, or made with another key",
             mark->seal.point.seq);
    }
    return true;
}

/* Holds the checkpoints up to this record against it. */
static bool
check_marks(struct check *c, uint64_t seq, const struct digest *hash,
            struct err *err)
{
    while (c->mark.there && c->mark.seal.point.seq <= seq) {
        if (c->mark.seal.point.seq == seq &&
            !same_digest(&c->mark.seal.point.hash, hash)) {
            find(c, seq,
                 "record %" PRIu64 " is not the one that its checkpoint saw",
                 seq);
        }
        if (!next_mark(c, err)) {
            return false;
        }
    }
    return true;
}

/* ---- records ------------------------------------------------------------- */

/* The first record follows the first of all, or the checkpoint of a cut. */
static bool
begin_chain(struct check *c, uint64_t first, struct err *err)
{
    static const struct digest none;

    if (first == 1) {
        c->chained = true;
        c->hash = none;
        return true;
    }
    while (c->mark.there && c->mark.seal.point.seq < first) {
        c->chained = c->mark.seal.point.seq == first - 1;
        c->hash = c->mark.seal.point.hash;
        if (!next_mark(c, err)) {
            return false;
        }
    }
    return true;
}

static void
check_start(struct check *c, uint64_t first)
{
    const bool sealed = c->seal_state == JOURNAL_SEAL_READ;
    const uint64_t expected = sealed ? c->seal.first : 1;

    if (first > expected && (sealed || !c->chained)) {
        find(c, expected, "records %" PRIu64 " to %" PRIu64 " are missing",
             expected, first - 1);
    } else if (first > 1 && !c->chained) {
        find(c, first,
             "there is no checkpoint before record %" PRIu64
             ", where the journal begins",
             first);
    }
}

static bool
check_record(struct check *c, const struct journal_record *r, struct err *err)
{
    struct digest prev, hash;

    if (c->out->records == 0) {
        if (!begin_chain(c, r->seq, err)) {
            return false;
        }
        check_start(c, r->seq);
        c->out->first = r->seq;
    } else if (r->seq != c->seq + 1) {
        find(c, c->seq + 1, "records %" PRIu64 " to %" PRIu64 " are missing",
             c->seq + 1, r->seq - 1);
        c->chained = false;
    }
    if (c->chained && !same(r->prev, &c->hash)) {
        find(c, r->seq,
             "record %" PRIu64 " does not follow the one that stands before it",
             r->seq);
    }
    copy_digest(&prev, r->prev);
    copy_digest(&hash, r->hash);
    const struct digest own = journal_chain_hash(r, &prev);
    if (r->prev.len != DIGEST_BYTES || !same(r->hash, &own)) {
        find(c, r->seq, "record %" PRIu64 " was changed", r->seq);
    }
    if (c->seal_state == JOURNAL_SEAL_READ && r->seq == c->seal.point.seq &&
        !same_digest(&hash, &c->seal.point.hash)) {
        find(c, r->seq,
             "record %" PRIu64 " is not the one that the seal beside the file "
             "saw",
             r->seq);
    }
    c->out->records++;
    c->out->last = r->seq;
    c->seq = r->seq;
    c->hash = hash;
    c->chained = true;
    return check_marks(c, r->seq, &hash, err);
}

static bool
check_records(struct check *c, struct db *db, struct err *err)
{
    struct db_query *query = db_query(db, SQL_JOURNAL_PAGE, err);
    bool row = true;
    bool done = query != NULL;

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, -1);
    while (done && row) {
        struct journal_record record;
        done = db_step(query, &row, err);
        if (done && row) {
            journal_read_row(query, &record);
            done = check_record(c, &record, err);
        }
    }
    db_end(query);
    return done;
}

/* ---- the end ------------------------------------------------------------- */

static bool
check_tail(struct check *c, struct err *err)
{
    uint64_t seen = 0; // the furthest that is known to have been

    while (c->mark.there) {
        seen = c->mark.seal.point.seq;
        if (!next_mark(c, err)) {
            return false;
        }
    }
    if (c->seal_state == JOURNAL_SEAL_READ && c->seal.point.seq > seen) {
        seen = c->seal.point.seq;
    }
    // All that a checkpoint covers may have been cut for its age.
    const bool all_cut = c->out->records == 0 &&
                         c->seal_state == JOURNAL_SEAL_READ &&
                         c->seal.first == seen + 1;
    if (seen > c->out->last && !all_cut) {
        find(c, c->out->last + 1,
             "records %" PRIu64 " to %" PRIu64 " are missing at the end",
             c->out->last + 1, seen);
    }
    return true;
}

static void
check_seal(struct check *c, const struct err *why)
{
    switch (c->seal_state) {
    case JOURNAL_SEAL_READ:
        c->out->sealed = c->seal.point.seq;
        if (!journal_seal_holds(&c->seal, c->key)) {
            find(c, c->seal.point.seq,
                 "the seal beside the file is wrong, or made with another key");
        }
        break;
    case JOURNAL_SEAL_ABSENT:
        // Before the first checkpoint there is none.
        if (c->out->checkpoints > 0) {
            find(c, c->out->last, "the seal beside the file is gone");
        }
        break;
    case JOURNAL_SEAL_BROKEN:
        find(c, c->out->last, "the seal beside the file: %s", why->message);
        break;
    }
}

static bool
check_all(struct check *c, struct db *db, const struct err *seal_err,
          struct err *err)
{
    c->marks = db_query(db, SQL_CHECKPOINT_PAGE, err);
    if (c->marks == NULL) {
        return false;
    }
    const bool done =
        next_mark(c, err) && check_records(c, db, err) && check_tail(c, err);
    db_end(c->marks);
    if (done) {
        check_seal(c, seal_err);
    }
    return done;
}

static bool
check_once(struct db *db, const char *seal_path, struct text key,
           struct store_verified *out, struct err *err)
{
    struct check c = {.out = out, .key = key};
    struct err seal_err, ignored;

    memset(out, 0, sizeof(*out));
    out->keyed = key.len > 0;
    // The seal first: what is written meanwhile then only adds to the file.
    c.seal_state = journal_seal_read(seal_path, &c.seal, &seal_err);
    if (!db_run(db, "BEGIN", err)) {
        return false;
    }
    const bool done = check_all(&c, db, &seal_err, err);
    (void)db_run(db, "ROLLBACK", &ignored);
    return done;
}

bool
journal_check(struct db *db, const char *seal_path, struct text key,
              struct store_verified *out, struct err *err)
{
    // A sidecar that cuts its journal between our looks at the seal and at the
    // file seems to have lost records; it does not do so twice running.
    return check_once(db, seal_path, key, out, err) &&
           (out->found == 0 || check_once(db, seal_path, key, out, err));
}
