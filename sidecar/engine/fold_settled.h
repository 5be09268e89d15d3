/*
 * For streams: how much of a text's fold view is certain while the text still
 * grows.
 */
#ifndef SIDECAR_ENGINE_FOLD_SETTLED_H
#define SIDECAR_ENGINE_FOLD_SETTLED_H

#include "sidecar/base/text.h"

/*
 * Where the text may be cut: for every text that goes on after `raw` (valid
 * UTF-8), folding its first fold_settled(raw) bytes and the rest apart gives
 * the fold of the whole. The offset of a character's first byte; 0 where no
 * place is certain yet.
 *
 * At most FOLD_WORD_LETTERS letters, with what is dropped among them, and one
 * character that is no letter, with its marks, stand after it; regional
 * indicators, and what follows them up to the next character that is no
 * letter, besides. Time grows with the bytes after it only. Safe from any
 * thread.
 */
size_t fold_settled(struct text raw);

#endif
