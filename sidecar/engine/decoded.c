#include "sidecar/engine/decoded.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded_check.h"
#include "sidecar/engine/decoded_read.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/fold_settled.h"
#include "sidecar/engine/view_writer.h"

static void
begin(struct decoded_reader *r, struct text raw)
{
    // Field by field: its room need not be cleared.
    r->raw = raw;
    r->run_end = 0;
    r->starved = false;
    fold_char_ready();
}

/* What raw says, in raw's own letters. */
static bool
decode(struct text raw, struct arena *arena, struct view *out, struct err *err)
{
    const struct view source = {raw, NULL, NULL};
    struct decoded_reader r;
    struct decoded_unit unit;
    struct view_writer w;

    begin(&r, raw);
    view_writer_init(&w, &source, arena);
    for (size_t at = 0; at < raw.len;) {
        if (decoded_read(&r, at, &unit)) {
            view_writer_put(&w, (struct span){at, unit.end}, unit.text);
            at = unit.end;
        } else {
            at += utf8_len((unsigned char)raw.at[at]);
        }
    }
    return view_writer_end(&w, "the decoded view of a text", out, err);
}

/* The way back of `fold`, made from `decoded`, to the raw bytes. */
static bool
compose(const struct view *decoded, const struct view *fold,
        struct arena *arena, struct view *out, struct err *err)
{
    const size_t len = fold->text.len;

    if (fold->raw_from == NULL) {
        *out = (struct view){fold->text, decoded->raw_from, decoded->raw_to};
        return true;
    }
    uint32_t *const from = arena_take(arena, len * sizeof(*from));
    uint32_t *const to = arena_take(arena, len * sizeof(*to));
    if (from == NULL || to == NULL) {
        err_memory(err, "the decoded view of a text");
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const struct span raw =
            view_raw_span(decoded, fold->raw_from[i], fold->raw_to[i]);
        from[i] = (uint32_t)raw.from;
        to[i] = (uint32_t)raw.to;
    }
    *out = (struct view){fold->text, from, to};
    return true;
}

bool
decoded_view(struct text raw, struct arena *arena, struct view *out,
             struct err *err)
{
    struct view decoded, fold;

    *out = (struct view){{NULL, 0}, NULL, NULL};
    if (raw.len > UINT32_MAX) {
        err_set(err, ERR_TOO_LARGE, "text: %zu bytes, the most is %u", raw.len,
                UINT32_MAX);
        return false;
    }
    if (!decoded_check(raw)) {
        return true;
    }
    if (!decode(raw, arena, &decoded, err)) {
        return false;
    }
    return decoded.text.at == NULL ||
           (fold_view(decoded.text, arena, &fold, err) &&
            compose(&decoded, &fold, arena, out, err));
}

// --- streams ---------------------------------------------------------------

/*
 * Can what is decoded be cut at `at`, if its fold can? Before what is part of
 * no unit and of no run, whatever follows. `from`: the fold counted letters
 * from there.
 */
static bool
divides(struct text raw, size_t at, size_t from)
{
    const unsigned char c = (unsigned char)raw.at[at];
    size_t len;

    if (c < 0x80 || utf8_inside(c)) {
        return c == ' ' || c == '\n';
    }
    // A word that was cut for its length was counted from its beginning.
    const unsigned flags = fold_char(utf8_at(raw, at, &len))->flags;
    return ((flags & FOLD_CHAR_LETTER) == 0 || from == 0) &&
           strchr("*_~`\\", raw.at[at - 1]) == NULL;
}

/* The last cut in [from, to), where nothing is decoded; 0: none was found. */
static size_t
last_cut(struct text raw, size_t from, size_t to)
{
    enum { TRIES = 8 }; // each may look at the whole stretch

    for (size_t i = 0; i < TRIES; i++) {
        do {
            to--;
        } while (to > from && !divides(raw, to, from));
        if (to <= from) {
            break;
        }
        const size_t end = to + utf8_len((unsigned char)raw.at[to]);
        const size_t at = from + fold_settled(text_part(raw, from, end));
        if (at == to) {
            return at;
        }
        to = at + utf8_len((unsigned char)raw.at[at]);
    }
    // What was decoded before a space ends with it.
    return from > 0 && raw.at[from] == ' ' &&
                   (unsigned char)raw.at[from - 1] < 0x80
               ? from
               : 0;
}

size_t
decoded_settled(struct text raw, size_t most)
{
    struct decoded_reader r;
    struct decoded_unit unit;
    size_t settled = 0, literal = 0, at = 0;

    begin(&r, raw);
    // The character at `most` may be the first after the cut.
    const size_t end =
        most < raw.len ? most + utf8_len((unsigned char)raw.at[most]) : raw.len;
    while (at < end) {
        const bool found = decoded_read(&r, at, &unit);
        if (r.starved) {
            break;
        }
        if (found) {
            const size_t cut = at > literal ? last_cut(raw, literal, at) : 0;
            settled = cut > 0 ? cut : settled;
            literal = unit.end;
        }
        at = found ? unit.end : at + utf8_len((unsigned char)raw.at[at]);
    }
    at = at < end ? at : end;
    const size_t cut = at > literal ? last_cut(raw, literal, at) : 0;
    return cut > 0 ? cut : settled;
}
