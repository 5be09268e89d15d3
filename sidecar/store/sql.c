#include "sidecar/store/sql.h"

#define SESSION_COLUMNS                                                        \
    "id, persona, user, workspace, title, metadata, machine, machine_state, "  \
    "status, message_count, started_at, last_active_at, ended_at, "            \
    "trend_state, trend_ewma, trend_since, trend, place, revision"

#define JOURNAL_COLUMNS                                                        \
    "seq, at, op, persona, session, message_id, workspace, user_hash, "        \
    "request_id, engine, generation, verdict, action, decided_by, rules, "     \
    "drift_score, drift_threshold, drift_alert, content, metadata, text, "     \
    "prev, hash"

const char *const sql_texts[SQL_COUNT] = {
    // Snapshots may be queued out of order: the latest revision stays.
    [SQL_SESSION_PUT] =
        "INSERT INTO session (" SESSION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) "
        "ON CONFLICT (id) DO UPDATE SET title = ?5, metadata = ?6, "
        "machine = ?7, machine_state = ?8, status = ?9, message_count = ?10, "
        "last_active_at = ?12, ended_at = ?13, trend_state = ?14, "
        "trend_ewma = ?15, trend_since = ?16, trend = ?17, place = ?18, "
        "revision = ?19 WHERE ?19 > revision",
    // OR REPLACE: a message of before a reset may come again after it, and a
    // further attempt takes the place of the earlier one.
    [SQL_TURN_ADD] =
        "INSERT OR REPLACE INTO turn (session, place, turn, revision, at, "
        "message_id, content, attempt, role, verdict, action, drift_score, "
        "deviations, chars, envelope, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
        "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [SQL_TURNS_DROP] = "DELETE FROM turn WHERE session = ?1 AND revision < ?2",
    [SQL_OUTBOX_ADD] =
        "INSERT INTO outbox (id, dedup_key, at, repeats, type, reason, "
        "severity, persona, session, message_id, workspace, request_id, "
        "drift_score, drift_threshold, metadata, attempts, next_at, "
        "delivered_at) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
        "?11, ?12, ?13, ?14, 0, ?3, NULL) "
        "ON CONFLICT (id) DO UPDATE SET repeats = repeats + 1",
    [SQL_OUTBOX_SETTLE] =
        "UPDATE outbox SET attempts = attempts + 1, next_at = ?2, "
        "delivered_at = ?3 WHERE number = ?1 AND delivered_at IS NULL",
    [SQL_JOURNAL_ADD] =
        "INSERT INTO journal (" JOURNAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
        "?20, ?21, ?22, ?23)",
    [SQL_SESSION_GET] = "SELECT " SESSION_COLUMNS " FROM session WHERE id = ?1",
    [SQL_TURN_FIND] = "SELECT content, reply, turn, attempt, action "
                      "FROM turn "
                      "WHERE session = ?1 AND message_id = ?2 "
                      "AND message_id <> ''",
    [SQL_TURN_PAGE] =
        "SELECT place, turn, at, message_id, role, envelope FROM turn "
        "WHERE session = ?1 AND place < ?2 AND role <> 'machine' "
        "ORDER BY place DESC LIMIT ?3",
    [SQL_TURN_IDS] = "SELECT message_id FROM turn WHERE session = ?1 "
                     "AND message_id <> '' LIMIT ?2",
    [SQL_JOURNAL_LAST] =
        "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1",
    [SQL_JOURNAL_PAGE] =
        "SELECT " JOURNAL_COLUMNS " FROM journal WHERE seq > ?1 ORDER BY seq",
    [SQL_JOURNAL_CUT] =
        "DELETE FROM journal WHERE seq IN (SELECT seq FROM journal "
        "WHERE seq <= ?1 ORDER BY seq LIMIT ?2)",
    [SQL_CHECKPOINT_ADD] =
        "INSERT OR IGNORE INTO checkpoint (seq, at, count, hash, seal) "
        "VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_CHECKPOINT_LAST] = "SELECT seq, at, count, hash, seal FROM checkpoint "
                            "ORDER BY seq DESC LIMIT 1",
    [SQL_CHECKPOINT_FIRST] = "SELECT seq, at, count, hash, seal FROM "
                             "checkpoint ORDER BY seq LIMIT 1",
    [SQL_CHECKPOINT_BEFORE] =
        "SELECT seq FROM checkpoint WHERE at < ?1 ORDER BY seq DESC LIMIT 1",
    [SQL_CHECKPOINT_CUT] = "DELETE FROM checkpoint WHERE seq < ?1",
    [SQL_CHECKPOINT_PAGE] =
        "SELECT seq, at, count, hash, seal FROM checkpoint ORDER BY seq",
    [SQL_OUTBOX_PAGE] =
        "SELECT number, id, dedup_key, at, repeats, type, reason, severity, "
        "persona, session, message_id, workspace, request_id, drift_score, "
        "drift_threshold, metadata, attempts, next_at, delivered_at "
        "FROM outbox WHERE number > ?1 ORDER BY number LIMIT ?2",
    [SQL_SWEEP] = "SELECT rowid, id, status, last_active_at FROM session "
                  "WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
    // Not a new revision: what is in memory is the same session.
    [SQL_SESSION_ARCHIVE] =
        "UPDATE session SET status = 'archived' WHERE id = ?1",
    [SQL_REPLIES_DROP] =
        "UPDATE turn SET reply = NULL WHERE session = ?1 AND reply IS NOT NULL",
    [SQL_SESSION_DROP] = "DELETE FROM session WHERE id = ?1",
    // Rows are added in the order of time, so the oldest are the first ones
    // and no index has to be kept for this.
    [SQL_EXPIRE_TURNS] = "DELETE FROM turn WHERE rowid IN (SELECT rowid FROM "
                         "turn ORDER BY rowid LIMIT ?2) AND at < ?1",
    [SQL_EXPIRE_OUTBOX] =
        "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox "
        "ORDER BY number LIMIT ?2) AND at < ?1",
    [SQL_OLDEST] = "SELECT id FROM session ORDER BY last_active_at LIMIT ?1",
};
