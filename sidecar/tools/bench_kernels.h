/*
 * `leeway bench kernels`: what the kernels cost on this machine, beside
 * OpenBLAS and beside the memory.
 */
#ifndef SIDECAR_TOOLS_BENCH_KERNELS_H
#define SIDECAR_TOOLS_BENCH_KERNELS_H

#include <stdio.h>

/*
 * Measures for about half a minute on one thread and prints tables to out.
 * Contestants take turns; every figure is a median, every ratio the median of
 * the rounds' ratios, so that a busy neighbour disturbs both sides alike.
 *
 *   returns  0, or 1 where a kernel set fails its self-test or memory is short
 */
int bench_kernels_run(FILE *out);

#endif
