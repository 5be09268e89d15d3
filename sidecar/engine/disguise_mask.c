#include "sidecar/engine/disguise_mask.h"

enum {
    ALONE_MOST = 7, /* letters, where only the first is visible: "f***" */
    FEW_VISIBLE = 3,
    LIKELY = 4, /* what a likely term is worth, in letters that signs spell */
    STEM_VISIBLE = 2, /* letters before an ending */
    SHORT_LEAST = 4, /* terms of three letters are hidden behind * and # only */
    SHAPES_TRIED = 512 /* terms of one first letter and length */
};

/* What a masked word looks like. */
struct masked {
    const struct disguise_unit *units;
    size_t len;
    size_t visible;
    size_t hard, soft; /* masks of either kind */
    bool stars;        /* all masks are * */
    bool last_hidden;
};

static bool
is_hard(const struct disguise_unit *unit)
{
    return (unit->flags & UNIT_MASK) != 0;
}

static bool
is_soft(const struct disguise_unit *unit)
{
    return (unit->flags & UNIT_SOFT_MASK) != 0;
}

static struct masked
look(const struct disguise_unit *units, size_t len, bool stars)
{
    struct masked m = {.units = units, .len = len, .stars = stars};

    for (size_t i = 0; i < len; i++) {
        m.hard += is_hard(&units[i]);
        m.soft += is_soft(&units[i]);
        m.visible += (units[i].flags & UNIT_WORD) != 0;
    }
    m.last_hidden = is_hard(&units[len - 1]) || is_soft(&units[len - 1]);
    return m;
}

/* Is enough visible for a guess? */
static bool
readable(const struct masked *m)
{
    if (m->hard + m->soft == 0 || m->visible == 0 ||
        m->hard + m->soft + m->visible != m->len) {
        return false;
    }
    if (m->len < SHORT_LEAST) {
        return m->stars && m->hard == 1 && !m->last_hidden;
    }
    if (m->hard == 0) {
        // "sh-t", "s--t": hyphens and dots stand in ordinary text too.
        return !m->last_hidden && m->visible >= 2 &&
               (m->soft == 1 || m->soft + 2 <= m->len);
    }
    if (m->visible == 1) {
        return m->stars && m->len <= ALONE_MOST;
    }
    // "whor#", but not "whor?".
    return m->stars || !m->last_hidden ||
           (m->hard == 1 && m->visible > 2 &&
            (m->units[m->len - 1].flags & UNIT_SIGN) != 0);
}

/*
 * How well the term fits, or 0: not at all. Letters that signs spell count
 * for it, and that all others that are hidden are vowels: people hide these.
 */
static unsigned
fit(const struct masked *m, struct text term)
{
    unsigned worth = 1;
    bool vowels = true;

    for (size_t i = 0; i < term.len; i++) {
        const struct disguise_unit *unit = &m->units[i];
        const uint32_t bit = unit_bit(term.at[i]);
        if (unit->letter != 0) {
            if (unit->letter != term.at[i]) {
                return 0;
            }
        } else if ((unit->letters & bit) != 0) {
            worth += 2;
        } else if (is_hard(unit)) {
            vowels = vowels && (bit & UNIT_VOWELS) != 0;
        } else if (is_soft(unit)) {
            if (m->soft == 1 && (bit & UNIT_VOWELS) == 0) {
                return 0;
            }
        } else {
            return 0;
        }
    }
    return worth + vowels;
}

static const char *const ENDINGS[] = {"", "s", "es", "ed", "er", "ers", "ing"};

/* Is the ending written out behind the term? */
static bool
ends_with(const struct masked *m, struct text ending)
{
    for (size_t i = 0; i < ending.len; i++) {
        if (m->units[m->len - ending.len + i].letter != ending.at[i]) {
            return false;
        }
    }
    return true;
}

const struct disguise_entry *
disguise_mask(const struct disguise *d, const struct disguise_unit *units,
              size_t from, size_t to)
{
    const struct disguise_unit *first = &units[from];
    const size_t len = to - from;
    const struct disguise_entry *best = NULL;
    unsigned best_worth = 0;
    bool stars = true;

    if (len < DISGUISE_TERM_LEAST || len > DISGUISE_TERM_MOST ||
        first->letter == 0) {
        return NULL;
    }
    for (size_t i = from; i < to; i++) {
        stars = stars && (!is_hard(&units[i]) || (units[i].flags & UNIT_GAP));
    }
    const struct masked m = look(first, len, stars);
    if (!readable(&m)) {
        return NULL;
    }
    // Of long lists some term fits any two letters: it must be a likely one.
    const size_t few = m.hard > 1 ? FEW_VISIBLE : 0;
    for (size_t k = 0; k < sizeof(ENDINGS) / sizeof(ENDINGS[0]); k++) {
        const struct text ending = text_of(ENDINGS[k]);
        if (best != NULL || len < DISGUISE_TERM_LEAST + ending.len ||
            (ending.len > 0 && m.visible < STEM_VISIBLE + ending.len) ||
            !ends_with(&m, ending)) {
            continue;
        }
        const size_t shape = disguise_shape(first->letter, len - ending.len);
        for (uint32_t i = d->shapes[shape];
             i < d->shapes[shape + 1] && i - d->shapes[shape] < SHAPES_TRIED;
             i++) {
            const struct disguise_entry *e = &d->entries[d->by_shape[i]];
            const bool likely =
                (e->likely || m.visible > few) && (e->fuzzy || ending.len == 0);
            const unsigned fits = likely ? fit(&m, disguise_text(d, e)) : 0;
            const unsigned worth = fits > 0 && e->likely ? fits + LIKELY : fits;
            if (worth > best_worth ||
                (worth == best_worth && worth > 0 && best != NULL &&
                 e->order < best->order)) {
                best = e;
                best_worth = worth;
            }
        }
    }
    return best;
}
