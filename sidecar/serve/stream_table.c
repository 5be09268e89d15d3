#include "sidecar/serve/stream_table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sidecar/base/clock.h"
#include "sidecar/base/entropy.h"

/*
 * One lock for everything: it is held for a few pointers, never while a stream
 * works, is made or freed. Streams to be freed are chained and freed after it.
 */
enum {
    ID_BYTES = 16,
    OWNER_BUCKETS = 1024,
    TOMBS = 8192, /* ended streams that are remembered; 24 bytes each */
    NS_PER_S = 1000000000
};

_Static_assert(2 * ID_BYTES == REQUEST_STREAM_BYTES, "two digits for a byte");

/* A client with open streams. */
struct stream_owner {
    uint64_t client;
    size_t count;
    struct stream_entry *first;
    struct stream_owner *chain;
};

/* An id that was; which one stands here is decided by its own bits. */
struct tomb {
    unsigned char id[ID_BYTES];
    enum stream_table_answer how; /* STREAM_TABLE_TAKEN: nobody lies here */
};

struct stream_table {
    struct stream_table_limits limits;
    size_t bucket_count; /* a power of two */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t given; /* a stream was given back while somebody waited */
    size_t waiting;
    struct stream_entry **buckets;
    struct stream_owner *owners[OWNER_BUCKETS];
    struct stream_entry *oldest, *newest; /* by last use */
    struct stream_table_stats stats;
    struct tomb tombs[TOMBS];
};

/* --------------------------------------------------------------- life itself
 */

static bool
init_lock(struct stream_table *t)
{
    pthread_condattr_t steady;

    if (pthread_mutex_init(&t->lock, NULL) != 0 ||
        pthread_condattr_init(&steady) != 0) {
        return false;
    }
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    const bool made = pthread_cond_init(&t->given, &steady) == 0;
    pthread_condattr_destroy(&steady);
    return made;
}

struct stream_table *
stream_table_new(const struct stream_table_limits *limits)
{
    struct stream_table *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->limits = *limits;
    t->bucket_count = 64;
    while (t->bucket_count < limits->streams) {
        t->bucket_count *= 2;
    }
    t->buckets = calloc(t->bucket_count, sizeof(*t->buckets));
    if (t->buckets == NULL || !init_lock(t)) {
        free(t->buckets);
        free(t);
        return NULL;
    }
    return t;
}

/* A chain of entries by `chain`, without the lock. */
static void
free_entries(struct stream_entry *e)
{
    while (e != NULL) {
        struct stream_entry *next = e->chain;
        stream_free(e->stream);
        free(e);
        e = next;
    }
}

void
stream_table_free(struct stream_table *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->bucket_count; i++) {
        free_entries(t->buckets[i]);
    }
    for (size_t i = 0; i < OWNER_BUCKETS; i++) {
        for (struct stream_owner *o = t->owners[i], *next; o != NULL;
             o = next) {
            next = o->chain;
            free(o);
        }
    }
    free(t->buckets);
    pthread_cond_destroy(&t->given);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* ---------------------------------------------------------------------- ids */

/* The bytes are random, so any of them serve to tell buckets apart. */
static uint64_t
id_number(const unsigned char id[ID_BYTES])
{
    uint64_t number;

    memcpy(&number, id, sizeof(number));
    return number;
}

static int
hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static bool
id_parse(struct text text, unsigned char id[ID_BYTES])
{
    if (text.len != 2 * (size_t)ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < ID_BYTES; i++) {
        const int high = hex_value(text.at[2 * i]);
        const int low = hex_value(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        id[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void
id_write(const unsigned char id[ID_BYTES], char out[STREAM_TABLE_ID])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < ID_BYTES; i++) {
        out[2 * i] = digits[id[i] >> 4];
        out[2 * i + 1] = digits[id[i] & 15];
    }
    out[STREAM_TABLE_ID - 1] = '\0';
}

/* ------------------------------------------------- lists, all with the lock */

static struct stream_entry **
bucket_of(struct stream_table *t, const char id[STREAM_TABLE_ID])
{
    unsigned char bytes[ID_BYTES];

    const bool valid = id_parse(text_of(id), bytes);
    assert(valid);
    return &t->buckets[id_number(bytes) & (t->bucket_count - 1)];
}

static void
age_link(struct stream_table *t, struct stream_entry *e)
{
    e->older = t->newest;
    e->newer = NULL;
    *(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
    t->newest = e;
}

static void
age_unlink(struct stream_table *t, struct stream_entry *e)
{
    *(e->older != NULL ? &e->older->newer : &t->oldest) = e->newer;
    *(e->newer != NULL ? &e->newer->older : &t->newest) = e->older;
}

static struct stream_owner **
owner_place(struct stream_table *t, uint64_t client)
{
    struct stream_owner **at = &t->owners[client % OWNER_BUCKETS];

    while (*at != NULL && (*at)->client != client) {
        at = &(*at)->chain;
    }
    return at;
}

static void
owner_unlink(struct stream_table *t, struct stream_entry *e)
{
    struct stream_owner *o = e->owner;

    if (o == NULL) {
        return;
    }
    *(e->before != NULL ? &e->before->behind : &o->first) = e->behind;
    if (e->behind != NULL) {
        e->behind->before = e->before;
    }
    e->owner = NULL;
    if (--o->count == 0) {
        *owner_place(t, o->client) = o->chain;
        free(o);
    }
}

/* false: no memory, and then nothing has changed. */
static bool
owner_link(struct stream_table *t, struct stream_entry *e, uint64_t client)
{
    if (client == 0) {
        return true;
    }
    struct stream_owner **at = owner_place(t, client);
    if (*at == NULL) {
        struct stream_owner *made = calloc(1, sizeof(*made));
        if (made == NULL) {
            return false;
        }
        made->client = client;
        *at = made;
    }
    struct stream_owner *o = *at;
    owner_unlink(t, e);
    e->owner = o;
    e->before = NULL;
    e->behind = o->first;
    if (o->first != NULL) {
        o->first->before = e;
    }
    o->first = e;
    o->count++;
    return true;
}

/* Out of every list but that by age; the caller frees it after the lock. */
static void
forget(struct stream_table *t, struct stream_entry *e)
{
    struct stream_entry **at = bucket_of(t, e->id);

    while (*at != e) {
        at = &(*at)->chain;
    }
    *at = e->chain;
    e->chain = NULL;
    owner_unlink(t, e);
    t->stats.open--;
    t->stats.bytes -= e->bytes;
    t->stats.held -= e->held;
}

static void
bury(struct stream_table *t, const struct stream_entry *e, bool closed)
{
    unsigned char id[ID_BYTES];

    (void)id_parse(text_of(e->id), id);
    struct tomb *tomb = &t->tombs[id_number(id) % TOMBS];
    memcpy(tomb->id, id, sizeof(id));
    tomb->how = closed ? STREAM_TABLE_CLOSED : STREAM_TABLE_ABORTED;
}

/* ------------------------------------------------------------- putting it in
 */

/* With the lock. */
static bool
fits(const struct stream_table *t, size_t bytes)
{
    return t->stats.bytes <= t->limits.bytes &&
           bytes <= t->limits.bytes - t->stats.bytes;
}

/* With the lock. */
static bool
has_room(struct stream_table *t, uint64_t client, size_t bytes, struct err *err)
{
    const struct stream_owner *o = client != 0 ? *owner_place(t, client) : NULL;
    bool room = false;

    if (t->stats.open >= t->limits.streams) {
        err_set(err, ERR_OVERLOADED, "%zu streams are open, the most there are",
                t->limits.streams);
    } else if (o != NULL && o->count >= t->limits.per_client) {
        err_set(err, ERR_OVERLOADED,
                "%zu streams of this connection are open, the most it may have",
                t->limits.per_client);
    } else if (!fits(t, bytes)) {
        err_set(err, ERR_OVERLOADED, "all streams together hold too much");
    } else {
        room = true;
    }
    t->stats.refused += room ? 0 : 1;
    return room;
}

bool
stream_table_room(struct stream_table *t, uint64_t client, struct err *err)
{
    pthread_mutex_lock(&t->lock);
    const bool room = has_room(t, client, 0, err);
    pthread_mutex_unlock(&t->lock);
    return room;
}

static bool
add_entry(struct stream_table *t, struct stream_entry *e, uint64_t client,
          struct err *err)
{
    pthread_mutex_lock(&t->lock);
    bool added = has_room(t, client, e->bytes, err);
    if (added && !owner_link(t, e, client)) {
        err_memory(err, "a stream's client");
        added = false;
    }
    if (added) {
        struct stream_entry **bucket = bucket_of(t, e->id);
        e->chain = *bucket;
        *bucket = e;
        age_link(t, e);
        t->stats.open++;
        t->stats.opened++;
        t->stats.bytes += e->bytes;
    }
    pthread_mutex_unlock(&t->lock);
    return added;
}

bool
stream_table_add(struct stream_table *t, struct stream *stream, uint64_t client,
                 char id[STREAM_TABLE_ID], struct err *err)
{
    unsigned char bytes[ID_BYTES];
    struct stream_entry *e = calloc(1, sizeof(*e));

    if (e == NULL) {
        err_memory(err, "a stream's place");
        stream_free(stream);
        return false;
    }
    e->stream = stream;
    e->bytes = sizeof(*e) + stream_bytes(stream);
    e->used_ns = clock_ns();
    if (!entropy_fill(bytes, sizeof(bytes), err)) {
        free_entries(e);
        return false;
    }
    id_write(bytes, e->id);
    memcpy(id, e->id, sizeof(e->id));
    // From here on it may be fed, closed and freed by others.
    if (!add_entry(t, e, client, err)) {
        free_entries(e);
        return false;
    }
    return true;
}

/* ----------------------------------------------------------- lending, taking
 */

/* With the lock; NULL: no such stream. */
static struct stream_entry *
find(struct stream_table *t, const unsigned char id[ID_BYTES],
     struct text written)
{
    struct stream_entry *e = t->buckets[id_number(id) & (t->bucket_count - 1)];

    while (e != NULL && !text_is(written, e->id)) {
        e = e->chain;
    }
    return e != NULL && !e->doomed ? e : NULL;
}

static enum stream_table_answer
find_tomb(const struct stream_table *t, const unsigned char id[ID_BYTES])
{
    const struct tomb *tomb = &t->tombs[id_number(id) % TOMBS];
    const bool here =
        tomb->how != STREAM_TABLE_TAKEN && memcmp(tomb->id, id, ID_BYTES) == 0;

    return here ? tomb->how : STREAM_TABLE_UNKNOWN;
}

/* With the lock, which it gives up meanwhile; false: the time has passed. */
static bool
wait_for_one(struct stream_table *t, uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                                   .tv_nsec = (long)(until_ns % NS_PER_S)};

    if (clock_ns() >= until_ns) {
        return false;
    }
    t->waiting++;
    pthread_cond_timedwait(&t->given, &t->lock, &until);
    t->waiting--;
    return true;
}

enum stream_table_answer
stream_table_take(struct stream_table *t,
                  const struct stream_table_query *query,
                  struct stream_entry **out)
{
    enum stream_table_answer answer = STREAM_TABLE_TAKEN;
    unsigned char id[ID_BYTES];

    if (!id_parse(query->id, id)) {
        return STREAM_TABLE_UNKNOWN;
    }
    pthread_mutex_lock(&t->lock);
    struct stream_entry *e = find(t, id, query->id);
    while (e != NULL && e->taken && wait_for_one(t, query->wait_until_ns)) {
        e = find(t, id, query->id);
    }
    if (e == NULL) {
        answer = find_tomb(t, id);
    } else if (e->taken) {
        answer = STREAM_TABLE_BUSY;
    } else {
        e->taken = true;
        age_unlink(t, e);
        // Without memory for the new owner it stays with the old one.
        if (e->owner == NULL || e->owner->client != query->client) {
            (void)owner_link(t, e, query->client);
        }
        *out = e;
    }
    pthread_mutex_unlock(&t->lock);
    return answer;
}

bool
stream_table_may_grow(struct stream_table *t, size_t bytes, struct err *err)
{
    pthread_mutex_lock(&t->lock);
    const bool may = bytes == 0 || fits(t, bytes);
    t->stats.refused += may ? 0 : 1;
    pthread_mutex_unlock(&t->lock);
    if (!may) {
        err_set(err, ERR_OVERLOADED, "all streams together hold too much");
    }
    return may;
}

/* With the lock. */
static void
wake_waiting(struct stream_table *t)
{
    if (t->waiting > 0) {
        pthread_cond_broadcast(&t->given);
    }
}

void
stream_table_put(struct stream_table *t, struct stream_entry *e)
{
    const size_t bytes = sizeof(*e) + stream_bytes(e->stream);
    const size_t held = stream_held(e->stream);
    const uint64_t now = clock_ns();
    struct stream_entry *dead = NULL;

    pthread_mutex_lock(&t->lock);
    // Differences, which may wrap.
    t->stats.bytes += bytes - e->bytes;
    t->stats.held += held - e->held;
    e->bytes = bytes;
    e->held = held;
    e->used_ns = now;
    e->taken = false;
    if (e->doomed) {
        forget(t, e);
        t->stats.left++;
        dead = e;
    } else {
        age_link(t, e);
    }
    wake_waiting(t);
    pthread_mutex_unlock(&t->lock);
    free_entries(dead);
}

void
stream_table_end(struct stream_table *t, struct stream_entry *e, bool closed)
{
    pthread_mutex_lock(&t->lock);
    forget(t, e);
    bury(t, e, closed);
    *(closed ? &t->stats.closed : &t->stats.aborted) += 1;
    wake_waiting(t);
    pthread_mutex_unlock(&t->lock);
    free_entries(e);
}

/* ------------------------------------------------------------------ its ends
 */

void
stream_table_leave(struct stream_table *t, uint64_t client)
{
    struct stream_entry *dead = NULL;

    pthread_mutex_lock(&t->lock);
    const struct stream_owner *o = client != 0 ? *owner_place(t, client) : NULL;
    struct stream_entry *e = o != NULL ? o->first : NULL;
    while (e != NULL) {
        struct stream_entry *next = e->behind; // the owner may go with e
        if (e->taken) {
            e->doomed = true;
        } else {
            age_unlink(t, e);
            forget(t, e);
            t->stats.left++;
            e->chain = dead;
            dead = e;
        }
        e = next;
    }
    pthread_mutex_unlock(&t->lock);
    free_entries(dead);
}

void
stream_table_sweep(struct stream_table *t, uint64_t now_ns)
{
    struct stream_entry *dead = NULL;

    pthread_mutex_lock(&t->lock);
    for (struct stream_entry *e; (e = t->oldest) != NULL;) {
        if (now_ns < e->used_ns || now_ns - e->used_ns < t->limits.idle_ns) {
            break;
        }
        age_unlink(t, e);
        forget(t, e);
        t->stats.expired++;
        e->chain = dead;
        dead = e;
    }
    pthread_mutex_unlock(&t->lock);
    free_entries(dead);
}

void
stream_table_defect(struct stream_table *t)
{
    pthread_mutex_lock(&t->lock);
    t->stats.defects++;
    pthread_mutex_unlock(&t->lock);
}

size_t
stream_table_open(struct stream_table *t)
{
    pthread_mutex_lock(&t->lock);
    const size_t open = t->stats.open;
    pthread_mutex_unlock(&t->lock);
    return open;
}

void
stream_table_stats(struct stream_table *t, struct stream_table_stats *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->stats;
    pthread_mutex_unlock(&t->lock);
}
