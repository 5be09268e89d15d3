#include "sidecar/base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/base/clock.h"

enum {
    RATE_SLOTS = 64, /* events share one by hash; it only suppresses earlier */
    EVENT_BYTES = 64,
    SUFFIX_BYTES = sizeof(" suppressed=4294967295\n")
};

static struct {
    pthread_mutex_t lock; /* guards everything below */
    enum log_level level;
    uint64_t dropped;
    struct {
        uint64_t second;
        unsigned count;
        unsigned suppressed;
    } rate[RATE_SLOTS];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static unsigned
slot_of(const char *event)
{
    unsigned h = 5381;

    for (const char *c = event; *c != '\0'; c++) {
        h = h * 33u + (unsigned char)*c;
    }
    return h % RATE_SLOTS;
}

/* May this event be written now? Then how many were held back before it. */
static bool
admit(const char *event, unsigned *suppressed)
{
    const unsigned slot = slot_of(event);
    const uint64_t second = clock_ns() / 1000000000u;
    bool yes = true;

    if (state.rate[slot].second != second) {
        state.rate[slot].second = second;
        state.rate[slot].count = 0;
    }
    *suppressed = state.rate[slot].suppressed;
    if (++state.rate[slot].count > LOG_PER_SECOND) {
        state.rate[slot].suppressed++;
        yes = false;
    } else {
        state.rate[slot].suppressed = 0;
    }
    return yes;
}

/* As much of `in` as fits, never half an escape; returns bytes written. */
static size_t
escape(char *out, size_t cap, const char *in)
{
    size_t len = 0;

    for (; *in != '\0' && len + 5 < cap; in++) {
        const unsigned char c = (unsigned char)*in;
        if (c >= 0x20 && c < 0x7f && c != '\\') {
            out[len++] = (char)c;
        } else {
            len += (size_t)snprintf(out + len, cap - len, "\\x%02x", c);
        }
    }
    return len;
}

/* Time, level, event. */
static size_t
put_head(char *line, size_t cap, enum log_level level, const char *event)
{
    const int64_t now = clock_wall_ms();
    const int64_t wall = now > 0 ? now : 0; // before 1970 no clock was set
    const time_t seconds = (time_t)(wall / 1000);
    struct tm utc = {.tm_mday = 1};

    gmtime_r(&seconds, &utc);
    const size_t len = strftime(line, cap, "%Y-%m-%dT%H:%M:%S", &utc);
    return len + (size_t)snprintf(line + len, cap - len, ".%03dZ %s %.*s ",
                                  (int)(wall % 1000), level_names[level],
                                  EVENT_BYTES, event);
}

/*
 * One write a line: stdio tears lines when the process dies. Asked
 * first, since stderr may be a pipe that nobody reads: what poll lets through
 * is less than PIPE_BUF, and then does not block.
 */
static void
write_line(const char *line, size_t len)
{
    struct pollfd to = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&to, 1, 0) != 1 || (to.revents & POLLOUT) == 0 ||
        write(STDERR_FILENO, line, len) != (ssize_t)len) {
        state.dropped++;
    }
}

void
log_event(enum log_level level, const char *event, const char *format, ...)
{
    char body[LOG_LINE_BYTES], line[LOG_LINE_BYTES];
    const int errno_before = errno;
    unsigned suppressed = 0;
    va_list args;

    pthread_mutex_lock(&state.lock);
    const bool wanted = level <= state.level && admit(event, &suppressed);
    pthread_mutex_unlock(&state.lock);
    if (!wanted) {
        return;
    }
    va_start(args, format);
    vsnprintf(body, sizeof(body), format, args);
    va_end(args);
    size_t len = put_head(line, sizeof(line), level, event);
    len += escape(line + len, sizeof(line) - SUFFIX_BYTES - len, body);
    if (suppressed > 0) {
        len += (size_t)snprintf(line + len, sizeof(line) - len,
                                " suppressed=%u", suppressed);
    }
    line[len++] = '\n';
    pthread_mutex_lock(&state.lock);
    write_line(line, len);
    pthread_mutex_unlock(&state.lock);
    errno = errno_before;
}

void
log_level_set(enum log_level level)
{
    pthread_mutex_lock(&state.lock);
    state.level = level;
    pthread_mutex_unlock(&state.lock);
}

uint64_t
log_dropped(void)
{
    pthread_mutex_lock(&state.lock);
    const uint64_t dropped = state.dropped;
    pthread_mutex_unlock(&state.lock);
    return dropped;
}
