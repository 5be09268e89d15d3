/*
 * The words of a folded text, one by one, for what counts them. Internal to
 * repetition.c, flood_print.c and their tests.
 */
#ifndef SIDECAR_ENGINE_REPETITION_WORD_H
#define SIDECAR_ENGINE_REPETITION_WORD_H

#include "sidecar/engine/view.h"

enum repetition_word_kind {
    REPETITION_WORD,   /* letters and digits, apostrophes inside: don't */
    REPETITION_NUMBER, /* ASCII digits only */
    REPETITION_SIGN    /* one letter of a script without spaces */
};

struct repetition_word {
    enum repetition_word_kind kind;
    struct span span;
    uint64_t hash; /* equal words have equal hashes */
    bool first;    /* a sentence or line begins with it */
};

/*
 * The next word at or after *at, which moves behind it. False: no more, and
 * *at is the text's length.
 */
bool
repetition_word_next(struct text fold, size_t *at, struct repetition_word *out);

/* Is it a word that people say many times: ha, la, tick, the b of a stammer? */
bool repetition_word_is_sound(struct text fold, struct span word);

#endif
