#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/hold_kinds_track.h"
#include "sidecar/engine/oddity_char.h"
#include "sidecar/engine/oddity_word.h"

/*
 * The detector itself looks at a window: it then knows less of what excuses a
 * character, and finds more. What the text may yet excuse is held to the close,
 * or until it does.
 */

enum {
    WINDOW_BYTES = 512, /* looked at before a piece; no word is longer that
                           deceives anybody */
    EXCUSED_LEAST = 3   /* letters: SCRIPT_LEAST of oddity_word.c */
};

enum excuse { BY_RTL, BY_BRAILLE, BY_CYRILLIC, BY_GREEK, EXCUSES };

struct hold_odd {
    struct oddity_limits limits;
    size_t word; /* where the word began that is being read */
    bool in_word;
    bool rtl, braille;
    struct oddity_word_scripts scripts;
    bool pinned[EXCUSES];
    size_t pin[EXCUSES];
};

struct hold_odd *
hold_odd_new(const struct oddity_limits *limits, struct arena *arena)
{
    struct hold_odd *const hold = ARENA_ARRAY(arena, struct hold_odd, 1);

    if (hold != NULL) {
        fold_char_ready();
        hold->limits = *limits;
        hold->limits.max_invisible = 0;
    }
    return hold;
}

static bool
is_excused(const struct hold_odd *hold, enum excuse excuse)
{
    switch (excuse) {
    case BY_RTL:
        return hold->rtl;
    case BY_BRAILLE:
        return hold->braille;
    case BY_CYRILLIC:
        return hold->scripts.cyrillic >= EXCUSED_LEAST;
    case BY_GREEK:
    case EXCUSES:
        break;
    }
    return hold->scripts.greek >= EXCUSED_LEAST;
}

static void
pin(struct hold_odd *hold, enum excuse excuse, size_t at)
{
    if (!is_excused(hold, excuse) &&
        (!hold->pinned[excuse] || at < hold->pin[excuse])) {
        hold->pinned[excuse] = true;
        hold->pin[excuse] = at;
    }
}

/* What of the text, perhaps further on, would excuse this word? */
static void
pin_word(struct hold_odd *hold, struct text raw, struct span word)
{
    bool cyrillic = false;
    size_t len;

    for (size_t i = word.from; i < word.to; i += len) {
        const uint32_t c = utf8_at(raw, i, &len);
        cyrillic = cyrillic || (c >= 0x400 && c <= 0x52f);
    }
    pin(hold, cyrillic ? BY_CYRILLIC : BY_GREEK, word.from);
}

/* A letter, a mark or what shows as nothing: a word may go on behind it. */
static bool
is_inside(uint32_t c)
{
    const unsigned flags = fold_char(c)->flags;

    return fold_char(c)->look != 0 ||
           (flags & (FOLD_CHAR_LETTER | FOLD_CHAR_MARK | FOLD_CHAR_INNER |
                     FOLD_CHAR_IGNORED)) != 0;
}

/* Notes what the character tells of the text; is it more than ASCII? */
static bool
note_char(struct hold_odd *hold, uint32_t c, size_t at)
{
    const bool inside = is_inside(c);

    if (inside && !hold->in_word) {
        hold->word = at;
    }
    hold->in_word = inside;
    if (c < 0x80) {
        return (c < ' ' && !(c >= '\t' && c <= '\r')) || c == 0x7f;
    }
    const enum oddity_char_kind kind = oddity_char(c);
    hold->rtl =
        hold->rtl || (kind == ODDITY_CHAR_PLAIN && oddity_char_is_rtl(c));
    if (kind == ODDITY_CHAR_DIRECTION || kind == ODDITY_CHAR_ISOLATE) {
        pin(hold, BY_RTL, at);
    } else if (kind == ODDITY_CHAR_BRAILLE) {
        pin(hold, BY_BRAILLE, at);
    }
    hold->braille = hold->braille || (c > 0x2800 && c <= 0x28ff);
    oddity_word_count(c, &hold->scripts);
    return true;
}

/* The last character, and before it all that may belong to what follows. */
static size_t
tail_from(struct text raw, size_t to)
{
    size_t at = to, len;

    if (to > 0 && raw.at[to - 1] > ' ' && raw.at[to - 1] <= '~' &&
        hold_kinds_ended(raw, to)) {
        return to;
    }
    for (size_t steps = 0; at > 0 && steps < WINDOW_BYTES; steps++) {
        do {
            at--;
        } while (at > 0 && utf8_inside((unsigned char)raw.at[at]));
        const enum oddity_char_kind kind = oddity_char(utf8_at(raw, at, &len));
        if (kind == ODDITY_CHAR_PLAIN || kind == ODDITY_CHAR_SPACE) {
            break; // a letter with its marks, a flag with its tags
        }
    }
    return at;
}

static size_t
char_before(struct text raw, size_t at)
{
    while (at > 0 && utf8_inside((unsigned char)raw.at[--at])) {
    }
    return at;
}

/*
 * Where a look begins at what stands from `from` on: between two words the
 * detector remembers but the last two characters.
 */
static size_t
look_from(struct text raw, size_t from)
{
    const size_t least = from > WINDOW_BYTES ? from - WINDOW_BYTES : 0;
    size_t at = from;

    while (at > least && raw.at[at] != ' ' && raw.at[at] != '\n') {
        at--;
    }
    return char_before(raw, char_before(raw, at));
}

static void
look(struct hold_odd *hold, struct text raw, size_t from,
     struct hold_told *told)
{
    struct oddity found;
    const struct text window = text_part(raw, from, raw.len);

    oddity_find(window, &hold->limits, &found);
    for (size_t i = 0; i < found.count; i++) {
        const struct oddity_finding *const finding = &found.at[i];
        struct span span = {from + finding->raw.from, from + finding->raw.to};
        if (finding->kind == ODDITY_IGNORABLES_ONLY) {
            continue;
        }
        if (finding->kind == ODDITY_MIXED_SCRIPTS) {
            pin_word(hold, raw, span);
        }
        if (found.found[finding->kind] > ODDITY_KIND_MOST) {
            // There are more, which were not told.
            span.to = raw.len;
            pin(hold, BY_CYRILLIC, span.from);
            pin(hold, BY_GREEK, span.from);
        }
        hold_kinds_suspect(told, span);
    }
}

void
hold_odd_feed(struct hold_odd *hold, const struct hold_piece *piece,
              struct hold_told *told)
{
    const struct text raw = text_part(piece->raw, 0, piece->at.to);
    bool strange = false;
    size_t len;

    for (size_t i = piece->at.from; i < raw.len; i += len) {
        const bool more = note_char(hold, utf8_at(raw, i, &len), i);
        strange = strange || more;
    }
    if (strange) {
        look(hold, raw, look_from(raw, piece->at.from), told);
    }
    hold_kinds_live(told, tail_from(piece->raw, raw.len));
    if (hold->in_word && !hold_kinds_ended(piece->raw, raw.len)) {
        hold_kinds_live(told, hold->word);
    }
    for (enum excuse e = BY_RTL; e < EXCUSES; e++) {
        if (hold->pinned[e] && is_excused(hold, e)) {
            hold->pinned[e] = false;
        }
        if (hold->pinned[e]) {
            hold_kinds_live(told, hold->pin[e]);
        }
    }
}
