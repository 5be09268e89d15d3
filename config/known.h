/*
 * Sets of names that a configuration defines: rules, categories, lists. Built
 * once, then asked often.
 */
#ifndef CONFIG_KNOWN_H
#define CONFIG_KNOWN_H

#include "config/place.h"

struct known {
    const char **names; /* sorted, ended by NULL */
    size_t count;
};

/*
 * The names of `count` records of `size` bytes each, at `id_at` in each: a
 * struct text ended by a NUL. False: no memory.
 */
bool known_build(struct known *known, struct arena *arena, const void *records,
                 size_t count, size_t size, size_t id_at);

bool known_has(const struct known *known, struct text name);

/* Where the name is not known: a problem, with the nearest that is. */
void known_check(const struct known *known, struct problems *problems,
                 struct place at, const char *path, const char *what,
                 struct text name);

#endif
