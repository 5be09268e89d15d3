/*
 * "Did you mean": the known name closest to a word.
 */
#ifndef SIDECAR_BASE_NEAREST_H
#define SIDECAR_BASE_NEAREST_H

#include "sidecar/base/text.h"

enum { NEAREST_BYTES = 64 }; /* longer words have no nearest name */

/*
 * The name in the NULL-ended list with the smallest edit distance (insert,
 * delete, change, swap of neighbours: Damerau, CACM 1964; letter case counts
 * nothing), the first of equals; NULL where more than one letter in three
 * would have to change.
 */
const char *nearest_name(struct text word, const char *const *names);

#endif
