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

struct persona {
    const struct config_persona *config;
    struct fingerprint *print; /* NULL: no samples are configured */
    double threshold;          /* driftScore that alerts, 0..1 */
    bool own_threshold;        /* from her own settings */
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

size_t personas_count(const struct personas *personas);
const struct persona *
personas_at(const struct personas *personas, size_t index);

/* NULL: the configuration names no background, so text has no voice. */
const struct voice_model *personas_model(const struct personas *personas);

/*
 * The persona of that id. An empty id is fine and gives NULL; an unknown one
 * fails with ERR_NOT_FOUND and says which are near.
 */
bool persona_find(const struct personas *personas, struct text id,
                  const struct persona **out, struct err *err);

/*
 * Reads the candidate's voice, where the built-in measure will be asked: else
 * out->row_count is 0 and nothing is done.
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
 * The candidate's drift. Of vectors the first whose model the persona has is
 * taken; with vectors of other models only, the status is model_mismatch (or
 * no_fingerprint, where the persona has no vectors at all);
 * without vectors the built-in measure speaks. false: no memory.
 */
bool persona_measure(const struct persona_query *query, struct arena *arena,
                     struct envelope_drift *out, struct err *err);

/*
 * Puts into out->hints what pulls the candidate away from the persona's voice,
 * strongest first, habits that it breaks before its words ("contractions: 0 per
 * 100 words, in her own lines 6.1", "word: prioritize"): for people, and for
 * the model that is asked again. Nothing where the built-in measure did not
 * speak. false: no memory.
 */
bool persona_hints(const struct persona_query *query,
                   const struct personas *personas, struct arena *arena,
                   struct envelope_drift *out, struct err *err);

#endif
