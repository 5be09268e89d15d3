#include "sidecar/engine/disguise_chunk.h"

#include "sidecar/engine/disguise_mask.h"
#include "sidecar/engine/disguise_spell.h"
#include "sidecar/engine/disguise_word.h"

enum {
    COMPOUND_LEAST = 6, /* letters of a term that a hyphen may part */
    LETTER_RUN = 3      /* of one letter: only "stretched" explains it */
};

/* A chunk, or a window of it, as characters. */
struct chunk {
    const struct disguise *d;
    struct text text;
    struct disguise_unit units[DISGUISE_WINDOW];
    size_t count;
    size_t letters_end; /* behind the last unit that is a letter */
    size_t starts;      /* units where a spelling may begin: the others are in
                           the next window too */
    size_t taken;       /* what lies before this unit is a find's */
    size_t steps;       /* left for spelling */
};

void
disguise_report(struct disguise_scan *s, const struct disguise_find *find)
{
    const struct disguise_entry *e = find->entry;
    const bool fuzzy = find->how >= DISGUISE_SPLIT;

    for (size_t i = 0; i < e->id_count && !s->stopped; i++) {
        const struct disguise_id *id = &s->d->ids[e->first_id + i];
        if (id->fuzzy || !fuzzy) {
            s->stopped = !s->found(s->context, id->id, find->span, find->how);
        }
    }
}

static bool
is_word(const struct disguise_unit *unit)
{
    return (unit->flags & UNIT_WORD) != 0;
}

static struct text
units_text(const struct chunk *c, size_t from, size_t to)
{
    return text_part(c->text, c->units[from].from, c->units[to - 1].to);
}

static struct span
units_span(const struct chunk *c, size_t from, size_t to)
{
    return (struct span){c->units[from].from, c->units[to - 1].to};
}

/* ----------------------------------------------------------------- spelled */

/* Nothing but signs between unit i and the chunk's end, or a stop. */
static bool
free_before(const struct chunk *c, size_t i)
{
    while (i > 0 && (c->units[i - 1].flags & UNIT_STOP) == 0) {
        if (is_word(&c->units[--i])) {
            return false;
        }
    }
    return true;
}

static bool
free_behind(const struct chunk *c, size_t i)
{
    for (; i < c->count && (c->units[i].flags & UNIT_STOP) == 0; i++) {
        if (is_word(&c->units[i])) {
            return false;
        }
    }
    return true;
}

/* What the gaps of a spelling leave. */
struct pieces {
    bool single; /* each is one character, or one character repeated */
    bool common; /* each is an everyday word */
};

static struct pieces
pieces_of(const struct chunk *c, const struct disguise_spelling *sp)
{
    struct pieces p = {true, true};
    size_t i = sp->from;

    while (i < sp->to) {
        const size_t from = i;
        bool same = true;
        while (i < sp->to &&
               (is_word(&c->units[i]) || (c->units[i].flags & UNIT_GAP) == 0)) {
            same = same && c->units[i].letters == c->units[from].letters;
            i++;
        }
        if (i > from) {
            p.single = p.single && same;
            p.common =
                p.common &&
                disguise_rank(c->d, units_text(c, from, i)) == ORDINARY_COMMON;
        } else {
            i++;
        }
    }
    return p;
}

/* Without gaps: letters changed, repeated or bent. */
static bool
whole_is_disguise(const struct chunk *c, const struct disguise_spelling *sp)
{
    if (sp->digits + sp->signs + sp->seldom == 0) {
        const struct text word = units_text(c, sp->from, sp->to);
        return (sp->repeated > 0 || sp->ended) &&
               disguise_rank(c->d, word) == ORDINARY_NONE &&
               disguise_exact(c->d, word) == NULL;
    }
    if (sp->letters == 0) {
        // "@$$" is meant, "455" is a number.
        return sp->digits == 0 && sp->seldom == 0;
    }
    return sp->entry->len > 3 || sp->seldom == 0;
}

/* Is each gap a tag or a backslash, which nobody reads? */
static bool
markup(const struct chunk *c, const struct disguise_spelling *sp)
{
    for (size_t i = sp->from; i < sp->to; i++) {
        const char at = c->text.at[c->units[i].from];
        if ((c->units[i].flags & UNIT_GAP) != 0 && at != '<' && at != '\\') {
            return false;
        }
    }
    return true;
}

/* "jerk_off": two everyday words, but written as one. */
static bool
compound(const struct chunk *c, const struct disguise_spelling *sp)
{
    for (size_t i = sp->from; i < sp->to; i++) {
        const char at = c->text.at[c->units[i].from];
        if ((c->units[i].flags & UNIT_GAP) != 0 && at != '-' && at != '_') {
            return false;
        }
    }
    return sp->entry->len >= COMPOUND_LEAST && sp->gaps == 1;
}

static bool
gaps_are_disguise(const struct chunk *c, const struct disguise_spelling *sp)
{
    if (sp->letters == 0 || !free_before(c, sp->from) ||
        !free_behind(c, sp->to)) {
        return false;
    }
    const struct pieces pieces = pieces_of(c, sp);
    if (sp->entry->len == 3) {
        return sp->digits < 2 &&
               ((pieces.single && sp->gaps > 1) ||
                (sp->entry->fuzzy && !pieces.common && markup(c, sp)));
    }
    return pieces.single ||
           (sp->entry->fuzzy && (!pieces.common || compound(c, sp)));
}

/* Do signs that may be letters lead to one of the same word? */
static bool
goes_on(const struct chunk *c, size_t i)
{
    while (i < c->count && c->units[i].letters != 0 &&
           (c->units[i].flags & (UNIT_WORD | UNIT_STOP)) == 0) {
        i++;
    }
    return i < c->count && is_word(&c->units[i]);
}

static bool
comes_from(const struct chunk *c, size_t i)
{
    while (i > 0 && c->units[i - 1].letters != 0 &&
           (c->units[i - 1].flags & (UNIT_WORD | UNIT_STOP)) == 0) {
        i--;
    }
    return i > 0 && is_word(&c->units[i - 1]);
}

static bool
is_disguise(const void *context, const struct disguise_spelling *sp)
{
    const struct chunk *c = context;

    // An ending is a guess more: "stripping" is not what "strip" listed.
    if (goes_on(c, sp->to) || (sp->ended && !sp->entry->fuzzy)) {
        return false;
    }
    return sp->gaps > 0 ? gaps_are_disguise(c, sp) : whole_is_disguise(c, sp);
}

static enum disguise_how
how_spelt(const struct chunk *c, const struct disguise_spelling *sp)
{
    if (sp->gaps > 0) {
        return pieces_of(c, sp).single ? DISGUISE_SPACED : DISGUISE_SPLIT;
    }
    if (sp->digits + sp->signs + sp->seldom > 0) {
        return DISGUISE_LEET;
    }
    return sp->repeated > 0 ? DISGUISE_STRETCHED : DISGUISE_GLUED;
}

/*
 * A sign that opens more often than it spells: "(ock" but not "(lit)", nor
 * "#heeb", which says its letter again.
 */
static bool
only_opens(const struct chunk *c, size_t i)
{
    const size_t from = i + 1;
    size_t to = from;

    if ((c->units[i].flags & UNIT_SIGN) != 0 && from < c->count &&
        c->units[from].letter != 0 &&
        ((c->units[i].letters | c->units[i].seldom) &
         unit_bit(c->units[from].letter)) != 0) {
        return true;
    }
    if ((c->units[i].flags & UNIT_STOP) == 0) {
        return false;
    }
    while (to < c->count && c->units[to].letter != 0) {
        to++;
    }
    return to > from &&
           disguise_rank(c->d, units_text(c, from, to)) != ORDINARY_NONE;
}

/*
 * A sign again: what can be spelt from here can from the one before as well,
 * with a letter repeated.
 */
static bool
is_again(const struct chunk *c, size_t i)
{
    const struct disguise_unit *unit = &c->units[i];
    const struct disguise_unit *last = i > 0 ? unit - 1 : NULL;

    return last != NULL && unit->letters == last->letters &&
           unit->seldom == last->seldom && unit->flags == last->flags &&
           (unit->flags & (UNIT_SIGN | UNIT_STOP)) == UNIT_SIGN;
}

static void
find_spelt(struct disguise_scan *s, struct chunk *c)
{
    const struct disguise_units units = {c->units, c->count, c->letters_end};
    bool tried = false; // to spell from the unit before

    for (size_t i = 0; i < c->starts && !s->stopped; i++) {
        struct disguise_spelling sp;
        const uint32_t read = c->units[i].letters | c->units[i].seldom;
        if (tried && is_again(c, i)) {
            continue;
        }
        tried = i >= c->taken &&
                (read & s->d->nodes[DISGUISE_ROOT].mask) != 0 &&
                !comes_from(c, i) && !only_opens(c, i);
        if (!tried) {
            continue;
        }
        if (disguise_spell(s->d, &units, i, is_disguise, c, &c->steps, &sp)) {
            const struct disguise_find find = {
                .entry = sp.entry,
                .span = units_span(c, sp.from, sp.to),
                .how = how_spelt(c, &sp)};
            disguise_report(s, &find);
            c->taken = sp.to;
            tried = false;
        }
    }
}

/* ------------------------------------------------------------------ masked */

static bool
may_mask(const struct disguise_unit *unit, unsigned masks)
{
    return (unit->flags & masks) != 0;
}

static bool
try_mask(struct disguise_scan *s, struct chunk *c, size_t from, size_t to)
{
    const struct disguise_entry *e = disguise_mask(s->d, c->units, from, to);

    if (e == NULL) {
        return false;
    }
    const struct disguise_find find = {
        .entry = e, .span = units_span(c, from, to), .how = DISGUISE_MASKED};
    disguise_report(s, &find);
    c->taken = to;
    return true;
}

static bool
is_star(const struct chunk *c, size_t i)
{
    return c->text.at[c->units[i].from] == '*';
}

/* Letters and masks, [from, to), the first of them a letter. */
static bool
mask_between(struct disguise_scan *s, struct chunk *c, size_t from, size_t to)
{
    const bool emphasis = from > 0 && is_star(c, from - 1);
    size_t end = to;

    if (!emphasis && is_star(c, to - 1) && try_mask(s, c, from, to)) {
        return true;
    }
    while (end > from && !is_word(&c->units[end - 1])) {
        end--;
    }
    return end > from && try_mask(s, c, from, end);
}

/* Each stretch of letters and the given masks. */
static void
find_masked(struct disguise_scan *s, struct chunk *c, unsigned masks)
{
    size_t i = c->taken;

    while (i < c->count && !s->stopped) {
        size_t to = i;
        bool hidden = false;
        while (to < c->count &&
               (is_word(&c->units[to]) || may_mask(&c->units[to], masks))) {
            hidden = hidden || !is_word(&c->units[to]);
            to++;
        }
        size_t from = i;
        while (from < to && !is_word(&c->units[from])) {
            from++;
        }
        if (hidden && from < to) {
            (void)mask_between(s, c, from, to);
        }
        i = to > i ? to : i + 1;
    }
}

/* ------------------------------------------------------------------- words */

/*
 * Are these words, as in a sentence? Names of files, hosts and people are
 * full of strange words that are no disguise.
 */
static bool
is_prose(const struct chunk *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct disguise_unit *unit = &c->units[i];
        const char at = c->text.at[unit->from];
        const bool inner = i > 0 && i + 1 < c->count &&
                           is_word(&c->units[i - 1]) &&
                           is_word(&c->units[i + 1]);
        if (unit->letter == 0 &&
            (is_word(unit) || (inner && at != '-' && at != '\''))) {
            return false;
        }
    }
    return true;
}

/* Has it a run of one letter? */
static bool
stretched(struct text word)
{
    size_t run = 1;

    for (size_t i = 1; i < word.len && run < LETTER_RUN; i++) {
        run = word.at[i] == word.at[i - 1] ? run + 1 : 1;
    }
    return run >= LETTER_RUN;
}

static void
find_words(struct disguise_scan *s, const struct chunk *c)
{
    size_t i = 0;

    while (i < c->count && !s->stopped) {
        const size_t from = i;
        while (i < c->count && c->units[i].letter != 0) {
            i++;
        }
        if (i - from >= 3 && from >= c->taken) {
            const struct span span = units_span(c, from, i);
            const struct text word = units_text(c, from, i);
            struct disguise_find find;
            s->work += word.len;
            if (disguise_rank(s->d, word) == ORDINARY_NONE &&
                disguise_exact(s->d, word) == NULL && !stretched(word) &&
                (disguise_word(s->d, word, &find) ||
                 disguise_glued(s->d, word, &find))) {
                find.span = span;
                disguise_report(s, &find);
            }
        }
        i = i > from ? i : i + 1;
    }
}

/* -------------------------------------------------------------- the chunk */

static void
open_chunk(struct chunk *c, const struct disguise_scan *s)
{
    // Not the units: there are many, and fill() writes those that it counts.
    c->d = s->d;
    c->text = s->text;
    c->count = 0;
    c->letters_end = 0;
    c->starts = 0;
    c->taken = 0;
    c->steps = 0;
}

/* Fills the window from `at` on; returns where it ends. */
static size_t
fill(struct chunk *c, size_t at, size_t to)
{
    c->count = 0;
    c->letters_end = 0;
    c->taken = 0;
    c->steps = DISGUISE_WINDOW_STEPS;
    while (at < to && c->count < DISGUISE_WINDOW) {
        c->units[c->count] = disguise_unit_at(c->text, at);
        at = c->units[c->count++].to;
        if (c->units[c->count - 1].letter != 0) {
            c->letters_end = c->count;
        }
    }
    c->starts = at < to ? DISGUISE_WINDOW / 2 : c->count;
    return at;
}

/* Letters and punctuation, and each piece an everyday word: "well-known". */
static bool
plain(const struct chunk *c)
{
    size_t i = 0;

    while (i < c->count) {
        const size_t from = i;
        while (i < c->count && c->units[i].letter != 0) {
            i++;
        }
        if (i > from) {
            const bool tail = from > 0 && i - from < 3 &&
                              c->text.at[c->units[from - 1].from] == '\'';
            if (!tail && disguise_rank(c->d, units_text(c, from, i)) !=
                             ORDINARY_COMMON) {
                return false;
            }
        } else if (c->units[i].letters != 0 ||
                   (c->units[i].flags & UNIT_MASK) != 0) {
            // "?" and "!" behind the last letter are what they seem to be.
            return false;
        } else {
            i++;
        }
    }
    return true;
}

/* "jerk_off": two everyday words, and a term written as one. */
static bool
joined(const struct chunk *c)
{
    char word[DISGUISE_TERM_MOST];
    size_t len = 0, gaps = 0;

    for (size_t i = 0; i < c->count; i++) {
        const char at = c->text.at[c->units[i].from];
        if (c->units[i].letter != 0) {
            if (len == sizeof(word)) {
                return false;
            }
            word[len++] = at;
        } else if (i > 0 && i + 1 < c->count && is_word(&c->units[i + 1])) {
            gaps += at == '-' || at == '_' ? 1 : 2;
        }
    }
    return gaps == 1 && disguise_exact(c->d, (struct text){word, len}) != NULL;
}

static void
look(struct disguise_scan *s, struct chunk *c)
{
    if (plain(c) && !joined(c)) {
        return;
    }
    find_spelt(s, c);
    s->work += c->count + DISGUISE_WINDOW_STEPS - c->steps;
    const size_t spelt = c->taken;
    find_masked(s, c, UNIT_MASK | UNIT_SOFT_MASK);
    if (c->taken == spelt) {
        find_masked(s, c, UNIT_MASK);
    }
    if (c->d->words != NULL && is_prose(c)) {
        find_words(s, c);
    }
}

void
disguise_chunk(struct disguise_scan *s, struct span chunk)
{
    struct chunk c;
    size_t at = chunk.from;

    open_chunk(&c, s);
    while (at < chunk.to && !s->stopped) {
        const size_t end = fill(&c, at, chunk.to);
        look(s, &c);
        at = end < chunk.to ? c.units[DISGUISE_WINDOW / 2].from : end;
    }
}

void
disguise_chunk_word(struct disguise_scan *s, struct span word)
{
    if (disguise_exact(s->d, text_part(s->text, word.from, word.to)) == NULL) {
        struct chunk c;
        open_chunk(&c, s);
        (void)fill(&c, word.from, word.to);
        find_spelt(s, &c);
        s->work += c.count + DISGUISE_WINDOW_STEPS - c.steps;
        if (c.taken == 0 && c.d->words != NULL) {
            find_words(s, &c);
        }
    }
}
