/*
 * What an English word sounds like, roughly: equal for spellings that are read
 * alike ("fuck", "phuk", "fukk").
 */
#ifndef SIDECAR_ENGINE_DISGUISE_SOUND_H
#define SIDECAR_ENGINE_DISGUISE_SOUND_H

#include "sidecar/base/text.h"

enum { DISGUISE_SOUND_LETTERS = 32 };

/*
 * Writes the sound of a word of the letters a to z to `out`, returns its
 * length, or 0: the word is longer than DISGUISE_SOUND_LETTERS.
 */
size_t disguise_sound(struct text word, char out[2 * DISGUISE_SOUND_LETTERS]);

#endif
