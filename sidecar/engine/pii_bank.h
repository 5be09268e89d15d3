/*
 * Card and account numbers, as they are printed.
 */
#ifndef SIDECAR_ENGINE_PII_BANK_H
#define SIDECAR_ENGINE_PII_BANK_H

#include "sidecar/engine/pii.h"

/*
 * A card number that begins with the digit at `at` of a plain text: in one
 * piece, grouped as cards print it (4-4-4-4, Amex 4-6-5, ...) by one kind of
 * space, hyphen or point, or digit by digit. After a word for cards also
 * otherwise grouped, of 12 digits, or of 16 from an issuer not known here.
 */
bool pii_bank_card(struct text plain, size_t at, struct pii_match *out);

enum pii_bank_iban {
    PII_BANK_NONE,
    PII_BANK_BROKEN, /* an IBAN's form, but its check digits are wrong */
    PII_BANK_IBAN
};

/*
 * An IBAN that begins with the letter at `at`: in one piece, or in fours by
 * space, hyphen or point. The span is filled for BROKEN too.
 */
enum pii_bank_iban
pii_bank_iban(struct text plain, size_t at, struct pii_match *out);

#endif
