/*
 * Addresses of houses, from the number to the town: "5914 Oak Hill Rd, Apt 4,
 * Portland, OR 97205", "12 High Street, Leeds LS1 4DY", "Hauptstraße 12,
 * 10115 Berlin", "12 rue de la Paix, 75002 Paris", "Calle Mayor 5, Madrid",
 * "P.O. Box 242".
 *
 * A number and a word for a street are not enough ("20 court cases", "2 way
 * radio", "the 4 courts"): the street has a name, and names have capitals,
 * unless a word before ("lives at") or a state and ZIP code or a postcode
 * after say that it is an address.
 */
#ifndef SIDECAR_ENGINE_PII_STREET_H
#define SIDECAR_ENGINE_PII_STREET_H

#include "sidecar/engine/pii.h"

/*
 * The address whose house number is the token [from, to), which begins with a
 * digit, of a plain text. Reads 256 bytes around it at most.
 */
bool pii_street_find(struct text plain, size_t from, size_t to,
                     struct pii_match *out);

#endif
