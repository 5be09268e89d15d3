#include "sidecar/engine/persona.h"

#include <math.h>
#include <stdlib.h>

#include "sidecar/base/file.h"
#include "sidecar/base/nearest.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/drift_contrast.h"
#include "sidecar/engine/drift_reasons.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/sample.h"
#include "sidecar/engine/voice_text.h"

struct personas {
    struct voice_model *model;
    struct persona *at; /* [count], in order of id */
    size_t count;
};

/* ------------------------------------------------------------------ building
 */

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

static bool
set_threshold(struct persona *p, struct err *err)
{
    const struct config_drift *drift = &p->config->drift;

    p->own_threshold = drift->node != NULL;
    p->threshold = drift_scale_round(drift->threshold);
    return isnan(drift->alert_rate) || p->print == NULL ||
           drift_scale_threshold(p->print->scale.count, drift->alert_rate,
                                 &p->threshold, err);
}

static void
build_one(struct personas *personas, struct persona *p,
          const struct kernel_set *kernels, struct problems *problems)
{
    const struct config_persona *config = p->config;
    const bool from_file = config->fingerprint.len > 0;
    struct err err;

    (void)set_threshold(p, &err); // without lines there is no rate to ask for
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
        problem(problems, config, from_file ? "fingerprint" : "samples", &err);
    } else if (!set_threshold(p, &err)) {
        problem(problems, config, "drift", &err);
    }
}

static int
by_id(const void *left, const void *right)
{
    const struct text a = ((const struct persona *)left)->config->id;
    const struct text b = ((const struct persona *)right)->config->id;
    const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
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
    const size_t before = problems->count + problems->unshown;
    struct personas *personas = calloc(1, sizeof(*personas));

    if (personas != NULL) {
        personas->at = calloc(config->persona_count + 1, sizeof(*personas->at));
    }
    if (personas == NULL || personas->at == NULL) {
        place_problem(problems, (struct place){"", 0, 0}, "personas",
                      "out of memory");
        personas_free(personas);
        return NULL;
    }
    const bool model = open_model(personas, config, problems);
    for (size_t i = 0; i < config->persona_count && model; i++) {
        personas->at[i].config = &config->personas[i];
        personas->count++;
        build_one(personas, &personas->at[i], kernels, problems);
    }
    if (problems->count + problems->unshown > before) {
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
    }
    free(personas->at);
    voice_model_free(personas->model);
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

/* ----------------------------------------------------------------- measuring
 */

static bool
has_voice(const struct request *request)
{
    return request->role == REQUEST_ASSISTANT;
}

bool
persona_read(const struct personas *personas, const struct persona *persona,
             const struct request *request,
             const struct request_candidate *candidate, struct arena *arena,
             struct voice *out, struct err *err)
{
    *out = (struct voice){.row_count = 0};
    if (persona == NULL || persona->print == NULL || !has_voice(request) ||
        candidate->vector_count > 0 || candidate->text.len > VOICE_TEXT_BYTES) {
        return true;
    }
    return voice_read(personas->model, candidate->text, arena, out, err);
}

static struct text
kept_message(const struct err *why, struct arena *arena)
{
    return arena_copy(arena, text_of(why->message));
}

static void
nothing_measured(struct envelope_drift *out, enum envelope_drift_status status,
                 struct text reason)
{
    out->status = status;
    out->reason = reason;
}

static void
take_reading(const struct drift_reading *r, struct envelope_drift *out)
{
    out->status = r->status;
    out->scale = text_of(drift_unit_name(r->unit));
    if (r->measured) {
        out->score = r->score;
        out->raw = r->raw;
        out->alert = r->alert;
        out->register_index = (int)r->register_index;
    }
    if (r->calibrated) {
        out->percentile = r->percentile;
    }
}

static struct drift_limits
limits_of(const struct persona_query *q, const struct envelope_drift *out,
          enum config_scale scale)
{
    const struct config_drift *drift = &q->persona->config->drift;

    return (struct drift_limits){
        .threshold = out->threshold,
        .unit = scale == CONFIG_SCALE_COSINE ? DRIFT_COSINE : DRIFT_CALIBRATED,
        .least_chars = (size_t)drift->min_chars};
}

/* The candidate's first vector whose model the persona has, else the first. */
static const struct request_vector *
choose_vector(const struct persona_query *q)
{
    const struct request_candidate *c = q->candidate;

    for (size_t i = 0; i < c->vector_count; i++) {
        if (q->persona->print != NULL &&
            fingerprint_vectors_of(q->persona->print, c->vectors[i].model) !=
                NULL) {
            return &c->vectors[i];
        }
    }
    return &c->vectors[0];
}

static bool
measure_vector(const struct persona_query *q, struct arena *arena,
               struct envelope_drift *out, struct err *err)
{
    const struct request_vector *v = choose_vector(q);
    const struct drift_limits limits =
        limits_of(q, out, q->persona->config->drift.vector_scale);
    struct err why = {.kind = ERR_NONE};

    const struct drift_reading reading = drift_measure_vector(
        q->persona->print, q->kernels, v->model, v->values, v->dim,
        utf8_count(q->candidate->text).code_points, &limits, &why);
    take_reading(&reading, out);
    out->source = TEXT("caller");
    out->model = v->model;
    if (why.kind == ERR_NONE) {
        return true;
    }
    out->reason = kept_message(&why, arena);
    if (out->reason.at == NULL) {
        err_memory(err, "drift");
    }
    return out->reason.at != NULL;
}

static void
measure_text(const struct persona_query *q, struct envelope_drift *out)
{
    const struct fingerprint *print = q->persona->print;
    const struct drift_limits limits =
        limits_of(q, out, q->persona->config->drift.scale);

    if (q->candidate->text.len > VOICE_TEXT_BYTES) {
        nothing_measured(out, DRIFT_UNAVAILABLE,
                         TEXT("the text is above the voice measure's 64 KiB"));
        return;
    }
    const struct drift_reading reading =
        drift_measure(print, q->voice, &limits);
    take_reading(&reading, out);
    out->source = TEXT("builtin");
    out->model = print != NULL ? print->model : (struct text){NULL, 0};
}

bool
persona_measure(const struct persona_query *q, struct arena *arena,
                struct envelope_drift *out, struct err *err)
{
    const double nothing = (double)NAN;

    *out = (struct envelope_drift){.score = nothing,
                                   .threshold = nothing,
                                   .raw = nothing,
                                   .percentile = nothing,
                                   .register_index = -1};
    if (!has_voice(q->request)) {
        nothing_measured(out, DRIFT_NOT_APPLICABLE,
                         TEXT("only the assistant's text has a voice"));
        return true;
    }
    if (q->persona == NULL) {
        nothing_measured(out, DRIFT_NOT_APPLICABLE,
                         TEXT("the request names no persona"));
        return true;
    }
    const bool given = !isnan(q->request->drift_threshold);
    out->threshold = given ? drift_scale_round(q->request->drift_threshold)
                           : q->persona->threshold;
    out->threshold_source = given                       ? TEXT("request")
                            : q->persona->own_threshold ? TEXT("persona")
                                                        : TEXT("config");
    if (q->candidate->vector_count > 0) {
        return measure_vector(q, arena, out, err);
    }
    measure_text(q, out);
    return true;
}

enum { HINTS = 5, CONTRASTS = 2 };

/* "word: prioritize", "opens with: Certainly" */
static struct text
hint_of(const struct drift_reason *reason, struct arena *arena)
{
    const struct text kind = text_of(
        strcmp(reason->kind, "opening") == 0 ? "opens with" : reason->kind);
    char *at = arena_take(arena, kind.len + 2 + reason->text.len);

    if (at == NULL) {
        return (struct text){NULL, 0};
    }
    memcpy(at, kind.at, kind.len);
    memcpy(at + kind.len, ": ", 2);
    memcpy(at + kind.len + 2, reason->text.at, reason->text.len);
    return (struct text){at, kind.len + 2 + reason->text.len};
}

/* The strongest habits that the text breaks, as hints; false: no memory. */
static bool
contrast_hints(const struct persona_query *q, struct arena *arena,
               struct text *hints, size_t *count, struct err *err)
{
    struct drift_contrast contrasts[CONTRASTS];
    char line[DRIFT_CONTRAST_BYTES];
    struct voice_traits traits = {.words = 0};
    struct voice_text folded;

    if (!voice_text_fold(q->candidate->text, arena, &folded, err)) {
        return false;
    }
    voice_trait_count(folded.cased, &traits);
    const size_t n =
        drift_contrasts(q->persona->print, &traits, contrasts, CONTRASTS);
    for (size_t i = 0; i < n; i++) {
        drift_contrast_write(&contrasts[i], line);
        hints[*count] = arena_copy(arena, text_of(line));
        if (hints[(*count)++].at == NULL) {
            err_memory(err, "hints");
            return false;
        }
    }
    return true;
}

static bool
reason_hints(const struct persona_query *q, const struct personas *personas,
             struct arena *arena, struct text *hints, size_t *count,
             struct err *err)
{
    struct drift_reason reasons[HINTS];
    size_t found = 0;

    if (!drift_reasons(q->persona->print, personas->model, q->candidate->text,
                       arena, reasons, HINTS - *count, &found, err)) {
        return false;
    }
    for (size_t i = 0; i < found; i++) {
        hints[*count] = hint_of(&reasons[i], arena);
        if (hints[(*count)++].at == NULL) {
            err_memory(err, "hints");
            return false;
        }
    }
    return true;
}

bool
persona_hints(const struct persona_query *q, const struct personas *personas,
              struct arena *arena, struct envelope_drift *out, struct err *err)
{
    size_t count = 0;

    if (!text_is(out->source, "builtin") || isnan(out->score)) {
        return true;
    }
    struct text *hints = ARENA_ARRAY(arena, struct text, HINTS);
    if (hints == NULL) {
        err_memory(err, "hints");
        return false;
    }
    if (!contrast_hints(q, arena, hints, &count, err) ||
        !reason_hints(q, personas, arena, hints, &count, err)) {
        return false;
    }
    out->hints = hints;
    out->hint_count = count;
    return true;
}
