/*
 * Writes down in the envelope what was found and decided.
 */
#ifndef SIDECAR_ENGINE_REPORT_H
#define SIDECAR_ENGINE_REPORT_H

#include "sidecar/engine/decide.h"
#include "sidecar/engine/engine.h"
#include "sidecar/engine/redact.h"

struct report {
    const struct engine *engine;
    const struct request *request;
    const struct request_candidate *candidate;
    const struct ask *ask; /* NULL: no extraGuardrails */
    const struct hits *hits;
    const struct redaction *redaction; /* NULL: nothing was redacted */
    struct hits again; /* of the redacted text, where it was not let through */
    size_t errors_again; /* of judging it */
};

/*
 * Fills everything but content, fallback, drift and error, which are there
 * already. At most limits.hits hits are listed; the rest is counted in the
 * coverage. false: no memory.
 */
bool report_fill(const struct report *report, const struct decision *decision,
                 struct arena *arena, struct envelope *out, struct err *err);

#endif
