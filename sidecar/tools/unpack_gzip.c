#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "sidecar/tools/unpack.h"

struct gzip {
    z_stream stream;
    bool between; /* a member has ended and none has begun */
};

/* The largest window, and the gzip format only. */
enum { WINDOW_BITS = 15 + 16 };

static void *
gzip_new(void)
{
    struct gzip *g = calloc(1, sizeof(*g));

    if (g != NULL && inflateInit2(&g->stream, WINDOW_BITS) != Z_OK) {
        free(g);
        return NULL;
    }
    return g;
}

static void
gzip_free(void *state)
{
    struct gzip *g = state;

    if (g != NULL) {
        inflateEnd(&g->stream);
        free(g);
    }
}

/* Tapes and block devices pad the end with NUL: gzip(1) skips it, too. */
static void
skip_padding(struct unpack_io *io)
{
    while (io->in_len > 0 && *io->in == '\0') {
        io->in++;
        io->in_len--;
    }
}

static const char *
reason(int status, const z_stream *stream)
{
    if (status == Z_MEM_ERROR) {
        return "out of memory";
    }
    if (status == Z_NEED_DICT) {
        return "packed with a dictionary";
    }
    return stream->msg != NULL ? stream->msg : "not gzip";
}

static bool
gzip_run(void *state, struct unpack_io *io, const char **why)
{
    struct gzip *g = state;

    if (g->between) {
        skip_padding(io);
        if (io->in_len == 0) {
            return true;
        }
        g->between = false;
    }
    const uInt in = io->in_len < UINT_MAX ? (uInt)io->in_len : UINT_MAX;
    const uInt room = io->out_len < UINT_MAX ? (uInt)io->out_len : UINT_MAX;
    // zlib does not write through it; its type is older than const.
    g->stream.next_in = (Bytef *)(uintptr_t)io->in;
    g->stream.avail_in = in;
    g->stream.next_out = (Bytef *)io->out;
    g->stream.avail_out = room;
    const int status = inflate(&g->stream, Z_NO_FLUSH);
    io->in += in - g->stream.avail_in;
    io->in_len -= in - g->stream.avail_in;
    io->out += room - g->stream.avail_out;
    io->out_len -= room - g->stream.avail_out;
    if (status == Z_STREAM_END) {
        g->between = inflateReset(&g->stream) == Z_OK;
        return g->between;
    }
    if (status != Z_OK && status != Z_BUF_ERROR) { // that one: give me more
        *why = reason(status, &g->stream);
        return false;
    }
    return true;
}

static bool
gzip_whole(const void *state)
{
    const struct gzip *g = state;

    return g->between;
}

static const char *
gzip_library(void)
{
    return zlibVersion();
}

const struct unpack_method unpack_gzip = {
    .name = "gzip",
    .magic = {"\x1f\x8b", 2},
    .new = gzip_new,
    .free = gzip_free,
    .run = gzip_run,
    .whole = gzip_whole,
    .library = gzip_library,
};
