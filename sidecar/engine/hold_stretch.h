/*
 * Folded text that a tracker has not done with, and where each byte of it
 * stands. It takes memory as it is needed: most of the time that is a word.
 */
#ifndef SIDECAR_ENGINE_HOLD_STRETCH_H
#define SIDECAR_ENGINE_HOLD_STRETCH_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/view.h"

struct hold_stretch {
    char *at;                    /* [len] */
    uint32_t *raw_from, *raw_to; /* [len] bytes of the text, below 4 GiB */
    size_t len, cap;
    struct arena *arena; /* kept */
};

/* One byte more at its end. False: no memory. */
bool hold_stretch_add(struct hold_stretch *stretch, char c, struct span raw);

/* Without its first bytes. */
void hold_stretch_drop(struct hold_stretch *stretch, size_t count);

static inline struct text
hold_stretch_text(const struct hold_stretch *stretch)
{
    return (struct text){stretch->at, stretch->len};
}

#endif
