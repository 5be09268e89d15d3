#include "sidecar/engine/cast.h"

#include <math.h>
#include <stdio.h>

/* Standard deviations of the text below the persona's mean, or NAN. */
static double
text_deviations(const struct persona *persona, const struct voice *voice)
{
    const struct drift_limits any = {.threshold = 1.0,
                                     .unit = DRIFT_CALIBRATED};

    if (persona->print == NULL || voice->row_count == 0) {
        return (double)NAN;
    }
    const struct drift_reading r = drift_measure(persona->print, voice, &any);
    return r.calibrated ? r.deviations : (double)NAN;
}

/* By how much the speaker is nearer than the other; NAN: nobody can tell. */
static bool
margin_of(const struct persona_query *query, const struct persona *other,
          const struct envelope_drift *own, struct arena *arena, double *margin,
          struct err *err)
{
    struct request request = *query->request;
    struct persona_query asked = *query;
    struct envelope_drift drift;

    request.explain = false; // of the speaker alone
    asked.request = &request;
    asked.persona = other;
    if (!persona_measure(&asked, arena, &drift, err)) {
        return false;
    }
    const bool alike = text_equal(drift.source, own->source) &&
                       text_equal(drift.model, own->model);
    *margin = alike ? drift.deviations - own->deviations
                    : text_deviations(other, query->voice) -
                          text_deviations(query->persona, query->voice);
    return true;
}

static bool
find_member(const struct personas *personas, const struct request_texts *cast,
            size_t i, const struct persona **out, struct err *err)
{
    if (persona_find(personas, cast->at[i], out, err)) {
        return true;
    }
    err_under(err, "cast[%zu]", i);
    snprintf(err->path, sizeof(err->path), "cast[%zu]", i);
    return false;
}

bool
cast_compare(const struct personas *personas, const struct persona_query *query,
             struct arena *arena, struct envelope_drift *out, struct err *err)
{
    const struct request_texts *cast = &query->request->cast;
    const bool measured = query->persona != NULL && !isnan(out->score);
    double least = (double)INFINITY;

    for (size_t i = 0; i < cast->count; i++) {
        const struct persona *other;
        double margin = (double)NAN;
        if (!find_member(personas, cast, i, &other, err)) {
            return false;
        }
        if (measured && other != query->persona &&
            !margin_of(query, other, out, arena, &margin, err)) {
            return false;
        }
        if (margin < least) { // false for NAN
            least = margin;
            out->nearest_other = other->config->id;
        }
    }
    if (least < (double)INFINITY) {
        out->margin = least;
        out->swap_suspected =
            out->status == DRIFT_OK && out->alert && least < 0;
    }
    return true;
}
