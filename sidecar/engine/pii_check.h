/*
 * Validators of numbers that carry their own proof: check digits, ranges that
 * were never issued, calendar dates inside. Pure functions over compact
 * strings: separators taken out, letters in capitals, `n` characters, not
 * ended by NUL. A wrong length or a character of another class is false.
 *
 * Nothing here knows about the text around: see pii.h. Safe from any thread.
 */
#ifndef SIDECAR_ENGINE_PII_CHECK_H
#define SIDECAR_ENGINE_PII_CHECK_H

#include "sidecar/base/text.h"

/* ISO/IEC 7812-1 annex B over digits; any length from 2. */
bool pii_check_luhn(const char *s, size_t n);

/* Damm-like dihedral scheme of J. Verhoeff, 1969; digits, from 2. */
bool pii_check_verhoeff(const char *s, size_t n);

/* ISO 7064 mod 97-10 with the first four characters moved to the end. */
bool pii_check_iban(const char *s, size_t n);

/*
 * A card number: 12 to 19 digits, a prefix and length that a scheme issues,
 * Luhn, not one digit throughout.
 */
bool pii_check_card(const char *s, size_t n);

bool pii_check_us_ssn(const char *s, size_t n);    /* 9: ranges, not a sum */
bool pii_check_us_itin(const char *s, size_t n);   /* 9: ranges, not a sum */
bool pii_check_us_npi(const char *s, size_t n);    /* 10: Luhn after 80840 */
bool pii_check_us_aba(const char *s, size_t n);    /* 9: weights 3-7-1 */
bool pii_check_uk_nhs(const char *s, size_t n);    /* 10: mod 11 */
bool pii_check_uk_nino(const char *s, size_t n);   /* 9: prefixes, not a sum */
bool pii_check_ca_sin(const char *s, size_t n);    /* 9: Luhn */
bool pii_check_de_tax(const char *s, size_t n);    /* 11: ISO 7064 mod 11,10 */
bool pii_check_es_nif(const char *s, size_t n);    /* 9: mod 23 letter */
bool pii_check_es_nie(const char *s, size_t n);    /* 9: X, Y, Z and the same */
bool pii_check_it_fiscal(const char *s, size_t n); /* 16: mod 26 letter */
bool pii_check_fr_nir(const char *s, size_t n);    /* 15: 97 - mod 97 */
bool pii_check_nl_bsn(const char *s, size_t n);    /* 9: 11 test */
bool pii_check_pl_pesel(const char *s, size_t n);  /* 11: weights, date */
bool pii_check_se_personal(const char *s, size_t n); /* 10 or 12: Luhn, date */
bool pii_check_fi_hetu(const char *s, size_t n);     /* 10: mod 31, date */
bool pii_check_in_aadhaar(const char *s, size_t n);  /* 12: Verhoeff */
bool pii_check_in_pan(const char *s, size_t n);  /* 10: letters, not a sum */
bool pii_check_au_tfn(const char *s, size_t n);  /* 9: mod 11 */
bool pii_check_au_abn(const char *s, size_t n);  /* 11: mod 89 */
bool pii_check_br_cpf(const char *s, size_t n);  /* 11: mod 11, twice */
bool pii_check_br_cnpj(const char *s, size_t n); /* 14: mod 11, twice */
bool pii_check_sg_nric(const char *s, size_t n); /* 9: weights, letter */
bool pii_check_imei(const char *s, size_t n);    /* 15: Luhn */
bool pii_check_vin(const char *s, size_t n);     /* 17: ISO 3779, mod 11 */

#endif
