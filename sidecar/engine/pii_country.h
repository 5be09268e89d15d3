/*
 * What countries' numbers look like: lengths of account numbers and of
 * telephone numbers.
 */
#ifndef SIDECAR_ENGINE_PII_COUNTRY_H
#define SIDECAR_ENGINE_PII_COUNTRY_H

#include "sidecar/base/text.h"

/*
 * Characters in an IBAN of the country whose two capital letters these are;
 * 0: the country has none. Source: SWIFT IBAN registry (ISO 13616).
 */
size_t pii_country_iban(char first, char second);

struct pii_calling {
    uint16_t code;    /* ITU-T E.164 country code */
    uint8_t min, max; /* digits after it, 4 to 14 */
};

/*
 * The country whose calling code the digits begin with; NULL: none. Codes are
 * prefix-free, so there is at most one. Source: ITU-T list of assigned country
 * codes; lengths of fixed, mobile and free lines as in the national plans.
 */
const struct pii_calling *pii_country_calling(const char *digits, size_t count);

/* Digits of the code itself, 1 to 3. */
size_t pii_country_code_len(const struct pii_calling *calling);

#endif
