#include "sidecar/store/store_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <errno.h>

#include "sidecar/store/journal_check.h"
#include "sidecar/store/outbox.h"
#include "sidecar/store/sql.h"
#include "sidecar/store/tables.h"

enum { BUSY_MS = 5000, CACHE_BYTES = 8 << 20 };

struct store_file {
    struct db *db;
    char seal_path[STORE_PATH_BYTES];
};

struct store_file *
store_file_open(const char *path, struct err *err)
{
    struct store_file *file = calloc(1, sizeof(*file));
    const struct db_options options = {.path = path,
                                       .sql = sql_texts,
                                       .count = SQL_COUNT,
                                       .read_only = true,
                                       .busy_ms = BUSY_MS,
                                       .cache_bytes = CACHE_BYTES};
    enum db_fault fault;

    if (file == NULL) {
        err_memory(err, path);
        return NULL;
    }
    const int len =
        snprintf(file->seal_path, sizeof(file->seal_path), "%s.seal", path);
    if (len < 0 || (size_t)len >= sizeof(file->seal_path)) {
        err_set(err, ERR_IO, "the path is too long");
    } else if (access(path, R_OK) != 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    } else {
        file->db = db_open(&options, &fault, err);
    }
    if (file->db == NULL || !tables_check(file->db, path, err)) {
        store_file_close(file);
        return NULL;
    }
    return file;
}

void
store_file_close(struct store_file *file)
{
    if (file != NULL) {
        db_close(file->db);
        free(file);
    }
}

bool
store_file_journal(struct store_file *file, uint64_t after,
                   bool (*each)(void *context,
                                const struct journal_record *record),
                   void *context, struct err *err)
{
    struct db_query *query = db_query(file->db, SQL_JOURNAL_PAGE, err);
    bool row = true;
    bool done = query != NULL;
    bool go_on = true;

    if (query == NULL) {
        return false;
    }
    db_bind_int(query, 1, (long long)after);
    while (done && row && go_on) {
        struct journal_record record;
        done = db_step(query, &row, err);
        if (done && row) {
            journal_read_row(query, &record);
            go_on = each(context, &record);
        }
    }
    db_end(query);
    return done;
}

size_t
store_file_outbox(struct store_file *file, uint64_t after, size_t limit,
                  struct store_outbox_row *rows, struct arena *arena,
                  struct err *err)
{
    return outbox_page(file->db, after, limit, rows, arena, err);
}

bool
store_file_verify(struct store_file *file, struct text key,
                  struct store_verified *out, struct err *err)
{
    return journal_check(file->db, file->seal_path, key, out, err);
}
