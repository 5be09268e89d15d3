/*
 * What the tests of the views that are made from other texts share.
 */
#ifndef TESTS_UNIT_SUPPORT_VIEW_H
#define TESTS_UNIT_SUPPORT_VIEW_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

/* A kind of view. `make` leaves text.at NULL where nothing differs. */
struct support_view {
    bool (*make)(const struct view *source, struct arena *arena,
                 struct view *out, struct err *err);
    /* What the view would be if it differed. */
    struct view (*same)(const struct view *source);
    size_t (*settled)(const struct view *source, size_t most);
};

/* A source whose text is its own raw text. */
struct view support_view_of(struct text text);

/* The view, or what is the same; its map is checked against `raw`. */
struct view support_view_make(const struct support_view *kind,
                              const struct view *source, struct text raw);

/* The word stands in the view, first where `span` stands in the raw text. */
void support_view_leads_back(const struct view *view, struct text raw,
                             const char *word, const char *span);

/*
 * Random words of those given, up to `most` of them, a few kinds at a time;
 * room must hold them.
 */
struct text support_view_words(const char *const *words, size_t count,
                               size_t most, char *room);

/*
 * The views of both sides of a settled place, joined, are the whole's: a place
 * that is settled in a random part of it, up to a random place.
 */
void
support_view_cut(const struct support_view *kind, const struct view *source);

/*
 * Makes views of each kind from the text's fold view, with both checks above,
 * and empties the arena.
 */
void support_view_try(const struct support_view *const *kinds, size_t count,
                      struct text raw);

/* Every failure of the arena is told, and the last try gives the view. */
void
support_view_sweep(const struct support_view *kind, const struct view *source);

#endif
