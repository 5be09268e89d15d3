/*
 * Many literal strings, found in one pass (Hyperscan's literal matcher, or
 * Vectorscan's with the same interface). Bytes are compared as they are, but
 * for the case of ASCII letters where a literal says so; word boundaries are
 * the caller's business.
 */
#ifndef SIDECAR_ENGINE_LITERALS_H
#define SIDECAR_ENGINE_LITERALS_H

#include "sidecar/base/cache.h"
#include "sidecar/base/err.h"
#include "sidecar/base/text.h"

struct literal {
    struct text text; /* 1 to LITERALS_BYTES bytes */
    uint32_t id;      /* given back with a match; need not be unique */
    bool caseless;    /* ASCII letters in either case */
};

enum { LITERALS_BYTES = 512 };

struct literals;         /* immutable once built; any number of threads */
struct literals_scratch; /* one thread's; serves any set it was fitted to */

/* count may be 0: such a set finds nothing. NULL on failure. */
struct literals *
literals_build(const struct literal *at, size_t count, struct err *err);
void literals_free(struct literals *literals);

/*
 * The same through a cache: what was compiled before, on a machine of this kind
 * and by this library, is read instead. A cache that fails is no failure; what
 * is found in it is checked. `cache` may be NULL.
 */
struct literals *
literals_build_cached(const struct literal *at, size_t count,
                      const struct cache *cache, struct err *err);

struct literals_scratch *literals_scratch_new(void);
void literals_scratch_free(struct literals_scratch *scratch);

/* Must be called for a set before the scratch is used with it. */
bool literals_scratch_fit(struct literals_scratch *scratch,
                          const struct literals *literals, struct err *err);

/* One occurrence, ending before byte `to`. Returning false ends the scan. */
typedef bool literals_found(void *context, uint32_t id, size_t to);

/*
 * Reports every occurrence of every literal, overlapping ones too, in order of
 * their ends. Fails with ERR_INTERNAL where the matcher does, and with
 * ERR_MEMORY where `found` returned false.
 */
bool literals_scan(const struct literals *literals,
                   struct literals_scratch *scratch, struct text text,
                   literals_found *found, void *context, struct err *err);

/* Name and version of the library, static. */
const char *literals_library(void);

#endif
