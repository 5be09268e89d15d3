#include "config/known.h"
#include "sidecar/base/nearest.h"

#include <stdlib.h>

static int
by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool
known_build(struct known *known, struct arena *arena, const void *records,
            size_t count, size_t size, size_t id_at)
{
    *known = (struct known){ARENA_ARRAY(arena, const char *, count + 1), 0};
    if (known->names == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct text id;
        memcpy(&id, (const char *)records + i * size + id_at, sizeof(id));
        if (id.at != NULL) {
            known->names[known->count++] = id.at;
        }
    }
    if (known->count > 0) {
        qsort(known->names, known->count, sizeof(known->names[0]), by_name);
    }
    return true;
}

bool
known_has(const struct known *known, struct text name)
{
    const char *const wanted = name.at;

    return name.at != NULL && known->count > 0 &&
           bsearch(&wanted, known->names, known->count, sizeof(known->names[0]),
                   by_name) != NULL;
}

void
known_check(const struct known *known, struct problems *problems,
            struct place at, const char *path, const char *what,
            struct text name)
{
    if (known_has(known, name)) {
        return;
    }
    const char *nearest = problems->count < PROBLEMS_KEPT
                              ? nearest_name(name, known->names)
                              : NULL;
    place_problem(problems, at, path, "there is no %s \"%.*s\"%s%s%s", what,
                  TEXT_ARGS(place_excerpt(name)),
                  nearest != NULL ? "; did you mean \"" : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}
