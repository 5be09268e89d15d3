/* The schema of what is remembered: sessions, store, journal, alerts. */
#include "config/schema.h"

#define AT(type, member) offsetof(struct type, member)
#define ROWS(array)      .rows = (array), .count = sizeof(array) / sizeof((array)[0])

#define KIB   1024.0
#define MIB   (1024.0 * KIB)
#define GIB   (1024.0 * MIB)
#define HOURS (60.0 * 60 * 1000)

static const struct schema_row session_rows[] = {
    {"idle",
     "A session without a message for so long is archived; its next message "
     "makes it active again.",
     SCHEMA_INTEGER, .at = AT(config_sessions, idle_ms), .min = 1000,
     .max = 24 * 366 * HOURS, .preset = "24h", .unit = "ms",
     .change = SCHEMA_RESTART},
    {"hot",
     "Sessions whose state is kept in memory, about 1 KiB each; the others "
     "are read from the store when they are wanted.",
     SCHEMA_INTEGER, .at = AT(config_sessions, hot), .min = 16, .max = 1e7,
     .preset = "20000", .change = SCHEMA_RESTART},
};

const struct schema_table schema_sessions = {.name = "sessions",
                                             .size =
                                                 sizeof(struct config_sessions),
                                             ROWS(session_rows),
                                             .keeps_node = true};

static const struct schema_name durabilities[] = {
    {"normal", CONFIG_DURABLE_NORMAL},
    {"full", CONFIG_DURABLE_FULL},
    {NULL, 0}};

static const struct schema_name policies[] = {{"degrade", CONFIG_STORE_DEGRADE},
                                              {"refuse", CONFIG_STORE_REFUSE},
                                              {NULL, 0}};

static const struct schema_name corrupt_policies[] = {
    {"refuse", CONFIG_CORRUPT_REFUSE},
    {"recreate", CONFIG_CORRUPT_RECREATE},
    {NULL, 0}};

static const struct schema_row redis_rows[] = {
    {"url",
     "redis://host:port/db, or unix:///path of a socket; there is no TLS and "
     "no cluster. Empty: sessions are in the store's file.",
     SCHEMA_TEXT, .at = AT(config_redis, url), .min = 0, .max = 400,
     .preset = "", .change = SCHEMA_RESTART},
    {"username", "Who we are, where the server has users (ACL).", SCHEMA_TEXT,
     .at = AT(config_redis, username), .min = 0, .max = 256, .preset = "",
     .change = SCHEMA_RESTART},
    {"password", "Secret that lets us in.", SCHEMA_TEXT,
     .at = AT(config_redis, password), .min = 1, .max = 500, .preset = "",
     .secret = true, .change = SCHEMA_RESTART},
    {"prefix",
     "Keys begin with it. Sidecars that share sessions have the same one.",
     SCHEMA_TEXT, .at = AT(config_redis, prefix), .min = 0, .max = 128,
     .preset = "leeway:", .change = SCHEMA_RESTART},
    {"deadline",
     "A request that is not answered in this time failed: store.on_error says "
     "what becomes of it.",
     SCHEMA_INTEGER, .at = AT(config_redis, deadline_ms), .min = 1,
     .max = 10000, .preset = "20ms", .unit = "ms", .change = SCHEMA_RESTART},
    {"retry", "Pause before connecting again; it doubles each time.",
     SCHEMA_INTEGER, .at = AT(config_redis, retry_ms), .min = 1, .max = 60000,
     .preset = "100ms", .unit = "ms", .change = SCHEMA_RESTART},
    {"retry_max", "The longest such pause.", SCHEMA_INTEGER,
     .at = AT(config_redis, retry_max_ms), .min = 1, .max = 600000,
     .preset = "5s", .unit = "ms", .change = SCHEMA_RESTART},
};

static const struct schema_table schema_redis = {
    .name = "store.redis",
    .size = sizeof(struct config_redis),
    ROWS(redis_rows),
    .keeps_node = true};

static const struct schema_row store_rows[] = {
    {"path",
     "File of sessions, journal and alerts; auto: leeway/store.db in "
     "$STATE_DIRECTORY, $XDG_STATE_HOME or ~/.local/state, and in memory where "
     "that cannot be used or another sidecar has it; none: sessions in memory, "
     "no journal, no alerts.",
     SCHEMA_TEXT, .at = AT(config_store, path), .min = 1, .max = 3900,
     .preset = "auto", .change = SCHEMA_RESTART},
    {"durability",
     "normal: what was acknowledged survives the death of the process; full: "
     "and a power cut, at the price of a sync for each commit.",
     SCHEMA_CHOICE, .at = AT(config_store, durability), .names = durabilities,
     .preset = "normal", .change = SCHEMA_RESTART},
    {"commit_window",
     "What a request does not wait for is committed together with what comes "
     "in this time; the death of the process loses so much at most.",
     SCHEMA_INTEGER, .at = AT(config_store, commit_window_ms), .min = 0,
     .max = 10000, .preset = "5ms", .unit = "ms", .change = SCHEMA_RESTART},
    {"batch", "Requests that are committed at once, window or not.",
     SCHEMA_INTEGER, .at = AT(config_store, batch), .min = 1, .max = 100000,
     .preset = "512", .change = SCHEMA_RESTART},
    {"queue_bytes", "Records that wait for their commit, or for the device.",
     SCHEMA_INTEGER, .at = AT(config_store, queue_bytes), .min = 256 * KIB,
     .max = 1 * GIB, .preset = "8MiB", .unit = "bytes",
     .change = SCHEMA_RESTART},
    {"on_error",
     "Where the store fails: degrade answers without it, marked as degraded, "
     "and keeps what fits in the queue; refuse fails requests that need it.",
     SCHEMA_CHOICE, .at = AT(config_store, on_error), .names = policies,
     .preset = "degrade", .change = SCHEMA_RESTART},
    {"on_corrupt",
     "Where the file is damaged: refuse to start, or recreate it, the damaged "
     "one moved aside.",
     SCHEMA_CHOICE, .at = AT(config_store, on_corrupt),
     .names = corrupt_policies, .preset = "refuse", .change = SCHEMA_RESTART},
    {"retention_days",
     "Sessions, turns, journal and alerts older than this go; 0: never.",
     SCHEMA_INTEGER, .at = AT(config_store, retention_days), .min = 0,
     .max = 36600, .preset = "30", .unit = "days", .change = SCHEMA_RESTART},
    {"memory",
     "Where there is no file: memory for sessions and their history, beyond "
     "which the oldest go.",
     SCHEMA_INTEGER, .at = AT(config_store, memory), .min = 1 * MIB,
     .max = 64 * GIB, .preset = "128MiB", .unit = "bytes",
     .change = SCHEMA_RESTART},
    {"redis",
     "A Redis server where several sidecars share their sessions; journal and "
     "alerts stay in the file.",
     SCHEMA_RECORD, .at = AT(config_store, redis), .table = &schema_redis,
     .change = SCHEMA_RESTART},
};

const struct schema_table schema_store = {.name = "store",
                                          .size = sizeof(struct config_store),
                                          ROWS(store_rows),
                                          .keeps_node = true};

static const struct schema_row journal_rows[] = {
    {"keep", "Write every verdict down, in a chain of hashes.", SCHEMA_BOOLEAN,
     .at = AT(config_journal, keep), .preset = "true",
     .change = SCHEMA_RESTART},
    {"text", "With the text that was judged. Nothing else keeps any text.",
     SCHEMA_BOOLEAN, .at = AT(config_journal, text), .preset = "false",
     .change = SCHEMA_RESTART},
    {"key",
     "Secret that seals the journal, so that nobody without it can write it "
     "anew, and that its digests of texts and users are made with.",
     SCHEMA_TEXT, .at = AT(config_journal, key), .min = 16, .max = 512,
     .preset = "", .secret = true, .change = SCHEMA_RESTART},
    {"checkpoint_records", "The journal is sealed after so many records.",
     SCHEMA_INTEGER, .at = AT(config_journal, checkpoint_records), .min = 1,
     .max = 1e6, .preset = "1000", .change = SCHEMA_RESTART},
    {"checkpoint_time",
     "And after so long, where there was a record. A tail that is cut off "
     "after the last seal leaves no trace.",
     SCHEMA_INTEGER, .at = AT(config_journal, checkpoint_ms), .min = 1000,
     .max = 24 * HOURS, .preset = "10s", .unit = "ms",
     .change = SCHEMA_RESTART},
};

const struct schema_table schema_journal = {.name = "journal",
                                            .size =
                                                sizeof(struct config_journal),
                                            ROWS(journal_rows),
                                            .keeps_node = true};

static const struct schema_row alert_rows[] = {
    {"outbox", "Keep the alerts in the store for leeway events.",
     SCHEMA_BOOLEAN, .at = AT(config_alerts, outbox), .preset = "true",
     .change = SCHEMA_RESTART},
};

const struct schema_table schema_alerts = {.name = "alerts",
                                           .size = sizeof(struct config_alerts),
                                           ROWS(alert_rows),
                                           .keeps_node = true};
