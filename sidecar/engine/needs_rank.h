/*
 * How much a string tells: a phrase of everyday words is in every other text,
 * and rules nothing out.
 */
#ifndef SIDECAR_ENGINE_NEEDS_RANK_H
#define SIDECAR_ENGINE_NEEDS_RANK_H

#include "sidecar/base/text.h"

/*
 * Bytes of the (lower-case) string in words that are not among the most
 * frequent, and of marks other than spaces and apostrophes.
 */
size_t needs_rank(struct text s);

#endif
