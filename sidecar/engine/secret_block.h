/*
 * Private keys in blocks: PEM (RFC 7468), OpenSSH, PGP, and Google's service
 * accounts as JSON.
 */
#ifndef SIDECAR_ENGINE_SECRET_BLOCK_H
#define SIDECAR_ENGINE_SECRET_BLOCK_H

#include "sidecar/engine/secret.h"

/*
 * The block whose "-----BEGIN" stands at `at` of a plain text, to its end line;
 * one that is cut off, to the last line that looks like its own. Line ends may
 * be written as "\n". Looks at 32 KiB at most.
 */
bool secret_block_pem(struct text plain, size_t at, uint64_t wanted,
                      struct secret_match *out);

/*
 * The JSON object around `at`, where the colon stands before the value
 * "service_account", if a private key is in it. *seen is the offset up to which
 * objects were looked for in vain; 0 at first.
 */
bool secret_block_account(struct text plain, size_t at, size_t *seen,
                          struct secret_match *out);

#endif
