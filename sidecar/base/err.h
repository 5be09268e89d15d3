/*
 * What went wrong, in words a caller may read. A function that can fail takes
 * a `struct err *` last, never NULL, and fills it exactly when it fails.
 *
 * The kinds are the failures that leave the process: proto/fault.h maps each to
 * its name and HTTP number on the wire, sidecar/tools to an exit code.
 *
 * A message names the thing, the place and the limit, and never holds reply
 * text: it is safe to log and to send.
 */
#ifndef SIDECAR_BASE_ERR_H
#define SIDECAR_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_BAD_REQUEST,  /* not a message, or not one of ours */
    ERR_UNAUTHORIZED, /* token missing or wrong */
    ERR_FORBIDDEN,    /* not on this socket */
    ERR_NOT_FOUND,    /* persona, session, fingerprint, stream */
    ERR_STATE,        /* session or stream is in another state */
    ERR_IDEMPOTENCY,  /* same messageId, other content */
    ERR_TOO_LARGE,    /* a limit on size was passed */
    ERR_VERSION,      /* v is not one we speak */
    ERR_UNKNOWN_OP,
    ERR_INVALID,    /* well formed, but a value is wrong */
    ERR_OVERLOADED, /* come back later */
    ERR_DRAINING,
    ERR_DEADLINE,
    ERR_INTERNAL, /* our own fault, or the machine's */
    ERR_MEMORY,   /* told as internal_error */
    ERR_CONFIG,   /* the operator's files */
    ERR_IO,       /* open, read, write, bind */
    ERR_COUNT
};

enum { ERR_MESSAGE_BYTES = 480, ERR_PATH_BYTES = 96 };

struct err {
    enum err_kind kind;
    char message[ERR_MESSAGE_BYTES]; /* one line */
    char path[ERR_PATH_BYTES];       /* the key, "candidates[0].text", or "" */
};

/*
 * Fills err, path emptied. What is longer than its field is cut between two
 * characters. No argument may point into err.
 */
void err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, naming the key that is wrong. */
void err_at(struct err *err, enum err_kind kind, const char *path,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Puts "context: " before the message. */
void err_under(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ERR_MEMORY, naming what there was no room for. */
void err_memory(struct err *err, const char *what);

#endif
