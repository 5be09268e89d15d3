/*
 * A text's fingerprint: texts of nearly the same words have nearly the same
 * bits. Pure; the same on every machine; any thread.
 *
 * SimHash (Charikar, STOC 2002): each feature votes with the bits of its hash.
 * Features are the words and each two words in a row; numbers are all alike, so
 * that a counter in spam does not make it new. Between two texts that share a
 * part `s` (cosine) of their features about 64 * acos(s) / pi bits differ.
 */
#ifndef SIDECAR_ENGINE_FLOOD_PRINT_H
#define SIDECAR_ENGINE_FLOOD_PRINT_H

#include "sidecar/base/text.h"

enum { FLOOD_PRINT_WORDS = 5 /* a shorter text has none */ };

/* Of a fold view's text. false: too few words. */
bool flood_print(struct text fold, uint64_t *print);

/* Bits that differ, 0..64. */
unsigned flood_print_distance(uint64_t a, uint64_t b);

#endif
