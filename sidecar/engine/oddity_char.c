#include "sidecar/engine/oddity_char.h"

#include <stddef.h>

#include "sidecar/base/ascii.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/fold_set.h"

struct range {
    uint32_t first, last;
    enum oddity_char_kind kind;
};

/* What the table of the fold view does not tell apart; rising. */
static const struct range ranges[] = {
    {0x00, 0x08, ODDITY_CHAR_CONTROL},
    {0x09, 0x0d, ODDITY_CHAR_SPACE},
    {0x0e, 0x1f, ODDITY_CHAR_CONTROL},
    {0x20, 0x20, ODDITY_CHAR_SPACE},
    {0x7f, 0x84, ODDITY_CHAR_CONTROL},
    {0x85, 0x85, ODDITY_CHAR_SPACE},
    {0x86, 0x9f, ODDITY_CHAR_CONTROL},
    {0xa0, 0xa0, ODDITY_CHAR_SPACE},
    {0x300, 0x34e, ODDITY_CHAR_MARK},
    {0x350, 0x36f, ODDITY_CHAR_MARK},
    {0x61c, 0x61c, ODDITY_CHAR_DIRECTION},
    {0x115f, 0x1160, ODDITY_CHAR_FILLER},
    {0x1680, 0x1680, ODDITY_CHAR_SPACE},
    {0x180b, 0x180d, ODDITY_CHAR_SELECTOR},
    {0x180f, 0x180f, ODDITY_CHAR_SELECTOR},
    {0x1ab0, 0x1aff, ODDITY_CHAR_MARK},
    {0x1dc0, 0x1dff, ODDITY_CHAR_MARK},
    {0x2000, 0x200a, ODDITY_CHAR_SPACE},
    {0x200b, 0x200b, ODDITY_CHAR_BREAK},
    {0x200c, 0x200d, ODDITY_CHAR_JOINER},
    {0x200e, 0x200f, ODDITY_CHAR_DIRECTION},
    {0x2028, 0x2029, ODDITY_CHAR_SPACE},
    {0x202a, 0x202c, ODDITY_CHAR_ISOLATE},
    {0x202d, 0x202e, ODDITY_CHAR_OVERRIDE},
    {0x202f, 0x202f, ODDITY_CHAR_SPACE},
    {0x205f, 0x205f, ODDITY_CHAR_SPACE},
    {0x2066, 0x2069, ODDITY_CHAR_ISOLATE},
    {0x20d0, 0x20ff, ODDITY_CHAR_MARK},
    {0x2800, 0x2800, ODDITY_CHAR_BRAILLE},
    {0x3000, 0x3000, ODDITY_CHAR_SPACE},
    {0x3164, 0x3164, ODDITY_CHAR_FILLER},
    {0xe000, 0xf8ff, ODDITY_CHAR_PRIVATE},
    {0xfdd0, 0xfdef, ODDITY_CHAR_NONCHARACTER},
    {0xfe00, 0xfe0f, ODDITY_CHAR_SELECTOR},
    {0xfe20, 0xfe2f, ODDITY_CHAR_MARK},
    {0xffa0, 0xffa0, ODDITY_CHAR_FILLER},
    {0xe0000, 0xe007f, ODDITY_CHAR_TAG},
    {0xe0100, 0xe01ef, ODDITY_CHAR_SELECTOR},
};

static enum oddity_char_kind
listed(uint32_t c)
{
    size_t from = 0, to = sizeof(ranges) / sizeof(*ranges);

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (ranges[middle].last < c) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < sizeof(ranges) / sizeof(*ranges) && ranges[from].first <= c
               ? ranges[from].kind
               : ODDITY_CHAR_PLAIN;
}

/* A mark, or one that NFKC takes apart into marks (U+0344)? */
static bool
is_mark(uint32_t c)
{
    const struct fold_char *const ch = fold_char(c);
    size_t count;

    if ((ch->flags & FOLD_CHAR_MANY) == 0) {
        return (ch->flags & FOLD_CHAR_MARK) != 0;
    }
    const uint32_t *const parts = fold_char_many(ch, &count);
    return count > 0 && (fold_char(parts[0])->flags & FOLD_CHAR_MARK) != 0;
}

enum oddity_char_kind
oddity_char(uint32_t c)
{
    const enum oddity_char_kind kind = listed(c);

    if (kind != ODDITY_CHAR_PLAIN) {
        return kind;
    }
    if ((c & 0xfffe) == 0xfffe) {
        return ODDITY_CHAR_NONCHARACTER;
    }
    if (c >= 0xf0000) {
        return ODDITY_CHAR_PRIVATE;
    }
    if ((fold_char(c)->flags & FOLD_CHAR_IGNORED) != 0) {
        return ODDITY_CHAR_INVISIBLE;
    }
    return is_mark(c) ? ODDITY_CHAR_OWN_MARK : ODDITY_CHAR_PLAIN;
}

bool
oddity_char_is_rtl(uint32_t c)
{
    return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdcf) ||
           (c >= 0xfdf0 && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefe) ||
           (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

bool
oddity_char_breaks(uint32_t c)
{
    return (c >= 0xe00 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff) ||
           (c >= 0x1950 && c <= 0x1aaf) || (c >= 0xa9e0 && c <= 0xa9ff) ||
           (c >= 0xaa60 && c <= 0xaadf);
}

static bool
is_ideograph(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3ffff);
}

bool
oddity_char_varies(uint32_t c, uint32_t selector)
{
    if (selector >= 0xe0100) {
        return is_ideograph(c) || c == 0x3007; // and the ideographic zero
    }
    if (selector <= 0x180f) {
        return c >= 0x1800 && c <= 0x18af; // Mongolian
    }
    if (ascii_is_digit((int)c) || c == '#' || c == '*') {
        return true; // keycaps, and the slashed zero
    }
    // Letters have none, but for a few scripts' standardized ones. Symbols are
    // followed by a style selector far more often than Unicode lists.
    const unsigned flags = fold_char(c)->flags;
    return c > 0x20 && oddity_char(c) == ODDITY_CHAR_PLAIN &&
           ((flags & FOLD_CHAR_LETTER) == 0 || is_ideograph(c) ||
            (c >= 0x1000 && c <= 0x109f) || (c >= 0xa840 && c <= 0xa87f) ||
            (c >= 0x2100 && c <= 0x2bff) || (c >= 0x3200 && c <= 0x32ff) ||
            c >= 0x10000);
}
