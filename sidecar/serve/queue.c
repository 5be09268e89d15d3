#include "sidecar/serve/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* RELIABILITY: one connection holds at most 25 % of the queue. */
enum { SHARES = 4 };

struct queue {
    pthread_mutex_t lock; /* guards everything below, and the sources */
    pthread_cond_t work;
    /* Sources that have entries, in the order of their turns. */
    struct queue_source *first, *last;
    size_t count, bytes;
    size_t count_limit, bytes_limit;
    size_t peak;
    unsigned waiting; /* threads in queue_pop; none: no signal needed */
    bool closed;
};

struct queue *
queue_new(size_t count, size_t bytes)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (queue != NULL) {
        pthread_mutex_init(&queue->lock, NULL);
        pthread_cond_init(&queue->work, NULL);
        queue->count_limit = count;
        queue->bytes_limit = bytes;
    }
    return queue;
}

void
queue_free(struct queue *queue)
{
    if (queue == NULL) {
        return;
    }
    assert(queue->count == 0);
    pthread_cond_destroy(&queue->work);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static bool
has_room(const struct queue *queue, const struct queue_source *source,
         size_t bytes)
{
    if (queue->closed || queue->count >= queue->count_limit ||
        bytes > queue->bytes_limit - queue->bytes) {
        return false;
    }
    return source->count == 0 ||
           (source->count < queue->count_limit / SHARES &&
            source->bytes <= queue->bytes_limit / SHARES &&
            bytes <= queue->bytes_limit / SHARES - source->bytes);
}

/* The source's turn comes after all others'. */
static void
line_up(struct queue *queue, struct queue_source *source)
{
    source->next = NULL;
    if (queue->last == NULL) {
        queue->first = source;
    } else {
        queue->last->next = source;
    }
    queue->last = source;
}

static void
append(struct queue *queue, struct queue_source *source,
       struct queue_entry *entry)
{
    entry->next = NULL;
    if (source->count == 0) {
        source->first = entry;
        line_up(queue, source);
    } else {
        source->last->next = entry;
    }
    source->last = entry;
    source->count++;
    source->bytes += entry->bytes;
    queue->count++;
    queue->bytes += entry->bytes;
    if (queue->count > queue->peak) {
        queue->peak = queue->count;
    }
}

bool
queue_push(struct queue *queue, struct queue_source *source,
           struct queue_entry *entry)
{
    pthread_mutex_lock(&queue->lock);
    const bool taken = has_room(queue, source, entry->bytes);
    if (taken) {
        append(queue, source, entry);
    }
    const bool wake = taken && queue->waiting > 0;
    pthread_mutex_unlock(&queue->lock);
    if (wake) {
        pthread_cond_signal(&queue->work);
    }
    return taken;
}

static struct queue_entry *
take_first(struct queue *queue)
{
    struct queue_source *source = queue->first;
    struct queue_entry *entry = source->first;

    queue->first = source->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    source->first = entry->next;
    source->count--;
    source->bytes -= entry->bytes;
    queue->count--;
    queue->bytes -= entry->bytes;
    if (source->count > 0) {
        line_up(queue, source);
    }
    return entry;
}

void *
queue_pop(struct queue *queue)
{
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed) {
        queue->waiting++;
        pthread_cond_wait(&queue->work, &queue->lock);
        queue->waiting--;
    }
    if (queue->count > 0) {
        item = take_first(queue)->item;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void
queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->work);
}

void
queue_depth(struct queue *queue, struct queue_depth *out)
{
    pthread_mutex_lock(&queue->lock);
    *out = (struct queue_depth){queue->count, queue->bytes, queue->peak};
    pthread_mutex_unlock(&queue->lock);
}
