#include "sidecar/store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sidecar/base/log.h"
#include "sidecar/store/commit.h"

enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };

/* A caller that waits for its unit, on its own stack. */
struct waiter {
    struct waiter *next;
    uint64_t seq;
    bool decided, committed;
};

struct writer {
    struct writer_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all down to `waiters` */
    pthread_cond_t work;  /* for the thread */
    pthread_cond_t done;  /* for callers */
    struct buffer queue;  /* units that wait */
    size_t queued;        /* of them */
    size_t unit_at;       /* of the unit being written */
    uint64_t last_seq;    /* given to a unit */
    uint64_t settled_seq; /* this one and all before are decided */
    uint64_t first_ns;    /* when the oldest of the queue came */
    uint64_t retry_ns;    /* when to try again, while failing */
    int64_t tick_ms;
    bool ticked, stopping;
    struct writer_health health;
    struct waiter *waiters;
    /* The thread's own. */
    struct buffer batch; /* units being committed */
    size_t batch_units;
    uint64_t batch_seq; /* of the first of them */
    bool batch_done;    /* the last turn has committed it */
    bool more_work;     /* the hooks have more to do */
    long long pause_ms; /* after the next failure */
    /* The connection; a borrower's too, under its lock. */
    pthread_mutex_t db_lock;
    struct db *db; /* NULL: not open */
};

/* Not clock_ns(), which tests pin: waiting needs the real one. */
static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * MS_PER_S * NS_PER_MS + (uint64_t)now.tv_nsec;
}

static void
wait_until(struct writer *w, pthread_cond_t *condition, uint64_t ns)
{
    const struct timespec until = {
        .tv_sec = (time_t)(ns / ((uint64_t)MS_PER_S * NS_PER_MS)),
        .tv_nsec = (long)(ns % ((uint64_t)MS_PER_S * NS_PER_MS))};

    (void)pthread_cond_timedwait(condition, &w->lock, &until);
}

static bool
in_memory(const struct writer *w)
{
    return strcmp(w->options.db.path, DB_IN_MEMORY) == 0;
}

/* ---- the connection ------------------------------------------------------ */

static bool
open_db(struct writer *w, enum db_fault *fault, struct err *err)
{
    const struct writer_hooks *hooks = &w->options.hooks;

    w->db = db_open(&w->options.db, fault, err);
    if (w->db != NULL && hooks->opened != NULL &&
        !hooks->opened(hooks->context, w->db, err)) {
        *fault = db_fault(w->db);
        db_close(w->db);
        w->db = NULL;
    }
    return w->db != NULL;
}

/* Would the same file work later, without anybody's doing? */
static bool
may_pass(enum db_fault fault)
{
    return fault == DB_FULL || fault == DB_IO || fault == DB_BUSY ||
           fault == DB_READ_ONLY;
}

/* ---- the thread's turns -------------------------------------------------- */

static void
decide_waiters(struct writer *w, uint64_t from, uint64_t to, bool committed)
{
    for (struct waiter *waiter = w->waiters; waiter != NULL;
         waiter = waiter->next) {
        if (waiter->seq >= from && waiter->seq <= to && !waiter->decided) {
            waiter->decided = true;
            waiter->committed = committed;
        }
    }
}

/* A unit that will never be written; its waiter is told. */
static void
on_given_up(void *context, uint64_t seq, const struct err *why)
{
    struct writer *w = context;

    log_event(LOG_ERROR, "store_record", "unit=%llu error=%s",
              (unsigned long long)seq, why->message);
    pthread_mutex_lock(&w->lock);
    w->health.lost++;
    decide_waiters(w, seq, seq, false);
    pthread_mutex_unlock(&w->lock);
}

/* One turn of the thread with the connection: the batch, then other work. */
static bool
turn(struct writer *w, const struct writer_beat *beat, enum db_fault *fault,
     struct err *err)
{
    const struct writer_hooks *hooks = &w->options.hooks;

    w->batch_done = false;
    if (w->db == NULL && !open_db(w, fault, err)) {
        return false;
    }
    const struct commit commit = {.db = w->db,
                                  .units = &w->batch,
                                  .seq = w->batch_seq,
                                  .hooks = hooks,
                                  .given_up = on_given_up,
                                  .context = w};
    bool done = w->batch.len == 0 || commit_batch(&commit, err);
    w->batch_done = done;
    if (done && hooks->work != NULL) {
        w->more_work = false;
        done = hooks->work(hooks->context, w->db, beat, &w->more_work, err);
    }
    if (!done) {
        *fault = db_fault(w->db);
        // A handle on a file that failed may never work again.
        if (!in_memory(w) && *fault != DB_FULL && *fault != DB_BUSY) {
            db_close(w->db);
            w->db = NULL;
        }
    }
    return done;
}

/* ---- the thread ---------------------------------------------------------- */

static bool
commit_is_due(const struct writer *w)
{
    return w->waiters != NULL || w->stopping || w->queued >= w->options.batch ||
           w->queue.len > w->options.queue_bytes / 2;
}

/* Until there is something to do, the lock held. */
static void
wait_for_work(struct writer *w)
{
    const uint64_t window = (uint64_t)w->options.window_ms * NS_PER_MS;

    for (;;) {
        const uint64_t now = now_ns();
        if (w->health.failing) {
            if (w->stopping || now >= w->retry_ns) {
                return;
            }
            wait_until(w, &w->work, w->retry_ns);
        } else if (w->ticked || w->more_work || w->batch.len > 0 ||
                   w->stopping) {
            return;
        } else if (w->queued == 0) {
            pthread_cond_wait(&w->work, &w->lock);
        } else if (commit_is_due(w) || now >= w->first_ns + window) {
            return;
        } else {
            wait_until(w, &w->work, w->first_ns + window);
        }
    }
}

/* What waits becomes the batch, unless one is there that failed. */
static void
take_batch(struct writer *w)
{
    if (w->batch.len > 0 || w->queued == 0) {
        return;
    }
    const struct buffer empty = w->batch;

    w->batch = w->queue;
    w->queue = empty;
    w->batch_units = w->queued;
    w->batch_seq = w->last_seq - w->queued + 1;
    w->queued = 0;
}

static void
note_batch(struct writer *w)
{
    if (w->batch.len > 0) {
        w->settled_seq = w->batch_seq + w->batch_units - 1;
        w->health.units += w->batch_units;
        w->health.commits++;
        decide_waiters(w, w->batch_seq, w->settled_seq, true);
        buffer_reset(&w->batch);
    }
}

static void
note_success(struct writer *w)
{
    if (w->health.failing) {
        log_event(LOG_INFO, "store_back", "lost=%llu",
                  (unsigned long long)w->health.lost);
    }
    w->health.failing = false;
    w->pause_ms = w->options.retry_ms;
}

static void
note_failure(struct writer *w, enum db_fault fault, const struct err *err)
{
    if (!w->health.failing || fault != w->health.fault) {
        log_event(LOG_ERROR, "store_failed", "fault=%s keep=%d error=%s",
                  db_fault_name(fault), w->options.keep, err->message);
    }
    w->health.failing = true;
    w->health.failures++;
    w->health.fault = fault;
    memcpy(w->health.message, err->message, sizeof(w->health.message));
    decide_waiters(w, 0, UINT64_MAX, false);
    if (!w->options.keep) {
        // Whoever waited is refused, so none of it may come to be.
        w->health.lost += w->batch_units * (w->batch.len > 0) + w->queued;
        w->settled_seq = w->last_seq;
        w->queued = 0;
        buffer_reset(&w->queue);
        buffer_reset(&w->batch);
    }
    w->retry_ns = now_ns() + (uint64_t)w->pause_ms * NS_PER_MS;
    w->pause_ms = w->pause_ms > w->options.retry_max_ms / 2
                      ? w->options.retry_max_ms
                      : w->pause_ms * 2;
}

static void *
run(void *context)
{
    struct writer *w = context;
    bool last = false;

    pthread_mutex_lock(&w->lock);
    while (!last) {
        struct err err;
        enum db_fault fault = DB_NONE;
        wait_for_work(w);
        take_batch(w);
        const struct writer_beat beat = {w->ticked, w->tick_ms, w->health.lost};
        last = w->stopping && (w->queued == 0 || w->health.failing);
        w->ticked = false;
        pthread_mutex_unlock(&w->lock);
        pthread_mutex_lock(&w->db_lock);
        const bool done = turn(w, &beat, &fault, &err);
        pthread_mutex_unlock(&w->db_lock);
        pthread_mutex_lock(&w->lock);
        if (w->batch_done) {
            note_batch(w);
        }
        if (done) {
            note_success(w);
        } else {
            note_failure(w, fault, &err);
        }
        pthread_cond_broadcast(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- for callers --------------------------------------------------------- */

static bool
start(struct writer *w, enum db_fault *fault, struct err *err)
{
    if (!open_db(w, fault, err)) {
        if (!w->options.keep || !may_pass(*fault)) {
            return false;
        }
        note_failure(w, *fault, err);
    }
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        err_set(err, ERR_INTERNAL, "the store's thread could not start");
        db_close(w->db);
        return false;
    }
    return true;
}

struct writer *
writer_new(const struct writer_options *options, enum db_fault *fault,
           struct err *err)
{
    struct writer *w = calloc(1, sizeof(*w));
    pthread_condattr_t monotonic;

    *fault = DB_MEMORY;
    if (w == NULL) {
        err_memory(err, "the store's writer");
        return NULL;
    }
    w->options = *options;
    w->pause_ms = options->retry_ms;
    buffer_init(&w->queue, options->queue_bytes);
    buffer_init(&w->batch, options->queue_bytes);
    pthread_mutex_init(&w->lock, NULL);
    pthread_mutex_init(&w->db_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_cond_init(&w->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!start(w, fault, err)) {
        free(w);
        return NULL;
    }
    return w;
}

void
writer_free(struct writer *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    if (w->db != NULL && w->options.hooks.closing != NULL) {
        w->options.hooks.closing(w->options.hooks.context, w->db);
    }
    db_close(w->db);
    buffer_clear(&w->queue);
    buffer_clear(&w->batch);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->db_lock);
    free(w);
}

static void
say_failing(const struct writer *w, struct err *err)
{
    err_set(err, ERR_INTERNAL, "the store does not work: %s",
            w->health.message);
}

static bool
is_full(const struct writer *w)
{
    return w->queue.len > w->options.queue_bytes / 4 * 3;
}

/* A full queue holds its callers up for a moment, then it is full. */
static bool
wait_for_room(struct writer *w, struct err *err)
{
    const uint64_t until =
        now_ns() + (uint64_t)w->options.patience_ms * NS_PER_MS;

    while (is_full(w) && !w->health.failing && now_ns() < until) {
        pthread_cond_signal(&w->work);
        wait_until(w, &w->done, until);
    }
    if (w->health.failing && !w->options.keep) {
        say_failing(w, err);
        return false;
    }
    return true;
}

struct buffer *
writer_begin(struct writer *w, struct err *err)
{
    const struct commit_unit head = {0, 0};

    pthread_mutex_lock(&w->lock);
    if (!wait_for_room(w, err)) {
        w->health.lost++;
        pthread_mutex_unlock(&w->lock);
        return NULL;
    }
    w->unit_at = w->queue.len;
    buffer_add(&w->queue, &head, sizeof(head));
    return &w->queue;
}

size_t
writer_open_record(struct buffer *unit, unsigned kind)
{
    const struct commit_record head = {0, kind};
    const size_t at = unit->len;

    buffer_add(unit, &head, sizeof(head));
    return at;
}

void
writer_close_record(struct buffer *unit, size_t record)
{
    if (!unit->failed) {
        const uint32_t bytes =
            (uint32_t)(unit->len - record - sizeof(struct commit_record));
        memcpy(unit->at + record, &bytes, sizeof(bytes));
    }
}

/* Waits, the lock held, until the unit is decided. */
static bool
wait_for_unit(struct writer *w, uint64_t seq, struct err *err)
{
    struct waiter self = {.seq = seq, .next = w->waiters};

    w->waiters = &self;
    pthread_cond_signal(&w->work);
    while (!self.decided && !w->health.failing) {
        pthread_cond_wait(&w->done, &w->lock);
    }
    for (struct waiter **at = &w->waiters; *at != NULL; at = &(*at)->next) {
        if (*at == &self) {
            *at = self.next;
            break;
        }
    }
    if (!self.committed) {
        if (w->health.failing) {
            say_failing(w, err);
        } else {
            err_set(err, ERR_INTERNAL, "the store could not take the record");
        }
    }
    return self.committed;
}

bool
writer_end(struct writer *w, bool wait, uint64_t *seq, struct err *err)
{
    bool done = true;

    if (w->queue.failed) {
        w->queue.failed = false;
        w->queue.len = w->unit_at;
        w->health.lost++;
        *seq = WRITER_SEQ_NONE;
        err_set(err, ERR_INTERNAL, "the store's queue is full (%zu bytes)",
                w->options.queue_bytes);
        done = false;
    } else {
        const uint32_t bytes =
            (uint32_t)(w->queue.len - w->unit_at - sizeof(struct commit_unit));
        memcpy(w->queue.at + w->unit_at, &bytes, sizeof(bytes));
        *seq = ++w->last_seq;
        if (w->queued++ == 0) {
            w->first_ns = now_ns();
            pthread_cond_signal(&w->work);
        } else if (w->queued == w->options.batch) {
            pthread_cond_signal(&w->work);
        }
        done = !wait || wait_for_unit(w, *seq, err);
    }
    pthread_mutex_unlock(&w->lock);
    return done;
}

bool
writer_flush(struct writer *w, uint64_t seq)
{
    struct err ignored;

    pthread_mutex_lock(&w->lock);
    if (seq == WRITER_SEQ_ALL) {
        seq = w->last_seq;
    }
    if (seq > w->settled_seq && !w->health.failing) {
        (void)wait_for_unit(w, seq, &ignored);
    }
    const bool settled = seq <= w->settled_seq;
    pthread_mutex_unlock(&w->lock);
    return settled;
}

bool
writer_settled(struct writer *w, uint64_t seq)
{
    pthread_mutex_lock(&w->lock);
    const bool settled = seq <= w->settled_seq;
    pthread_mutex_unlock(&w->lock);
    return settled;
}

void
writer_tick(struct writer *w, int64_t now_ms)
{
    pthread_mutex_lock(&w->lock);
    w->ticked = true;
    w->tick_ms = now_ms;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

bool
writer_has_room(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    const bool has = w->health.failing || !is_full(w);
    pthread_mutex_unlock(&w->lock);
    return has;
}

bool
writer_working(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    const bool working = !w->health.failing;
    pthread_mutex_unlock(&w->lock);
    return working;
}

void
writer_health(struct writer *w, struct writer_health *out)
{
    pthread_mutex_lock(&w->lock);
    *out = w->health;
    out->waiting_bytes = w->queue.len;
    pthread_mutex_unlock(&w->lock);
}

struct db *
writer_borrow(struct writer *w)
{
    pthread_mutex_lock(&w->db_lock);
    return w->db;
}

void
writer_return(struct writer *w)
{
    pthread_mutex_unlock(&w->db_lock);
}
