/*
 * Bytes for tests: exact-size heap copies, so that a sanitizer sees a read one
 * byte too far, and a random generator with a fixed seed.
 */
#ifndef TESTS_UNIT_SUPPORT_BYTES_H
#define TESTS_UNIT_SUPPORT_BYTES_H

#include "sidecar/base/buffer.h"

/* A copy in a block of exactly its size; freed with support_bytes_free. */
struct text support_bytes_exact(struct text bytes);

/* The same, from "81 a1 76 01"; spaces are allowed. */
struct text support_bytes_hex(const char *hex);

/* `unit` as often as it fits into `most` bytes; freed the same way. */
struct text support_bytes_repeated(const char *unit, size_t most);

/* Hands on every prefix of a text that ends between two characters, short of
 * the whole, each in a block of exactly its size. */
void support_bytes_prefixes(struct text whole,
                            void (*each)(struct text prefix, void *context),
                            void *context);

void support_bytes_free(struct text bytes);

/* Hexadecimal for a message, cut at 60 bytes; overwritten by the next call. */
const char *support_bytes_show(struct text bytes);

/* The next number of the sequence that *state is in (SplitMix64). */
uint64_t support_bytes_random(uint64_t *state);

#endif
