/*
 * SHA-256 (FIPS 180-4), for identity: configuration, fingerprints, texts.
 */
#ifndef SIDECAR_BASE_DIGEST_H
#define SIDECAR_BASE_DIGEST_H

#include "sidecar/base/text.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 2 * DIGEST_BYTES + 1 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

struct digest digest_of(struct text text);

/* Of the parts one after another, each preceded by its length as 8 bytes LE. */
struct digest digest_of_parts(const struct text *parts, size_t count);

/* HMAC-SHA256 (RFC 2104): nobody without the key can make or guess it. */
struct digest digest_keyed(struct text key, struct text text);

/* Lower-case hexadecimal, ended by NUL. */
void digest_hex(const struct digest *digest, char out[DIGEST_HEX]);

/* Same bytes? Takes the same time wherever they differ. */
bool digest_same(struct text a, struct text b);

#endif
