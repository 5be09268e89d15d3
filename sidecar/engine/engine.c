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
    _Atomic unsigned references;
};

enum { ARENA_BYTES = 1 << 30 };

static void
name_engine(struct engine *engine)
{
    const size_t count = personas_count(engine->personas);
    struct digest digest = engine->config->digest;

    for (size_t i = 0; i < count; i++) {
        const struct fingerprint *print =
            personas_at(engine->personas, i)->print;
        if (print != NULL) {
            const struct text parts[] = {
                {(const char *)digest.bytes, DIGEST_BYTES},
                {(const char *)print->digest.bytes, DIGEST_BYTES}};
            digest = digest_of_parts(parts, 2);
        }
    }
    digest_hex(&digest, engine->hash);
}

static void
destroy(struct counted *counted)
{
    rules_free(counted->engine.rules);
    personas_free(counted->engine.personas);
    guardrail_cache_free(counted->engine.asks);
    load_free(counted->engine.config);
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
    engine->asks = ask_cache_new();
    if (engine->asks == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "", "out of memory");
    }
    if (engine->rules == NULL || engine->personas == NULL ||
        engine->asks == NULL) {
        destroy(counted);
        return NULL;
    }
    name_engine(engine);
    engine->generation = 1;
    return engine;
}

struct engine *
engine_load(const char *path, const char *const *overrides,
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
    if (engine != NULL && (!readable || !selftest_engine(engine, problems))) {
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
