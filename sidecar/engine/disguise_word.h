/*
 * Strange words (letters only, not ordinary, no term) that stand for a term.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_WORD_H
#define SIDECAR_ENGINE_DISGUISE_WORD_H

#include "sidecar/engine/disguise_set.h"

enum { DISGUISE_WORD_MOST = 40 /* letters; longer words are not guessed at */ };

/* The term that the word is when read backwards, sounds like, or mistypes. */
bool disguise_word(const struct disguise *d, struct text word,
                   struct disguise_find *out);

/*
 * The term inside the word, where what is left on both sides is made of
 * ordinary words, endings and the like: "superslut", "shitnugget".
 */
bool disguise_glued(const struct disguise *d, struct text word,
                    struct disguise_find *out);

#endif
