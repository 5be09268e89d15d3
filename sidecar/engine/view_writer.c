#include "sidecar/engine/view_writer.h"

#include <assert.h>

#include "sidecar/base/utf8.h"

void
view_writer_init(struct view_writer *w, const struct view *source,
                 struct arena *arena)
{
    *w = (struct view_writer){
        .arena = arena, .source = *source, .failed = arena == NULL};
}

/* The map of source bytes [from, to), which are written as they are. */
static void
map_kept(struct view_writer *w, size_t place, size_t from, size_t to)
{
    const struct view *const source = &w->source;

    if (source->raw_from != NULL) {
        memcpy(w->from + place, source->raw_from + from,
               (to - from) * sizeof(*w->from));
        memcpy(w->to + place, source->raw_to + from,
               (to - from) * sizeof(*w->to));
        return;
    }
    for (size_t at = from; at < to;) {
        const size_t end = at + utf8_len((unsigned char)source->text.at[at]);
        for (size_t i = at; i < end; i++) {
            w->from[place + (i - from)] = (uint32_t)at;
            w->to[place + (i - from)] = (uint32_t)end;
        }
        at = end;
    }
}

/* What is written so far stands where the source has it. */
static bool
begin_map(struct view_writer *w)
{
    w->from = arena_take(w->arena, w->source.text.len * sizeof(*w->from));
    w->to = arena_take(w->arena, w->source.text.len * sizeof(*w->to));
    w->failed = w->from == NULL || w->to == NULL;
    if (!w->failed) {
        map_kept(w, 0, 0, w->len);
    }
    return !w->failed;
}

/* Copies the source up to `to`. */
static void
keep(struct view_writer *w, size_t to)
{
    if (w->from != NULL) {
        map_kept(w, w->len, w->at, to);
    }
    memcpy(w->out + w->len, w->source.text.at + w->at, to - w->at);
    w->len += to - w->at;
    w->at = to;
}

void
view_writer_put(struct view_writer *w, struct span place, struct text text)
{
    assert(place.from >= w->at && place.to > place.from);
    assert(text.len <= place.to - place.from);
    if (w->out == NULL && !w->failed) {
        w->out = arena_take(w->arena, w->source.text.len);
        w->failed = w->out == NULL;
    }
    if (w->failed) {
        return;
    }
    keep(w, place.from);
    // A byte for a byte leaves every place where it was.
    const bool moves = text.len != 1 || place.to - place.from != 1;
    if (moves && w->from == NULL && !begin_map(w)) {
        return;
    }
    if (w->from != NULL) {
        const struct span raw = view_raw_span(&w->source, place.from, place.to);
        for (size_t i = w->len; i < w->len + text.len; i++) {
            w->from[i] = (uint32_t)raw.from;
            w->to[i] = (uint32_t)raw.to;
        }
    }
    if (text.len > 0) {
        memcpy(w->out + w->len, text.at, text.len);
    }
    w->len += text.len;
    w->at = place.to;
}

bool
view_writer_end(struct view_writer *w, const char *what, struct view *out,
                struct err *err)
{
    *out = (struct view){{NULL, 0}, NULL, NULL};
    if (w->failed) {
        err_memory(err, what);
        return false;
    }
    if (w->out == NULL) {
        return true;
    }
    keep(w, w->source.text.len);
    *out = (struct view){{w->out, w->len}, w->from, w->to};
    if (w->from == NULL) {
        out->raw_from = w->source.raw_from;
        out->raw_to = w->source.raw_to;
    }
    return true;
}
