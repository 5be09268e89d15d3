/*
 * One line per event on stderr: time, level, event, then key=value pairs.
 * Never reply text, user text or message bodies: ids, lengths, rule ids,
 * scores.
 *
 * Control characters, backslashes and bytes outside ASCII are written as \xHH,
 * a line is cut at LOG_LINE_BYTES (its end included), and an event that comes
 * more often than LOG_PER_SECOND is counted instead ("suppressed=N" on its next
 * line). A line that stderr does not take at once is dropped and counted:
 * logging never blocks, and leaves errno alone. Any thread. SIGPIPE must be
 * ignored where stderr may be closed.
 */
#ifndef SIDECAR_BASE_LOG_H
#define SIDECAR_BASE_LOG_H

#include <stdint.h>

enum log_level {
    LOG_ERROR, /* a person must act */
    LOG_WARN,  /* we coped */
    LOG_INFO,  /* state changed */
    LOG_DEBUG  /* for us */
};

enum { LOG_LINE_BYTES = 1024, LOG_PER_SECOND = 10 };

/* `event` is one of our own words, at most 64 bytes. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lines above this level are not written; LOG_INFO at start. */
void log_level_set(enum log_level level);

/* Lines dropped because stderr was closed or full. */
uint64_t log_dropped(void);

#endif
