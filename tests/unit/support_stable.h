/*
 * One number for every bit that kernels/stable.h computes over fixed inputs:
 * the same from every compiler and machine (make arm prints it too).
 */
#ifndef TESTS_UNIT_SUPPORT_STABLE_H
#define TESTS_UNIT_SUPPORT_STABLE_H

#include <stdint.h>

#define SUPPORT_STABLE_KNOWN UINT64_C(0xb7cd07919524a8b7)

uint64_t support_stable_answers(void);

#endif
