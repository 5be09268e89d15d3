/*
 * Files that can be made again, by the hash of what they were made from, in a
 * folder that nobody else can write to: what stands in them is given to
 * libraries that trust it.
 *
 * A file holds the hash of its content together with its kind and key, and one
 * that is cut, changed, renamed, of another owner or open to others is as good
 * as none. That is against damage and mistakes; the hash is no seal, since
 * whoever could make one could read its key. Against people stands that only
 * our own user can write there, who may as well change the program.
 *
 * Writing is atomic; of each kind the CACHE_FILES used last are kept.
 *
 * Every function is safe from any thread and process, and quiet: a cache that
 * does not work costs time, nothing else.
 */
#ifndef SIDECAR_BASE_CACHE_H
#define SIDECAR_BASE_CACHE_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/digest.h"

enum {
    CACHE_FILES = 32,            /* of a kind */
    CACHE_FILE_BYTES = 256 << 20 /* a larger one is not kept */
};

struct cache {
    char folder[4096];
};

/*
 * Opens the folder, making it (mode 0700) and its parent where they are not
 * there.
 *
 *   setting  a path; "auto": leeway in $CACHE_DIRECTORY (systemd's, the first
 *            of its list), else in $XDG_CACHE_HOME, else in ~/.cache;
 *            "none": there is no cache
 *
 * False: there is no cache, or the folder cannot be trusted or used.
 */
bool cache_open(struct cache *cache, const char *setting);

/* kind: a short word of a to z. False: it is not there, or not as it was. */
bool cache_read(const struct cache *cache, const char *kind,
                const struct digest *key, struct buffer *out);

void cache_write(const struct cache *cache, const char *kind,
                 const struct digest *key, struct text content);

#endif
