/*
 * Telephone numbers: international (ITU-T E.164), in the forms that countries
 * print, bare after a word for telephones, and spelled out digit by digit.
 */
#ifndef SIDECAR_ENGINE_PII_PHONE_H
#define SIDECAR_ENGINE_PII_PHONE_H

#include "sidecar/engine/pii.h"

/*
 * A number that begins with the digit, "+" or "(" at `at` of a plain text; an
 * extension ("x123", "ext. 9") belongs to it. Not one: dates, ranges of years,
 * versions, Unix times, identity numbers of 3-2-4 digits, and numbers that a
 * word calls an order, a ticket, a serial and the like.
 */
bool pii_phone_find(struct text plain, size_t at, struct pii_match *out);

/*
 * 7 to 15 digits written as words ("five five five, oh one ..."), which begin
 * at `at`. *end is the offset after the row of such words, found or not, so
 * that the caller need not look at them again; `at` where there is none.
 */
bool pii_phone_spelled(struct text plain, size_t at, size_t *end,
                       struct pii_match *out);

#endif
