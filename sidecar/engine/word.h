/*
 * Where words begin and end.
 */
#ifndef SIDECAR_ENGINE_WORD_H
#define SIDECAR_ENGINE_WORD_H

#include "sidecar/base/text.h"

/*
 * Is the character part of a word: a letter, a digit, a mark on one? Not so
 * the characters of scripts that put no spaces between words (Chinese,
 * Japanese, Thai, Lao, Khmer, Burmese) or glue particles to them (Korean):
 * there every place is a boundary. `_` is not part of a word.
 */
bool word_char(uint32_t c);

/* Does a word's character end just before `offset`, or begin at it? */
bool word_before(struct text text, size_t offset);
bool word_at(struct text text, size_t offset);

#endif
