#include "sidecar/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, PATH_BYTES = 4096 };

static bool
read_all(int fd, const char *path, struct buffer *out, struct err *err)
{
    for (;;) {
        char chunk[READ_BYTES];
        const ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
            return false;
        }
        buffer_add(out, chunk, (size_t)got);
        if (out->failed) {
            err_set(err, ERR_IO, "%s: larger than %zu bytes, or no memory",
                    path, out->limit);
            return false;
        }
    }
}

bool
file_read(const char *path, size_t limit, struct buffer *out, struct err *err)
{
    const bool standard_input = strcmp(path, "-") == 0;
    struct stat about;

    buffer_init(out, limit);
    // O_NONBLOCK: opening a pipe that nobody writes must not hang.
    const int fd = standard_input
                       ? STDIN_FILENO
                       : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    bool done = false;
    if (standard_input) {
        done = read_all(fd, path, out, err);
    } else if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        err_set(err, ERR_IO, "%s: not a regular file", path);
    } else {
        done = read_all(fd, path, out, err);
    }
    if (!standard_input) {
        close(fd);
    }
    if (!done) {
        buffer_clear(out);
    }
    return done;
}

static bool
write_all(int fd, struct text content)
{
    for (size_t done = 0; done < content.len;) {
        const ssize_t put = write(fd, content.at + done, content.len - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return fsync(fd) == 0;
}

bool
file_write(const char *path, struct text content, struct err *err)
{
    char temporary[PATH_BYTES];

    const int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof(temporary)) {
        err_set(err, ERR_IO, "%s: path too long", path);
        return false;
    }
    const int fd = mkstemp(temporary);
    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    bool done = write_all(fd, content) && fchmod(fd, 0644) == 0;
    done = close(fd) == 0 && done;
    if (!done || rename(temporary, path) != 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}
