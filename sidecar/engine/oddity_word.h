/*
 * Words that mix Latin letters with their Cyrillic or Greek doubles, as no
 * language spells and a disguise does. Internal to oddity.c and its tests.
 */
#ifndef SIDECAR_ENGINE_ODDITY_WORD_H
#define SIDECAR_ENGINE_ODDITY_WORD_H

#include "sidecar/engine/view.h"

/* Letters of the text that no Latin letter looks like. */
struct oddity_word_scripts {
    size_t cyrillic, greek;
};

/* The word being read. All zero: none. */
struct oddity_word {
    struct span span;
    size_t letters;
    size_t latin, cyrillic, greek; /* of them */
    size_t doubles;                /* Cyrillic or Greek, and looks Latin */
    size_t switches;               /* from one script to another */
    int script;                    /* of the last letter */
};

/*
 * Reads a character; c is no letter or mark: returns false, and the word, if
 * there is one, has ended.
 */
bool oddity_word_read(struct oddity_word *word, uint32_t c, struct span span);

/* Counts what the word of the text is made of. */
void oddity_word_count(uint32_t c, struct oddity_word_scripts *scripts);

/*
 * Is the word, which has ended, a mixture? Not so: two letters; a single Greek
 * letter before or behind Latin ones (alpha in biology, mu for micro); a name
 * with its ending ("SMS" and a Cyrillic ending) in a text that is in that
 * script.
 */
bool oddity_word_mixes(const struct oddity_word *word,
                       const struct oddity_word_scripts *scripts);

#endif
