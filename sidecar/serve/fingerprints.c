#include "sidecar/serve/fingerprints.h"

#include <stdio.h>

#include "sidecar/base/clock.h"
#include "sidecar/serve/enrol.h"
#include "sidecar/serve/fingerprints_show.h"

/* A longer list takes milliseconds: not on a thread that reads. */
enum { LIST_AT_ONCE = 256 };

static struct arena *
arena_of(struct turn *t)
{
    return judge_arena(t->desk->judge);
}

/* ------------------------------------------------------------------- changes
 */

static const struct voice_model *
model_of(const struct engine *engine, struct err *err)
{
    const struct voice_model *model = personas_model(engine->personas);

    if (model == NULL) {
        err_set(err, ERR_STATE,
                "drift.background names no voice model: there are no "
                "fingerprints here");
    }
    return model;
}

/*
 * The time of creation is part of what has a hash. So it is made with the time
 * of the one before: where that gives the same hash nothing is new, and else
 * the time is.
 */
static bool
settle(struct enrol_change *change, struct err *err)
{
    const struct fingerprint *before = change->before;

    change->same = before != NULL && change->print != NULL &&
                   memcmp(&before->digest, &change->print->digest,
                          sizeof(before->digest)) == 0;
    return change->same || change->print == NULL ||
           fingerprint_date(change->print, clock_wall_ms() / 1000, err);
}

static int64_t
created_before(const struct enrol_change *change)
{
    return change->before != NULL ? change->before->created : 0;
}

/* What is wrong with a value is told under its key, where nothing else is. */
static void
blame(const char *key, struct err *err)
{
    const bool value = err->kind == ERR_INVALID || err->kind == ERR_TOO_LARGE;

    if (value && err->path[0] == '\0') {
        snprintf(err->path, sizeof(err->path), "%s", key);
    }
}

/* The sets of vectors, less those of one model; returns how many. */
static size_t
sets_of(const struct fingerprint *print, struct text without,
        struct fingerprint_source sets[FINGERPRINT_MOST_MODELS])
{
    size_t n = 0;

    for (size_t i = 0; print != NULL && i < print->vector_count; i++) {
        const struct fingerprint_vectors *v = &print->vectors[i];
        if (!text_equal(v->model, without)) {
            sets[n++] =
                (struct fingerprint_source){v->model, v->at, v->rows, v->dim};
        }
    }
    return n;
}

static bool
make_built(void *context, struct enrol_change *change, struct err *err)
{
    const struct turn *t = context;
    const struct engine *engine = change->engine;
    const struct voice_model *model = model_of(engine, err);
    const struct config_drift *drift = change->persona != NULL
                                           ? &change->persona->config->drift
                                           : &engine->config->drift;
    struct fingerprint_source sets[FINGERPRINT_MOST_MODELS];
    const struct fingerprint_request request = {
        .persona = t->request.persona,
        .source = TEXT("fingerprint.build"),
        .created = created_before(change),
        .lines = t->request.samples.at,
        .line_count = t->request.samples.count,
        .least = (size_t)drift->min_samples,
        .vectors = sets,
        .vector_count = sets_of(change->before, (struct text){NULL, 0}, sets)};

    if (model != NULL) {
        change->print =
            fingerprint_build(model, engine->kernels, &request, err);
    }
    if (change->print == NULL) {
        blame("samples", err);
    }
    return change->print != NULL && settle(change, err);
}

static bool
make_put(void *context, struct enrol_change *change, struct err *err)
{
    const struct turn *t = context;
    const struct request_vectors *given = &t->request.vectors;
    const struct engine *engine = change->engine;
    const struct voice_model *model = model_of(engine, err);
    const struct fingerprint_source source = {.model = t->request.model,
                                              .at = given->values,
                                              .rows = given->rows,
                                              .dim = given->dim};

    if (model != NULL && text_is(source.model, model->name)) {
        err_at(err, ERR_INVALID, "model",
               "model: %s is the built-in measure's own: fingerprint.build",
               model->name);
    } else if (model != NULL) {
        change->print = fingerprint_with(change->before, model, engine->kernels,
                                         t->request.persona, &source, err);
    }
    if (change->print == NULL) {
        blame("vectors", err);
    }
    return change->print != NULL && settle(change, err);
}

static bool
nothing_enrolled(const struct enrol_change *change, struct text persona,
                 struct err *err)
{
    const struct persona *found;

    // Says which are near where there is no such persona at all.
    if (persona_find(change->engine->personas, persona, &found, err)) {
        err_at(err, ERR_NOT_FOUND, "persona",
               "persona: nothing of hers came over the wire: what is "
               "configured cannot be dropped");
    }
    return false;
}

static bool
make_dropped(void *context, struct enrol_change *change, struct err *err)
{
    const struct turn *t = context;
    const struct fingerprint *before = change->before;
    const struct text model = t->request.model;
    struct fingerprint_source sets[FINGERPRINT_MOST_MODELS];

    if (before == NULL) {
        return nothing_enrolled(change, t->request.persona, err);
    }
    const bool lines = before->line_count > 0;
    const bool all_lines = lines && text_equal(model, before->model);
    const bool drop_all = model.len == 0;
    const size_t left = drop_all ? 0 : sets_of(before, model, sets);
    if (!drop_all && !all_lines && left == before->vector_count) {
        err_at(err, ERR_NOT_FOUND, "model",
               "model: nothing of that model came over the wire for her");
        return false;
    }
    const bool keep_lines = lines && !drop_all && !all_lines;
    if (!keep_lines && left == 0) {
        return true; // nothing is left
    }
    const struct fingerprint_parts parts = {.persona = before->persona,
                                            .source = before->source,
                                            .created = before->created,
                                            .lines = keep_lines ? before : NULL,
                                            .vectors = sets,
                                            .vector_count = left};
    const struct voice_model *voice = model_of(change->engine, err);
    if (voice != NULL) {
        change->print =
            fingerprint_join(voice, change->engine->kernels, &parts, err);
    }
    return change->print != NULL && settle(change, err);
}

/* NULL: there is no such persona any more. */
static const struct persona *
persona_in(const struct engine *engine, struct text id)
{
    const struct persona *persona;
    struct err ignored;

    return persona_find(engine->personas, id, &persona, &ignored) ? persona
                                                                  : NULL;
}

static bool
answer_enrolled(struct turn *t, const struct engine *engine, bool changed)
{
    const struct persona *persona = persona_in(engine, t->request.persona);
    struct encode_fingerprint print;

    if (!fingerprints_show(persona, arena_of(t), &print, &t->err)) {
        return false;
    }
    turn_answered_by(t, engine);
    turn_stop_watch(t);
    encode_enrolled(&t->desk->reply, &t->answer, &print,
                    fingerprints_show_voice(&print, t->request.model), changed);
    return true;
}

static bool
enrol(struct turn *t, bool (*make)(void *, struct enrol_change *, struct err *))
{
    struct engine *engine;
    bool changed;

    if (turn_later(t)) {
        return true;
    }
    if (!turn_in_time(t) ||
        !enrol_change(t->server->enrol, t->request.persona, make, t, &engine,
                      &changed, &t->err)) {
        return false;
    }
    const bool answered = answer_enrolled(t, engine, changed);
    engine_drop(engine);
    return answered;
}

bool
fingerprints_build(struct turn *t)
{
    return enrol(t, make_built);
}

bool
fingerprints_put(struct turn *t)
{
    return enrol(t, make_put);
}

/* A drop, and what it takes away: told by what was there before. */
struct dropping {
    struct turn *turn;
    struct text models[FINGERPRINT_MOST_MODELS + 1];
    size_t count;
};

static bool
note_model(struct dropping *d, struct text model, struct err *err)
{
    const struct text wanted = d->turn->request.model;

    if (wanted.len > 0 && !text_equal(model, wanted)) {
        return true;
    }
    // Copied: the fingerprint will be gone when the reply is written.
    d->models[d->count] = arena_copy(arena_of(d->turn), model);
    if (d->models[d->count++].at == NULL) {
        err_memory(err, "names of models");
        return false;
    }
    return true;
}

static bool
make_and_note(void *context, struct enrol_change *change, struct err *err)
{
    struct dropping *d = context;
    const struct fingerprint *before = change->before;

    d->count = 0;
    if (before != NULL && before->line_count > 0 &&
        !note_model(d, before->model, err)) {
        return false;
    }
    for (size_t i = 0; before != NULL && i < before->vector_count; i++) {
        if (!note_model(d, before->vectors[i].model, err)) {
            return false;
        }
    }
    return make_dropped(d->turn, change, err);
}

static bool
answer_dropped(struct turn *t, const struct engine *engine,
               const struct dropping *dropping)
{
    const struct persona *persona = persona_in(engine, t->request.persona);
    struct encode_fingerprint left = {.persona = t->request.persona};

    if (persona != NULL &&
        !fingerprints_show(persona, arena_of(t), &left, &t->err)) {
        return false;
    }
    turn_answered_by(t, engine);
    turn_stop_watch(t);
    encode_dropped(&t->desk->reply, &t->answer, dropping->models,
                   dropping->count, &left);
    return true;
}

bool
fingerprints_drop(struct turn *t)
{
    struct dropping dropping = {.turn = t};
    struct engine *engine;
    bool changed;

    if (turn_later(t)) {
        return true;
    }
    if (!turn_in_time(t) ||
        !enrol_change(t->server->enrol, t->request.persona, make_and_note,
                      &dropping, &engine, &changed, &t->err)) {
        return false;
    }
    const bool answered = answer_dropped(t, engine, &dropping);
    engine_drop(engine);
    return answered;
}

/* ------------------------------------------------------------------- looking
 */

bool
fingerprints_get(struct turn *t)
{
    const struct persona *persona;
    struct encode_fingerprint print;

    if (!persona_find(t->engine->personas, t->request.persona, &persona,
                      &t->err)) {
        return false;
    }
    if (persona->print == NULL) {
        err_at(&t->err, ERR_NOT_FOUND, "persona",
               "persona: has no fingerprint: neither samples are configured "
               "nor came any over the wire");
        return false;
    }
    if (!fingerprints_show(persona, arena_of(t), &print, &t->err)) {
        return false;
    }
    turn_stop_watch(t);
    encode_fingerprint(&t->desk->reply, &t->answer, &print);
    return true;
}

bool
fingerprints_list(struct turn *t)
{
    const struct personas *personas = t->engine->personas;
    const size_t count = personas_count(personas);

    if (count > LIST_AT_ONCE && !t->message->may_block) {
        t->outcome.later = HANDLE_BY_BLOCK;
        return true;
    }
    struct encode_fingerprint *prints =
        ARENA_ARRAY(arena_of(t), struct encode_fingerprint, count);
    if (prints == NULL) {
        err_memory(&t->err, "the list of personas");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!fingerprints_show(personas_at(personas, i), arena_of(t),
                               &prints[i], &t->err)) {
            return false;
        }
    }
    turn_stop_watch(t);
    encode_fingerprints(&t->desk->reply, &t->answer, prints, count);
    return true;
}
