/*
 * Connections for reading, beside the writer's. Each is lent to one thread at
 * a time; where the database is in memory, that is the writer's own.
 */
#ifndef SIDECAR_STORE_READER_H
#define SIDECAR_STORE_READER_H

#include "sidecar/store/writer.h"

struct reader_pool;

enum { READER_CONNECTIONS = 4 };

/* Keeps both; connections are opened when first wanted. NULL: no memory. */
struct reader_pool *
reader_new(struct writer *writer, const struct db_options *options);
void reader_free(struct reader_pool *pool); /* all are given back; NULL ok */

/*
 * A connection, waiting for one where all are lent. NULL: it could not be
 * opened (ERR_INTERNAL).
 */
struct db *reader_take(struct reader_pool *pool, struct err *err);

/* Gives it back; one that has failed is closed, to be opened anew. */
void reader_put(struct reader_pool *pool, struct db *db, bool failed);

#endif
