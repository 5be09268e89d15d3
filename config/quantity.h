/*
 * Scalars of a configuration file as values. The locale of the process plays
 * no part: a number has a point, never a comma.
 *
 * Each function returns NULL and fills *value, or says in words what was
 * expected ("a whole number") and leaves *value alone.
 */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

#include "sidecar/base/text.h"

/* `true` or `false`, in small letters, and nothing else. */
const char *quantity_boolean(struct text text, bool *value);

/*
 * A decimal whole number without leading zeros, at most 18 digits. Where
 * `unit` is "ms" it may carry ms, s, m or h, and where it is "bytes" B, KiB,
 * MiB or GiB; the value is then in that unit. Any other unit, or NULL: none.
 */
const char *
quantity_integer(struct text text, const char *unit, long long *value);

/*
 * A decimal number: digits, at most one point, at most one exponent; at most
 * 15 significant digits and a power of ten within 10^-22..10^22, so that the
 * value is the double nearest to what is written. No inf, nan or hexadecimal.
 */
const char *quantity_number(struct text text, double *value);

/* The value as it may be written: "16MiB", "5000", "0.5". Returns `out`. */
enum { QUANTITY_WORDS_BYTES = 32 };
const char *
quantity_words(double value, const char *unit, char out[QUANTITY_WORDS_BYTES]);

#endif
