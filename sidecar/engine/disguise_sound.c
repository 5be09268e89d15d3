#include "sidecar/engine/disguise_sound.h"

/* Capitals stand for sounds that two letters write: S for sh, C for ch. */
static const struct {
    const char *spelt;
    const char *sound;
} SPELLINGS[] = {
    {"sch", "S"}, {"sh", "S"},  {"tch", "C"}, {"ch", "C"}, {"ph", "f"},
    {"ck", "k"},  {"x", "ks"},  {"z", "s"},   {"q", "k"},  {"ce", "se"},
    {"ci", "si"}, {"cy", "si"}, {"c", "k"},
};

/* At a word's end only: i, written in three ways. */
static const char *const ENDS_IN_I[] = {"ie", "ey", "y"};

/* The rest of the word is one of them: its length. */
static size_t
ends_in_i(struct text rest)
{
    for (size_t i = 0; i < sizeof(ENDS_IN_I) / sizeof(ENDS_IN_I[0]); i++) {
        if (text_is(rest, ENDS_IN_I[i])) {
            return rest.len;
        }
    }
    return 0;
}

size_t
disguise_sound(struct text word, char out[2 * DISGUISE_SOUND_LETTERS])
{
    size_t len = 0;

    if (word.len > DISGUISE_SOUND_LETTERS) {
        return 0;
    }
    for (size_t i = 0; i < word.len;) {
        const struct text rest = text_part(word, i, word.len);
        char same[2] = {word.at[i], '\0'};
        const char *sound = same;
        size_t used = 1;
        if (i > 0 && ends_in_i(rest) > 0) {
            sound = "i";
            used = rest.len;
        } else {
            for (size_t k = 0; k < sizeof(SPELLINGS) / sizeof(SPELLINGS[0]);
                 k++) {
                if (text_starts(rest, text_of(SPELLINGS[k].spelt))) {
                    sound = SPELLINGS[k].sound;
                    used = strlen(SPELLINGS[k].spelt);
                    break;
                }
            }
        }
        for (; *sound != '\0'; sound++) {
            // "oo" is not "o": "troon" and "tron" differ.
            if (len == 0 || out[len - 1] != *sound ||
                strchr("aeou", *sound) != NULL) {
                out[len++] = *sound;
            }
        }
        i += used;
    }
    return len;
}
