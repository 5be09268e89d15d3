#include "sidecar/serve/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sidecar/base/text.h"

enum {
    NAME_BYTES = ENDPOINT_PATH_BYTES + 8, /* path and ".lock" */
    PORT_LIMIT = 65535,
    LOCK_TRIES = 16 /* each needs another instance leaving just then */
};

_Static_assert(ENDPOINT_PATH_BYTES + sizeof(".new") - 1 <=
                   sizeof(((struct sockaddr_un *)0)->sun_path),
               "the name that is bound must fit into a socket address");

static const char *const schemes[] = {
    [ENDPOINT_IPC] = "ipc://",
    [ENDPOINT_TCP] = "tcp://",
    [ENDPOINT_TLS] = "tls+tcp://",
};

/* --- URLs --------------------------------------------------------------- */

static bool
parse_path(const char *url, const char *path, struct endpoint *out,
           struct err *err)
{
    const size_t len = strlen(path);

    if (len == 0 || path[len - 1] == '/') {
        err_set(err, ERR_CONFIG, "%s: names no file", url);
        return false;
    }
    if (len >= sizeof(out->path)) {
        err_set(err, ERR_CONFIG, "%s: the path has %zu bytes, the limit is %zu",
                url, len, sizeof(out->path) - 1);
        return false;
    }
    memcpy(out->path, path, len + 1);
    return true;
}

static bool
parse_port(const char *digits, unsigned *port)
{
    unsigned value = 0;

    for (const char *c = digits; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || value > PORT_LIMIT) {
            return false;
        }
        value = value * 10 + (unsigned)(*c - '0');
    }
    *port = value;
    return *digits != '\0' && value <= PORT_LIMIT;
}

/* 127.a.b.c in full: "127.evil.example" is a name like any other. */
static bool
is_loopback(const char *host)
{
    unsigned part[4];
    char after;

    return strcmp(host, "[::1]") == 0 ||
           (strspn(host, "0123456789.") == strlen(host) &&
            strlen(host) <= sizeof("127.255.255.255") - 1 &&
            sscanf(host, "%3u.%3u.%3u.%3u%c", &part[0], &part[1], &part[2],
                   &part[3], &after) == 4 &&
            part[0] == 127);
}

static bool
parse_host(const char *url, const char *rest, struct endpoint *out,
           struct err *err)
{
    const char *colon = strrchr(rest, ':');

    if (colon == NULL || !parse_port(colon + 1, &out->port)) {
        err_set(err, ERR_CONFIG, "%s: wants a host and a port, 0 to %d", url,
                PORT_LIMIT);
        return false;
    }
    const size_t len = (size_t)(colon - rest);
    const bool bracketed = rest[0] == '[';
    if (len >= sizeof(out->host) || memchr(rest, '/', len) != NULL ||
        (bracketed ? rest[len - 1] != ']' : memchr(rest, ':', len) != NULL)) {
        err_set(err, ERR_CONFIG, "%s: not a host", url);
        return false;
    }
    memcpy(out->host, rest, len);
    out->host[len] = '\0';
    // The resolver may know another localhost; ours never leaves the machine.
    if (strcmp(out->host, "localhost") == 0) {
        snprintf(out->host, sizeof(out->host), "127.0.0.1");
    }
    return true;
}

bool
endpoint_parse(const char *url, bool allow_remote, struct endpoint *out,
               struct err *err)
{
    memset(out, 0, sizeof(*out));
    for (unsigned kind = ENDPOINT_IPC; kind <= ENDPOINT_TLS; kind++) {
        const size_t len = strlen(schemes[kind]);
        if (strncmp(url, schemes[kind], len) != 0) {
            continue;
        }
        out->kind = (enum endpoint_kind)kind;
        if (kind == ENDPOINT_IPC) {
            return parse_path(url, url + len, out, err);
        }
        if (!parse_host(url, url + len, out, err)) {
            return false;
        }
        if (!allow_remote && !is_loopback(out->host)) {
            err_set(err, ERR_CONFIG,
                    "%s: not a loopback address (allow_remote is false)", url);
            return false;
        }
        return true;
    }
    err_set(err, ERR_CONFIG, "%s: not an ipc://, tcp:// or tls+tcp:// URL",
            url);
    return false;
}

static void
write_url(const struct endpoint *e, const char *suffix, char *out)
{
    if (e->kind == ENDPOINT_IPC) {
        snprintf(out, ENDPOINT_URL_BYTES, "%s%s%s", schemes[e->kind], e->path,
                 suffix);
    } else {
        snprintf(out, ENDPOINT_URL_BYTES, "%s%s:%u", schemes[e->kind], e->host,
                 e->port);
    }
}

void
endpoint_bind_url(const struct endpoint *e, char *out)
{
    write_url(e, ".new", out);
}

void
endpoint_url(const struct endpoint *e, char *out)
{
    write_url(e, "", out);
}

/* --- the place of an ipc socket ----------------------------------------- */

static void
name_of(const struct endpoint_guard *guard, const char *suffix, char *out)
{
    snprintf(out, NAME_BYTES, "%s%s", guard->path, suffix);
}

static void
say_running(const struct endpoint_guard *guard, int lock_fd, struct err *err)
{
    char pid[16];
    const ssize_t len = pread(lock_fd, pid, sizeof(pid) - 1, 0);

    pid[len > 0 ? len : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    err_set(err, ERR_IO, "%s: already running, pid %s", guard->path,
            pid[0] != '\0' ? pid : "unknown");
}

/* Is the open lock file still the one that stands under its name? */
static bool
still_there(int fd, const char *name)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && lstat(name, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/*
 * The instance that leaves removes its lock file while it holds the lock, so a
 * lock on a file that is gone is worth nothing: then try again.
 */
static bool
take_lock(struct endpoint_guard *guard, struct err *err)
{
    char name[NAME_BYTES];

    name_of(guard, ".lock", name);
    for (int i = 0; i < LOCK_TRIES; i++) {
        const int fd = open(
            name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0) {
            err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
            return false;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            say_running(guard, fd, err);
            close(fd);
            return false;
        }
        if (still_there(fd, name)) {
            guard->lock_fd = fd;
            guard->held = true;
            return true;
        }
        close(fd);
    }
    err_set(err, ERR_IO, "%s: cannot be locked", name);
    return false;
}

static bool
write_pid(const struct endpoint_guard *guard, struct err *err)
{
    char pid[24];
    const int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

    if (ftruncate(guard->lock_fd, 0) != 0 ||
        pwrite(guard->lock_fd, pid, (size_t)len, 0) != len) {
        err_set(err, ERR_IO, "%s.lock: %s", guard->path, strerror(errno));
        return false;
    }
    return true;
}

/* Does anybody answer there? A full backlog is somebody. */
static bool
answers(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return false;
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const bool blocking_off = fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
    const bool refused =
        blocking_off &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
        errno != EAGAIN;
    close(fd);
    return !refused;
}

/* `name` is free or a socket that nobody listens on. */
static bool
look_at(const char *name, struct err *err)
{
    struct stat about;

    if (lstat(name, &about) != 0) {
        if (errno == ENOENT) {
            return true;
        }
        err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
        return false;
    }
    if (!S_ISSOCK(about.st_mode)) {
        err_set(err, ERR_IO, "%s: stands there and is not a socket", name);
        return false;
    }
    if (answers(name)) {
        err_set(err, ERR_IO, "%s: another program listens there", name);
        return false;
    }
    return true;
}

bool
endpoint_claim(struct endpoint_guard *guard, const char *path, struct err *err)
{
    char fresh[NAME_BYTES];

    memset(guard, 0, sizeof(*guard));
    snprintf(guard->path, sizeof(guard->path), "%s", path);
    if (!take_lock(guard, err)) {
        return false;
    }
    name_of(guard, ".new", fresh);
    if (!look_at(path, err) || !look_at(fresh, err) || !write_pid(guard, err)) {
        endpoint_release(guard);
        return false;
    }
    // Left by an instance that was killed between bind and rename.
    unlink(fresh);
    return true;
}

bool
endpoint_settle(struct endpoint_guard *guard, struct err *err)
{
    char fresh[NAME_BYTES];
    struct stat about;

    name_of(guard, ".new", fresh);
    if (chmod(fresh, 0600) != 0 || lstat(fresh, &about) != 0 ||
        rename(fresh, guard->path) != 0) {
        err_set(err, ERR_IO, "%s: %s", guard->path, strerror(errno));
        return false;
    }
    guard->device = about.st_dev;
    guard->inode = about.st_ino;
    guard->settled = true;
    return true;
}

void
endpoint_release(struct endpoint_guard *guard)
{
    char lock[NAME_BYTES];
    struct stat about;

    if (!guard->held) {
        return;
    }
    if (guard->settled && lstat(guard->path, &about) == 0 &&
        about.st_dev == guard->device && about.st_ino == guard->inode) {
        unlink(guard->path);
    }
    name_of(guard, ".lock", lock);
    unlink(lock);
    close(guard->lock_fd);
    guard->held = false;
    guard->settled = false;
}
