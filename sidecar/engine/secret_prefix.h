/*
 * Tokens that their maker's prefix gives away. A new one is a row in the table.
 */
#ifndef SIDECAR_ENGINE_SECRET_PREFIX_H
#define SIDECAR_ENGINE_SECRET_PREFIX_H

#include "sidecar/engine/secret.h"

enum { SECRET_PREFIX_LEAST = 20 /* characters of the shortest token */ };

/*
 * The token of a wanted provider that begins at `at` of a plain text. It does
 * not begin inside a word: after a letter, digit, underscore or single hyphen.
 * So of a row of such characters only the beginning is looked at twice.
 */
bool secret_prefix_find(struct text plain, size_t at, uint64_t wanted,
                        struct secret_match *out);

/* Tests: the table's rows in their order; NULL: there is none. */
const char *secret_prefix_row(size_t row);

#endif
