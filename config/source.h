/*
 * The files of a configuration: found relative to the file that names them,
 * kept inside the main file's folder, read, and digested in order of reading.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "config/place.h"
#include "sidecar/base/buffer.h"
#include "sidecar/base/digest.h"

enum { SOURCE_PATH_BYTES = 4096 };

struct source_path {
    const char *name; /* for people: as named, tidied; arena's */
    struct text real; /* absolute, without symbolic links; ended by a NUL */
};

struct source {
    const char *name;
    struct digest digest; /* of its content */
    const struct source *next;
};

struct source_set {
    struct arena *arena;       /* kept; owns all the texts */
    struct problems *problems; /* kept */
    struct text root;          /* the main file's folder, absolute */
    const struct source *first;
    const struct source **end;
    size_t count;
};

/*
 * A set whose main file is `path`, and that file resolved. False: the folder
 * cannot be opened, and a problem says so.
 */
bool source_init(struct source_set *set, const char *path, struct arena *arena,
                 struct problems *problems, struct source_path *out);

/*
 * The file that the text `written` at `at` means. `key` is the setting's path,
 * for the problem where it cannot be opened or lies outside the main file's
 * folder. A path in an override is relative to the current folder and may lie
 * anywhere: whoever starts the process could name another main file as well.
 */
bool source_resolve(struct source_set *set, struct place at, const char *key,
                    struct text written, struct source_path *out);

/*
 * Reads and digests the whole file, at most `limit` bytes. The buffer is
 * initialised here; the caller clears it. False: a problem at `at` says why.
 */
bool
source_read(struct source_set *set, const struct source_path *path,
            size_t limit, struct place at, const char *key, struct buffer *out);

/* Counts something that is no file, such as an override, into the digest. */
void source_note(struct source_set *set, struct text text);

/* Over all that was read and noted, in order. */
struct digest source_digest(const struct source_set *set);

#endif
