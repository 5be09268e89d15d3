/*
 * What each character is to oddity.c. Pure; safe from any thread. c is any code
 * point; after fold_char_ready.
 */
#ifndef SIDECAR_ENGINE_ODDITY_CHAR_H
#define SIDECAR_ENGINE_ODDITY_CHAR_H

#include <stdbool.h>
#include <stdint.h>

enum oddity_char_kind {
    ODDITY_CHAR_PLAIN,
    ODDITY_CHAR_SPACE,
    ODDITY_CHAR_MARK,     /* of any script's text: U+0301 */
    ODDITY_CHAR_OWN_MARK, /* of one script: Hebrew points */
    ODDITY_CHAR_OVERRIDE,
    ODDITY_CHAR_ISOLATE,   /* isolates, embeddings and their ends */
    ODDITY_CHAR_DIRECTION, /* LRM, RLM, ALM */
    ODDITY_CHAR_TAG,
    ODDITY_CHAR_SELECTOR, /* of a variation */
    ODDITY_CHAR_JOINER,   /* ZWJ, ZWNJ */
    ODDITY_CHAR_BREAK,    /* zero-width space */
    ODDITY_CHAR_FILLER,   /* of Hangul syllables */
    ODDITY_CHAR_BRAILLE,  /* the blank pattern */
    ODDITY_CHAR_INVISIBLE,
    ODDITY_CHAR_PRIVATE,
    ODDITY_CHAR_NONCHARACTER,
    ODDITY_CHAR_CONTROL
};

enum oddity_char_kind oddity_char(uint32_t c);

/* A letter of a script that runs from right to left? */
bool oddity_char_is_rtl(uint32_t c);

/* Of a script that breaks lines at zero-width spaces: Thai, Khmer and kin? */
bool oddity_char_breaks(uint32_t c);

/* Can `selector` follow c: does Unicode, or custom, have such a variant? */
bool oddity_char_varies(uint32_t c, uint32_t selector);

#endif
