#include "sidecar/tools/transcript_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/tools/unpack.h"

enum { RAW_BYTES = 64 * 1024 };

struct transcript_source {
    const char *path;
    int fd;
    const struct unpack_method *method; /* NULL: not packed */
    void *state;                        /* of the method */
    uint64_t packed, unpacked;          /* bytes taken, bytes given */
    size_t from, len;                   /* what of raw is not used yet */
    bool ended;                         /* nothing more to read into raw */
    bool failed;
    struct err err; /* where it failed */
    char raw[RAW_BYTES];
};

static bool
fail(struct transcript_source *s, struct err *err)
{
    s->failed = true;
    s->err = *err;
    return false;
}

/* Puts more behind what is in raw, which has room. */
static bool
fill(struct transcript_source *s, struct err *err)
{
    ssize_t got;

    do {
        got = read(s->fd, s->raw + s->len, sizeof(s->raw) - s->len);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        err_set(err, ERR_IO, "%s: %s", s->path, strerror(errno));
        return fail(s, err);
    }
    s->ended = got == 0;
    s->len += (size_t)got;
    return true;
}

static struct text
rest(const struct transcript_source *s)
{
    return (struct text){s->raw + s->from, s->len - s->from};
}

/* ---------------------------------------------------------------- unpacking */

static bool
check_ratio(struct transcript_source *s, struct err *err)
{
    if (s->unpacked > TRANSCRIPT_SOURCE_FREE &&
        s->unpacked / TRANSCRIPT_SOURCE_RATIO > s->packed) {
        err_set(err, ERR_INVALID,
                "%s: %s: unpacks to more than %d times its size, as no "
                "transcript does",
                s->path, s->method->name, TRANSCRIPT_SOURCE_RATIO);
        return fail(s, err);
    }
    return true;
}

static bool
unpack_some(struct transcript_source *s, char *to, size_t room, size_t *got,
            struct err *err)
{
    struct unpack_io io = {s->raw + s->from, s->len - s->from, to, room};
    const char *why = "";

    const bool fine = s->method->run(s->state, &io, &why);
    s->packed += s->len - s->from - io.in_len;
    s->from = s->len - io.in_len;
    *got = room - io.out_len;
    s->unpacked += *got;
    if (!fine) {
        err_set(err, ERR_INVALID, "%s: %s: %s, at packed byte %llu", s->path,
                s->method->name, why, (unsigned long long)s->packed);
        return fail(s, err);
    }
    return check_ratio(s, err);
}

static bool
read_packed(struct transcript_source *s, char *to, size_t room, size_t *got,
            struct err *err)
{
    for (;;) {
        // With nothing left to take there may still be something to give.
        if (!unpack_some(s, to, room, got, err)) {
            return false;
        }
        if (*got > 0) {
            return true;
        }
        if (s->from < s->len) {
            continue; // between two members
        }
        if (s->ended) {
            break;
        }
        s->from = s->len = 0;
        if (!fill(s, err)) {
            return false;
        }
    }
    if (!s->method->whole(s->state)) {
        err_set(err, ERR_INVALID, "%s: %s: cut short", s->path,
                s->method->name);
        return fail(s, err);
    }
    return true;
}

static bool
read_plain(struct transcript_source *s, char *to, size_t room, size_t *got,
           struct err *err)
{
    if (s->from == s->len && !s->ended) {
        s->from = s->len = 0;
        if (!fill(s, err)) {
            return false;
        }
    }
    *got = rest(s).len < room ? rest(s).len : room;
    memcpy(to, s->raw + s->from, *got);
    s->from += *got;
    return true;
}

bool
transcript_source_read(struct transcript_source *source, char *to, size_t room,
                       size_t *got, struct err *err)
{
    *got = 0;
    if (source->failed) {
        *err = source->err;
        return false;
    }
    return source->method != NULL ? read_packed(source, to, room, got, err)
                                  : read_plain(source, to, room, got, err);
}

/* ------------------------------------------------------------------ opening */

/*
 * A pipe is waited for, as everything does that reads one; a folder, a device
 * or a terminal under some other name is no transcript.
 */
static bool
open_path(struct transcript_source *s, struct err *err)
{
    struct stat about;

    if (strcmp(s->path, "-") == 0) {
        s->fd = STDIN_FILENO;
        return true;
    }
    if (stat(s->path, &about) == 0 && !S_ISREG(about.st_mode) &&
        !S_ISFIFO(about.st_mode)) {
        err_set(err, ERR_IO, "%s: not a regular file", s->path);
        return false;
    }
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0) {
        err_set(err, ERR_IO, "%s: %s", s->path, strerror(errno));
        return false;
    }
    return true;
}

static bool
begin(struct transcript_source *s, struct err *err)
{
    while (s->len < UNPACK_MAGIC_BYTES && !s->ended) {
        if (!fill(s, err)) {
            return false;
        }
    }
    s->method = unpack_find(rest(s));
    if (s->method == NULL) {
        return true;
    }
    if (s->method->library() == NULL) {
        err_set(err, ERR_INVALID,
                "%s: packed with %s, which this program was built without: "
                "unpack it first",
                s->path, s->method->name);
        return false;
    }
    s->state = s->method->new ();
    if (s->state == NULL) {
        err_memory(err, s->path);
    }
    return s->state != NULL;
}

struct transcript_source *
transcript_source_open(const char *path, struct err *err)
{
    struct transcript_source *s = malloc(sizeof(*s));

    if (s == NULL) {
        err_memory(err, path);
        return NULL;
    }
    // Not the buffer: it is large, and read only where it was written.
    memset(s, 0, offsetof(struct transcript_source, raw));
    s->path = path;
    s->fd = -1;
    if (!open_path(s, err) || !begin(s, err)) {
        transcript_source_close(s);
        return NULL;
    }
    return s;
}

void
transcript_source_close(struct transcript_source *source)
{
    if (source == NULL) {
        return;
    }
    if (source->method != NULL) {
        source->method->free(source->state);
    }
    if (source->fd > STDIN_FILENO) {
        close(source->fd);
    }
    free(source);
}
