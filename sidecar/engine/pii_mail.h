/*
 * Addresses of mail, plain ("ann@acme.com") and spelled ("ann [at] acme [dot]
 * com", "ann at acme dot com").
 */
#ifndef SIDECAR_ENGINE_PII_MAIL_H
#define SIDECAR_ENGINE_PII_MAIL_H

#include "sidecar/engine/pii.h"

/* The address around the "@" at `at` of a plain text. */
bool pii_mail_find(struct text plain, size_t at, struct pii_match *out);

/* The address around the word "at" at `at`. */
bool pii_mail_spelled(struct text plain, size_t at, struct pii_match *out);

#endif
