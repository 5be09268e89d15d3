#include "sidecar/serve/reload.h"

#include <stdio.h>

#include "sidecar/base/log.h"

enum {
    PROBLEM_ARENA_BYTES = 64 << 20,
    PROBLEM_BYTES = 1024 /* a longer one is cut: the log's lines are */
};

void
reload_init(struct reload *reload, const struct reload_source *source)
{
    *reload = (struct reload){.source = *source};
    pthread_mutex_init(&reload->lock, NULL);
}

void
reload_clear(struct reload *reload)
{
    pthread_mutex_destroy(&reload->lock);
}

static void
remember_error(struct reload *reload, const char *message)
{
    pthread_mutex_lock(&reload->lock);
    snprintf(reload->last_error, sizeof(reload->last_error), "%s", message);
    pthread_mutex_unlock(&reload->lock);
}

/* As `leeway check` prints it: file:line:column: path: message. */
static void
put_in_words(const struct problem *p, char out[PROBLEM_BYTES])
{
    const bool override = p->at.file == place_override;
    char place[PROBLEM_BYTES / 2];

    if (p->at.line > 0) {
        snprintf(place, sizeof(place), "%s:%u:%u", p->at.file, p->at.line,
                 p->at.column);
    } else {
        snprintf(place, sizeof(place), "%s", p->at.file);
    }
    snprintf(out, PROBLEM_BYTES, "%s%s%.*s%s%.*s", place, override ? " " : ": ",
             TEXT_ARGS(p->path), p->path.len > 0 ? ": " : "",
             TEXT_ARGS(p->message));
}

static void
log_problems(const struct problems *problems)
{
    char words[PROBLEM_BYTES];

    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->at[i];
        put_in_words(p, words);
        log_event(p->warning ? LOG_WARN : LOG_ERROR, "config", "%s", words);
    }
}

static void
first_problem(const struct problems *problems, struct err *err)
{
    const size_t all = place_problems_told(problems);
    char words[PROBLEM_BYTES];

    for (size_t i = 0; i < problems->count; i++) {
        if (!problems->at[i].warning) {
            put_in_words(&problems->at[i], words);
            err_set(err, ERR_INVALID, "%s", words);
            if (all > 1) {
                err_under(err, "%zu problems, first", all);
            }
            return;
        }
    }
    err_set(err, ERR_INTERNAL, "the configuration could not be loaded");
}

/* NULL: err says why. */
static struct engine *
load(const struct reload_source *source, struct err *err)
{
    struct arena *arena = arena_new(PROBLEM_ARENA_BYTES);
    struct problems problems;

    if (arena == NULL) {
        err_memory(err, "a reload");
        return NULL;
    }
    place_problems_init(&problems, arena);
    struct engine *engine =
        engine_load(source->path, source->overrides, source->override_count,
                    source->kernels, &problems);
    log_problems(&problems);
    if (engine == NULL) {
        first_problem(&problems, err);
    }
    arena_free(arena);
    return engine;
}

/*
 * Puts the new engine into the slot, with the personas that are enrolled at
 * that moment: somebody may be enrolled while we load, and again while we lay
 * them over. Takes the engine; gives the one that answers now, with a
 * reference, or NULL.
 */
static struct engine *
install(struct slot *slot, struct engine *loaded, struct err *err)
{
    for (;;) {
        struct engine *old = slot_take(slot);
        struct engine *engine =
            engine_with(loaded, personas_roster(old->personas), err);
        // A reference of our own: the slot's may be gone before we are done.
        const bool done =
            engine == NULL || slot_replace(slot, old, engine_keep(engine));
        engine_drop(old);
        if (done) {
            if (engine == NULL && err->kind == ERR_CONFIG) {
                err->kind = ERR_INVALID; // as any other problem of a reload
            }
            engine_drop(loaded);
            return engine;
        }
        engine_drop(engine);
        engine_drop(engine);
    }
}

bool
reload_run(struct reload *reload, struct slot *slot, struct tally *tally,
           uint64_t *generation, struct err *err)
{
    struct engine *engine = load(&reload->source, err);

    if (engine != NULL) {
        engine = install(slot, engine, err);
    }
    const bool loaded = engine != NULL;
    if (loaded) {
        *generation = engine->generation;
        log_level_set((enum log_level)engine->config->log.level);
        log_event(LOG_INFO, "reload", "generation=%llu engine=%.12s",
                  (unsigned long long)engine->generation, engine->hash);
        engine_drop(engine);
    } else {
        log_event(LOG_ERROR, "reload_failed", "error=%s", err->message);
    }
    remember_error(reload, loaded ? "" : err->message);
    tally_reload(tally, loaded);
    return loaded;
}

struct text
reload_last_error(struct reload *reload, struct arena *arena)
{
    pthread_mutex_lock(&reload->lock);
    const struct text error = arena_copy(arena, text_of(reload->last_error));
    pthread_mutex_unlock(&reload->lock);
    return error;
}
