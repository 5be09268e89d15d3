/*
 * The views that a text is judged in: one row for each reading.
 */
#ifndef SIDECAR_TOOLS_SHOW_VIEWS_H
#define SIDECAR_TOOLS_SHOW_VIEWS_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

struct show_view {
    const char *name;
    /*
     * As fold_view: the view of a valid text, in the arena; text.at NULL where
     * it shows nothing new.
     */
    bool (*build)(struct text raw, struct arena *arena, struct view *out,
                  struct err *err);
};

extern const struct show_view show_views[]; /* all but raw */
extern const size_t show_view_count;

#endif
