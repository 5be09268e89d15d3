/*
 * What this machine can run, for kernels/ only. The answers come from a file
 * that is built for the baseline machine: a file built for AVX2 may not ask
 * whether there is AVX2.
 *
 * Each also asks whether the operating system keeps the registers.
 */
#ifndef KERNELS_PROBE_H
#define KERNELS_PROBE_H

#include <stdbool.h>

bool probe_avx2(void);
bool probe_avx512(void);
bool probe_neon(void);
bool probe_never(void);

#endif
