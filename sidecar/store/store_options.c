/* The configuration as the store takes it, and where its file lies. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sidecar/store/parts.h"
#include "sidecar/store/store.h"

enum {
    BUSY_MS = 250, /* an analyst may hold the lock for so long */
    SEAL_LEAST_MS = 1000
};

/* The place of "auto", its folders made. */
static bool
chosen_path(char *room)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"STATE_DIRECTORY", ""},
                  {"XDG_STATE_HOME", "/leeway"},
                  {"HOME", "/.local/state/leeway"}};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *base = getenv(places[i].variable);
        if (base == NULL || base[0] != '/') {
            continue;
        }
        // systemd's may be a list by colons.
        const int len =
            snprintf(room, STORE_PATH_BYTES - PARTS_SUFFIX_BYTES, "%.*s%s",
                     (int)strcspn(base, ":"), base, places[i].below);
        if (len < 0 || len >= STORE_PATH_BYTES - PARTS_SUFFIX_BYTES) {
            return false;
        }
        for (char *slash = strchr(room + 1, '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            (void)mkdir(room, 0755); // it is told when the file is opened
            *slash = '/';
        }
        (void)mkdir(room, 0700);
        memcpy(room + len, "/store.db", sizeof("/store.db"));
        return true;
    }
    return false;
}

struct store_options
store_options_of(const struct config *config, char *room)
{
    const struct config_store *store = &config->store;
    const struct config_journal *journal = &config->journal;
    struct store_options options = {
        .full_sync = store->durability == CONFIG_DURABLE_FULL,
        .on_error = store->on_error == CONFIG_STORE_REFUSE ? STORE_REFUSE
                                                           : STORE_DEGRADE,
        .recreate_corrupt = store->on_corrupt == CONFIG_CORRUPT_RECREATE,
        .window_ms = store->commit_window_ms,
        .batch = store->batch,
        .queue_bytes = store->queue_bytes,
        .memory = store->memory,
        .retention_ms = store->retention_days * 24 * 3600 * 1000,
        .idle_ms = config->sessions.idle_ms,
        .hot = config->sessions.hot,
        .journal = journal->keep,
        .journal_text = journal->text,
        .journal_key = journal->key,
        .journal_every = journal->checkpoint_records,
        .journal_every_ms = journal->checkpoint_ms,
        .journal_least_ms = SEAL_LEAST_MS,
        .outbox = config->alerts.outbox,
        .busy_ms = BUSY_MS,
        .retry_ms = 100,
        .retry_max_ms = 5000,
        .redis = {.url = store->redis.url,
                  .username = store->redis.username,
                  .password = store->redis.password,
                  .prefix = store->redis.prefix,
                  .deadline_ms = store->redis.deadline_ms,
                  .retry_ms = store->redis.retry_ms,
                  .retry_max_ms = store->redis.retry_max_ms},
    };

    if (text_is(store->path, "auto")) {
        options.path_is_chosen = true;
        options.path = chosen_path(room) ? room : NULL;
    } else if (!text_is(store->path, "none")) {
        memcpy(room, store->path.at, store->path.len);
        room[store->path.len] = '\0';
        options.path = room;
    }
    return options;
}
