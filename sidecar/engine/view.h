/*
 * A text seen in another way (folded, decoded), with the way back to the bytes
 * it came from. Raw text is never changed for judging.
 */
#ifndef SIDECAR_ENGINE_VIEW_H
#define SIDECAR_ENGINE_VIEW_H

#include "sidecar/base/text.h"

/* Half-open, in bytes; from <= to. */
struct span {
    size_t from, to;
};

/* The views there are, plainest first. */
enum view_kind {
    VIEW_RAW,
    VIEW_FOLD,
    VIEW_LEET,     /* 1 and its like read as i */
    VIEW_LEET_L,   /* and as l */
    VIEW_SQUASH,   /* letters apart are one word */
    VIEW_SQUASH_A, /* a, i, u before or behind it are words of their own */
    VIEW_DECODED,
    VIEW_KINDS
};

struct view {
    struct text text; /* valid UTF-8 */
    /*
     * Where each byte of `text` came from: raw bytes [raw_from[i], raw_to[i]),
     * always whole characters; both never fall as i grows. Both NULL: the view
     * has the raw text's offsets (each byte came from the byte at its place).
     */
    const uint32_t *raw_from; /* [text.len] */
    const uint32_t *raw_to;   /* [text.len] */
};

/* The raw bytes that made view bytes [from, to), from < to <= len. */
static inline struct span
view_raw_span(const struct view *view, size_t from, size_t to)
{
    if (view->raw_from == NULL) {
        return (struct span){from, to};
    }
    return (struct span){view->raw_from[from], view->raw_to[to - 1]};
}

#endif
