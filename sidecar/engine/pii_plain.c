#include "sidecar/engine/pii_plain.h"

#include "sidecar/base/utf8.h"

/* What a character becomes: an ASCII character, or one of these. */
enum { GONE = 0, KEPT = 0x100 };

/* The zeros of scripts whose digits are ten in a row (Unicode, Nd). */
static const uint32_t zeros[] = {
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66,  0xae6,  0xb66,  0xbe6, 0xc66,
    0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10};

/* U+2000 to U+206F, General Punctuation. */
static unsigned
general_punctuation(uint32_t c)
{
    if (c <= 0x200a || c == 0x2028 || c == 0x2029 || c == 0x202f ||
        c == 0x205f) {
        return ' ';
    }
    if (c <= 0x200f || (c >= 0x202a && c <= 0x202e) || c >= 0x2060) {
        return GONE;
    }
    if (c <= 0x2015) {
        return c == 0x2014 || c == 0x2015 ? PII_PLAIN_OTHER : '-';
    }
    if (c >= 0x2018 && c <= 0x201f) {
        return c <= 0x201b ? '\'' : '"';
    }
    return c == 0x2024 ? '.' : PII_PLAIN_OTHER;
}

/* U+0080 to U+00FF, less the letters. */
static unsigned
latin1(uint32_t c)
{
    switch (c) {
    case 0xa0:
        return ' ';
    case 0xad:
        return GONE;
    case 0xa2:
    case 0xa3:
    case 0xa5:
        return '$';
    case 0xaa:
    case 0xb5:
    case 0xba:
        return KEPT;
    default:
        return c >= 0xc0 && c != 0xd7 && c != 0xf7 ? KEPT : PII_PLAIN_OTHER;
    }
}

static unsigned
plain_of(uint32_t c)
{
    if (c < 0x80) {
        return c;
    }
    if (c < 0x100) {
        return latin1(c);
    }
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        if (c - zeros[i] < 10) {
            return '0' + c - zeros[i];
        }
    }
    if (c == 0x34f || c == 0x61c || c == 0x180e || c == 0xfeff ||
        (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff)) {
        return GONE;
    }
    if (c < 0x2000) {
        return KEPT;
    }
    if (c <= 0x206f) {
        return general_punctuation(c);
    }
    if (c >= 0xff01 && c <= 0xff5e) {
        return c - 0xfee0;
    }
    if (c >= 0x1d7ce && c <= 0x1d7ff) { // mathematical digits, five styles
        return '0' + (c - 0x1d7ce) % 10;
    }
    if (c == 0x3000) {
        return ' ';
    }
    if (c == 0x2212 || c == 0xfe63) { // minus, small hyphen
        return '-';
    }
    if (c >= 0x20a0 && c <= 0x20cf) { // currency signs
        return '$';
    }
    return c == 0x3002 || c == 0xff61 ? '.' : PII_PLAIN_OTHER;
}

static bool
is_ascii(struct text text)
{
    unsigned char seen = 0;

    for (size_t i = 0; i < text.len; i++) {
        seen |= (unsigned char)text.at[i];
    }
    return seen < 0x80;
}

/* Writes the plain form; returns its length, at most raw.len. */
static size_t
convert(struct text raw, char *out, uint32_t *from)
{
    size_t used = 0, len;

    for (size_t i = 0; i < raw.len; i += len) {
        if ((unsigned char)raw.at[i] < 0x80) {
            len = 1;
            from[used] = (uint32_t)i;
            out[used++] = raw.at[i];
            continue;
        }
        const unsigned to = plain_of(utf8_at(raw, i, &len));

        for (size_t k = 0; to == KEPT && k < len; k++) {
            from[used] = (uint32_t)(i + k);
            out[used++] = raw.at[i + k];
        }
        if (to != KEPT && to != GONE) {
            from[used] = (uint32_t)i;
            out[used++] = (char)to;
        }
    }
    return used;
}

bool
pii_plain_build(struct text raw, struct arena *arena, struct pii_plain *out,
                struct err *err)
{
    *out = (struct pii_plain){raw, NULL, raw};
    if (raw.len >= UINT32_MAX) {
        err_set(err, ERR_TOO_LARGE, "text of %zu bytes is too long to scan",
                raw.len);
        return false;
    }
    if (is_ascii(raw)) {
        return true;
    }
    char *const at = arena_take(arena, raw.len);
    uint32_t *const from = arena_take(arena, raw.len * sizeof(*from));

    if (at == NULL || from == NULL) {
        err_memory(err, "the plain form of a text");
        return false;
    }
    out->text = (struct text){at, convert(raw, at, from)};
    out->from = from;
    return true;
}

size_t
pii_plain_from(const struct pii_plain *plain, size_t from)
{
    return plain->from != NULL ? plain->from[from] : from;
}

size_t
pii_plain_to(const struct pii_plain *plain, size_t to)
{
    if (plain->from == NULL) {
        return to;
    }
    const size_t last = plain->from[to - 1];

    // A kept letter has a byte of its own for each of its bytes; anything
    // else stands for the whole character that begins there.
    return (unsigned char)plain->text.at[to - 1] >= 0x80
               ? last + 1
               : last + utf8_len((unsigned char)plain->raw.at[last]);
}
