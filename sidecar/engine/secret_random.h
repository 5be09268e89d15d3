/*
 * Tokens that are nothing but random characters: no prefix says whose they
 * are, so the words around or an assignment must say that they are secret.
 */
#ifndef SIDECAR_ENGINE_SECRET_RANDOM_H
#define SIDECAR_ENGINE_SECRET_RANDOM_H

#include "sidecar/engine/secret.h"

/*
 * The random token that is in [from, to) of a plain text: letters, digits and
 * what stands between them inside of tokens, nothing of the kind beside it.
 */
bool secret_random_find(struct text plain, size_t from, size_t to,
                        const struct secret_entropy *entropy,
                        struct secret_match *out);

/*
 * The credentials in [from, to) after the word "Bearer" or "Basic".
 */
bool secret_random_bearer(struct text plain, size_t from, size_t to,
                          struct secret_match *out);

#endif
