#include "tests/unit/support_failing.h"

#include <pthread.h>
#include <string.h>

#include <sqlite3.h>

static sqlite3_vfs *real;
static sqlite3_vfs failing;

/* A file: SQLite's own stands behind this. */
struct failing_file {
    sqlite3_file base;
    sqlite3_file *under;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum support_failing_call failing_call;
static enum support_failing_code failing_code;
static unsigned left; /* calls until one fails; 0: none does */
static bool always, hit;

static int
code_of(enum support_failing_call call, enum support_failing_code code)
{
    static const int io[FAILING_CALLS] = {
        SQLITE_IOERR_WRITE,    SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ,
        SQLITE_IOERR_TRUNCATE, SQLITE_CANTOPEN,    SQLITE_IOERR_LOCK};

    switch (code) {
    case FAILING_FULL:
        return SQLITE_FULL;
    case FAILING_BUSY:
        return SQLITE_BUSY;
    case FAILING_READ_ONLY:
        return SQLITE_READONLY;
    case FAILING_IO:
    case FAILING_CODES:
        break;
    }
    return io[call];
}

/* SQLITE_OK, or what this call is to fail with. */
static int
fate(enum support_failing_call call)
{
    int code = SQLITE_OK;

    pthread_mutex_lock(&lock);
    if (call == failing_call && left > 0) {
        if (left == 1) {
            code = code_of(call, failing_code);
            hit = true;
        }
        left -= left > 1 || !always;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static struct failing_file *
file_of(sqlite3_file *file)
{
    return (struct failing_file *)(void *)file;
}

static int
do_close(sqlite3_file *file)
{
    sqlite3_file *under = file_of(file)->under;
    const int code =
        under->pMethods != NULL ? under->pMethods->xClose(under) : SQLITE_OK;

    sqlite3_free(under);
    return code;
}

static int
do_read(sqlite3_file *file, void *to, int bytes, sqlite3_int64 at)
{
    sqlite3_file *under = file_of(file)->under;
    const int code = fate(FAILING_READ);

    return code != SQLITE_OK ? code
                             : under->pMethods->xRead(under, to, bytes, at);
}

static int
do_write(sqlite3_file *file, const void *from, int bytes, sqlite3_int64 at)
{
    sqlite3_file *under = file_of(file)->under;
    const int code = fate(FAILING_WRITE);

    if (code != SQLITE_OK) {
        // What a full device does: a part of it is there.
        (void)under->pMethods->xWrite(under, from, bytes / 2, at);
        return code;
    }
    return under->pMethods->xWrite(under, from, bytes, at);
}

static int
do_truncate(sqlite3_file *file, sqlite3_int64 bytes)
{
    sqlite3_file *under = file_of(file)->under;
    const int code = fate(FAILING_TRUNCATE);

    return code != SQLITE_OK ? code : under->pMethods->xTruncate(under, bytes);
}

static int
do_sync(sqlite3_file *file, int flags)
{
    sqlite3_file *under = file_of(file)->under;
    const int code = fate(FAILING_SYNC);

    return code != SQLITE_OK ? code : under->pMethods->xSync(under, flags);
}

static int
do_size(sqlite3_file *file, sqlite3_int64 *bytes)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xFileSize(under, bytes);
}

static int
do_lock(sqlite3_file *file, int level)
{
    sqlite3_file *under = file_of(file)->under;
    const int code = fate(FAILING_LOCK);

    return code != SQLITE_OK ? code : under->pMethods->xLock(under, level);
}

static int
do_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xUnlock(under, level);
}

static int
do_check(sqlite3_file *file, int *out)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xCheckReservedLock(under, out);
}

static int
do_control(sqlite3_file *file, int op, void *arg)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xFileControl(under, op, arg);
}

static int
do_sector(sqlite3_file *file)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xSectorSize(under);
}

static int
do_traits(sqlite3_file *file)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xDeviceCharacteristics(under);
}

static int
do_map(sqlite3_file *file, int page, int bytes, int extend, void volatile **out)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xShmMap(under, page, bytes, extend, out);
}

/* Of the shared ones SQLite tries for ten seconds: those do not fail here. */
static int
do_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    sqlite3_file *under = file_of(file)->under;
    const int writes = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
    const int code =
        (flags & writes) == writes ? fate(FAILING_LOCK) : SQLITE_OK;

    return code != SQLITE_OK
               ? code
               : under->pMethods->xShmLock(under, offset, n, flags);
}

static void
do_barrier(sqlite3_file *file)
{
    sqlite3_file *under = file_of(file)->under;

    under->pMethods->xShmBarrier(under);
}

static int
do_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *under = file_of(file)->under;

    return under->pMethods->xShmUnmap(under, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = do_close,
    .xRead = do_read,
    .xWrite = do_write,
    .xTruncate = do_truncate,
    .xSync = do_sync,
    .xFileSize = do_size,
    .xLock = do_lock,
    .xUnlock = do_unlock,
    .xCheckReservedLock = do_check,
    .xFileControl = do_control,
    .xSectorSize = do_sector,
    .xDeviceCharacteristics = do_traits,
    .xShmMap = do_map,
    .xShmLock = do_shm_lock,
    .xShmBarrier = do_barrier,
    .xShmUnmap = do_unmap,
};

static int
do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
        int *out)
{
    struct failing_file *own = file_of(file);
    (void)vfs;

    memset(own, 0, sizeof(*own));
    int code = fate(FAILING_OPEN);
    if (code != SQLITE_OK) {
        return code;
    }
    own->under = sqlite3_malloc(real->szOsFile);
    if (own->under == NULL) {
        return SQLITE_NOMEM;
    }
    memset(own->under, 0, (size_t)real->szOsFile);
    code = real->xOpen(real, name, own->under, flags, out);
    if (code != SQLITE_OK) {
        sqlite3_free(own->under);
        return code;
    }
    own->base.pMethods = &methods;
    return SQLITE_OK;
}

void
support_failing_init(void)
{
    if (real != NULL) {
        return;
    }
    real = sqlite3_vfs_find(NULL);
    failing = *real;
    failing.zName = SUPPORT_FAILING;
    failing.szOsFile = sizeof(struct failing_file);
    failing.xOpen = do_open;
    sqlite3_vfs_register(&failing, 0);
}

void
support_failing_at(enum support_failing_call call,
                   enum support_failing_code code, unsigned nth, bool for_ever)
{
    pthread_mutex_lock(&lock);
    failing_call = call;
    failing_code = code;
    left = nth;
    always = for_ever;
    hit = false;
    pthread_mutex_unlock(&lock);
}

bool
support_failing_hit(void)
{
    pthread_mutex_lock(&lock);
    const bool was = hit;
    pthread_mutex_unlock(&lock);
    return was;
}
