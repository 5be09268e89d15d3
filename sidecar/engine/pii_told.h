/*
 * Kinds that a word tells: a date is a date of birth after "born", eight
 * capitals are a bank's code after "BIC".
 */
#ifndef SIDECAR_ENGINE_PII_TOLD_H
#define SIDECAR_ENGINE_PII_TOLD_H

#include "sidecar/engine/pii.h"

/* DATE_OF_BIRTH, US_PASSPORT, LAT_LONG, BIC */
#define PII_TOLD_ALL                                                           \
    (PII_BIT(PII_DATE_OF_BIRTH) | PII_BIT(PII_US_PASSPORT) |                   \
     PII_BIT(PII_LAT_LONG) | PII_BIT(PII_BIC))

/*
 * The value of a wanted kind, one of PII_TOLD_ALL, that begins with the token
 * [from, to) of a plain text; a date perhaps with the word before it.
 */
bool pii_told_find(struct text plain, size_t from, size_t to, uint64_t wanted,
                   struct pii_match *out);

/*
 * Does the raw text hold "BIC" or "SWIFT"? A bank's code may have no digit, so
 * that a quick look at the text does not see it (pii_char_clean).
 */
bool pii_told_bank(struct text raw);

#endif
