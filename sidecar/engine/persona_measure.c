/* Of persona.h: the measure of a candidate against one of the personas. */
#include "sidecar/engine/persona.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/utf8.h"

/*
 * Weight of a vector where the configuration gives none and its scale is the
 * calibrated one. Vectors of 256 numbers that know words but not voices, 32
 * speakers of plays and novels, 50 lines each: the text alone has an AUC of
 * .893, such a vector .631 (.741 less its background). Fused at 0.1, 0.2 and
 * 0.5: .892, .882, .805 (.896, .892, .849). A fifth costs little where the
 * model is of that kind; one that is better at voices deserves more.
 */
static const double FUSE_WEIGHT = 0.2;

static bool
has_voice(const struct request *request)
{
    return request->role == REQUEST_ASSISTANT;
}

/* ------------------------------------------------------------ what to measure
 */

static double
fuse_weight(const struct config_drift *drift)
{
    if (!isnan(drift->fuse_weight)) {
        return drift->fuse_weight;
    }
    return drift->vector_scale == CONFIG_SCALE_COSINE ? 1 : FUSE_WEIGHT;
}

/* The candidate's first vector whose model the persona has, or NULL. */
static const struct request_vector *
known_vector(const struct persona *persona, const struct request_candidate *c)
{
    for (size_t i = 0; i < c->vector_count && persona->print != NULL; i++) {
        if (fingerprint_vectors_of(persona->print, c->vectors[i].model) !=
            NULL) {
            return &c->vectors[i];
        }
    }
    return NULL;
}

/* Does the text count beside such a vector? */
static bool
is_fused(const struct persona *persona, const struct request_vector *known)
{
    return known != NULL && persona->print->line_count > 0 &&
           fuse_weight(&persona->config->drift) < 1;
}

bool
persona_read(const struct personas *personas, const struct persona *persona,
             const struct request *request,
             const struct request_candidate *candidate, struct arena *arena,
             struct voice *out, struct err *err)
{
    *out = (struct voice){.row_count = 0};
    if (persona == NULL || persona->print == NULL || !has_voice(request) ||
        candidate->text.len > VOICE_TEXT_BYTES) {
        return true;
    }
    if (candidate->vector_count > 0 &&
        !is_fused(persona, known_vector(persona, candidate))) {
        return true;
    }
    return voice_read(personas_model(personas), candidate->text, arena, out,
                      err);
}

/* ----------------------------------------------------------------- measuring
 */

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
        out->deviations = r->deviations;
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

/* What is wrong with the vector, if anything, told to the caller. */
static bool
take_reason(const struct err *why, struct arena *arena,
            struct envelope_drift *out, struct err *err)
{
    if (why->kind == ERR_NONE) {
        return true;
    }
    out->reason = arena_copy(arena, text_of(why->message));
    if (out->reason.at == NULL) {
        err_memory(err, "drift");
    }
    return out->reason.at != NULL;
}

/*
 * Subtracts the background of its model from a vector; one that is at fault
 * stays as it came, so that its fault is told of. false: no memory.
 */
static bool
centre(const struct persona_query *q, struct request_vector *v,
       struct arena *arena, struct err *err)
{
    const struct vector_background *b =
        vector_backgrounds_of(q->persona->backgrounds, v->model);
    struct err fault;

    if (b == NULL || b->dim != v->dim ||
        !fingerprint_vector_check(q->kernels, v->values, v->dim, &fault)) {
        return true;
    }
    float *out = ARENA_ARRAY(arena, float, v->dim);
    if (out == NULL) {
        err_memory(err, "a vector less its background");
        return false;
    }
    vector_background_subtract(b, q->kernels, v->values, out);
    v->values = out;
    return true;
}

static struct drift_reading
read_vector(const struct persona_query *q, const struct request_vector *v,
            const struct envelope_drift *out, enum config_scale scale,
            struct err *why)
{
    const struct drift_limits limits = limits_of(q, out, scale);
    const struct persona *p = q->persona;

    return drift_measure_vector(p->centred != NULL ? p->centred : p->print,
                                q->kernels, v->model, v->values, v->dim,
                                out->chars, &limits, why);
}

static bool
measure_vector(const struct persona_query *q, const struct request_vector *v,
               struct arena *arena, struct envelope_drift *out, struct err *err)
{
    struct err why = {.kind = ERR_NONE};

    const struct drift_reading reading =
        read_vector(q, v, out, q->persona->config->drift.vector_scale, &why);
    take_reading(&reading, out);
    out->source = TEXT("caller");
    out->model = v->model;
    return take_reason(&why, arena, out, err);
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
    if (q->voice->row_count > 0) {
        out->chars = q->voice->chars;
    }
}

/* ------------------------------------------------------------------- fusing
 */

static struct envelope_part
part_of(const struct drift_reading *r, struct text source, double weight,
        struct text model)
{
    const double nothing = (double)NAN;

    return (struct envelope_part){
        .source = source,
        .model = model,
        .status = r->status,
        .weight = weight,
        .score = r->calibrated
                     ? drift_scale_round(drift_scale_distance(r->percentile))
                     : nothing,
        .raw = r->measured ? r->raw : nothing,
        .percentile = r->calibrated ? r->percentile : nothing};
}

/* Both sides of a fused score, for those who ask. */
static bool
tell_parts(const struct persona_query *q,
           const struct envelope_part parts[ENVELOPE_PARTS],
           struct arena *arena, struct envelope_drift *out, struct err *err)
{
    struct envelope_part *at;

    if (!q->request->explain) {
        return true;
    }
    at = ARENA_ARRAY(arena, struct envelope_part, ENVELOPE_PARTS);
    if (at == NULL) {
        err_memory(err, "the parts of a drift score");
        return false;
    }
    memcpy(at, parts, ENVELOPE_PARTS * sizeof(*at));
    out->parts = at;
    out->part_count = ENVELOPE_PARTS;
    return true;
}

/* The text alone, for the vectors are too few to say what theirs means. */
static bool
text_alone(const struct persona_query *q, const struct fingerprint_vectors *v,
           struct arena *arena, struct envelope_drift *out, struct err *err)
{
    struct err why;

    measure_text(q, out);
    err_set(&why, ERR_INVALID,
            "only the text was measured: it takes %d vectors of model "
            "\"%.*s\" to calibrate by, the fingerprint has %zu",
            DRIFT_LEAST_ROWS, TEXT_ARGS(v->model), v->rows);
    return take_reason(&why, arena, out, err);
}

/* A vector that is at fault is told of, and nothing measured in its place. */
static bool
measure_both(const struct persona_query *q, const struct request_vector *v,
             struct arena *arena, struct envelope_drift *out, struct err *err)
{
    const struct fingerprint *print = q->persona->print;
    const struct drift_limits limits =
        limits_of(q, out, CONFIG_SCALE_CALIBRATED);
    struct err why = {.kind = ERR_NONE};

    const struct drift_reading voice = drift_measure(print, q->voice, &limits);
    // On the plain scale there is a reading even where it has no calibration.
    const struct drift_reading vector =
        read_vector(q, v, out, CONFIG_SCALE_COSINE, &why);
    if (!voice.calibrated || !vector.measured) {
        return measure_vector(q, v, arena, out, err);
    }
    const double weight =
        vector.calibrated ? fuse_weight(&q->persona->config->drift) : 0;
    const struct envelope_part parts[ENVELOPE_PARTS] = {
        part_of(&voice, TEXT("builtin"), 1 - weight, print->model),
        part_of(&vector, TEXT("caller"), weight, v->model)};
    if (!tell_parts(q, parts, arena, out, err)) {
        return false;
    }
    if (!vector.calibrated) {
        return text_alone(q, fingerprint_vectors_of(print, v->model), arena,
                          out, err);
    }
    const struct drift_reading reading =
        drift_fuse(&voice, &vector, weight, &limits);
    take_reading(&reading, out);
    out->source = TEXT("fused");
    out->model = v->model;
    return true;
}

static void
take_threshold(const struct persona_query *q, struct envelope_drift *out)
{
    const bool given = !isnan(q->request->drift_threshold);

    out->threshold = given ? drift_scale_round(q->request->drift_threshold)
                           : q->persona->threshold;
    out->threshold_source = given                       ? TEXT("request")
                            : q->persona->own_threshold ? TEXT("persona")
                                                        : TEXT("config");
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
                                   .deviations = nothing,
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
    take_threshold(q, out);
    if (q->candidate->vector_count == 0) {
        measure_text(q, out);
        return true;
    }
    out->chars = utf8_count(q->candidate->text).code_points;
    const struct request_vector *known = known_vector(q->persona, q->candidate);
    struct request_vector vector =
        known != NULL ? *known : q->candidate->vectors[0];
    if (!centre(q, &vector, arena, err)) {
        return false;
    }
    return is_fused(q->persona, known)
               ? measure_both(q, &vector, arena, out, err)
               : measure_vector(q, &vector, arena, out, err);
}
