#include "sidecar/engine/engine.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "config/load.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/guardrail_cache.h"
#include "sidecar/engine/selftest.h"

/*
 * The count of references stands beside the engine, so that the engine itself
 * is const to everybody. Dropping the last one frees: acquire and release make
 * the frees come after every other thread's last use.
 */
struct counted {
    struct engine engine;
    /* The engine built from the configuration, which owns what this one shares
     * with it; a reference. NULL: this is it. */
    struct engine *root;
    _Atomic unsigned references;
};

enum { ARENA_BYTES = 1 << 30 };

static struct digest
with_digest(struct digest digest, const struct digest *more)
{
    const struct text parts[] = {{(const char *)digest.bytes, DIGEST_BYTES},
                                 {(const char *)more->bytes, DIGEST_BYTES}};

    return digest_of_parts(parts, 2);
}

static void
name_engine(struct engine *engine)
{
    const struct vector_backgrounds *backgrounds =
        personas_backgrounds(engine->personas);
    const size_t count = personas_count(engine->personas);
    struct digest digest = engine->config->digest;

    for (size_t i = 0; i < vector_backgrounds_count(backgrounds); i++) {
        digest =
            with_digest(digest, &vector_backgrounds_at(backgrounds, i)->digest);
    }
    for (size_t i = 0; i < count; i++) {
        const struct fingerprint *print =
            personas_at(engine->personas, i)->print;
        if (print != NULL) {
            digest = with_digest(digest, &print->digest);
        }
    }
    digest_hex(&digest, engine->hash);
}

static void
destroy(struct counted *counted)
{
    personas_free(counted->engine.personas);
    if (counted->root != NULL) {
        engine_drop(counted->root); // no deeper: a root has none
    } else {
        rules_free(counted->engine.rules);
        machines_free(counted->engine.machines);
        guardrail_cache_free(counted->engine.asks);
        load_free(counted->engine.config);
    }
    free(counted);
}

struct engine *
engine_build(struct config *config, const struct kernel_set *kernels,
             struct problems *problems)
{
    struct counted *counted = calloc(1, sizeof(*counted));

    if (counted == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "", "out of memory");
        load_free(config);
        return NULL;
    }
    struct engine *engine = &counted->engine;
    *engine = (struct engine){.config = config, .kernels = kernels};
    atomic_init(&counted->references, 1);
    // Both, whatever the first finds: all problems are shown at once.
    engine->rules = rules_build(config, problems);
    engine->personas = personas_build(config, kernels, problems);
    engine->machines = machines_build(config);
    engine->asks = ask_cache_new();
    if (engine->asks == NULL || engine->machines == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "", "out of memory");
    }
    if (engine->rules == NULL || engine->personas == NULL ||
        engine->machines == NULL || engine->asks == NULL) {
        destroy(counted);
        return NULL;
    }
    name_engine(engine);
    engine->generation = 1;
    return engine;
}

struct engine *
engine_with(struct engine *engine, struct roster *roster, struct err *err)
{
    struct engine *const above = ((struct counted *)engine)->root;
    struct counted *counted = calloc(1, sizeof(*counted));

    if (counted == NULL) {
        err_memory(err, "an engine");
        return NULL;
    }
    counted->engine = *engine;
    counted->engine.generation = 1;
    counted->root = engine_keep(above != NULL ? above : engine);
    atomic_init(&counted->references, 1);
    counted->engine.personas = personas_with(engine->personas, engine->config,
                                             engine->kernels, roster, err);
    if (counted->engine.personas == NULL) {
        destroy(counted);
        return NULL;
    }
    name_engine(&counted->engine);
    return &counted->engine;
}

struct engine *
engine_load_untested(const char *path, const char *const *overrides,
                     size_t override_count, const struct kernel_set *kernels,
                     struct problems *problems)
{
    struct arena *arena = arena_new(ARENA_BYTES);

    if (arena == NULL) {
        place_problem(problems, (struct place){path, 0, 0}, "",
                      "out of memory");
        return NULL;
    }
    struct config *config =
        load_config(path, overrides, override_count, arena, problems);
    if (config == NULL) {
        arena_free(arena); // the configuration would have kept it
        return NULL;
    }
    const bool readable = !place_problems_any(problems);
    struct engine *engine = engine_build(config, kernels, problems);
    if (engine != NULL && !readable) {
        engine_drop(engine);
        engine = NULL;
    }
    return engine;
}

struct engine *
engine_load(const char *path, const char *const *overrides,
            size_t override_count, const struct kernel_set *kernels,
            struct problems *problems)
{
    struct engine *engine = engine_load_untested(
        path, overrides, override_count, kernels, problems);

    if (engine != NULL && !selftest_engine(engine, problems)) {
        engine_drop(engine);
        engine = NULL;
    }
    return engine;
}

struct engine *
engine_keep(struct engine *engine)
{
    struct counted *counted = (struct counted *)engine;

    // The caller has a reference, so the count cannot fall to 0 meanwhile.
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return engine;
}

void
engine_drop(struct engine *engine)
{
    struct counted *counted = (struct counted *)engine;

    if (counted != NULL &&
        atomic_fetch_sub_explicit(&counted->references, 1,
                                  memory_order_acq_rel) == 1) {
        destroy(counted);
    }
}
