/*
 * The part of the fold view that needs no table: printing ASCII, space and
 * newline, of which most replies are made, only change case. Pure; safe from
 * any thread.
 */
#ifndef SIDECAR_ENGINE_FOLD_ASCII_H
#define SIDECAR_ENGINE_FOLD_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* Printing ASCII, space or newline? */
static inline bool
fold_ascii_simple(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\n';
}

/*
 * Lower-cases the simple characters that in[len] begins with into out[len] and
 * returns how many there are. `out` may be `in`.
 */
size_t fold_ascii_lower(const unsigned char *in, size_t len, char *out);

#endif
