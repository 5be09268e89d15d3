/*
 * What a text has grown by, read by a stream's automata: the inside of hold.h.
 */
#ifndef SIDECAR_ENGINE_HOLD_READ_H
#define SIDECAR_ENGINE_HOLD_READ_H

#include "sidecar/engine/hold_settle.h"

/*
 * As far as what characters fold to is certain. The arena is emptied. False: it
 * is full.
 */
bool hold_read_chars(struct hold_reader *reader, struct arena *arena,
                     struct text raw, struct err *err);

/*
 * By the reader of words and by the tracker, as far as all views are certain.
 * Likewise.
 */
bool hold_read_words(struct hold *hold, struct arena *arena, struct text raw,
                     struct err *err);

#endif
