/*
 * Internet addresses, versions 4 and 6 (RFC 4291, section 2.2).
 */
#ifndef SIDECAR_ENGINE_PII_IP_H
#define SIDECAR_ENGINE_PII_IP_H

#include "sidecar/engine/pii.h"

/*
 * An address that begins at `at` of a plain text. Port, mask and zone stay
 * outside the span. Numbers that a word calls a version or a section are none,
 * nor are four single digits, save after a word for addresses.
 */
bool pii_ip_find(struct text plain, size_t at, struct pii_match *out);

#endif
