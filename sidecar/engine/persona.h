/*
 * The personas of an engine: their settings and fingerprints, and the measure
 * of a candidate against one of them.
 */
#ifndef SIDECAR_ENGINE_PERSONA_H
#define SIDECAR_ENGINE_PERSONA_H

#include "config/config.h"
#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/engine/drift.h"
#include "sidecar/engine/roster.h"
#include "sidecar/engine/vector_background.h"

struct persona {
    const struct config_persona *config;
    struct fingerprint *print; /* NULL: no samples are configured */
    /* The part of `print` that came over the wire; NULL: nothing did. */
    const struct fingerprint *enrolled;
    /*
     * The print less the backgrounds of its vectors, which they are measured
     * against; NULL: none of its models has one.
     */
    struct fingerprint *centred;
    const struct vector_backgrounds *backgrounds; /* the engine's */
    double threshold;   /* driftScore that alerts, 0..1 */
    bool own_threshold; /* from her own settings */
};

struct personas; /* immutable once built; any number of threads */

/*
 * Reads the voice model and reads or builds every fingerprint. All that is
 * wrong goes to problems; NULL where anything is.
 */
struct personas *
personas_build(const struct config *config, const struct kernel_set *kernels,
               struct problems *problems);
void personas_free(struct personas *personas);

/*
 * Another table: the same personas with what came over the wire laid over what
 * is configured, model by model, the built-in measure's lines being one of
 * them. An enrolled persona that is not configured has the top level's drift
 * settings and no others.
 *
 *   personas  the configuration's own table, or one made from it; the former
 *             outlives the result, which shares its model and fingerprints
 *   config    that of `personas`
 *
 * NULL: ERR_CONFIG, naming the persona, where lines were read with another
 * voice model or are too few for the alert rate that is configured;
 * ERR_INVALID where vectors do not go with their background;
 * ERR_MEMORY. Takes a microsecond for ten personas, and 2 ms for each that has
 * both lines and vectors from two sides, unless `personas` has her already.
 */
struct personas *
personas_with(const struct personas *personas, const struct config *config,
              const struct kernel_set *kernels, struct roster *roster,
              struct err *err);

/* Who is enrolled; a view that lives as long as the table. Never NULL. */
struct roster *personas_roster(const struct personas *personas);

/*
 * Where her fingerprint comes from: "config", "wire" (no configuration names
 * her), "overlay" (configured, and something came over the wire).
 */
const char *persona_origin(const struct persona *persona);

size_t personas_count(const struct personas *personas);
const struct persona *
personas_at(const struct personas *personas, size_t index);

/* NULL: the configuration names no background, so text has no voice. */
const struct voice_model *personas_model(const struct personas *personas);

/* What is subtracted from vectors; their content is part of the engine. */
const struct vector_backgrounds *
personas_backgrounds(const struct personas *personas);

/*
 * Sets persona->backgrounds, and centred from her print: to be done whenever
 * she gets another one. false: dimensions differ, or no memory.
 */
bool persona_centre(struct persona *persona,
                    const struct vector_backgrounds *backgrounds,
                    const struct voice_model *model,
                    const struct kernel_set *kernels, struct err *err);

/*
 * The persona of that id. An empty id is fine and gives NULL; an unknown one
 * fails with ERR_NOT_FOUND and says which are near.
 */
bool persona_find(const struct personas *personas, struct text id,
                  const struct persona **out, struct err *err);

/*
 * Reads the candidate's voice, where the built-in measure will be asked (below,
 * persona_measure): else out->row_count is 0 and nothing is done.
 */
bool persona_read(const struct personas *personas,
                  const struct persona *persona, const struct request *request,
                  const struct request_candidate *candidate,
                  struct arena *arena, struct voice *out, struct err *err);

struct persona_query {
    const struct config *config;
    const struct kernel_set *kernels;
    const struct persona *persona; /* NULL: none named */
    const struct request *request;
    const struct request_candidate *candidate;
    const struct voice *voice; /* of persona_read */
};

/*
 * The candidate's drift. Without vectors the built-in measure speaks. Of
 * vectors the first whose model the persona has is taken; with vectors of other
 * models only, the status is model_mismatch (or no_fingerprint, where the
 * persona has no vectors at all).
 *
 * Where drift.fuse_weight is below 1 and the persona has lines too, that vector
 * and the text are fused (drift_fuse); the vector is measured alone where the
 * text has nothing to read, the text alone where the vectors are too few to
 * calibrate by, and a vector at fault is bad_vector all the same. Not given,
 * the weight is 1 on the cosine scale, so that nothing but 1 - cosine is told
 * there. With request->explain out->parts has both sides. false: no memory.
 */
bool persona_measure(const struct persona_query *query, struct arena *arena,
                     struct envelope_drift *out, struct err *err);

/*
 * Why the candidate lies off the persona's voice, for people and for the model
 * that is asked again: out->hints, own and pull. Of each hint `text` can stand
 * in a prompt as it is. Kinds, in this order, each strongest first:
 *
 *     assistant     sounds like a generic assistant, more than any of her lines
 *     language      is in another one than the request's locale or the
 * persona's habit         a rate per 100 words that is not hers; `about` names
 * it capitals      the whole text is in capitals length        longer or
 * shorter than every line of hers, in characters word, phrase, mark, opening
 * `about` is what counts against her nearest_line  which of her own samples it
 * should be like
 *
 * Nothing where the built-in measure had no part in the score. false: no
 * memory.
 */
bool persona_hints(const struct persona_query *query,
                   const struct personas *personas, struct arena *arena,
                   struct envelope_drift *out, struct err *err);

#endif
