/*
 * Top-level domains, so that an address or host ends in one that exists.
 */
#ifndef SIDECAR_ENGINE_PII_TLD_H
#define SIDECAR_ENGINE_PII_TLD_H

#include "sidecar/base/text.h"

/*
 * Is the label a top-level domain? Either case. Every label that begins with
 * "xn--" counts, and so does every one with a byte outside ASCII: the root
 * holds 150 of them, and no ordinary word looks like one.
 * Source: IANA root zone (ICANN part of Debian's publicsuffix list).
 */
bool pii_tld_known(struct text label);

/*
 * Is it one that people give without a scheme, "acme.com"? A few generic
 * domains that are neither words nor file endings: "README.md", "main.rs" and
 * "so.it was" are no hosts.
 */
bool pii_tld_common(struct text label);

#endif
