/*
 * Requests for tests, written as JSON.
 */
#ifndef TESTS_UNIT_SUPPORT_REQUEST_H
#define TESTS_UNIT_SUPPORT_REQUEST_H

#include "proto/decode.h"

/* Small enough to reach: see support_request.c. */
extern const struct decode_limits support_request_limits;

/* The message, in a block of exactly its size; support_bytes_free. */
struct text support_request_message(const char *json);

/*
 * The template with each $ and letter replaced, n the same for all: $S n
 * letters, $N the number n, and lists of n: $L texts, $F numbers, $C
 * candidates, $M members "k0": "a", $E embeddings "m0": [1]. $A opens n
 * arrays, $Z closes them. Freed by the caller.
 */
char *support_request_expand(const char *template, size_t n);

/* A good request with every key of `score` but text; see support_request.c. */
extern const char support_request_full[];

#endif
