#include "sidecar/tools/rescore_pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { AHEAD = 4 /* batches for each thread, so that none waits */ };

enum state { EMPTY, READ, TAKEN, JUDGED };

struct slot {
    struct rescore_batch *batch;
    enum state state; /* under the lock */
};

struct pipeline {
    const struct rescore_work *work;
    struct rescore_input *input;
    struct slot *slots; /* [slot_count] a ring */
    size_t slot_count;
    void **workers; /* [jobs] */
    size_t jobs;
    /* Of the caller's thread alone: batches read and written, ever. */
    size_t read, written;
    bool ended; /* there is nothing more to read */

    pthread_mutex_t lock;
    pthread_cond_t to_judge; /* a batch was read, or all is over */
    pthread_cond_t judged;
    size_t taken; /* batches, ever: the next one to judge */
    size_t ready; /* batches, ever, that may be taken */
    bool over;    /* the threads are to end */
    bool failed;
    struct err err; /* of the first failure */
};

/* What a thread is given. */
struct seat {
    struct pipeline *pipeline;
    void *worker;
    pthread_t thread;
    bool running;
};

size_t
rescore_pipeline_jobs(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors < 1                   ? 1
           : processors > RESCORE_JOBS_MOST ? RESCORE_JOBS_MOST
                                            : (size_t)processors;
}

/* Judges the batch at `index`, which is taken. Without the lock. */
static void
judge_slot(struct pipeline *p, void *worker, size_t index)
{
    struct slot *slot = &p->slots[index % p->slot_count];
    struct err err;

    const bool fine = p->work->judge(worker, slot->batch, &err);
    pthread_mutex_lock(&p->lock);
    slot->state = JUDGED;
    if (!fine && !p->failed) {
        p->failed = true;
        p->err = err;
    }
    pthread_cond_signal(&p->judged);
    pthread_mutex_unlock(&p->lock);
}

/* The next batch for whoever asks, with the lock. false: there is none now. */
static bool
take(struct pipeline *p, size_t *index)
{
    if (p->taken == p->ready) {
        return false;
    }
    *index = p->taken++;
    p->slots[*index % p->slot_count].state = TAKEN;
    return true;
}

static void *
work_thread(void *argument)
{
    struct seat *seat = argument;
    struct pipeline *p = seat->pipeline;
    size_t index;

    pthread_mutex_lock(&p->lock);
    while (!p->over) {
        if (!take(p, &index)) {
            pthread_cond_wait(&p->to_judge, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        judge_slot(p, seat->worker, index);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---------------------------------------------------------- the one thread
 */

static bool
read_batch(struct pipeline *p, struct err *err)
{
    struct slot *slot = &p->slots[p->read % p->slot_count];

    rescore_batch_reset(slot->batch);
    if (!rescore_input_next(p->input, slot->batch, err)) {
        p->ended = true;
        return err->kind == ERR_NONE;
    }
    p->read++;
    pthread_mutex_lock(&p->lock);
    slot->state = READ;
    p->ready = p->read;
    pthread_cond_signal(&p->to_judge);
    pthread_mutex_unlock(&p->lock);
    return true;
}

static bool
write_batch(struct pipeline *p, struct err *err)
{
    struct slot *slot = &p->slots[p->written % p->slot_count];

    if (!p->work->write(p->work->context, slot->batch, err)) {
        return false;
    }
    p->written++;
    slot->state = EMPTY; // no other thread looks at it before it is READ
    return true;
}

/*
 * Looks for what can be done: writing first, since it makes room, then
 * reading, since it feeds the others, then judging. Waits where all is under
 * way elsewhere. false: err says why.
 */
static bool
step(struct pipeline *p, struct err *err)
{
    size_t index = 0;
    bool mine = false;

    pthread_mutex_lock(&p->lock);
    const bool may_read = !p->ended && p->read - p->written < p->slot_count;
    const struct slot *oldest = &p->slots[p->written % p->slot_count];
    while (!p->failed && oldest->state != JUDGED && !may_read &&
           !(mine = take(p, &index))) {
        pthread_cond_wait(&p->judged, &p->lock);
    }
    const bool failed = p->failed;
    const bool may_write = oldest->state == JUDGED;
    pthread_mutex_unlock(&p->lock);
    if (failed) {
        *err = p->err;
        return false;
    }
    if (mine) {
        judge_slot(p, p->workers[0], index);
        return true;
    }
    return may_write ? write_batch(p, err) : read_batch(p, err);
}

static bool
run(struct pipeline *p, struct err *err)
{
    while (!p->ended || p->written < p->read) {
        if (!step(p, err)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------- beginning and end
 */

static void
stop_threads(struct pipeline *p, struct seat *seats)
{
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_cond_broadcast(&p->to_judge);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 1; i < p->jobs; i++) {
        if (seats[i].running) {
            pthread_join(seats[i].thread, NULL);
        }
    }
}

static bool
start_threads(struct pipeline *p, struct seat *seats, struct err *err)
{
    for (size_t i = 1; i < p->jobs; i++) {
        seats[i] = (struct seat){.pipeline = p, .worker = p->workers[i]};
        if (pthread_create(&seats[i].thread, NULL, work_thread, &seats[i]) !=
            0) {
            err_set(err, ERR_INTERNAL, "thread %zu of %zu cannot be started",
                    i + 1, p->jobs);
            return false;
        }
        seats[i].running = true;
    }
    return true;
}

static void
clear(struct pipeline *p)
{
    for (size_t i = 0; p->slots != NULL && i < p->slot_count; i++) {
        rescore_batch_free(p->slots[i].batch);
    }
    for (size_t i = 0; p->workers != NULL && i < p->jobs; i++) {
        if (p->workers[i] != NULL) {
            p->work->close(p->work->context, p->workers[i]);
        }
    }
    free(p->slots);
    free(p->workers);
}

static bool
prepare(struct pipeline *p, struct err *err)
{
    p->slots = calloc(p->slot_count, sizeof(*p->slots));
    p->workers = calloc(p->jobs, sizeof(*p->workers));
    if (p->slots == NULL || p->workers == NULL) {
        err_memory(err, "the threads");
        return false;
    }
    for (size_t i = 0; i < p->slot_count; i++) {
        p->slots[i].batch = rescore_batch_new();
        if (p->slots[i].batch == NULL) {
            err_memory(err, "batches");
            return false;
        }
    }
    for (size_t i = 0; i < p->jobs; i++) {
        p->workers[i] = p->work->open(p->work->context, err);
        if (p->workers[i] == NULL) {
            return false;
        }
    }
    return true;
}

bool
rescore_pipeline_run(struct rescore_input *input,
                     const struct rescore_work *work, size_t jobs,
                     struct err *err)
{
    struct pipeline p = {.work = work,
                         .input = input,
                         .jobs = jobs,
                         .slot_count = jobs == 1 ? 1 : AHEAD * jobs};
    struct seat *seats = calloc(jobs, sizeof(*seats));
    bool fine = false;

    pthread_mutex_init(&p.lock, NULL);
    pthread_cond_init(&p.to_judge, NULL);
    pthread_cond_init(&p.judged, NULL);
    if (seats == NULL) {
        err_memory(err, "the threads");
    } else if (prepare(&p, err)) {
        fine = start_threads(&p, seats, err) && run(&p, err);
        stop_threads(&p, seats);
    }
    clear(&p);
    free(seats);
    pthread_cond_destroy(&p.judged);
    pthread_cond_destroy(&p.to_judge);
    pthread_mutex_destroy(&p.lock);
    return fine;
}
