/*
 * Links: with a scheme, "hxxp" and "[.]" included; from "www."; and bare hosts,
 * "acme.com", where the ending is one that hosts have and words and files have
 * not, or a path follows.
 */
#ifndef SIDECAR_ENGINE_PII_URL_H
#define SIDECAR_ENGINE_PII_URL_H

#include "sidecar/engine/pii.h"

/* A link that begins with the token [from, to) of a plain text. */
bool
pii_url_find(struct text plain, size_t from, size_t to, struct pii_match *out);

#endif
