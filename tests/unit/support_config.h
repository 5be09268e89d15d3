/*
 * A folder of configuration files for one test, and what the loader says of
 * them.
 */
#ifndef TESTS_UNIT_SUPPORT_CONFIG_H
#define TESTS_UNIT_SUPPORT_CONFIG_H

#include "config/load.h"

/* A new empty folder, which becomes the current one. */
void support_config_enter(void);

/* Leaves the folder and removes it with all that is in it. */
void support_config_leave(void);

/* Writes the file, and the folders it lies in. */
void support_config_file(const char *name, struct text content);

/* A configuration, its problems and the arena of both. */
struct support_config {
    struct arena *arena;
    struct problems problems;
    struct config *config; /* NULL: nothing could be read */
};

/* Loads `name`; overrides end with NULL, or are NULL. */
void support_config_load(struct support_config *loaded, const char *name,
                         const char *const *overrides);
void support_config_clear(struct support_config *loaded);

/* All problems as they are printed. To be freed. */
char *support_config_problems(struct support_config *loaded, bool json);

/* What `check --print-effective` prints of it. To be freed. */
char *support_config_effective(const struct config *config);

/* Writes a.yaml, loads it, and compares what is said, to the letter. */
void support_config_expect(const char *yaml, const char *const *overrides,
                           const char *expected);

/* Writes a.yaml and loads it; it must be free of problems. */
struct support_config
support_config_good(const char *yaml, const char *const *overrides);

/* An a.yaml with everything in it that a configuration can hold. */
extern const char support_config_whole[];

#endif
