/*
 * What is kept, where and for how long: sessions, the store, the journal and
 * the alerts, as configured; part of config.h.
 */
#ifndef CONFIG_CONFIG_STORE_H
#define CONFIG_CONFIG_STORE_H

#include <stdbool.h>

#include "sidecar/base/text.h"

struct node;

struct config_sessions {
    const struct node *node;
    long long idle_ms; /* without a message: archived */
    long long hot;     /* kept in memory */
};

enum config_durability { CONFIG_DURABLE_NORMAL, CONFIG_DURABLE_FULL };
enum config_store_policy { CONFIG_STORE_DEGRADE, CONFIG_STORE_REFUSE };
enum config_corrupt { CONFIG_CORRUPT_REFUSE, CONFIG_CORRUPT_RECREATE };

struct config_redis {
    const struct node *node;
    struct text url; /* "": sessions are in the store's file */
    struct text username, password;
    struct text prefix;
    long long deadline_ms, retry_ms, retry_max_ms;
};

struct config_store {
    const struct node *node;
    struct text path; /* "auto", "none", or a file */
    enum config_durability durability;
    long long commit_window_ms;
    long long batch;       /* requests in one commit, window or not */
    long long queue_bytes; /* of records that wait */
    enum config_store_policy on_error;
    enum config_corrupt on_corrupt;
    long long retention_days; /* 0: for ever */
    long long memory;         /* bytes, where there is no file */
    struct config_redis redis;
};

struct config_journal {
    const struct node *node;
    bool keep, text;
    struct text key; /* "" none */
    long long checkpoint_records, checkpoint_ms;
};

struct config_alerts {
    const struct node *node;
    bool outbox;
};

#endif
