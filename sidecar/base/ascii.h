/*
 * ASCII characters, whatever the locale. `c` is a byte, signed or not, or a
 * code point: what lies outside ASCII is of no kind and stays as it is. Cannot
 * fail. Any thread.
 */
#ifndef SIDECAR_BASE_ASCII_H
#define SIDECAR_BASE_ASCII_H

#include <stdbool.h>

static inline bool
ascii_is_small(int c)
{
    return (unsigned)c - 'a' < 26;
}

static inline bool
ascii_is_capital(int c)
{
    return (unsigned)c - 'A' < 26;
}

static inline bool
ascii_is_letter(int c)
{
    return ((unsigned)c | 0x20) - 'a' < 26; // the bit that is a letter's case
}

static inline bool
ascii_is_digit(int c)
{
    return (unsigned)c - '0' < 10;
}

static inline bool
ascii_is_alnum(int c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

/* Capitals as small letters. */
static inline char
ascii_lower(char c)
{
    return ascii_is_capital(c) ? (char)(c + ('a' - 'A')) : c;
}

/* Small letters as capitals. */
static inline char
ascii_upper(char c)
{
    return ascii_is_small(c) ? (char)(c - ('a' - 'A')) : c;
}

/* The value of a hexadecimal digit, 0..15; -1: it is none. */
static inline int
ascii_hex(int c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    return ((unsigned)c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : -1;
}

#endif
