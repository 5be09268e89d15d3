#include "sidecar/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    PATH_BYTES = 4096,
    NAMES_TRIED = 100 /* leftovers of this process id from before a crash */
};

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
        if ((size_t)got > out->limit - out->len) {
            err_set(err, ERR_IO, "%s: larger than %zu bytes", path, out->limit);
            return false;
        }
        buffer_add(out, chunk, (size_t)got);
        if (out->failed) {
            err_memory(err, path);
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
    // Opening a pipe that nobody writes must not hang, nor a terminal adopt us.
    const int fd =
        standard_input
            ? STDIN_FILENO
            : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    bool done = false;
    if (!standard_input &&
        (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
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

/*
 * A new file beside `path`. Not mkstemp: its 0600 would have to be widened
 * afterwards, past the umask.
 */
static int
open_beside(const char *path, char name[PATH_BYTES])
{
    for (int tried = 0; tried < NAMES_TRIED; tried++) {
        const int len = snprintf(name, PATH_BYTES, "%s.%ld-%d.tmp", path,
                                 (long)getpid(), tried);
        if (len < 0 || len >= PATH_BYTES) {
            errno = ENAMETOOLONG;
            return -1;
        }
        const int fd =
            open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

/*
 * After a power cut the new name, too, should be there. Not every file system
 * can do this, and the content is whole either way: no error.
 */
static void
sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char folder[PATH_BYTES];

    if (len >= sizeof(folder)) {
        return;
    }
    memcpy(folder, len > 0 ? path : ".", len > 0 ? len : 1);
    folder[len > 0 ? len : 1] = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

bool
file_write(const char *path, struct text content, struct err *err)
{
    char temporary[PATH_BYTES];

    const int fd = open_beside(path, temporary);
    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    bool done = write_all(fd, content);
    done = close(fd) == 0 && done;
    if (!done || rename(temporary, path) != 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    sync_folder(path);
    return true;
}

bool
file_remove(const char *path, struct err *err)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    sync_folder(path);
    return true;
}
