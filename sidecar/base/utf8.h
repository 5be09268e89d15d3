/*
 * UTF-8 as the Unicode Standard defines it (table 3-7): no overlong forms, no
 * surrogates, nothing above U+10FFFF. NUL is a character like any other.
 */
#ifndef SIDECAR_BASE_UTF8_H
#define SIDECAR_BASE_UTF8_H

#include "sidecar/base/text.h"

/* Is the whole text valid? If not, *bad is where the first bad sequence begins.
 */
bool utf8_check(struct text text, size_t *bad);

/*
 * The character that begins at text.at[offset], of a text that is valid;
 * offset < len. Its length in bytes goes to *len, 1 to 4.
 */
uint32_t utf8_at(struct text text, size_t offset, size_t *len);

/* Writes the character (valid scalar value) to out, returns 1 to 4 bytes. */
size_t utf8_put(uint32_t c, char out[4]);

/* Bytes in the character that a valid lead byte begins. */
static inline size_t
utf8_len(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Is this byte inside a character, not its first? */
static inline bool
utf8_inside(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* As much of a text as fits into `most` bytes, whole characters only. */
static inline struct text
utf8_cut(struct text text, size_t most)
{
    size_t len = text.len < most ? text.len : most;

    while (len > 0 && len < text.len &&
           utf8_inside((unsigned char)text.at[len])) {
        len--;
    }
    return text_part(text, 0, len);
}

struct utf8_lengths {
    size_t code_points;
    size_t utf16_units;
};

/* Characters and UTF-16 units in a valid text. */
struct utf8_lengths utf8_count(struct text text);

#endif
