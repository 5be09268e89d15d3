/*
 * Made-up configurations to measure rules with: as many terms, patterns and
 * kinds of personal data as are asked for, or one rule of one type.
 */
#ifndef SIDECAR_TOOLS_BENCH_CONFIG_H
#define SIDECAR_TOOLS_BENCH_CONFIG_H

#include "sidecar/engine/engine.h"

struct bench_config {
    size_t terms;
    size_t patterns;
    size_t entities;  /* kinds of personal data, the first of them */
    const char *rule; /* one more rule, on one line; NULL: none */
};

/*
 * The engine, and how long it took to load. The file is written to a temporary
 * folder and removed again. NULL: what is wrong is on stderr.
 *
 *   words  file of ordinary words, for disguises; "" none
 */
struct engine *
bench_config_load(const struct bench_config *config, const char *words,
                  const struct kernel_set *kernels, double *ms);

#endif
