#include "sidecar/engine/fold_set.h"

#include "sidecar/base/ascii.h"

/*
 * Default_Ignorable_Code_Point of Unicode 15 (utf8proc's flag leaves out the
 * unassigned ones), and what else shows as nothing: controls that are not
 * white space, annotation marks, the blank Braille pattern.
 */
static const struct fold_table_range ignored[] = {
    {0x00, 0x08},       {0x0e, 0x1f},       {0x7f, 0x84},
    {0x86, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
    {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

/*
 * Blocks whose letters take a joiner or non-joiner as ordinary spelling:
 * Arabic to Mandaic, Indic, Myanmar, Khmer and Mongolian, later Indic, and
 * Arabic's presentation forms.
 */
static const struct fold_table_range joining[] = {
    {0x0600, 0x08ff}, {0x0900, 0x0dff},   {0x1000, 0x109f},   {0x1780, 0x18af},
    {0x1a20, 0x1aaf}, {0x1b00, 0x1bff},   {0x1cd0, 0x1cff},   {0xa8e0, 0xa8ff},
    {0xa980, 0xa9df}, {0xaa60, 0xaa7f},   {0xabc0, 0xabff},   {0xfb50, 0xfdff},
    {0xfe70, 0xfefe}, {0x10ac0, 0x10aff}, {0x11000, 0x11cff},
};

/*
 * Typographic forms of what a keyboard has: a rule says "don't", a model
 * writes it with U+2019. The acute accent is typed for an apostrophe, and
 * NFKC would open it into a space and a mark.
 */
static const struct {
    struct fold_table_range from;
    char to;
} typography[] = {
    {{0x09, 0x09}, ' '},      {{0x0b, 0x0c}, ' '},
    {{0x0d, 0x0d}, '\n'},     {{0x85, 0x85}, '\n'},
    {{0xa0, 0xa0}, ' '},      {{0xab, 0xab}, '"'},
    {{0xb4, 0xb4}, '\''},     {{0xbb, 0xbb}, '"'},
    {{0x2b9, 0x2b9}, '\''},   {{0x2bb, 0x2bd}, '\''},
    {{0x2d7, 0x2d7}, '-'},    {{0x1680, 0x1680}, ' '},
    {{0x2000, 0x200a}, ' '},  {{0x2010, 0x2015}, '-'},
    {{0x2018, 0x201b}, '\''}, {{0x201c, 0x201f}, '"'},
    {{0x2028, 0x2029}, '\n'}, {{0x202f, 0x202f}, ' '},
    {{0x2032, 0x2032}, '\''}, {{0x2035, 0x2035}, '\''},
    {{0x2039, 0x203a}, '\''}, {{0x2043, 0x2043}, '-'},
    {{0x205f, 0x205f}, ' '},  {{0x2212, 0x2212}, '-'},
    {{0x275b, 0x275c}, '\''}, {{0x275d, 0x275e}, '"'},
    {{0x2e3a, 0x2e3b}, '-'},  {{0x3000, 0x3000}, ' '},
    {{0x301d, 0x301f}, '"'},
};

/*
 * Latin letters with marks that national alphabets have: Latin-1 and Latin
 * Extended-A, the Vietnamese and Romanian letters. To read past their marks is
 * no evidence of a disguise.
 */
static const struct fold_table_range alphabets[] = {
    {0x00c0, 0x00ff}, {0x0100, 0x017e}, {0x01a0, 0x01a1}, {0x01af, 0x01b0},
    {0x0218, 0x021b}, {0x1e9e, 0x1e9e}, {0x1ea0, 0x1ef9},
};

/* Ranges rise and do not touch. */
static bool
in_ranges(uint32_t c, const struct fold_table_range *ranges, size_t count)
{
    size_t from = 0, to = count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (ranges[middle].last < c) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < count && ranges[from].first <= c;
}

#define IN(c, ranges) in_ranges((c), (ranges), sizeof(ranges) / sizeof(*ranges))

bool
fold_set_ignored(uint32_t c)
{
    return IN(c, ignored);
}

bool
fold_set_joining(uint32_t c)
{
    return IN(c, joining);
}

bool
fold_set_alphabet(uint32_t c)
{
    return IN(c, alphabets);
}

bool
fold_set_latin(uint32_t c)
{
    if (c < 0x80) {
        return ascii_is_letter((int)c);
    }
    return in_ranges(c, fold_table_latin, fold_table_latin_count);
}

uint32_t
fold_set_typed(uint32_t c)
{
    const size_t count = sizeof(typography) / sizeof(*typography);

    if (c > typography[count - 1].from.last) {
        return c;
    }
    for (size_t i = 0; i < count && c >= typography[i].from.first; i++) {
        if (c <= typography[i].from.last) {
            return (unsigned char)typography[i].to;
        }
    }
    return c;
}

enum fold_set_script
fold_set_script(uint32_t c)
{
    // Dze is Macedonian's rarest letter and the s of most disguises; round
    // omega, izhitsa, the Abkhasian che, Komi de, qa and we: d, q, w.
    static const uint32_t rare[] = {0x455, 0x461, 0x475, 0x4bd,
                                    0x501, 0x51b, 0x51d};

    for (size_t i = 0; i < sizeof(rare) / sizeof(*rare); i++) {
        if (c == rare[i]) {
            return FOLD_SET_RARE;
        }
    }
    if ((c >= 0x400 && c <= 0x52f) || (c >= 0xa640 && c <= 0xa69f)) {
        return FOLD_SET_CYRILLIC;
    }
    return c >= 0x370 && c <= 0x3ff ? FOLD_SET_GREEK : FOLD_SET_OTHER;
}

const struct fold_table_row *
fold_set_row(uint32_t c)
{
    size_t from = 0, to = fold_table_row_count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (fold_table_rows[middle].c < c) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < fold_table_row_count && fold_table_rows[from].c == c
               ? &fold_table_rows[from]
               : NULL;
}
