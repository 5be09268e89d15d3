/*
 * The kinds that have a fixed form: identity numbers, tax numbers, UUID, MAC.
 * A new kind is a row in the table (and a check in pii_check.h, if it has one).
 */
#ifndef SIDECAR_ENGINE_PII_SHAPE_H
#define SIDECAR_ENGINE_PII_SHAPE_H

#include "sidecar/engine/pii.h"

enum { PII_SHAPE_MOST = 8 };

/*
 * The wanted kinds that begin at `at` of a plain text, where a token of `token`
 * letters and digits begins; at most PII_SHAPE_MOST; returns how many. `wanted`
 * as in pii_scan.
 */
size_t pii_shape_find(struct text plain, size_t at, size_t token,
                      uint64_t wanted, struct pii_match out[PII_SHAPE_MOST]);

#endif
