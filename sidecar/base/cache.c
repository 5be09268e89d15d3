#include "sidecar/base/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char magic[8] = "LWCACHE2";

enum { HEAD_BYTES = sizeof(magic) + DIGEST_BYTES, NAME_BYTES = 128 };

/* ------------------------------------------------------------------ folder */

static bool
find_folder(const char *setting, char *out, size_t size)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"CACHE_DIRECTORY", ""},
                  {"XDG_CACHE_HOME", "/leeway"},
                  {"HOME", "/.cache/leeway"}};

    if (strcmp(setting, "none") == 0) {
        return false;
    }
    if (strcmp(setting, "auto") != 0) {
        return (size_t)snprintf(out, size, "%s", setting) < size;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *base = getenv(places[i].variable);
        if (base != NULL && base[0] == '/') {
            const int len = (int)strcspn(base, ":");
            return (size_t)snprintf(out, size, "%.*s%s", len, base,
                                    places[i].below) < size;
        }
    }
    return false;
}

static bool
make_folder(const char *path)
{
    char parent[sizeof(((struct cache *)NULL)->folder)];
    const char *slash = strrchr(path, '/');

    if (mkdir(path, 0700) == 0 || access(path, F_OK) == 0) {
        return true;
    }
    if (slash == NULL || slash == path) {
        return false;
    }
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
    (void)mkdir(parent, 0700); // the next one tells whether it is there
    return mkdir(path, 0700) == 0;
}

/* Ours, and nobody else may write there. */
static bool
is_private(const struct stat *found)
{
    return found->st_uid == geteuid() &&
           (found->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool
cache_open(struct cache *cache, const char *setting)
{
    struct stat found;

    return find_folder(setting, cache->folder, sizeof(cache->folder)) &&
           make_folder(cache->folder) && lstat(cache->folder, &found) == 0 &&
           S_ISDIR(found.st_mode) && is_private(&found);
}

/* ------------------------------------------------------------------- files */

static bool
name_file(const char *kind, const struct digest *key, char name[NAME_BYTES])
{
    char hex[DIGEST_HEX];

    digest_hex(key, hex);
    return snprintf(name, NAME_BYTES, "%s-%s", kind, hex) < NAME_BYTES;
}

/*
 * The folder's descriptor, or -1: names below it cannot be led elsewhere.
 * Looked at anew, since the name may lead to another one by now.
 */
static int
open_folder(const struct cache *cache)
{
    const int folder =
        open(cache->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found;

    if (folder >= 0 && (fstat(folder, &found) != 0 || !is_private(&found))) {
        close(folder);
        return -1;
    }
    return folder;
}

/* Of the content and of what it is kept as: no file does for another. */
static struct digest
digest_for(const char *kind, const struct digest *key, struct text content)
{
    const struct text parts[] = {
        text_of(kind), {(const char *)key->bytes, DIGEST_BYTES}, content};

    return digest_of_parts(parts, sizeof(parts) / sizeof(parts[0]));
}

static bool
read_whole(int fd, struct buffer *out)
{
    struct stat found;

    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) ||
        !is_private(&found) || found.st_size < HEAD_BYTES ||
        found.st_size > CACHE_FILE_BYTES) {
        return false;
    }
    char *at = buffer_extend(out, (size_t)found.st_size);
    for (size_t done = 0; at != NULL && done < (size_t)found.st_size;) {
        const ssize_t got = read(fd, at + done, (size_t)found.st_size - done);
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return at != NULL;
}

/* Takes the head off, if it is the content's. */
static bool
check_head(const char *kind, const struct digest *key, struct buffer *content)
{
    const struct text body = {content->at + HEAD_BYTES,
                              content->len - HEAD_BYTES};

    if (memcmp(content->at, magic, sizeof(magic)) != 0) {
        return false;
    }
    const struct digest digest = digest_for(kind, key, body);
    if (memcmp(content->at + sizeof(magic), digest.bytes, DIGEST_BYTES) != 0) {
        return false;
    }
    memmove(content->at, body.at, body.len);
    content->len = body.len;
    return true;
}

bool
cache_read(const struct cache *cache, const char *kind,
           const struct digest *key, struct buffer *out)
{
    char name[NAME_BYTES];
    const int folder = open_folder(cache);
    int fd = -1;

    buffer_init(out, CACHE_FILE_BYTES);
    if (folder >= 0 && name_file(kind, key, name)) {
        // Not waiting: what has this name may be a pipe.
        fd = openat(folder, name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    }
    const bool good =
        fd >= 0 && read_whole(fd, out) && check_head(kind, key, out);
    if (good) {
        (void)futimens(fd, NULL); // used last: may fail, and then it ages
    } else {
        buffer_clear(out);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (folder >= 0) {
        close(folder);
    }
    return good;
}

static bool
write_whole(int fd, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        const ssize_t put = write(fd, (const char *)bytes + done, len - done);
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

/* The file of the kind that was used longest ago; false: there are few. */
static bool
find_oldest(int folder, const char *kind, char name[NAME_BYTES])
{
    const size_t len = strlen(kind);
    const int copy = dup(folder);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    struct timespec oldest = {0, 0};
    size_t count = 0;

    if (entries == NULL) {
        if (copy >= 0) {
            close(copy);
        }
        return false;
    }
    rewinddir(entries);
    for (const struct dirent *e; (e = readdir(entries)) != NULL;) {
        struct stat found;
        if (strncmp(e->d_name, kind, len) != 0 || e->d_name[len] != '-' ||
            strlen(e->d_name) >= NAME_BYTES ||
            fstatat(folder, e->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        const struct timespec at = found.st_mtim;
        if (count++ == 0 || at.tv_sec < oldest.tv_sec ||
            (at.tv_sec == oldest.tv_sec && at.tv_nsec < oldest.tv_nsec)) {
            oldest = at;
            snprintf(name, NAME_BYTES, "%s", e->d_name);
        }
    }
    closedir(entries);
    return count > CACHE_FILES;
}

/*
 * A name that nobody else writes to. It begins as the others do, so that one
 * left by a crash ages with them; and it is not the process's number alone,
 * which is the same after every start of a container.
 */
static bool
name_fresh(const char *name, char out[NAME_BYTES])
{
    static _Atomic unsigned count; // no order needed: only to differ
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return snprintf(out, NAME_BYTES, "%s.%ld.%llx.%lx.%x", name, (long)getpid(),
                    (unsigned long long)now.tv_sec, (unsigned long)now.tv_nsec,
                    atomic_fetch_add_explicit(
                        &count, 1, memory_order_relaxed)) < NAME_BYTES;
}

void
cache_write(const struct cache *cache, const char *kind,
            const struct digest *key, struct text content)
{
    const struct digest digest = digest_for(kind, key, content);
    const int folder = open_folder(cache);
    char name[NAME_BYTES], fresh[NAME_BYTES];

    if (folder < 0 || content.len > CACHE_FILE_BYTES - HEAD_BYTES ||
        !name_file(kind, key, name) || !name_fresh(name, fresh)) {
        if (folder >= 0) {
            close(folder);
        }
        return;
    }
    const int fd =
        openat(folder, fresh,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const bool whole = fd >= 0 && write_whole(fd, magic, sizeof(magic)) &&
                       write_whole(fd, digest.bytes, DIGEST_BYTES) &&
                       write_whole(fd, content.at, content.len) &&
                       fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    if (fd >= 0 && (!whole || renameat(folder, fresh, folder, name) != 0)) {
        (void)unlinkat(folder, fresh, 0);
    }
    for (int i = 0; i < CACHE_FILES && find_oldest(folder, kind, name); i++) {
        (void)unlinkat(folder, name, 0);
    }
    close(folder);
}
