#include "sidecar/engine/oddity_word.h"

#include "sidecar/base/ascii.h"
#include "sidecar/engine/fold_ascii.h"
#include "sidecar/engine/fold_char.h"

enum script { OTHER, LATIN, CYRILLIC, GREEK };

enum {
    LETTERS_LEAST = 3, // "mA" with a Cyrillic A is a unit as well as a trick
    SCRIPT_LEAST = 3   // letters that make a text one in that script
};

static enum script
script_of(uint32_t c)
{
    if (c < 0x80) {
        return ascii_is_letter((unsigned char)c) ? LATIN : OTHER;
    }
    if (c >= 0x400 && c <= 0x52f) {
        return CYRILLIC;
    }
    if ((c >= 0x370 && c <= 0x3ff) || (c >= 0x1f00 && c <= 0x1fff)) {
        return GREEK;
    }
    return (fold_char(c)->flags & FOLD_CHAR_LATIN) != 0 ? LATIN : OTHER;
}

/* Goes on with the word: letters, marks on them, and what shows as nothing. */
static bool
is_inside(uint32_t c)
{
    if (c < 0x80) {
        return ascii_is_letter((unsigned char)c);
    }
    const struct fold_char *const ch = fold_char(c);
    return ch->look != 0 ||
           (ch->flags & (FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER |
                         FOLD_CHAR_IGNORED)) != 0;
}

bool
oddity_word_read(struct oddity_word *word, uint32_t c, struct span span)
{
    if (!is_inside(c)) {
        return false;
    }
    const enum script script = script_of(c);
    if (word->letters == 0) {
        *word = (struct oddity_word){.span = span};
    }
    word->span.to = span.to;
    if (c >= 0x80 && script == OTHER && fold_char(c)->look == 0 &&
        (fold_char(c)->flags & FOLD_CHAR_LETTER) == 0) {
        return true; // a mark, or nothing
    }
    word->switches += word->letters > 0 && (int)script != word->script;
    word->script = (int)script;
    word->letters++;
    word->latin += script == LATIN;
    word->cyrillic += script == CYRILLIC;
    word->greek += script == GREEK;
    word->doubles +=
        (script == CYRILLIC || script == GREEK) && fold_char(c)->look != 0;
    return true;
}

void
oddity_word_count(uint32_t c, struct oddity_word_scripts *scripts)
{
    const enum script script = script_of(c);

    if (script > LATIN && fold_char(c)->look == 0) {
        scripts->cyrillic += script == CYRILLIC;
        scripts->greek += script == GREEK;
    }
}

bool
oddity_word_mixes(const struct oddity_word *word,
                  const struct oddity_word_scripts *scripts)
{
    if (word->letters < LETTERS_LEAST || word->latin == 0 ||
        word->doubles == 0) {
        return false;
    }
    if (word->switches > 1) {
        return true;
    }
    if (word->doubles < word->cyrillic + word->greek) {
        return false; // its other letters deceive nobody
    }
    if (word->greek == 1 && word->cyrillic == 0) {
        return false;
    }
    return word->cyrillic > 0 ? scripts->cyrillic < SCRIPT_LEAST
                              : scripts->greek < SCRIPT_LEAST;
}
