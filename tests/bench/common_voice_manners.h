/*
 * A persona of two manners: half her lines are one speaker's and half
 * another's.
 */
#ifndef TESTS_BENCH_VOICE_MANNERS_H
#define TESTS_BENCH_VOICE_MANNERS_H

#include "tests/bench/common_voice_corpus.h"

/*
 * Prints how her own unseen lines score beside blends of the two manners,
 * phrase by phrase, and beside an assistant's text, the mean over one such
 * persona for each speaker. Her own ought to score below both.
 */
bool
voice_manners_print(const struct corpus *corpus, size_t lines, struct err *err);

#endif
