/*
 * A view made from another one by edits: what no edit names is kept. Nothing is
 * allocated before the first edit, and no map before the first that moves a
 * place, so that a text without anything to edit costs nothing here.
 *
 * Memory comes from the arena: 1 byte per byte of the source at the first edit,
 * 8 more at the first that moves a place. A full arena makes the writer fail
 * for good; calls on a failed writer do nothing.
 */
#ifndef SIDECAR_ENGINE_VIEW_WRITER_H
#define SIDECAR_ENGINE_VIEW_WRITER_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

struct view_writer {
    struct arena *arena;
    struct view source;
    char *out;           /* NULL before the first edit */
    uint32_t *from, *to; /* NULL while every byte is at its source's place */
    size_t len;          /* bytes written */
    size_t at;           /* source bytes done */
    bool failed;
};

/* Keeps source's bytes and maps. Without an arena every call does nothing. */
void view_writer_init(struct view_writer *w, const struct view *source,
                      struct arena *arena);

/*
 * Writes `text` where the source has the bytes `place`; every byte of it came
 * from all of them. Places rise and do not overlap.
 *
 *   place  whole characters of the source, not empty
 *   text   whole characters, at most as many bytes as the place; may be empty
 */
void
view_writer_put(struct view_writer *w, struct span place, struct text text);

/* Writes one ASCII character. */
static inline void
view_writer_char(struct view_writer *w, struct span place, char c)
{
    view_writer_put(w, place, (struct text){&c, 1});
}

/* Drops source bytes. */
static inline void
view_writer_drop(struct view_writer *w, struct span place)
{
    view_writer_put(w, place, (struct text){NULL, 0});
}

/*
 * The finished view, with the source's way back to the raw bytes; text.at is
 * NULL where there was no edit. False: the arena is full; `what` is named.
 */
bool view_writer_end(struct view_writer *w, const char *what, struct view *out,
                     struct err *err);

#endif
