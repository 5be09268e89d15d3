/* The outbox as rows, for whoever has a connection. */
#ifndef SIDECAR_STORE_OUTBOX_H
#define SIDECAR_STORE_OUTBOX_H

#include "sidecar/store/db.h"
#include "sidecar/store/store_outbox.h"

/* As store_outbox_read. */
size_t outbox_page(struct db *db, uint64_t after, size_t limit,
                   struct store_outbox_row *rows, struct arena *arena,
                   struct err *err);

#endif
