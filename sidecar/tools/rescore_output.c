#include "sidecar/tools/rescore_output.h"

#include <errno.h>
#include <unistd.h>

enum { COMPARED_BYTES = 16 << 10 };

struct rescore_output
rescore_output_standard(void)
{
    return (struct rescore_output){.name = "standard output",
                                   .fd = STDOUT_FILENO};
}

static bool
fail(const struct rescore_output *output, struct err *err)
{
    err_set(err, ERR_IO, "%s: %s", output->name, strerror(errno));
    return false;
}

/* Reads at a place, all of it. */
static bool
read_at(const struct rescore_output *output, char *to, size_t len,
        struct err *err)
{
    for (size_t done = 0; done < len;) {
        const ssize_t got = pread(output->fd, to + done, len - done,
                                  (off_t)(output->at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail(output, err);
        }
        if (got == 0) {
            err_set(err, ERR_STATE, "%s: became shorter meanwhile",
                    output->name);
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

/* Steps over what stands there already; it must be the same. */
static bool
compare(struct rescore_output *output, struct text *bytes, struct err *err)
{
    while (output->at < output->known && bytes->len > 0) {
        char there[COMPARED_BYTES];
        const uint64_t left = output->known - output->at;
        size_t len = bytes->len < sizeof(there) ? bytes->len : sizeof(there);
        len = len < left ? len : (size_t)left;
        if (!read_at(output, there, len, err)) {
            return false;
        }
        if (memcmp(there, bytes->at, len) != 0) {
            err_set(err, ERR_STATE,
                    "%s: its last rows are not what this input comes to with "
                    "this configuration and these options",
                    output->name);
            return false;
        }
        output->at += len;
        *bytes = text_part(*bytes, len, bytes->len);
    }
    return true;
}

bool
rescore_output_write(struct rescore_output *output, struct text bytes,
                     struct err *err)
{
    if (!compare(output, &bytes, err)) {
        return false;
    }
    if (bytes.len > 0 && output->owned &&
        lseek(output->fd, (off_t)output->at, SEEK_SET) < 0) {
        return fail(output, err);
    }
    if (bytes.len > 0 && output->torn) {
        if (ftruncate(output->fd, (off_t)output->at) != 0) {
            return fail(output, err);
        }
        output->torn = false;
    }
    while (bytes.len > 0) {
        const ssize_t put = write(output->fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return fail(output, err);
        }
        output->at += (uint64_t)put;
        bytes = text_part(bytes, (size_t)put, bytes.len);
    }
    return true;
}

bool
rescore_output_end(struct rescore_output *output, bool all, struct err *err)
{
    if (output->at < output->known) {
        if (all) {
            err_set(err, ERR_STATE, "%s: has more rows than this input",
                    output->name);
        }
        return !all;
    }
    if (output->torn && ftruncate(output->fd, (off_t)output->at) != 0) {
        return fail(output, err);
    }
    output->torn = false;
    // Where a disk is remote, this is when it says that it is full.
    if (output->owned && fsync(output->fd) != 0) {
        return fail(output, err);
    }
    return true;
}

void
rescore_output_close(struct rescore_output *output)
{
    if (output->owned) {
        close(output->fd);
        output->owned = false;
    }
}
