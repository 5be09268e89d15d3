/*
 * A piece of text as the characters that a disguise may be spelt with.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_UNIT_H
#define SIDECAR_ENGINE_DISGUISE_UNIT_H

#include "sidecar/engine/disguise.h"

enum disguise_unit_flag {
    UNIT_LETTER = 1, /* a to z */
    UNIT_DIGIT = 2,
    UNIT_WORD = 4,       /* a letter or digit of any script */
    UNIT_SIGN = 8,       /* no letter, but may be read as one: @ $ ( + */
    UNIT_MASK = 16,      /* may hide any letter: * # % */
    UNIT_SOFT_MASK = 32, /* may hide one vowel, or a few letters: - _ . */
    UNIT_GAP = 64,       /* may stand between two letters */
    UNIT_STOP = 128      /* ends what is looked at: , ; ( " and the like */
};

struct disguise_unit {
    uint32_t from;    /* bytes of the text, */
    uint32_t to;      /* [from, to) */
    uint32_t letters; /* what it may be read as: bit 0 is a */
    uint32_t seldom;  /* the same, where the word is long enough */
    uint16_t flags;
    char letter; /* where UNIT_LETTER, else 0 */
};

/* One bit per letter, as in `letters`. */
static inline uint32_t
unit_bit(char letter)
{
    return (uint32_t)1 << (letter - 'a');
}

#define UNIT_VOWELS ((uint32_t)1 | 1u << 4 | 1u << 8 | 1u << 14 | 1u << 20)

/*
 * The character at `at`, at < text.len. A simple tag ("<b>", "</i>") is one
 * unit, a gap.
 */
struct disguise_unit disguise_unit_at(struct text text, size_t at);

#endif
