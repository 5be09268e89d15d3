/*
 * How far a run is, on one line of a terminal; nothing where stderr is none.
 */
#ifndef SIDECAR_TOOLS_RESCORE_PROGRESS_H
#define SIDECAR_TOOLS_RESCORE_PROGRESS_H

#include "sidecar/base/text.h"

struct rescore_progress {
    bool shown;     /* stderr is a terminal */
    bool on_screen; /* the line stands there now */
    uint64_t bytes; /* of the input; 0: not known */
    uint64_t begun_ns, drawn_ns;
    uint64_t rows; /* written since */
};

/* bytes: of the whole input; 0: not known. */
void rescore_progress_begin(struct rescore_progress *progress, uint64_t bytes);

/* `rows` more are written, and the input is read up to `place`. */
void rescore_progress_step(struct rescore_progress *progress, uint64_t rows,
                           uint64_t place);

/* Takes the line away, before something else is said, and at the end. */
void rescore_progress_clear(struct rescore_progress *progress);

double rescore_progress_seconds(const struct rescore_progress *progress);

#endif
