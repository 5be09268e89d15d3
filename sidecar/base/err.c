#include "sidecar/base/err.h"

#include <stdio.h>
#include <string.h>

#include "sidecar/base/utf8.h"

/*
 * Messages leave as UTF-8 (a str on the wire): where one was cut, it must not
 * end inside a character.
 */
static void
end_whole(char *message, size_t cap, int wanted)
{
    if (wanted < 0) {
        message[0] = '\0';
        return;
    }
    if ((size_t)wanted < cap) {
        return;
    }
    size_t start = cap - 1;
    while (start > 0 && utf8_inside((unsigned char)message[start - 1])) {
        start--;
    }
    if (start > 0) {
        start--; // the last lead byte, or ASCII
    }
    if (start + utf8_len((unsigned char)message[start]) > cap - 1) {
        message[start] = '\0';
    }
}

static void write_message(struct err *err, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
write_message(struct err *err, const char *format, va_list args)
{
    const int wanted =
        vsnprintf(err->message, sizeof(err->message), format, args);

    end_whole(err->message, sizeof(err->message), wanted);
}

void
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list args;

    err->kind = kind;
    err->path[0] = '\0';
    va_start(args, format);
    write_message(err, format, args);
    va_end(args);
}

void
err_at(struct err *err, enum err_kind kind, const char *path,
       const char *format, ...)
{
    va_list args;

    err->kind = kind;
    end_whole(err->path, sizeof(err->path),
              snprintf(err->path, sizeof(err->path), "%s", path));
    va_start(args, format);
    write_message(err, format, args);
    va_end(args);
}

void
err_under(struct err *err, const char *format, ...)
{
    char message[ERR_MESSAGE_BYTES];
    char context[ERR_MESSAGE_BYTES];
    va_list args;

    memcpy(message, err->message, sizeof(message));
    va_start(args, format);
    vsnprintf(context, sizeof(context), format, args);
    va_end(args);
    end_whole(err->message, sizeof(err->message),
              snprintf(err->message, sizeof(err->message), "%s: %s", context,
                       message));
}

void
err_memory(struct err *err, const char *what)
{
    err_set(err, ERR_MEMORY, "out of memory: %s", what);
}
