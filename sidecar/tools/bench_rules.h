/*
 * `leeway bench rules`: what rules cost, by how many there are and by how long
 * the text is.
 */
#ifndef SIDECAR_TOOLS_BENCH_RULES_H
#define SIDECAR_TOOLS_BENCH_RULES_H

#include <stdio.h>

#include "sidecar/engine/engine.h"

/*
 * Prints, for the rules alone (no persona, no transport), in one thread:
 *
 * 1. made-up rule sets of 100 to 50,000 terms, 60 patterns and 25 kinds of
 *    personal data: the time for a reply, loading, memory;
 * 2. for each type of rule, and for the given engine's rules, the time for a
 *    byte from 1 KB to 1 MB, of prose and of hostile text;
 * 3. the views' share, for the given engine.
 *
 * Takes about a minute. Returns an exit code.
 */
int bench_rules_run(struct engine *engine, const struct kernel_set *kernels,
                    FILE *out);

#endif
