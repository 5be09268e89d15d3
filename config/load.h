/*
 * From files to a configuration. Nothing is built here: regexes, lists' terms
 * and fingerprints are compiled by sidecar/engine, which reports into the same
 * problems.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"

/*
 * A limit for the arena that is far above what any real configuration takes
 * (the shipped one: 1 MiB) and that the largest files allowed stay below.
 */
enum { LOAD_MEMORY_BYTES = 512 << 20 };

/*
 * Reads `path` and all it includes, with `overrides` ("limits.workers=4",
 * [count]) on top, checks everything against the schema, and reports *all*
 * problems. The configuration is returned where it could be read at all, even
 * with problems, so that more can be found; it must not be used if
 * place_problems_any(). NULL: nothing could be read, and the problem says why.
 *
 * The arena is kept by the configuration, and freed by load_free; where NULL is
 * returned it stays the caller's.
 *
 * A file comes after those it includes: what it says of a category's thresholds
 * changes what they say. Anything else that stands twice is a problem. Included
 * files, lists and paths lie in the main file's folder; a path in an override
 * may lie anywhere.
 */
struct config *
load_config(const char *path, const char *const *overrides, size_t count,
            struct arena *arena, struct problems *problems);

/* Frees the configuration and its arena. NULL is fine. */
void load_free(struct config *config);

/*
 * The file that is meant where none was named: $LEEWAY_CONFIG, else
 * config/leeway.yaml, else /etc/leeway/leeway.yaml; NULL where there is none.
 */
const char *load_default_path(void);

#endif
