/*
 * Everything a verdict depends on, compiled from one configuration: rules,
 * voices, fingerprints, fallbacks. A value: immutable, counted, shared by any
 * number of threads; a request uses one from start to end.
 */
#ifndef SIDECAR_ENGINE_ENGINE_H
#define SIDECAR_ENGINE_ENGINE_H

#include "config/config.h"
#include "kernels/kernels.h"
#include "sidecar/engine/machine.h"
#include "sidecar/engine/persona.h"
#include "sidecar/engine/rules.h"

struct engine {
    struct config *config; /* owned, as are the next three, or shared */
    struct rules *rules;
    struct personas *personas;
    struct machines *machines;
    struct guardrail_cache *asks; /* what extraGuardrails come to: ask.h */
    const struct kernel_set *kernels;
    char hash[DIGEST_HEX]; /* of configuration and fingerprints */
    uint64_t generation;   /* 1 for the first of a process */
};

/*
 * Compiles the configuration, which it takes, also on failure. Everything that
 * is wrong goes to problems; NULL where anything is. The inline rule tests are
 * not run here: see selftest.h.
 */
struct engine *
engine_build(struct config *config, const struct kernel_set *kernels,
             struct problems *problems);

/* From a file to an engine that has passed its own tests; else NULL. */
struct engine *
engine_load(const char *path, const char *const *overrides,
            size_t override_count, const struct kernel_set *kernels,
            struct problems *problems);

/*
 * The same engine with other personas (persona.h, personas_with): rules,
 * configuration, voice model and caches are those of `engine`, shared, and so
 * are the fingerprints; only the table of personas is new. NULL, and nothing
 * happened: err says why.
 */
struct engine *
engine_with(struct engine *engine, struct roster *roster, struct err *err);

/* The same without its tests: for trying out what they would refuse. */
struct engine *
engine_load_untested(const char *path, const char *const *overrides,
                     size_t override_count, const struct kernel_set *kernels,
                     struct problems *problems);

struct engine *engine_keep(struct engine *engine); /* one reference more */
void engine_drop(struct engine *engine); /* one less; frees the last; NULL ok */

#endif
