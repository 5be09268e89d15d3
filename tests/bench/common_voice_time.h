/*
 * What measuring a voice costs.
 */
#ifndef TESTS_BENCH_VOICE_TIME_H
#define TESTS_BENCH_VOICE_TIME_H

#include "tests/bench/common_voice_corpus.h"

/* Prints the time of a reply of 300 characters, and of a fingerprint. */
bool
voice_time_print(const struct corpus *corpus, size_t lines, struct err *err);

#endif
