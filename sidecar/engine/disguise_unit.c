#include "sidecar/engine/disguise_unit.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/word.h"

#define L(letter) ((uint32_t)1 << ((letter) - 'a'))

struct reading {
    uint32_t letters, seldom;
    uint16_t flags;
};

enum { HIDES = UNIT_SIGN | UNIT_MASK, PARTS = UNIT_SIGN | UNIT_GAP };

/* Leet as it is written in chats (not the art of it: no "|-|"). */
static const struct reading READINGS[128] = {
    ['0'] = {L('o'), 0, UNIT_DIGIT},
    ['1'] = {L('i') | L('l'), 0, UNIT_DIGIT},
    ['2'] = {0, L('z'), UNIT_DIGIT},
    ['3'] = {L('e'), 0, UNIT_DIGIT},
    ['4'] = {L('a'), 0, UNIT_DIGIT},
    ['5'] = {L('s'), 0, UNIT_DIGIT},
    ['6'] = {0, L('g') | L('b'), UNIT_DIGIT},
    ['7'] = {L('t'), L('l'), UNIT_DIGIT},
    ['8'] = {L('b'), 0, UNIT_DIGIT},
    ['9'] = {0, L('g'), UNIT_DIGIT},
    ['!'] = {L('i'), L('l'), HIDES},
    ['"'] = {0, 0, UNIT_STOP},
    ['#'] = {0, L('h'), HIDES},
    ['$'] = {L('s'), 0, HIDES},
    ['%'] = {0, 0, UNIT_MASK},
    ['&'] = {0, 0, UNIT_MASK},
    ['\''] = {0, 0, UNIT_GAP},
    ['('] = {L('c'), 0, UNIT_SIGN | UNIT_STOP},
    [')'] = {0, 0, UNIT_STOP},
    ['*'] = {0, 0, UNIT_MASK | UNIT_GAP},
    ['+'] = {L('t'), 0, PARTS},
    [','] = {0, 0, UNIT_GAP | UNIT_STOP},
    ['-'] = {0, 0, UNIT_SOFT_MASK | UNIT_GAP},
    ['.'] = {0, 0, UNIT_SOFT_MASK | UNIT_GAP},
    ['/'] = {0, 0, UNIT_GAP},
    [':'] = {0, 0, UNIT_GAP | UNIT_STOP},
    [';'] = {0, 0, UNIT_STOP},
    ['<'] = {0, L('c'), UNIT_SIGN | UNIT_STOP},
    ['='] = {0, 0, UNIT_GAP},
    ['>'] = {0, 0, UNIT_STOP},
    ['?'] = {0, 0, UNIT_MASK},
    ['@'] = {L('a'), 0, HIDES},
    ['['] = {0, L('c'), UNIT_SIGN | UNIT_STOP},
    ['\\'] = {0, 0, UNIT_GAP},
    [']'] = {0, 0, UNIT_STOP},
    ['^'] = {0, L('a'), HIDES},
    ['_'] = {0, 0, UNIT_SOFT_MASK | UNIT_GAP},
    ['`'] = {0, 0, UNIT_GAP},
    ['{'] = {0, L('c'), UNIT_SIGN | UNIT_STOP},
    ['|'] = {L('i') | L('l'), 0, PARTS},
    ['}'] = {0, 0, UNIT_STOP},
    ['~'] = {0, 0, UNIT_MASK | UNIT_GAP},
    [' '] = {0, 0, UNIT_GAP},
    ['\n'] = {0, 0, UNIT_GAP},
    ['v'] = {0, L('u'), 0}, // "fvck"
};

/*
 * Letters that the fold leaves alone where no Latin letter is in their word,
 * as in one that is spelt out.
 */
static const struct {
    uint32_t c;
    uint32_t letters;
} ALONE[] = {
    {0x3b1, L('a')}, {0x3b2, L('b')}, {0x3b5, L('e')},          {0x3b7, L('n')},
    {0x3b9, L('i')}, {0x3ba, L('k')}, {0x3bd, L('v') | L('u')}, {0x3bf, L('o')},
    {0x3c0, L('n')}, {0x3c1, L('p')}, {0x3c3, L('c') | L('o')}, {0x3c4, L('t')},
    {0x3c5, L('u')}, {0x3c7, L('x')}, {0x3c9, L('w')},          {0x430, L('a')},
    {0x432, L('b')}, {0x433, L('r')}, {0x435, L('e')},          {0x438, L('u')},
    {0x43a, L('k')}, {0x43c, L('m')}, {0x43d, L('h')},          {0x43e, L('o')},
    {0x43f, L('n')}, {0x440, L('p')}, {0x441, L('c')},          {0x442, L('t')},
    {0x443, L('y')}, {0x445, L('x')}, {0x44c, L('b')},          {0x455, L('s')},
    {0x456, L('i')}, {0x458, L('j')}, {0x4bb, L('h')},          {0x501, L('d')},
    {0x51b, L('q')}, {0x51d, L('w')},
};

/* Currency signs that look like letters, and what hides one. */
static struct reading
beyond_ascii(uint32_t c)
{
    switch (c) {
    case 0xa2: // cent
        return (struct reading){L('c'), 0, HIDES};
    case 0xa3: // pound
        return (struct reading){L('l'), 0, HIDES};
    case 0xa5: // yen
        return (struct reading){L('y'), 0, HIDES};
    case 0x20ac: // euro
        return (struct reading){L('e'), 0, HIDES};
    default:
        break;
    }
    if (c >= 0x300 && c < 0x370) {
        // A mark on a space: all others are gone with the letter's form.
        return (struct reading){0, 0, UNIT_GAP};
    }
    for (size_t i = 0; i < sizeof(ALONE) / sizeof(ALONE[0]); i++) {
        if (c == ALONE[i].c) {
            return (struct reading){ALONE[i].letters, 0, UNIT_WORD};
        }
    }
    if (word_char(c)) {
        return (struct reading){0, 0, UNIT_WORD};
    }
    // Bullets, blocks, stars, hearts: nobody can read a letter in them.
    if ((c >= 0xa0 && c < 0xc0) || c == 0xd7 || (c >= 0x2000 && c < 0x2c00)) {
        return (struct reading){0, 0, UNIT_MASK | UNIT_GAP};
    }
    return (struct reading){0, 0, UNIT_STOP};
}

enum { TAG_LETTERS = 10 };

/* The length of a tag without attributes that begins here, or 0. */
static size_t
tag_at(struct text text, size_t at)
{
    size_t i = at + 1, name;

    if (i < text.len && text.at[i] == '/') {
        i++;
    }
    name = i;
    while (i < text.len && i - name < TAG_LETTERS &&
           ascii_is_small(text.at[i])) {
        i++;
    }
    return i > name && i < text.len && text.at[i] == '>' ? i + 1 - at : 0;
}

struct disguise_unit
disguise_unit_at(struct text text, size_t at)
{
    const unsigned char byte = (unsigned char)text.at[at];
    struct disguise_unit unit = {.from = (uint32_t)at, .to = (uint32_t)at + 1};
    struct reading reading;

    if (ascii_is_small(byte)) {
        unit.letter = (char)byte;
        unit.letters = unit_bit((char)byte);
        unit.seldom = READINGS[byte].seldom;
        unit.flags = UNIT_LETTER | UNIT_WORD;
        return unit;
    }
    if (byte >= 0x80) {
        size_t len = 1;
        reading = beyond_ascii(utf8_at(text, at, &len));
        unit.to = (uint32_t)(at + len);
    } else {
        const size_t tag = byte == '<' ? tag_at(text, at) : 0;
        if (tag > 0) {
            unit.to = (uint32_t)(at + tag);
            unit.flags = UNIT_GAP;
            return unit;
        }
        reading = READINGS[byte];
    }
    unit.letters = reading.letters;
    unit.seldom = reading.seldom;
    unit.flags = reading.flags;
    if ((unit.flags & UNIT_DIGIT) != 0) {
        unit.flags |= UNIT_WORD;
    }
    return unit;
}
