#include "sidecar/engine/hold_read.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/fold_settled.h"
#include "sidecar/engine/hold_cut.h"
#include "sidecar/engine/hold_kinds.h"
#include "sidecar/engine/leet.h"
#include "sidecar/engine/squash.h"

enum {
    /* Text without white space is looked at again when it has grown so. */
    LONG_BYTES = 128
};

/* ------------------------------------------------------ character by character
 */

static bool
is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '<' && c != '=' && c != '>';
}

/* A character that folds to the same one whatever stands about it. */
static bool
reads_alone(struct text raw, size_t at, struct text *folded, char room[4])
{
    const unsigned depends = FOLD_CHAR_MARK | FOLD_CHAR_INNER |
                             FOLD_CHAR_IGNORED | FOLD_CHAR_BACK |
                             FOLD_CHAR_REGION | FOLD_CHAR_MANY;
    size_t len, next_len;
    const uint32_t c = utf8_at(raw, at, &len);
    const struct fold_char *ch = fold_char(c); // CR LF is one
    const uint32_t meant = (uint32_t)((int32_t)c + ch->shift);
    const bool latin = (ch->flags & FOLD_CHAR_LATIN) != 0 && meant < 128;

    if (c == '\r' || (ch->flags & depends) != 0 ||
        ((ch->flags & FOLD_CHAR_LETTER) != 0 && !latin)) {
        return false;
    }
    if (!latin) {
        // A mark behind it may make another sign of it.
        if (at + len >= raw.len ||
            (fold_char(utf8_at(raw, at + len, &next_len))->flags & depends) !=
                0) {
            return false;
        }
    }
    *folded = (struct text){room, utf8_put(meant, room)};
    return true;
}

/* What folds as its word does: as far as that is certain. */
static bool
read_word(struct hold_reader *r, struct arena *arena, struct text raw,
          struct err *err)
{
    const struct text rest = text_part(raw, r->cut, raw.len);
    const size_t settled = r->cut + fold_settled(rest);
    const struct span piece = {r->cut, settled};
    struct view fold;

    if (settled <= r->fed) {
        return true;
    }
    arena_reset(arena);
    if (!fold_view(text_part(raw, piece.from, piece.to), arena, &fold, err)) {
        return false;
    }
    hold_walk_folded(&r->walk, raw, piece, r->fed - r->cut, &fold, false);
    r->fed = r->cut = settled;
    return true;
}

/* One that is no plain character. False in *more: it waits for others. */
static bool
read_other(struct hold_reader *r, struct arena *arena, struct text raw,
           bool *more, struct err *err)
{
    const size_t before = r->fed;
    const char c = raw.at[before];
    struct text folded;
    char room[4];

    if ((c == '\n' && (before == 0 || is_plain(raw.at[before - 1]))) ||
        (strchr("<=>", c) != NULL && c != '\0' && before + 1 < raw.len &&
         is_plain(raw.at[before + 1]))) {
        hold_walk_plain(&r->walk, text_part(raw, before, before + 1), before);
        r->cut = c == '\n' ? before : r->cut;
        r->fed++;
    } else if (reads_alone(raw, before, &folded, room)) {
        const size_t end = before + utf8_len((unsigned char)c);
        hold_walk_group(&r->walk, raw, (struct span){before, end}, folded,
                        false);
        r->fed = end;
    } else if (!read_word(r, arena, raw, err)) {
        return false;
    }
    *more = r->fed > before;
    return true;
}

bool
hold_read_chars(struct hold_reader *r, struct arena *arena, struct text raw,
                struct err *err)
{
    bool more = true;

    while (more && r->fed < raw.len) {
        const size_t from = r->fed;
        size_t to = from;
        for (; to < raw.len && is_plain(raw.at[to]); to++) {
            if (raw.at[to] == ' ' && to > 0 && is_plain(raw.at[to - 1])) {
                r->cut = to;
            }
        }
        hold_walk_plain(&r->walk, text_part(raw, from, to), from);
        r->fed = to;
        if (to < raw.len && !read_other(r, arena, raw, &more, err)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------- word by word */

static void
track(struct hold *hold, struct text raw, struct span at,
      const struct view *fold)
{
    const struct hold_piece piece = {raw, at, fold};

    if (hold->tracker == NULL) {
        return;
    }
    const struct hold_told told = hold_tracker_feed(hold->tracker, &piece);
    hold->tracked_from = told.live_from < at.to ? told.live_from : SIZE_MAX;
    struct span suspected = told.suspected;
    // A tracker may tell again what it told before.
    if (told.suspect && suspected.to > hold->safe) {
        suspected.from =
            suspected.from > hold->safe ? suspected.from : hold->safe;
        hold_suspects_add(&hold->suspects, suspected);
        hold->suspects.counted = true;
    }
}

/* A piece whose views are all the text itself. */
static bool
read_plain(struct hold *hold, struct arena *arena, struct text raw,
           struct span at, struct err *err)
{
    struct hold_reader *const r = &hold->readers[HOLD_BY_WORDS];
    const struct text piece = text_part(raw, at.from, at.to);

    hold_walk_plain(&r->walk, piece, at.from);
    if (hold->tracker != NULL) {
        struct view fold;
        arena_reset(arena);
        if (!fold_view(piece, arena, &fold, err)) {
            return false;
        }
        track(hold, raw, at, &fold);
    }
    return true;
}

/* The views of a piece, those of them that differ from its fold. */
static bool
other_views(struct text piece, const struct view *fold, struct arena *arena,
            struct view out[5], struct err *err)
{
    return leet_view(fold, LEET_I, arena, &out[0], err) &&
           leet_view(fold, LEET_L, arena, &out[1], err) &&
           squash_view(fold, SQUASH_JOINED, arena, &out[2], err) &&
           squash_view(fold, SQUASH_APART, arena, &out[3], err) &&
           decoded_view(piece, arena, &out[4], err);
}

/* A piece that may read in several ways, all of which are certain. */
static bool
read_views(struct hold *hold, struct arena *arena, struct text raw,
           struct span at, const struct view *fold, struct err *err)
{
    struct hold_reader *const r = &hold->readers[HOLD_BY_WORDS];
    static const int kinds[5] = {CONFIG_VIEW_LEET, CONFIG_VIEW_LEET,
                                 CONFIG_VIEW_SQUASH, CONFIG_VIEW_SQUASH,
                                 CONFIG_VIEW_DECODED};
    struct view views[5];
    bool differs = false;

    if (!other_views(text_part(raw, at.from, at.to), fold, arena, views, err)) {
        return false;
    }
    for (size_t i = 0; i < 5; i++) {
        if (views[i].text.at != NULL) {
            differs = true;
            hold->unbounded = hold->unbounded || (hold->blind & kinds[i]) != 0;
        }
    }
    if (differs) {
        hold_walk_fork(&r->walk, at);
    }
    hold_walk_folded(&r->walk, raw, at, 0, fold, differs);
    for (size_t i = 0; i < 5; i++) {
        if (views[i].text.at != NULL) {
            hold_walk_view(&r->walk, views[i].text, at);
        }
    }
    if (differs) {
        hold_walk_merge(&r->walk);
    }
    track(hold, raw, at, fold);
    return true;
}

/* Does a place stand in the rest at which a view might allow a cut? */
static bool
has_place(struct text rest)
{
    for (size_t i = 1; i < rest.len; i++) {
        const unsigned char c = (unsigned char)rest.at[i];
        // Beyond U+0800 there are scripts without spaces.
        if (c <= ' ' || c >= 0xe0) {
            return true;
        }
    }
    return false;
}

/* A long rest is looked at again when it has grown by an eighth. */
static bool
may_cut(struct hold *hold, struct text rest)
{
    if (rest.len < LONG_BYTES ? !has_place(rest)
                              : rest.len < hold->looked + hold->looked / 8) {
        return false;
    }
    hold->looked = rest.len;
    return true;
}

bool
hold_read_words(struct hold *hold, struct arena *arena, struct text raw,
                struct err *err)
{
    struct hold_reader *const r = &hold->readers[HOLD_BY_WORDS];
    const size_t from = r->fed;
    const size_t plain = hold_cut_plain(text_part(raw, from, raw.len));
    size_t cut;
    struct view fold;

    if (plain > 0) {
        const struct span piece = {from, from + plain};
        if (!read_plain(hold, arena, raw, piece, err)) {
            return false;
        }
        r->fed = r->cut = piece.to;
        hold->looked = 0;
    }
    const struct text rest = text_part(raw, r->fed, raw.len);
    if (!may_cut(hold, rest)) {
        return true;
    }
    hold->work.cuts++;
    hold->work.cut_bytes += rest.len;
    arena_reset(arena);
    if (!hold_cut(rest, arena, &cut, &fold, err)) {
        return false;
    }
    const struct span piece = {r->fed, r->fed + cut};
    if (cut > 0 && !read_views(hold, arena, raw, piece, &fold, err)) {
        return false;
    }
    r->fed = r->cut = piece.to;
    hold->looked = cut > 0 ? 0 : hold->looked;
    return true;
}
