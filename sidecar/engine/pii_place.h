/*
 * What follows the street in an address: unit, town, state, postcode, country.
 */
#ifndef SIDECAR_ENGINE_PII_PLACE_H
#define SIDECAR_ENGINE_PII_PLACE_H

#include "sidecar/base/text.h"

enum pii_place_proof {
    PII_PLACE_NONE, /* nothing more than the street */
    PII_PLACE_TOWN, /* a name that may be a town's */
    PII_PLACE_CODE  /* a state, ZIP code or postcode */
};

struct pii_place {
    size_t to; /* where the address ends */
    enum pii_place_proof proof;
};

/* Reads on from `at` of a plain text, where the street ends. */
struct pii_place pii_place_read(struct text plain, size_t at);

/*
 * The end of a word of a name from `at`: letters with apostrophes and hyphens
 * between them, 40 bytes at most; `at`: there is none.
 */
size_t pii_place_word(struct text plain, size_t at);

/* Does it begin with a capital, or with a letter outside ASCII? */
bool pii_place_capital(struct text plain, size_t at);

#endif
