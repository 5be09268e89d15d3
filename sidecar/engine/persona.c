#include "sidecar/engine/persona.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/file.h"
#include "sidecar/base/nearest.h"
#include "sidecar/engine/drift_trend.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/persona_table.h"
#include "sidecar/engine/sample.h"

/* ------------------------------------------------------------------ building
 */

enum { PROBLEM_PATH_BYTES = 256 };

static void
problem(struct problems *problems, const struct config_persona *persona,
        const char *key, const struct err *err)
{
    char path[ERR_PATH_BYTES];

    snprintf(path, sizeof(path), "personas.%.*s.%s", TEXT_ARGS(persona->id),
             key);
    place_problem(problems, node_place(persona->node, key), path, "%s",
                  err->message);
}

/* Lines of hers that alert; on the plain scale, where `raw` is the score. */
static size_t
plainly_alerting(const struct persona *p)
{
    const struct drift_scale *scale = &p->print->scale;
    size_t count = 0;

    for (size_t i = 0; i < scale->count; i++) {
        const double cosine = voice_cosine(scale->scores[i], p->print->norm);
        count += !(drift_scale_round(1 - cosine) < p->threshold);
    }
    return count;
}

/* What is no reason to refuse her, but will not do what somebody hopes for. */
static void
warn(const struct persona *p, const char *key, struct problems *problems)
{
    const struct config_persona *config = p->config;
    const size_t lines = p->print->line_count;
    char path[ERR_PATH_BYTES], words[ERR_MESSAGE_BYTES];

    if (fingerprint_warning(p->print, words, sizeof(words))) {
        snprintf(path, sizeof(path), "personas.%.*s.%s", TEXT_ARGS(config->id),
                 key);
        place_warning(problems, node_place(config->node, key), path, "%s",
                      words);
    }
    if (config->drift.scale != CONFIG_SCALE_COSINE || lines == 0) {
        return;
    }
    const size_t alerting = plainly_alerting(p);
    if (alerting > lines / 2) {
        snprintf(path, sizeof(path), "personas.%.*s.drift.scale",
                 TEXT_ARGS(config->id));
        place_warning(problems, node_place(config->node, "drift"), path,
                      "cosine: %zu of %zu lines of the persona's own reach the "
                      "threshold, %g; 1 - cosine of a text is near 1 for "
                      "everybody, which is what calibrated is for",
                      alerting, lines, p->threshold);
    }
}

static struct fingerprint *
build_print(const struct personas *personas,
            const struct config_persona *persona,
            const struct kernel_set *kernels, struct err *err)
{
    struct samples samples;

    if (!samples_read(persona->samples.at, &samples, err)) {
        return NULL;
    }
    const struct fingerprint_request request = {
        .persona = persona->id,
        .source = TEXT("samples"),
        .lines = samples.lines,
        .line_count = samples.count,
        .least = (size_t)persona->drift.min_samples};
    struct fingerprint *print =
        fingerprint_build(personas->model, kernels, &request, err);
    samples_free(&samples);
    return print;
}

/* Lines, or where there are only vectors, rows that an alert rate can count. */
static size_t
calibrated(const struct fingerprint *print)
{
    size_t most = print->scale.count;

    for (size_t i = 0; print->line_count == 0 && i < print->vector_count; i++) {
        const size_t rows = print->vectors[i].scale.count;
        most = rows > most ? rows : most;
    }
    return most;
}

bool
persona_table_threshold(struct persona *p, struct err *err)
{
    const struct config_drift *drift = &p->config->drift;

    p->own_threshold = drift->node != NULL;
    p->threshold = drift_scale_round(drift->threshold);
    return isnan(drift->alert_rate) || p->print == NULL ||
           drift_scale_threshold(calibrated(p->print), drift->alert_rate,
                                 &p->threshold, err);
}

bool
persona_centre(struct persona *p, const struct vector_backgrounds *backgrounds,
               const struct voice_model *model,
               const struct kernel_set *kernels, struct err *err)
{
    p->backgrounds = backgrounds;
    p->centred = NULL;
    return p->print == NULL ||
           vector_backgrounds_print(backgrounds, p->print, model, kernels,
                                    &p->centred, err);
}

static void
check_trend(const struct config_drift *drift, const char *path,
            struct problems *problems)
{
    char full[PROBLEM_PATH_BYTES];
    const char *key;
    struct err err;

    if (drift->trend.node != NULL && !drift_trend_check(drift, &key, &err)) {
        snprintf(full, sizeof(full), "%s.trend.%s", path, key);
        place_problem(problems, node_place(drift->trend.node, key), full, "%s",
                      err.message);
    }
}

static void
build_one(struct personas *personas, struct persona *p,
          const struct kernel_set *kernels, struct problems *problems)
{
    const struct config_persona *config = p->config;
    const bool from_file = config->fingerprint.len > 0;
    const char *const from = from_file ? "fingerprint" : "samples";
    char path[PROBLEM_PATH_BYTES];
    struct err err;

    snprintf(path, sizeof(path), "personas.%.*s.drift", TEXT_ARGS(config->id));
    check_trend(&config->drift, path, problems);
    // Without lines there is no rate to ask for.
    (void)persona_table_threshold(p, &err);
    if (!from_file && config->samples.len == 0) {
        return; // her drift is then no_fingerprint
    }
    if (personas->model == NULL) {
        err_set(&err, ERR_CONFIG,
                "drift.background names no voice model to read it with");
    } else if (from_file) {
        p->print = fingerprint_read(config->fingerprint.at, personas->model,
                                    kernels, &err);
    } else {
        p->print = build_print(personas, config, kernels, &err);
    }
    if (p->print == NULL) {
        problem(problems, config, from, &err);
    } else if (!persona_table_threshold(p, &err)) {
        problem(problems, config, "drift", &err);
    } else if (!persona_centre(p, personas->backgrounds, personas->model,
                               kernels, &err)) {
        problem(problems, config, from, &err);
    } else {
        warn(p, from, problems);
    }
}

static int
by_id(const void *left, const void *right)
{
    const struct text a = ((const struct persona *)left)->config->id;
    const struct text b = ((const struct persona *)right)->config->id;

    return text_order(a, b);
}

static bool
open_model(struct personas *personas, const struct config *config,
           struct problems *problems)
{
    struct err err;

    if (config->drift.background.len == 0) {
        return true;
    }
    personas->model = voice_model_open(config->drift.background.at, &err);
    if (personas->model == NULL) {
        place_problem(problems, node_place(config->drift.node, "background"),
                      "drift.background", "%s", err.message);
    }
    return personas->model != NULL;
}

struct personas *
personas_build(const struct config *config, const struct kernel_set *kernels,
               struct problems *problems)
{
    const size_t before = place_problems_told(problems);
    struct personas *personas = calloc(1, sizeof(*personas));

    if (personas != NULL) {
        personas->at = calloc(config->persona_count + 1, sizeof(*personas->at));
        personas->roster = roster_new(NULL, 0);
    }
    if (personas == NULL || personas->at == NULL || personas->roster == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "personas",
                      "out of memory");
        personas_free(personas);
        return NULL;
    }
    check_trend(&config->drift, "drift", problems);
    personas->backgrounds =
        vector_backgrounds_build(&config->drift, kernels, problems);
    const bool model =
        open_model(personas, config, problems) && personas->backgrounds != NULL;
    for (size_t i = 0; i < config->persona_count && model; i++) {
        personas->at[i].config = &config->personas[i];
        personas->count++;
        build_one(personas, &personas->at[i], kernels, problems);
    }
    if (place_problems_told(problems) > before) {
        personas_free(personas);
        return NULL;
    }
    qsort(personas->at, personas->count, sizeof(*personas->at), by_id);
    return personas;
}

void
personas_free(struct personas *personas)
{
    if (personas == NULL) {
        return;
    }
    for (size_t i = 0; i < personas->count; i++) {
        fingerprint_free(personas->at[i].print);
        fingerprint_free(personas->at[i].centred);
    }
    free(personas->at);
    free(personas->made);
    roster_drop(personas->roster);
    if (personas->base == NULL) {
        voice_model_free(personas->model);
        vector_backgrounds_free(personas->backgrounds);
    }
    free(personas);
}

size_t
personas_count(const struct personas *personas)
{
    return personas->count;
}

const struct persona *
personas_at(const struct personas *personas, size_t index)
{
    return &personas->at[index];
}

const struct voice_model *
personas_model(const struct personas *personas)
{
    return personas->model;
}

const struct vector_backgrounds *
personas_backgrounds(const struct personas *personas)
{
    return personas->backgrounds;
}

/* ------------------------------------------------------------------- finding
 */

enum { NAMES_COMPARED = 256 };

static void
not_found(const struct personas *personas, struct text id, struct err *err)
{
    const char *names[NAMES_COMPARED + 1];
    size_t count = 0;

    for (; count < personas->count && count < NAMES_COMPARED; count++) {
        names[count] = personas->at[count].config->id.at;
    }
    names[count] = NULL;
    const char *near = nearest_name(id, names);
    err_at(err, ERR_NOT_FOUND, "persona", "persona: no such persona%s%s%s",
           near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
           near != NULL ? "\"?" : "");
}

bool
persona_find(const struct personas *personas, struct text id,
             const struct persona **out, struct err *err)
{
    const struct config_persona wanted = {.id = id};
    const struct persona key = {.config = &wanted};

    *out = NULL;
    if (id.len == 0) {
        return true;
    }
    *out = personas->count > 0 ? bsearch(&key, personas->at, personas->count,
                                         sizeof(*personas->at), by_id)
                               : NULL;
    if (*out == NULL) {
        not_found(personas, id, err);
    }
    return *out != NULL;
}
