/*
 * `leeway bench pipeline`: what one reply costs, stage by stage, and how many
 * requests a second go through the socket, beside a bare echo.
 */
#ifndef SIDECAR_TOOLS_BENCH_PIPELINE_H
#define SIDECAR_TOOLS_BENCH_PIPELINE_H

#include <stdio.h>

#include "sidecar/engine/engine.h"

struct bench_setup {
    const char *path; /* of the configuration */
    const char *const *overrides;
    size_t override_count;
    const struct kernel_set *kernels;
};

/*
 * Prints a table. Keeps a reference of its own to the engine. Opens a socket in
 * a temporary folder and removes it again. Returns an exit code.
 */
int bench_pipeline_run(struct engine *engine, const struct bench_setup *setup,
                       FILE *out);

#endif
