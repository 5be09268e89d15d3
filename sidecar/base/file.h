/*
 * Whole files, read and written safely.
 */
#ifndef SIDECAR_BASE_FILE_H
#define SIDECAR_BASE_FILE_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/err.h"

/*
 * Reads a regular file of at most `limit` bytes into the buffer, which is
 * initialised here and cleared by the caller. "-" is standard input. Fails on
 * folders, devices and pipes, and beyond the limit (ERR_IO, naming the path).
 */
bool
file_read(const char *path, size_t limit, struct buffer *out, struct err *err);

/*
 * Writes the whole content under another name in the same folder, syncs it,
 * and renames it over `path`: readers see the old file or the new one. Mode
 * 0644 less the umask.
 */
bool file_write(const char *path, struct text content, struct err *err);

/* Removes a file for good; one that is not there is fine. ERR_IO. */
bool file_remove(const char *path, struct err *err);

#endif
