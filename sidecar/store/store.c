#include "sidecar/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/base/log.h"
#include "sidecar/store/parts.h"
#include "sidecar/store/shared_script.h"
#include "sidecar/store/sql.h"
#include "sidecar/store/tables.h"

enum {
    WRITER_CACHE_BYTES = 16
                         << 20,   /* of pages, for the connection that writes */
    READER_CACHE_BYTES = 2 << 20, /* and for each that reads */
    PATIENCE_MS = 20,             /* of a caller, with a full queue */
    PAGE_BYTES = 4096,
    WAL_PAGES = 4000, /* 16 MiB: pages written often go to the file once */
    CHECK_BYTES = 64 << 20, /* larger files are not looked through at start */
    LINK_BYTES = 8 << 20    /* of requests to Redis that wait to be written */
};

/* ---- the writer's hooks -------------------------------------------------- */

/* Parameters of a record in the queue, in order. */
static bool
apply_plain(struct db *db, unsigned kind, struct text record, struct err *err)
{
    struct db_query *query = db_query(db, kind, err);
    struct err read_err;
    struct wire_reader r;

    if (query == NULL) {
        return false;
    }
    wire_read(&r, record, &read_err);
    for (int at = 1; r.at < r.end; at++) {
        switch (wire_next(&r)) {
        case WIRE_INT:
            db_bind_int(query, at, wire_read_int(&r, INT64_MIN, INT64_MAX));
            break;
        case WIRE_FLOAT:
            db_bind_double(query, at, wire_read_number(&r, -1e308, 1e308));
            break;
        case WIRE_STR:
            db_bind_text(query, at, wire_read_bytes(&r));
            break;
        case WIRE_BIN:
            db_bind_blob(query, at, wire_read_bytes(&r));
            break;
        case WIRE_NIL:
        case WIRE_BOOL:
        case WIRE_ARRAY:
        case WIRE_MAP:
            (void)wire_skip(&r);
            db_bind_null(query, at);
            break;
        }
    }
    return db_finish(query, err);
}

static bool
on_apply(void *context, struct db *db, unsigned kind, struct text record,
         struct err *err)
{
    struct store *store = context;

    return kind == SQL_JOURNAL_ADD
               ? journal_apply(&store->journal, db, record, err)
               : apply_plain(db, kind, record, err);
}

static bool
set_up_memory(const struct store *store, struct db *db, struct err *err)
{
    char sql[96];

    snprintf(sql, sizeof(sql),
             "PRAGMA page_size=%d; PRAGMA max_page_count=%lld", PAGE_BYTES,
             store->options.memory / PAGE_BYTES);
    return db_run(db, sql, err);
}

/*
 * A file that is damaged somewhere would be found out at the worst moment. A
 * large one is only looked at where it is used.
 */
static bool
check_small(const struct store *store, struct db *db, struct err *err)
{
    struct stat about;
    long long wrong = 0;

    if (stat(store->path, &about) != 0 || about.st_size > CHECK_BYTES) {
        return true;
    }
    // Says "ok", or something else: compared there, since it is a text.
    return db_run_for(db,
                      "SELECT count(*) FROM pragma_quick_check(1) "
                      "WHERE quick_check <> 'ok'",
                      &wrong, err) &&
           (wrong == 0 || db_damaged(db, err));
}

static bool
set_up_file(const struct store *store, struct db *db, struct err *err)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "PRAGMA page_size=%d; PRAGMA auto_vacuum=INCREMENTAL;"
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s;"
             "PRAGMA journal_size_limit=%d; PRAGMA wal_autocheckpoint=%d",
             PAGE_BYTES, store->options.full_sync ? "FULL" : "NORMAL",
             CHECK_BYTES, WAL_PAGES);
    // First of all: what is damaged is not touched.
    return check_small(store, db, err) && db_run(db, sql, err);
}

static bool
on_opened(void *context, struct db *db, struct err *err)
{
    struct store *store = context;

    if (!parts_persistent(store)) {
        return set_up_memory(store, db, err) &&
               tables_migrate(db, store->path, err);
    }
    return set_up_file(store, db, err) &&
           tables_migrate(db, store->path, err) &&
           journal_opened(&store->journal, db, err);
}

static void
on_settled(void *context, bool committed)
{
    struct store *store = context;

    journal_settled(&store->journal, committed);
    atomic_store_explicit(&store->journal_seq, store->journal.committed.seq,
                          memory_order_relaxed);
}

static bool
on_work(void *context, struct db *db, const struct writer_beat *beat,
        bool *more, struct err *err)
{
    struct store *store = context;

    if (parts_persistent(store) && store->options.journal &&
        ((beat->ticked && !journal_note_lost(&store->journal, db, beat->lost,
                                             beat->now_ms, err)) ||
         !journal_seal(&store->journal, db, beat->now_ms, beat->ticked, err))) {
        return false;
    }
    return expiry_step(store, db, beat->ticked, beat->now_ms, more, err);
}

static void
on_closing(void *context, struct db *db)
{
    struct store *store = context;
    struct err err;

    if (parts_persistent(store) &&
        !journal_seal_now(&store->journal, db, &err)) {
        log_event(LOG_WARN, "journal_seal", "error=%s", err.message);
    }
}

/* ---- opening ------------------------------------------------------------- */

static bool
in_use(const char *path, int fd, struct err *err)
{
    char pid[16];
    const ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

    pid[len > 0 ? len : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    err_set(err, ERR_IO, "%s: in use by another process, pid %s", path,
            pid[0] != '\0' ? pid : "unknown");
    return false;
}

/*
 * One process writes the file. A lock of its own beside it: SQLite's are taken
 * and given back with each transaction. It goes with the process, so the file
 * may stay.
 */
static bool
take_lock(struct store *store, struct err *err)
{
    char name[STORE_PATH_BYTES + PARTS_SUFFIX_BYTES];
    char pid[16];

    snprintf(name, sizeof(name), "%s.lock", store->path);
    const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)in_use(store->path, fd, err);
        close(fd);
        return false;
    }
    const int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    // For the other's message only: a full device shall not stop us.
    (void)!ftruncate(fd, 0);
    (void)!pwrite(fd, pid, (size_t)len, 0);
    store->lock_fd = fd;
    return true;
}

/* SQLite would make it readable to everybody. */
static bool
make_file(const struct store *store, struct err *err)
{
    const int fd =
        open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    struct stat about;

    // One that is there and cannot be written is the writer's to judge.
    if (fd < 0 && errno != EACCES && errno != EROFS) {
        err_set(err, ERR_IO, "%s: %s", store->path, strerror(errno));
        return false;
    }
    const bool regular =
        fd < 0 || (fstat(fd, &about) == 0 && S_ISREG(about.st_mode));
    if (fd >= 0) {
        close(fd);
    }
    if (!regular) {
        err_set(err, ERR_IO, "%s: not a regular file", store->path);
    }
    return regular;
}

/* The damaged file and what belongs to it get other names. */
static bool
move_aside(const struct store *store, int64_t now_ms, struct err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".seal"};
    char from[STORE_PATH_BYTES + PARTS_SUFFIX_BYTES];
    char to[STORE_PATH_BYTES + 2 * PARTS_SUFFIX_BYTES];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(from, sizeof(from), "%s%s", store->path, suffixes[i]);
        snprintf(to, sizeof(to), "%s.corrupt-%" PRId64 "%s", store->path,
                 now_ms, suffixes[i]);
        if (rename(from, to) != 0 && errno != ENOENT) {
            err_set(err, ERR_IO, "%s: %s", to, strerror(errno));
            return false;
        }
    }
    log_event(LOG_ERROR, "store_corrupt", "moved=%s.corrupt-%" PRId64,
              store->path, now_ms);
    return true;
}

static struct writer_options
writer_options_of(struct store *store)
{
    const struct store_options *o = &store->options;

    return (struct writer_options){
        .db = {.path = store->path,
               .vfs = o->vfs,
               .sql = sql_texts,
               .count = SQL_COUNT,
               .busy_ms = (int)o->busy_ms,
               .cache_bytes = WRITER_CACHE_BYTES},
        .window_ms = o->window_ms,
        .batch = (size_t)o->batch,
        .queue_bytes = (size_t)o->queue_bytes,
        .patience_ms = PATIENCE_MS,
        .retry_ms = o->retry_ms,
        .retry_max_ms = o->retry_max_ms,
        .keep = o->on_error == STORE_DEGRADE,
        .hooks = {.opened = on_opened,
                  .apply = on_apply,
                  .settled = on_settled,
                  .work = on_work,
                  .make_room =
                      parts_persistent(store) ? NULL : expiry_make_room,
                  .closing = on_closing,
                  .context = store},
    };
}

/* The writer on the path that is set; a damaged file is moved aside once. */
static bool
open_writer(struct store *store, int64_t now_ms, struct err *err)
{
    const struct writer_options options = writer_options_of(store);
    enum db_fault fault;

    if (parts_persistent(store) &&
        (!take_lock(store, err) || !make_file(store, err))) {
        return false;
    }
    store->writer = writer_new(&options, &fault, err);
    if (store->writer == NULL && fault == DB_CORRUPT &&
        store->options.recreate_corrupt && move_aside(store, now_ms, err) &&
        make_file(store, err)) {
        store->writer = writer_new(&options, &fault, err);
    }
    return store->writer != NULL;
}

static void
set_path(struct store *store, const char *path)
{
    const struct journal_options journal = {
        .key = store->options.journal_key,
        .seal_path = store->seal_path,
        .every = store->options.journal_every,
        .every_ms = store->options.journal_every_ms,
        .least_ms = store->options.journal_least_ms,
        .keep_ms = store->options.retention_ms};

    snprintf(store->path, sizeof(store->path), "%s",
             path != NULL ? path : DB_IN_MEMORY);
    snprintf(store->seal_path, sizeof(store->seal_path), "%s.seal",
             store->path);
    store->options.path = path != NULL ? store->path : NULL;
    // Without a file nobody could ever read them.
    store->options.journal = store->options.journal && path != NULL;
    store->options.outbox = store->options.outbox && path != NULL;
    journal_init(&store->journal, &journal);
}

static bool
open_all(struct store *store, int64_t now_ms, struct err *err)
{
    bool done = open_writer(store, now_ms, err);

    if (!done && store->options.path_is_chosen && parts_persistent(store)) {
        // Nobody asked for this file, so it keeps nobody from starting.
        log_event(LOG_WARN, "store_in_memory", "error=%s", err->message);
        if (store->lock_fd >= 0) {
            close(store->lock_fd);
            store->lock_fd = -1;
        }
        set_path(store, NULL);
        done = open_writer(store, now_ms, err);
    }
    return done;
}

static bool
settled(void *context, uint64_t seq)
{
    const struct store *store = context;

    return writer_settled(store->writer, seq);
}

static bool
make_parts(struct store *store, struct err *err)
{
    struct db_options reading = writer_options_of(store).db;

    reading.cache_bytes = READER_CACHE_BYTES;
    store->readers = reader_new(store->writer, &reading);
    store->sessions =
        session_cache_new((size_t)store->options.hot, settled, store);
    if (store->readers == NULL || store->sessions == NULL) {
        err_memory(err, "the store");
        return false;
    }
    return true;
}

/* The link to where sessions are shared. */
static bool
open_link(struct store *store, struct err *err)
{
    struct store_redis *redis = &store->options.redis;
    struct redis_link_options options = {.username = redis->username,
                                         .password = redis->password,
                                         .scripts = shared_scripts,
                                         .script_count = SHARED_SCRIPTS,
                                         .deadline_ms = redis->deadline_ms,
                                         .retry_ms = redis->retry_ms,
                                         .retry_max_ms = redis->retry_max_ms,
                                         .queue_bytes = LINK_BYTES};

    if (redis->url.len == 0) {
        return true;
    }
    const char *wrong = redis_url_parse(redis->url, &options.url);
    if (wrong != NULL) {
        err_set(err, ERR_CONFIG, "store.redis.url: %s", wrong);
        return false;
    }
    store->prefix = malloc(redis->prefix.len + 1);
    store->turnstile = turnstile_new();
    if (store->prefix == NULL || store->turnstile == NULL) {
        err_memory(err, "the store");
        return false;
    }
    if (redis->prefix.len > 0) {
        memcpy(store->prefix, redis->prefix.at, redis->prefix.len);
    }
    store->link = redis_link_new(&options, err);
    // Nothing but the prefix is wanted after this, and it is a copy.
    *redis = (struct store_redis){.prefix = {store->prefix, redis->prefix.len}};
    if (store->link == NULL) {
        return false;
    }
    if (!redis_link_wait(store->link, err) && parts_waits(store)) {
        err->kind = ERR_IO;
        return false;
    }
    return true;
}

struct store *
store_open(const struct store_options *options, int64_t now_ms, struct err *err)
{
    struct store *store = calloc(1, sizeof(*store));
    char *key = malloc(options->journal_key.len + 1);

    if (store == NULL || key == NULL) {
        free(store);
        free(key);
        err_memory(err, "the store");
        return NULL;
    }
    store->options = *options;
    store->lock_fd = -1;
    store->key = key;
    if (options->journal_key.len > 0) {
        memcpy(key, options->journal_key.at, options->journal_key.len);
    }
    store->options.journal_key.at = key;
    if (options->path != NULL &&
        strlen(options->path) >= STORE_PATH_BYTES - PARTS_SUFFIX_BYTES) {
        err_set(err, ERR_CONFIG, "the store's path is too long");
        store_close(store);
        return NULL;
    }
    set_path(store, options->path);
    if (!open_all(store, now_ms, err) || !make_parts(store, err) ||
        !open_link(store, err)) {
        store_close(store);
        return NULL;
    }
    return store;
}

void
store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    redis_link_free(store->link);
    turnstile_free(store->turnstile);
    free(store->prefix);
    reader_free(store->readers);
    writer_free(store->writer);
    session_cache_free(store->sessions);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    free(store->key);
    free(store);
}

/* ---- the rest ------------------------------------------------------------ */

void
store_tick(struct store *store, int64_t now_ms)
{
    writer_tick(store->writer, now_ms);
}

bool
store_flush(struct store *store)
{
    return writer_flush(store->writer, WRITER_SEQ_ALL);
}

bool
store_degrades(const struct store *store)
{
    return store->options.on_error == STORE_DEGRADE;
}

bool
store_at_hand(struct store *store)
{
    return !parts_waits(store) && writer_has_room(store->writer);
}

bool
store_working(struct store *store)
{
    return writer_working(store->writer);
}

/* One that fails is told of where the file does not. */
static void
add_link_health(struct store *store, struct store_health *out)
{
    struct redis_health link;

    redis_link_health(store->link, &link);
    out->shared = true;
    out->shared_requests = link.requests;
    out->shared_failures = link.failures;
    out->shared_late = link.late;
    out->shared_connects = link.connects;
    if (out->working) {
        out->working = link.working;
        if (link.fault != REDIS_FAULT_NONE) {
            out->fault = redis_fault_name(link.fault);
            memcpy(out->message, link.message, sizeof(out->message));
        }
    }
}

void
store_health(struct store *store, struct store_health *out)
{
    struct writer_health writer;

    writer_health(store->writer, &writer);
    *out = (struct store_health){
        .working = !writer.failing,
        .persistent = parts_persistent(store),
        .fault = db_fault_name(writer.fault),
        .commits = writer.commits,
        .units = writer.units,
        .lost = writer.lost,
        .failures = writer.failures,
        .waiting_bytes = writer.waiting_bytes,
        .evicted = atomic_load_explicit(&store->evicted, memory_order_relaxed),
        .archived =
            atomic_load_explicit(&store->archived, memory_order_relaxed),
        .expired = atomic_load_explicit(&store->expired, memory_order_relaxed),
        .degraded =
            atomic_load_explicit(&store->degraded, memory_order_relaxed),
        .journal_seq =
            atomic_load_explicit(&store->journal_seq, memory_order_relaxed),
    };
    memcpy(out->message, writer.message, sizeof(out->message));
    session_cache_totals(store->sessions, &out->hot_sessions, &out->hot_bytes);
    if (store->link != NULL) {
        add_link_health(store, out);
    }
}

struct digest
store_digest(const struct store *store, struct text text)
{
    return store->options.journal_key.len > 0
               ? digest_keyed(store->options.journal_key, text)
               : digest_of(text);
}

const char *
store_library(void)
{
    return db_library();
}

const char *
store_redis_library(void)
{
    return redis_link_library();
}
