/*
 * The bytes of a transcript: a file, a pipe or standard input, unpacked where
 * it is packed, without a byte order mark. Internal to the transcript reader.
 */
#ifndef SIDECAR_TOOLS_TRANSCRIPT_SOURCE_H
#define SIDECAR_TOOLS_TRANSCRIPT_SOURCE_H

#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

struct transcript_source;

enum {
    /*
     * A packed file may unpack to so many times its size. Chat logs pack 5 to
     * 30 times; gzip can do 1,032, and only with one byte repeated.
     */
    TRANSCRIPT_SOURCE_RATIO = 500,
    /* Bytes that any packed file may unpack to, before that is asked. */
    TRANSCRIPT_SOURCE_FREE = 64 << 20
};

/*
 * Opens a path, or standard input for "-". Fails with ERR_IO (cannot be opened,
 * a folder or device), ERR_INVALID (UTF-16; packed in a way this program was
 * built without) or ERR_MEMORY; every message names the path.
 */
struct transcript_source *
transcript_source_open(const char *path, struct err *err);
void transcript_source_close(struct transcript_source *source);

/*
 * The next bytes, *got of them, at most `room` > 0; none at the end. Fails with
 * ERR_IO, or ERR_INVALID where a packed file is cut short, damaged, or a bomb;
 * and then again at every later call.
 */
bool transcript_source_read(struct transcript_source *source, char *to,
                            size_t room, size_t *got, struct err *err);

#endif
