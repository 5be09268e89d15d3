#include "sidecar/base/err.h"

#include <stdio.h>
#include <string.h>

void
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list args;

    err->kind = kind;
    err->path[0] = '\0';
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
}

void
err_at(struct err *err, enum err_kind kind, const char *path,
       const char *format, ...)
{
    va_list args;

    err->kind = kind;
    snprintf(err->path, sizeof(err->path), "%s", path);
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
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
    snprintf(err->message, sizeof(err->message), "%s: %s", context, message);
}

void
err_memory(struct err *err, const char *what)
{
    err_set(err, ERR_MEMORY, "out of memory: %s", what);
}
