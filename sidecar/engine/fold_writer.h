/*
 * The growing end of a fold view: characters with the raw bytes that they came
 * from, composed as they arrive (UAX 15). The map is written only from the
 * first character on that changes its place or length.
 *
 * Memory comes from the arena. A full arena makes the writer fail for good;
 * calls on a failed writer do nothing.
 */
#ifndef SIDECAR_ENGINE_FOLD_WRITER_H
#define SIDECAR_ENGINE_FOLD_WRITER_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/view.h"

enum {
    FOLD_WRITER_MARKS = 30, /* non-starters after a character that count */
    FOLD_WRITER_MOST = 4 * (1 + 30 + 18) /* bytes of those and U+FDFA */
};

/* A character whose marks are still arriving. */
struct fold_writer_cluster {
    bool open;
    uint32_t base; /* 0: marks without a base */
    size_t from, to;
    size_t count;
    uint32_t marks[FOLD_WRITER_MARKS]; /* rising by combining class */
};

struct fold_writer {
    struct arena *arena;
    char *out;
    uint32_t *from, *to; /* NULL while every byte is at its own place */
    size_t len, room;
    size_t starter; /* place of the last of class 0; SIZE_MAX: none composes */
    bool failed;
    struct fold_writer_cluster held;
};

/*
 * Starts a view with room for `bytes`. Every call below that writes needs room
 * for what it writes: FOLD_WRITER_MOST bytes are enough for what is held and
 * any one character.
 */
void fold_writer_init(struct fold_writer *w, struct arena *arena, size_t bytes);

/* Makes the room so large that `bytes` more fit. */
void fold_writer_reserve(struct fold_writer *w, size_t bytes);

static inline size_t
fold_writer_room(const struct fold_writer *w)
{
    return w->room - w->len;
}

/*
 * Takes `bytes` ASCII characters, 1 to fold_writer_room(w), that were written
 * to out + len and came one by one from raw[from...].
 */
void fold_writer_ran(struct fold_writer *w, size_t bytes, size_t from);

/*
 * A character of class 0, from raw bytes [from, to). `back`: it may compose
 * with the one before.
 */
void fold_writer_starter(struct fold_writer *w, uint32_t c, bool back,
                         size_t from, size_t to);

/*
 * A mark of a class above 0. It is held until something else follows. Returns
 * whether it is now the last in the view: it counts, and none of a higher
 * class came before it.
 */
bool
fold_writer_mark(struct fold_writer *w, uint32_t c, size_t from, size_t to);

/* Writes what is held. */
void fold_writer_flush(struct fold_writer *w);

static inline void
fold_writer_release(struct fold_writer *w)
{
    if (w->held.open) {
        fold_writer_flush(w);
    }
}

/* The last starter covers the raw bytes up to `to` as well. */
void fold_writer_stretch(struct fold_writer *w, size_t to);

/* Writes the map if nothing has made it necessary. */
void fold_writer_map(struct fold_writer *w);

/* Forgets all from the place `len` on; `starter` as it was there. */
void fold_writer_back(struct fold_writer *w, size_t len, size_t starter);

#endif
