/*
 * Reads a text letter by letter, folded, look-alikes replaced, with the marks
 * that the fold view drops.
 */
#ifndef SIDECAR_ENGINE_FOLD_MARKED_H
#define SIDECAR_ENGINE_FOLD_MARKED_H

#include "sidecar/base/text.h"
#include "sidecar/engine/fold_char.h"

enum { FOLD_MARKED_MOST = 31 /* a letter and 30 marks; more are dropped */ };

struct fold_marked {
    uint32_t letter[FOLD_MARKED_MOST]; /* and its marks, canonical order */
    size_t count;
    /* What is to be read. */
    struct text text;
    size_t at;
    uint32_t ahead[FOLD_CHAR_MOST];
    size_t ahead_at, ahead_count;
};

/* Views text, valid UTF-8. After fold_char_ready. */
void fold_marked_init(struct fold_marked *m, struct text text);

/* Reads the next letter; false and count 0 at the end. */
bool fold_marked_next(struct fold_marked *m);

#endif
