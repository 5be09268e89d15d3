/*
 * What is said instead: a line out of a pool.
 */
#ifndef SIDECAR_ENGINE_FALLBACK_H
#define SIDECAR_ENGINE_FALLBACK_H

#include "config/config.h"
#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

struct fallback_query {
    struct text rule_pool;    /* named by the deciding rule, or "" */
    struct text profile_pool; /* named by a profile, or "" */
    struct text category;     /* that decided, or "" */
    struct text locale;       /* of the request, or "" */
    const struct config_persona *persona; /* NULL: none */
    uint64_t rotation; /* consecutive values give different lines */
    uint64_t content;  /* hash of the candidate, for pick: hash */
};

struct fallback_line {
    struct text text; /* {persona_name} filled in */
    struct text pool, locale;
    size_t line; /* index in the pool's locale */
};

/*
 * The pool is the first there is of: the rule's, the profile's, the persona's,
 * the one named as the category, "default". Within it the request's locale, its
 * language, the persona's locale, its language, "en", the first. Fails where no
 * pool has a line (the loader sees to it that "default" has), or no memory.
 */
bool fallback_choose(const struct config *config,
                     const struct fallback_query *query, struct arena *arena,
                     struct fallback_line *out, struct err *err);

/*
 * The line as it is shown: every {persona_name} is her name, or I where there
 * is no persona. at NULL: no memory.
 */
struct text
fallback_fill(struct text line, const struct config_persona *persona,
              struct arena *arena);

#endif
