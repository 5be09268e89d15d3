/*
 * Sets of characters as regular expressions name them: exact for ASCII, three
 * rough kinds beyond it. Letter case counts nothing. A set may hold more than
 * the expression says, never less, but for this: the long s (U+017F) and the
 * Kelvin sign (U+212A), which are s and k without case, are not looked for.
 */
#ifndef SIDECAR_ENGINE_CHARSET_H
#define SIDECAR_ENGINE_CHARSET_H

#include <stdbool.h>
#include <stdint.h>

enum charset_beyond { /* characters beyond ASCII, roughly; bits */
                      CHARSET_BEYOND_WORD = 1,
                      CHARSET_BEYOND_SPACE = 2,
                      CHARSET_BEYOND_OTHER = 4,
                      CHARSET_BEYOND_ALL = 7
};

struct charset {
    uint64_t ascii[2]; /* bit c: it holds that character */
    unsigned beyond;   /* bits: it may hold characters of that kind */
};

/* Adds one character as it is; a range with both cases of its letters. */
void charset_put(struct charset *set, uint32_t c);
void charset_put_range(struct charset *set, uint32_t from, uint32_t to);

/* Adds all that `of` does not hold. */
void charset_put_inverse(struct charset *set, const struct charset *of);

/*
 * Adds what backslash and the letter stand for: d, w, s, h, v, and in capitals
 * all else. False: no such class.
 */
bool charset_put_class(char letter, struct charset *out);

/* Everything. */
void charset_put_all(struct charset *set);

/* Have the two a character in common? */
bool charset_meet(const struct charset *a, const struct charset *b);

/* Is it that character of ASCII in it? */
static inline bool
charset_has(const struct charset *set, unsigned char c)
{
    return c < 128 && (set->ascii[c / 64] >> c % 64 & 1) != 0;
}

/* A character of the set, one that people type where there is one. */
uint32_t charset_sample(const struct charset *set);

#endif
