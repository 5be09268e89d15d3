/*
 * Check digits of European VAT numbers.
 */
#ifndef SIDECAR_ENGINE_PII_VAT_H
#define SIDECAR_ENGINE_PII_VAT_H

#include "sidecar/base/text.h"

/*
 * Is it a VAT number: the country's two capitals and what follows them, without
 * separators, `n` characters? Countries whose numbers have a sum of digits
 * only: AT BE DE DK EE EL FI FR HU IT LU NL PL PT SE SI. Others are false.
 * Source: European Commission, VIES, "check digit" algorithms as published by
 * the national authorities.
 */
bool pii_vat_check(const char *s, size_t n);

#endif
