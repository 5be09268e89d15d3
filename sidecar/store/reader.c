#include "sidecar/store/reader.h"

#include <pthread.h>
#include <stdlib.h>

struct reader_pool {
    struct writer *writer;
    struct db_options options;
    bool in_memory;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t given_back;
    struct db *idle[READER_CONNECTIONS]; /* [idle_count] */
    size_t idle_count;
    size_t lent;
};

struct reader_pool *
reader_new(struct writer *writer, const struct db_options *options)
{
    struct reader_pool *pool = calloc(1, sizeof(*pool));

    if (pool != NULL) {
        pool->writer = writer;
        pool->options = *options;
        pool->in_memory = strcmp(options->path, DB_IN_MEMORY) == 0;
        pthread_mutex_init(&pool->lock, NULL);
        pthread_cond_init(&pool->given_back, NULL);
    }
    return pool;
}

void
reader_free(struct reader_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (size_t i = 0; i < pool->idle_count; i++) {
        db_close(pool->idle[i]);
    }
    pthread_cond_destroy(&pool->given_back);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static struct db *
borrow(struct reader_pool *pool, struct err *err)
{
    struct db *db = writer_borrow(pool->writer);

    if (db == NULL) {
        writer_return(pool->writer);
        err_set(err, ERR_INTERNAL, "the store is not open");
    }
    return db;
}

/* An idle connection, or leave to open one. */
static struct db *
take_idle(struct reader_pool *pool)
{
    struct db *db = NULL;

    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0 && pool->lent == READER_CONNECTIONS) {
        pthread_cond_wait(&pool->given_back, &pool->lock);
    }
    if (pool->idle_count > 0) {
        db = pool->idle[--pool->idle_count];
    }
    pool->lent++;
    pthread_mutex_unlock(&pool->lock);
    return db;
}

struct db *
reader_take(struct reader_pool *pool, struct err *err)
{
    enum db_fault fault;

    if (pool->in_memory) {
        return borrow(pool, err);
    }
    struct db *db = take_idle(pool);
    if (db == NULL) {
        db = db_open(&pool->options, &fault, err);
    }
    if (db == NULL) {
        err->kind = ERR_INTERNAL;
        reader_put(pool, NULL, true);
    }
    return db;
}

void
reader_put(struct reader_pool *pool, struct db *db, bool failed)
{
    if (pool->in_memory) {
        writer_return(pool->writer);
        return;
    }
    if (failed) {
        db_close(db);
    }
    pthread_mutex_lock(&pool->lock);
    pool->lent--;
    if (!failed) {
        pool->idle[pool->idle_count++] = db;
    }
    pthread_cond_signal(&pool->given_back);
    pthread_mutex_unlock(&pool->lock);
}
