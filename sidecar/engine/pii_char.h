/*
 * Characters and edges, as the scanners of personal data see them, in a plain
 * text (pii_plain.h): one byte is one character, save that a byte from 0x80 up
 * is part of a letter outside ASCII.
 */
#ifndef SIDECAR_ENGINE_PII_CHAR_H
#define SIDECAR_ENGINE_PII_CHAR_H

#include "sidecar/base/ascii.h"
#include "sidecar/base/text.h"

enum {
    PII_CHAR_DIGIT = 1,
    PII_CHAR_LETTER = 2, /* also every byte from 0x80 up */
    PII_CHAR_HEX = 4,
    PII_CHAR_LOCAL = 8, /* in the local part of an address, dot included */
    PII_CHAR_SPACE = 16,
    PII_CHAR_MARK = 32 /* may begin something: see pii_char_clean */
};

extern const unsigned char pii_char_class[256];

static inline bool
pii_char_is(char c, unsigned classes)
{
    return (pii_char_class[(unsigned char)c] & classes) != 0;
}

static inline bool
pii_char_word(char c)
{
    return pii_char_is(c, PII_CHAR_DIGIT | PII_CHAR_LETTER);
}

/* The character at i, or NUL beyond the end. */
static inline char
pii_char_at(struct text text, size_t i)
{
    return i < text.len ? text.at[i] : '\0';
}

/*
 * May a value begin at `at`, end at `to`? Not inside a longer token: beside a
 * letter, digit or underscore, or joined to one by a point, hyphen, slash and
 * the like, as in hashes, file names, paths, decimals, money and handles. A
 * point or hyphen before a word ("5159. He", "5159-Office") is no joint.
 */
bool pii_char_opens(struct text text, size_t at);
bool pii_char_shuts(struct text text, size_t to);

/*
 * A quick look at a text in any UTF-8: true when nothing in it can begin a
 * value of any kind. Errs to false, save for hexadecimal values that happen to
 * have no digit at all ("de-ad-be-ef-ca-fe"): pii_scan reports only what is
 * not clean by itself, so that no value depends on the text far from it.
 */
bool pii_char_clean(struct text text);

#endif
