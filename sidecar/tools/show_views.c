#include "sidecar/tools/show_views.h"

#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"

/* The readings of the fold view, with the signature of a row. */

static bool
leet(struct text raw, enum leet_reading reading, struct arena *arena,
     struct view *out, struct err *err)
{
    struct view fold;

    return fold_view(raw, arena, &fold, err) &&
           leet_view(&fold, reading, arena, out, err);
}

static bool
leet_i(struct text raw, struct arena *arena, struct view *out, struct err *err)
{
    return leet(raw, LEET_I, arena, out, err);
}

static bool
leet_l(struct text raw, struct arena *arena, struct view *out, struct err *err)
{
    return leet(raw, LEET_L, arena, out, err);
}

static bool
squash(struct text raw, enum squash_reading reading, struct arena *arena,
       struct view *out, struct err *err)
{
    struct view fold;

    return fold_view(raw, arena, &fold, err) &&
           squash_view(&fold, reading, arena, out, err);
}

static bool
joined(struct text raw, struct arena *arena, struct view *out, struct err *err)
{
    return squash(raw, SQUASH_JOINED, arena, out, err);
}

static bool
apart(struct text raw, struct arena *arena, struct view *out, struct err *err)
{
    return squash(raw, SQUASH_APART, arena, out, err);
}

const struct show_view show_views[] = {
    {"fold", fold_view}, {"leet", leet_i},     {"leet, 1 as l", leet_l},
    {"squash", joined},  {"squash, a", apart}, {"decoded", decoded_view},
};

const size_t show_view_count = sizeof(show_views) / sizeof(show_views[0]);
