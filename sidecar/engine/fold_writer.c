#include "sidecar/engine/fold_writer.h"

#include <assert.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"

#define NOWHERE SIZE_MAX

void
fold_writer_init(struct fold_writer *w, struct arena *arena, size_t bytes)
{
    // Field by field: clearing what is held would cost a short text more than
    // its fold.
    w->arena = arena;
    w->from = NULL;
    w->to = NULL;
    w->len = 0;
    w->room = bytes;
    w->starter = NOWHERE;
    w->held.open = false;
    w->out = arena_take(arena, bytes);
    w->failed = w->out == NULL;
}

void
fold_writer_reserve(struct fold_writer *w, size_t bytes)
{
    const size_t room = w->len + bytes;
    char *const out = arena_take(w->arena, room);
    uint32_t *from = NULL, *to = NULL;

    w->failed = w->failed || out == NULL;
    if (!w->failed && w->from != NULL) {
        from = arena_take(w->arena, room * sizeof(*from));
        to = arena_take(w->arena, room * sizeof(*to));
        w->failed = from == NULL || to == NULL;
    }
    if (w->failed) {
        return;
    }
    memcpy(out, w->out, w->len);
    if (from != NULL && to != NULL) {
        memcpy(from, w->from, w->len * sizeof(*from));
        memcpy(to, w->to, w->len * sizeof(*to));
    }
    w->out = out;
    w->from = from;
    w->to = to;
    w->room = room;
}

/* Writes the map of the bytes so far, which are all at their own places. */
static bool
begin_map(struct fold_writer *w)
{
    w->from = arena_take(w->arena, w->room * sizeof(*w->from));
    w->to = arena_take(w->arena, w->room * sizeof(*w->to));
    if (w->from == NULL || w->to == NULL) {
        w->failed = true;
        return false;
    }
    for (size_t i = 0; i < w->len;) {
        const size_t len = utf8_len((unsigned char)w->out[i]);
        for (size_t j = i; j < i + len; j++) {
            w->from[j] = (uint32_t)i;
            w->to[j] = (uint32_t)(i + len);
        }
        i += len;
    }
    return true;
}

/* Adds a character that came from raw bytes [from, to). */
static void
put(struct fold_writer *w, uint32_t c, size_t from, size_t to)
{
    if (w->failed) {
        return;
    }
    assert(w->room - w->len >= 4);
    const size_t len = utf8_put(c, w->out + w->len);
    if (w->from == NULL) {
        if (from == w->len && to - from == len) {
            w->len += len;
            return;
        }
        if (!begin_map(w)) {
            return;
        }
    }
    for (size_t i = w->len; i < w->len + len; i++) {
        w->from[i] = (uint32_t)from;
        w->to[i] = (uint32_t)to;
    }
    w->len += len;
}

void
fold_writer_ran(struct fold_writer *w, size_t bytes, size_t from)
{
    if (w->from == NULL && from != w->len && !begin_map(w)) {
        return;
    }
    if (w->from != NULL) {
        uint32_t *const map_from = w->from + w->len;
        uint32_t *const map_to = w->to + w->len;
        for (size_t i = 0; i < bytes; i++) {
            map_from[i] = (uint32_t)(from + i);
            map_to[i] = (uint32_t)(from + i + 1);
        }
    }
    w->len += bytes;
    w->starter = w->len - 1;
}

static size_t
raw_from(const struct fold_writer *w, size_t place)
{
    return w->from != NULL ? w->from[place] : place;
}

void
fold_writer_stretch(struct fold_writer *w, size_t to)
{
    if (w->failed || (w->from == NULL && !begin_map(w))) {
        return;
    }
    for (size_t i = w->starter; i < w->len; i++) {
        w->to[i] = (uint32_t)to;
    }
}

void
fold_writer_map(struct fold_writer *w)
{
    if (!w->failed && w->from == NULL) {
        begin_map(w);
    }
}

void
fold_writer_back(struct fold_writer *w, size_t len, size_t starter)
{
    if (!w->failed) {
        w->len = len;
        w->starter = starter;
        w->held.open = false;
    }
}

static uint32_t
last_starter(const struct fold_writer *w)
{
    const struct text written = {w->out, w->len};
    size_t len;

    return utf8_at(written, w->starter, &len);
}

void
fold_writer_starter(struct fold_writer *w, uint32_t c, bool back, size_t from,
                    size_t to)
{
    fold_writer_release(w);
    if (w->failed) {
        return;
    }
    if (back && w->starter != NOWHERE) {
        const uint32_t whole = fold_char_compose(last_starter(w), c);
        if (whole != 0) {
            from = raw_from(w, w->starter);
            w->len = w->starter;
            c = whole;
        }
    }
    w->starter = w->len;
    put(w, c, from, to);
}

/* Takes the last character back, to add marks to it. */
static void
hold(struct fold_writer *w, size_t from)
{
    struct fold_writer_cluster *const held = &w->held;
    uint32_t parts[FOLD_CHAR_PARTS];

    *held = (struct fold_writer_cluster){.open = true, .from = from};
    if (w->starter == NOWHERE) {
        return;
    }
    const size_t n = fold_char_decompose(last_starter(w), parts);
    held->base = parts[0];
    held->from = raw_from(w, w->starter);
    for (size_t i = 1; i < n; i++) {
        if (fold_char(parts[i])->ccc != 0) {
            held->marks[held->count++] = parts[i];
        } else {
            held->base = fold_char_compose(held->base, parts[i]);
        }
    }
    w->len = w->starter;
}

bool
fold_writer_mark(struct fold_writer *w, uint32_t c, size_t from, size_t to)
{
    struct fold_writer_cluster *const held = &w->held;
    const unsigned class = fold_char(c)->ccc;

    if (w->failed) {
        return false;
    }
    if (!held->open) {
        hold(w, from);
    }
    held->to = to;
    if (held->count == FOLD_WRITER_MARKS) {
        return false;
    }
    size_t i = held->count++;
    for (; i > 0 && fold_char(held->marks[i - 1])->ccc > class; i--) {
        held->marks[i] = held->marks[i - 1];
    }
    held->marks[i] = c;
    return i == held->count - 1;
}

void
fold_writer_flush(struct fold_writer *w)
{
    struct fold_writer_cluster *const held = &w->held;
    size_t left = 0;
    unsigned before = 0;

    held->open = false;
    // A mark composes with the base unless one of its class, or a higher one,
    // stayed between them.
    for (size_t i = 0; i < held->count; i++) {
        const uint32_t mark = held->marks[i];
        const unsigned class = fold_char(mark)->ccc;
        const uint32_t whole =
            held->base != 0 && before < class ? fold_char_compose(held->base,
                                                                  mark)
                                              : 0;
        if (whole != 0) {
            held->base = whole;
        } else {
            held->marks[left++] = mark;
            before = class;
        }
    }
    w->starter = held->base != 0 && left == 0 ? w->len : NOWHERE;
    if (held->base != 0) {
        put(w, held->base, held->from, held->to);
    }
    for (size_t i = 0; i < left; i++) {
        put(w, held->marks[i], held->from, held->to);
    }
}
