#include "sidecar/tools/unpack.h"

#ifdef LEEWAY_ZSTD

#include <stdlib.h>
#include <zstd.h>

struct zstd {
    ZSTD_DCtx *context;
    bool between; /* a frame has ended and none has begun */
};

/* 128 MiB, the most that `zstd -d` takes unasked. */
enum { WINDOW_LOG = 27 };

static void
zstd_free(void *state)
{
    struct zstd *z = state;

    if (z != NULL) {
        ZSTD_freeDCtx(z->context);
        free(z);
    }
}

static void *
zstd_new(void)
{
    struct zstd *z = calloc(1, sizeof(*z));

    if (z != NULL && ((z->context = ZSTD_createDCtx()) == NULL ||
                      ZSTD_isError(ZSTD_DCtx_setParameter(
                          z->context, ZSTD_d_windowLogMax, WINDOW_LOG)))) {
        zstd_free(z);
        return NULL;
    }
    return z;
}

static bool
zstd_run(void *state, struct unpack_io *io, const char **why)
{
    struct zstd *z = state;
    ZSTD_inBuffer in = {io->in, io->in_len, 0};
    ZSTD_outBuffer out = {io->out, io->out_len, 0};

    const size_t left = ZSTD_decompressStream(z->context, &out, &in);
    io->in += in.pos;
    io->in_len -= in.pos;
    io->out += out.pos;
    io->out_len -= out.pos;
    if (ZSTD_isError(left)) {
        *why = ZSTD_getErrorName(left);
        return false;
    }
    if (in.pos > 0 || out.pos > 0) {
        z->between = left == 0;
    }
    return true;
}

static bool
zstd_whole(const void *state)
{
    const struct zstd *z = state;

    return z->between;
}

static const char *
zstd_library(void)
{
    return ZSTD_versionString();
}

#else

static void *
zstd_new(void)
{
    return NULL;
}

static void
zstd_free(void *state)
{
    (void)state;
}

static bool
zstd_run(void *state, struct unpack_io *io, const char **why)
{
    (void)state;
    (void)io;
    *why = "not built in";
    return false;
}

static bool
zstd_whole(const void *state)
{
    (void)state;
    return false;
}

static const char *
zstd_library(void)
{
    return NULL;
}

#endif

const struct unpack_method unpack_zstd = {
    .name = "zstd",
    .magic = {"\x28\xb5\x2f\xfd", 4},
    .new = zstd_new,
    .free = zstd_free,
    .run = zstd_run,
    .whole = zstd_whole,
    .library = zstd_library,
};
