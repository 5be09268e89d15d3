/*
 * Every statement that the store runs on its tables. Those up to
 * SQL_RECORD_LAST are also what records in the writer's queue are made of: a
 * record is a statement's index and its parameters in order.
 */
#ifndef SIDECAR_STORE_SQL_H
#define SIDECAR_STORE_SQL_H

enum sql {
    SQL_SESSION_PUT,
    SQL_TURN_ADD,
    SQL_TURNS_DROP, /* of a session, before a revision */
    SQL_OUTBOX_ADD,
    SQL_OUTBOX_SETTLE,
    SQL_JOURNAL_ADD, /* parameters 1, 22 and 23 are the writer's to fill in */
    SQL_RECORD_LAST = SQL_JOURNAL_ADD,
    SQL_SESSION_GET,
    SQL_TURN_FIND, /* by message id */
    SQL_TURN_PAGE, /* newest first */
    SQL_TURN_IDS,
    SQL_JOURNAL_LAST,
    SQL_JOURNAL_PAGE,
    SQL_JOURNAL_CUT,
    SQL_CHECKPOINT_ADD,
    SQL_CHECKPOINT_LAST,
    SQL_CHECKPOINT_FIRST,
    SQL_CHECKPOINT_BEFORE, /* the last one not younger than a time */
    SQL_CHECKPOINT_CUT,
    SQL_CHECKPOINT_PAGE,
    SQL_OUTBOX_PAGE,
    SQL_SWEEP, /* sessions, in the order of their rows */
    SQL_SESSION_ARCHIVE,
    SQL_REPLIES_DROP, /* of a session */
    SQL_SESSION_DROP,
    SQL_EXPIRE_TURNS,
    SQL_EXPIRE_OUTBOX,
    SQL_OLDEST, /* sessions to give up where memory is full */
    SQL_COUNT
};

extern const char *const sql_texts[SQL_COUNT];

#endif
