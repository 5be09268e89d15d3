#include "sidecar/store/redis_queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    SCRIPTS = 4,
    BULK_BYTES = 32,           /* around an argument, at most */
    PING = REDIS_QUEUE_FLIGHT, /* in the place of a slot */
    RING = REDIS_QUEUE_FLIGHT + 1
};

#define NS_PER_S INT64_C(1000000000)

/* A caller's place while its request is under way. */
struct slot {
    enum {
        SLOT_FREE,
        SLOT_WAITS,
        SLOT_LEFT, /* the caller is gone, the reply is still to come */
        SLOT_DONE
    } state;
    bool writes;
    enum redis_fault fault;
    struct redis_reply *reply;
    pthread_cond_t done;
};

/* What was sent, in the order of sending. */
struct flight {
    size_t slot;
    int64_t since_ns;
};

struct redis_queue {
    pthread_mutex_t lock;
    pthread_cond_t decided; /* `tried` is set */
    struct buffer out;
    struct slot slots[REDIS_QUEUE_FLIGHT];
    size_t spare[REDIS_QUEUE_FLIGHT]; /* [spare_count], free slots */
    size_t spare_count;
    struct flight ring[RING]; /* [count] from first on */
    size_t first, count;
    bool pinging;
    bool open, tried;
    bool failing;
    struct redis_health health; /* without flight and message */
    char sha[SCRIPTS][REDIS_QUEUE_SHA + 1];
    const char *const *scripts;
    size_t script_count;
    int64_t deadline_ns;
    void (*wake)(void *context);
    void *context;
};

struct redis_queue *
redis_queue_new(const char *const *scripts, size_t count, int64_t deadline_ns,
                size_t limit, void (*wake)(void *context), void *context)
{
    struct redis_queue *queue = calloc(1, sizeof(*queue));
    pthread_condattr_t monotonic;

    assert(count <= SCRIPTS);
    if (queue == NULL) {
        return NULL;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->decided, &monotonic);
    for (size_t i = 0; i < REDIS_QUEUE_FLIGHT; i++) {
        pthread_cond_init(&queue->slots[i].done, &monotonic);
        queue->spare[queue->spare_count++] = i;
    }
    pthread_condattr_destroy(&monotonic);
    buffer_init(&queue->out, limit);
    queue->scripts = scripts;
    queue->script_count = count;
    queue->deadline_ns = deadline_ns;
    queue->wake = wake;
    queue->context = context;
    queue->failing = true;
    queue->health.fault = REDIS_FAULT_AWAY;
    return queue;
}

void
redis_queue_free(struct redis_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    assert(queue->count == 0);
    for (size_t i = 0; i < REDIS_QUEUE_FLIGHT; i++) {
        pthread_cond_destroy(&queue->slots[i].done);
    }
    pthread_cond_destroy(&queue->decided);
    pthread_mutex_destroy(&queue->lock);
    buffer_clear(&queue->out);
    free(queue);
}

static struct timespec
timespec_of(int64_t ns)
{
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

int64_t
redis_queue_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- how it goes, the queue locked --------------------------------------- */

static void
note(struct redis_queue *queue, enum redis_fault fault, bool wrote)
{
    if (fault != REDIS_FAULT_NONE) {
        queue->health.failures++;
        queue->health.fault = fault;
        // One key that is not ours says nothing of the others.
        queue->failing = queue->failing || fault != REDIS_FAULT_TYPE;
        return;
    }
    // That it can be read from proves nothing where writing failed.
    if (wrote || (queue->health.fault != REDIS_FAULT_FULL &&
                  queue->health.fault != REDIS_FAULT_READ_ONLY)) {
        queue->failing = false;
    }
}

static void
free_slot(struct redis_queue *queue, size_t index)
{
    queue->slots[index].state = SLOT_FREE;
    queue->slots[index].reply = NULL;
    queue->spare[queue->spare_count++] = index;
}

static void
push(struct redis_queue *queue, size_t slot, int64_t now_ns)
{
    assert(queue->count < RING);
    queue->ring[(queue->first + queue->count) % RING] =
        (struct flight){slot, now_ns};
    queue->count++;
}

static size_t
pop(struct redis_queue *queue)
{
    const size_t slot = queue->ring[queue->first].slot;

    queue->first = (queue->first + 1) % RING;
    queue->count--;
    return slot;
}

/* ---- callers ------------------------------------------------------------- */

static void
put_bulk(struct buffer *out, struct text bytes)
{
    buffer_format(out, "$%zu\r\n", bytes.len);
    buffer_add_text(out, bytes);
    buffer_add(out, "\r\n", 2);
}

/* An array of bulk strings, as every request is. */
static void
put_call(struct redis_queue *queue, const struct redis_call *call, bool whole)
{
    struct buffer *out = &queue->out;

    buffer_format(out, "*%zu\r\n", 4 + call->count);
    if (whole) {
        put_bulk(out, TEXT("EVAL"));
        put_bulk(out, text_of(queue->scripts[call->script]));
    } else {
        put_bulk(out, TEXT("EVALSHA"));
        put_bulk(out, text_of(queue->sha[call->script]));
    }
    put_bulk(out, TEXT("1")); // keys that follow
    put_bulk(out, call->key);
    for (size_t i = 0; i < call->count; i++) {
        put_bulk(out, call->args[i]);
    }
}

static size_t
size_of(const struct redis_queue *queue, const struct redis_call *call)
{
    size_t bytes = strlen(queue->scripts[call->script]) + call->key.len +
                   (5 + call->count) * BULK_BYTES + REDIS_QUEUE_SHA;

    for (size_t i = 0; i < call->count; i++) {
        bytes += call->args[i].len;
    }
    return bytes;
}

/* Why a request cannot be taken now. */
static enum redis_fault
refusal(const struct redis_queue *queue, const struct redis_call *call,
        int64_t now_ns)
{
    if (!queue->open) {
        // What it was that closed it.
        return queue->health.fault;
    }
    if (queue->count > 0 &&
        now_ns - queue->ring[queue->first].since_ns > queue->deadline_ns) {
        return REDIS_FAULT_SLOW;
    }
    return queue->spare_count == 0 ||
                   size_of(queue, call) > queue->out.limit - queue->out.len
               ? REDIS_FAULT_CROWDED
               : REDIS_FAULT_NONE;
}

/* Waits for the slot's reply. */
static enum redis_fault
await(struct redis_queue *queue, size_t index, int64_t until_ns,
      struct redis_reply **reply)
{
    const struct timespec until = timespec_of(until_ns);
    struct slot *slot = &queue->slots[index];
    int waited = 0;

    while (slot->state == SLOT_WAITS && waited == 0) {
        waited = pthread_cond_timedwait(&slot->done, &queue->lock, &until);
    }
    if (slot->state == SLOT_WAITS) {
        slot->state = SLOT_LEFT;
        queue->health.late++;
        note(queue, REDIS_FAULT_SLOW, slot->writes);
        return REDIS_FAULT_SLOW;
    }
    const enum redis_fault fault = slot->fault;
    *reply = slot->reply;
    free_slot(queue, index);
    return fault;
}

enum redis_fault
redis_queue_call(struct redis_queue *queue, const struct redis_call *call,
                 bool whole, int64_t until_ns, struct redis_reply **reply)
{
    const int64_t now_ns = redis_queue_now();

    assert(call->script < queue->script_count &&
           call->count <= REDIS_QUEUE_ARGS);
    *reply = NULL;
    pthread_mutex_lock(&queue->lock);
    queue->health.requests++;
    enum redis_fault fault = refusal(queue, call, now_ns);
    if (fault == REDIS_FAULT_NONE) {
        put_call(queue, call, whole);
        if (queue->out.failed) {
            // Half a request would shift every reply: nothing of it goes out.
            fault = REDIS_FAULT_MEMORY;
            queue->open = false;
        }
    }
    if (fault != REDIS_FAULT_NONE) {
        note(queue, fault, false);
    } else {
        const size_t index = queue->spare[--queue->spare_count];
        struct slot *slot = &queue->slots[index];
        slot->state = SLOT_WAITS;
        slot->writes = call->writes;
        slot->fault = REDIS_FAULT_NONE;
        push(queue, index, now_ns);
        queue->wake(queue->context);
        fault = await(queue, index, until_ns, reply);
    }
    pthread_mutex_unlock(&queue->lock);
    return fault;
}

void
redis_queue_note(struct redis_queue *queue, enum redis_fault fault)
{
    pthread_mutex_lock(&queue->lock);
    note(queue, fault, false);
    pthread_mutex_unlock(&queue->lock);
}

bool
redis_queue_wait(struct redis_queue *queue, int64_t until_ns)
{
    const struct timespec until = timespec_of(until_ns);
    int waited = 0;

    pthread_mutex_lock(&queue->lock);
    while (!queue->tried && waited == 0) {
        waited = pthread_cond_timedwait(&queue->decided, &queue->lock, &until);
    }
    const bool open = queue->open;
    pthread_mutex_unlock(&queue->lock);
    return open;
}

void
redis_queue_health(struct redis_queue *queue, struct redis_health *out)
{
    pthread_mutex_lock(&queue->lock);
    *out = queue->health;
    out->working = queue->open && !queue->failing;
    out->flight = queue->count - queue->pinging;
    pthread_mutex_unlock(&queue->lock);
    out->message[0] = '\0';
}

/* ---- the connection's thread --------------------------------------------- */

static void
decide(struct redis_queue *queue)
{
    queue->tried = true;
    pthread_cond_broadcast(&queue->decided);
}

void
redis_queue_open(struct redis_queue *queue, char (*sha)[REDIS_QUEUE_SHA + 1])
{
    pthread_mutex_lock(&queue->lock);
    memcpy(queue->sha, sha, queue->script_count * sizeof(*sha));
    queue->open = true;
    queue->health.connects++;
    note(queue, REDIS_FAULT_NONE, false);
    decide(queue);
    pthread_mutex_unlock(&queue->lock);
}

void
redis_queue_close(struct redis_queue *queue, enum redis_fault fault)
{
    pthread_mutex_lock(&queue->lock);
    queue->open = false;
    queue->failing = true;
    queue->pinging = false;
    note(queue, fault, false);
    while (queue->count > 0) {
        const size_t index = pop(queue);
        struct slot *slot = index == PING ? NULL : &queue->slots[index];
        if (slot != NULL && slot->state == SLOT_LEFT) {
            free_slot(queue, index);
        } else if (slot != NULL) {
            slot->state = SLOT_DONE;
            slot->fault = fault;
            pthread_cond_signal(&slot->done);
        }
    }
    buffer_reset(&queue->out);
    decide(queue);
    pthread_mutex_unlock(&queue->lock);
}

int64_t
redis_queue_take(struct redis_queue *queue, struct buffer *bytes, bool ping)
{
    pthread_mutex_lock(&queue->lock);
    if (ping && queue->open && !queue->pinging) {
        buffer_add_text(&queue->out, TEXT("*1\r\n$4\r\nPING\r\n"));
        push(queue, PING, redis_queue_now());
        queue->pinging = true;
    }
    if (bytes->len == 0) {
        const struct buffer taken = queue->out;
        queue->out = *bytes;
        *bytes = taken;
    }
    const int64_t since =
        queue->count > 0 ? queue->ring[queue->first].since_ns : 0;
    pthread_mutex_unlock(&queue->lock);
    return since;
}

/* The kind of failure that a reply tells of. */
static enum redis_fault
fault_in(const struct redis_reply *reply)
{
    return reply->type == REDIS_ERROR
               ? redis_fault_of((struct text){reply->bytes, reply->len})
               : REDIS_FAULT_NONE;
}

enum redis_fault
redis_queue_deliver(struct redis_queue *queue, struct redis_reply *reply)
{
    const enum redis_fault fault = fault_in(reply);
    struct redis_reply *unwanted = reply;

    pthread_mutex_lock(&queue->lock);
    if (queue->count == 0) {
        pthread_mutex_unlock(&queue->lock);
        redis_reply_free(reply);
        return REDIS_FAULT_PROTOCOL; // nobody asked
    }
    const size_t index = pop(queue);
    struct slot *slot = index == PING ? NULL : &queue->slots[index];
    // A server that has lost its scripts is told them again.
    if (fault != REDIS_FAULT_NO_SCRIPT) {
        note(queue, fault, slot != NULL && slot->writes);
    }
    if (slot == NULL) {
        queue->pinging = false;
    } else if (slot->state == SLOT_LEFT) {
        free_slot(queue, index);
    } else {
        slot->state = SLOT_DONE;
        slot->fault = fault;
        slot->reply = fault == REDIS_FAULT_NONE ? reply : NULL;
        unwanted = fault == REDIS_FAULT_NONE ? NULL : reply;
        pthread_cond_signal(&slot->done);
    }
    pthread_mutex_unlock(&queue->lock);
    redis_reply_free(unwanted);
    return redis_fault_parts(fault) ? fault : REDIS_FAULT_NONE;
}
