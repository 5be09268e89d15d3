#include "sidecar/store/store_outbox.h"

#include "sidecar/store/outbox.h"
#include "sidecar/store/parts.h"
#include "sidecar/store/sql.h"

size_t
store_outbox_read(struct store *store, uint64_t after, size_t limit,
                  struct store_outbox_row *rows, struct arena *arena,
                  struct err *err)
{
    struct db *db = reader_take(store->readers, err);

    if (db == NULL) {
        return 0;
    }
    const size_t count = outbox_page(db, after, limit, rows, arena, err);
    reader_put(store->readers, db, err->kind != ERR_NONE);
    return count;
}

bool
store_outbox_settle(struct store *store, uint64_t number, int64_t delivered_ms,
                    int64_t next_ms, struct err *err)
{
    struct buffer *unit = writer_begin(store->writer, err);
    uint64_t seq;

    if (unit == NULL) {
        return false;
    }
    const size_t record = writer_open_record(unit, SQL_OUTBOX_SETTLE);
    wire_put_uint(unit, number);
    wire_put_int(unit, next_ms);
    if (delivered_ms != 0) {
        wire_put_int(unit, delivered_ms);
    } else {
        wire_put_nil(unit);
    }
    writer_close_record(unit, record);
    return writer_end(store->writer, true, &seq, err);
}
