#include "sidecar/store/commit.h"

enum {
    ROOM_TRIES = 8, /* to make room for one batch */
    SKIP_TRIES = 64 /* units of one batch that are given up */
};

enum outcome { COMMITTED, FAILED, UNIT_BAD, ROOM_WANTED };

static struct commit_unit
unit_at(const struct commit *c, size_t at)
{
    struct commit_unit unit;

    memcpy(&unit, c->units->at + at, sizeof(unit));
    return unit;
}

static bool
apply_unit(const struct commit *c, size_t at, size_t end, struct err *err)
{
    while (at < end) {
        struct commit_record record;
        memcpy(&record, c->units->at + at, sizeof(record));
        at += sizeof(record);
        if (!c->hooks->apply(c->hooks->context, c->db, record.kind,
                             (struct text){c->units->at + at, record.bytes},
                             err)) {
            return false;
        }
        at += record.bytes;
    }
    return true;
}

static enum outcome
outcome_of(enum db_fault fault)
{
    return fault == DB_RECORD ? UNIT_BAD
           : fault == DB_FULL ? ROOM_WANTED
                              : FAILED;
}

/* *bad: where the unit stands that cannot be written, for UNIT_BAD. */
static enum outcome
apply_batch(const struct commit *c, size_t *bad, struct err *err)
{
    if (!db_run(c->db, "BEGIN IMMEDIATE", err)) {
        return FAILED;
    }
    for (size_t at = 0; at < c->units->len;) {
        const struct commit_unit unit = unit_at(c, at);
        const size_t from = at + sizeof(unit);
        if (unit.given_up == 0 &&
            !apply_unit(c, from, from + unit.bytes, err)) {
            *bad = at;
            return outcome_of(db_fault(c->db));
        }
        at = from + unit.bytes;
    }
    if (db_run(c->db, "COMMIT", err)) {
        return COMMITTED;
    }
    return db_fault(c->db) == DB_FULL ? ROOM_WANTED : FAILED;
}

static void
undo(const struct commit *c)
{
    struct err ignored;

    if (db_in_transaction(c->db)) {
        (void)db_run(c->db, "ROLLBACK", &ignored);
    }
    if (c->hooks->settled != NULL) {
        c->hooks->settled(c->hooks->context, false);
    }
}

static void
give_up(const struct commit *c, size_t bad, const struct err *why)
{
    struct commit_unit unit = unit_at(c, bad);
    uint64_t seq = c->seq;

    unit.given_up = 1;
    memcpy(c->units->at + bad, &unit, sizeof(unit));
    for (size_t at = 0; at < bad; seq++) {
        at += sizeof(unit) + unit_at(c, at).bytes;
    }
    c->given_up(c->context, seq, why);
}

/* False: there is none to be made. */
static bool
make_room(const struct commit *c, struct err *err)
{
    struct err ignored;

    if (c->hooks->make_room == NULL) {
        return false;
    }
    if (!c->hooks->make_room(c->hooks->context, c->db, &ignored)) {
        err_under(err, "no room can be made");
        return false;
    }
    return true;
}

bool
commit_batch(const struct commit *c, struct err *err)
{
    int rooms = 0;
    int skips = 0;
    size_t bad = 0;

    for (;;) {
        const enum outcome outcome = apply_batch(c, &bad, err);
        if (outcome == COMMITTED) {
            if (c->hooks->settled != NULL) {
                c->hooks->settled(c->hooks->context, true);
            }
            return true;
        }
        undo(c);
        if (outcome == UNIT_BAD && ++skips <= SKIP_TRIES) {
            give_up(c, bad, err);
        } else if (outcome != ROOM_WANTED || ++rooms > ROOM_TRIES ||
                   !make_room(c, err)) {
            return false;
        }
    }
}
