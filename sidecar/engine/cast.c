#include "sidecar/engine/cast.h"

#include <math.h>

/* Standard deviations below the persona's mean, or NAN. */
static double
deviations(const struct persona *persona, const struct voice *voice)
{
    const struct drift_limits any = {.threshold = 1.0,
                                     .unit = DRIFT_CALIBRATED};

    if (persona->print == NULL) {
        return (double)NAN;
    }
    const struct drift_reading r = drift_measure(persona->print, voice, &any);
    return r.calibrated ? r.deviations : (double)NAN;
}

bool
cast_compare(const struct personas *personas, const struct persona_query *query,
             struct envelope_drift *out, struct err *err)
{
    const struct request_texts *cast = &query->request->cast;
    const struct persona *nearest = NULL;
    double least = (double)INFINITY;

    for (size_t i = 0; i < cast->count; i++) {
        const struct persona *other;
        if (!persona_find(personas, cast->at[i], &other, err)) {
            err_under(err, "cast[%zu]", i);
            return false;
        }
        if (other == query->persona || query->voice->row_count == 0) {
            continue;
        }
        const double d = deviations(other, query->voice);
        if (d < least) { // false for NAN
            least = d;
            nearest = other;
        }
    }
    if (nearest == NULL || query->persona == NULL) {
        return true;
    }
    const double own = deviations(query->persona, query->voice);
    if (!isnan(own)) {
        out->nearest_other = nearest->config->id;
        out->margin = least - own;
        out->swap_suspected =
            out->status == DRIFT_OK && out->alert && out->margin < 0;
    }
    return true;
}
