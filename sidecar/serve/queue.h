/*
 * Work waiting for a thread: bounded in count and bytes, and fair. Sources
 * (connections) take turns, one entry each, and none may hold more than a
 * quarter of the queue, so that one that floods delays only itself.
 *
 * Entries and sources are memory of their owners and are linked in place: the
 * queue allocates nothing after queue_new. Any thread.
 */
#ifndef SIDECAR_SERVE_QUEUE_H
#define SIDECAR_SERVE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

/* One piece of work. The owner fills `item` and `bytes`. */
struct queue_entry {
    void *item;
    size_t bytes; /* what it weighs against the limit */
    struct queue_entry *next;
};

/*
 * Where work comes from; all zero at first. Lives until its last entry has
 * been popped, and belongs to one queue. Nothing in it is for the owner.
 */
struct queue_source {
    struct queue_entry *first, *last;
    struct queue_source *next;
    size_t count, bytes;
};

struct queue_depth {
    size_t count, bytes; /* waiting now */
    size_t peak;         /* most that ever waited */
};

/* At most `count` entries of together `bytes`. NULL: out of memory. */
struct queue *queue_new(size_t count, size_t bytes);

/* Empty, and no thread inside. */
void queue_free(struct queue *queue);

/*
 * Puts the entry behind the others of its source. False, at once: there is no
 * room, in the queue or in the source's quarter of it, or it is closed. One
 * entry of a source always passes the quarter.
 */
bool queue_push(struct queue *queue, struct queue_source *source,
                struct queue_entry *entry);

/* The next source's oldest item; waits for one. NULL: closed and empty. */
void *queue_pop(struct queue *queue);

/* No more pushes; waiting threads get what is left, then NULL. */
void queue_close(struct queue *queue);

void queue_depth(struct queue *queue, struct queue_depth *out);

#endif
