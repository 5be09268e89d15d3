#include "sidecar/engine/disguise_word.h"

enum {
    REST_WORD_LEAST = 3, /* letters of a word among the rest */
    REST_WORD_MOST = 14,
    REST_WORDS = 3,
    FREE_LEAST = 6 /* a strong stem this long needs one clean side only */
};

/* Before a term; whole words like "super" are in the set of words. */
static const char *const BEGINNINGS[] = {
    "super", "mega",  "giga", "ultra", "hyper", "uber", "turbo",
    "semi",  "un",    "re",   "pre",   "anti",  "non",  "sub",
    "omni",  "proto", "neo",  "the",   "ya",    "u",    "ur",
    "yo",    "my",    "a",    "i",     "no",    "so",   "oh"};

/* Behind it. */
static const char *const AFTERS[] = {
    "s",       "z",        "es",     "ed",     "er",    "ers",   "ing",
    "in",      "ings",     "y",      "ie",     "ies",   "est",   "ish",
    "able",    "ably",     "tastic", "ery",    "eries", "ness",  "ster",
    "sters",   "ism",      "ist",    "ists",   "ity",   "ify",   "ified",
    "ific",    "age",      "dom",    "ful",    "less",  "ly",    "ily",
    "ier",     "iest",     "os",     "o",      "a",     "ah",    "as",
    "licious", "alicious", "tard",   "opolis", "ology", "athon", "orama",
    "zilla",   "aholic",   "gate",   "erino",  "aroo",  "let",   "ling",
    "ette",    "monger",   "wad",    "nugget", "fest",  "u",     "ya",
    "me",      "it",       "off",    "up",     "esque", "oid",   "ian",
    "ville"};

static bool
is_one_of(struct text text, const char *const *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_is(text, at[i])) {
            return true;
        }
    }
    return false;
}

/*
 * What is made of words, one behind the other: of the word's first letters
 * (start[i]: those before i) and of its last (end[i]: those from i on).
 * 0: not so; else the number of words and 1.
 */
struct parts {
    unsigned char start[DISGUISE_WORD_MOST + 1];
    unsigned char end[DISGUISE_WORD_MOST + 1];
};

/* What one more word makes of the number so far. */
static void
count_word(unsigned char before, unsigned char *here)
{
    if (before != 0 && before <= REST_WORDS &&
        (*here == 0 || *here > before + 1)) {
        *here = (unsigned char)(before + 1);
    }
}

static bool
is_part(const struct disguise *d, struct text part)
{
    return disguise_rank(d, part) == ORDINARY_COMMON ||
           disguise_exact(d, part) != NULL;
}

/*
 * A part is looked up only where the word is made of words up to its beginning,
 * or from its end on.
 */
static struct parts
parts_of(const struct disguise *d, struct text word)
{
    struct parts p = {.start = {1}};

    for (size_t i = 0; i < word.len; i++) {
        for (size_t n = REST_WORD_LEAST;
             p.start[i] != 0 && n <= REST_WORD_MOST && n <= word.len - i; n++) {
            if (is_part(d, text_part(word, i, i + n))) {
                count_word(p.start[i], &p.start[i + n]);
            }
        }
    }
    p.end[word.len] = 1;
    for (size_t to = word.len; to > 0; to--) {
        for (size_t n = REST_WORD_LEAST;
             p.end[to] != 0 && n <= REST_WORD_MOST && n <= to; n++) {
            if (is_part(d, text_part(word, to - n, to))) {
                count_word(p.end[to], &p.end[to - n]);
            }
        }
    }
    return p;
}

static bool
is_beginning(struct text word, size_t to)
{
    return is_one_of(text_part(word, 0, to), BEGINNINGS,
                     sizeof(BEGINNINGS) / sizeof(BEGINNINGS[0]));
}

static bool
clean_before(const struct parts *p, struct text word, size_t from)
{
    return p->start[from] != 0 || is_beginning(word, from);
}

/* The term's last letter may be doubled ("shitting"). */
static bool
clean_behind(const struct parts *p, struct text word, size_t to)
{
    static const size_t count = sizeof(AFTERS) / sizeof(AFTERS[0]);
    const struct text rest = text_part(word, to, word.len);

    return p->end[to] != 0 || is_one_of(rest, AFTERS, count) ||
           (rest.len > 2 && rest.at[0] == word.at[to - 1] &&
            is_one_of(text_part(rest, 1, rest.len), AFTERS, count));
}

static bool
stands_out(const struct parts *p, struct text word,
           const struct disguise_entry *e, size_t from)
{
    // Three letters behind a word are chance: "redwop".
    const bool before = e->len > 3 ? clean_before(p, word, from)
                                   : from == 0 || is_beginning(word, from);
    const bool behind = clean_behind(p, word, from + e->len);

    return e->stem == STEM_STRONG && e->len >= FREE_LEAST ? before || behind
                                                          : before && behind;
}

/* "cocktailhour": ordinary words and nothing else. */
static bool
all_ordinary(const struct disguise *d, struct text word)
{
    for (size_t i = REST_WORD_LEAST; i + REST_WORD_LEAST <= word.len; i++) {
        if (disguise_rank(d, text_part(word, 0, i)) == ORDINARY_COMMON &&
            disguise_rank(d, text_part(word, i, word.len)) == ORDINARY_COMMON) {
            return true;
        }
    }
    return false;
}

bool
disguise_glued(const struct disguise *d, struct text word,
               struct disguise_find *out)
{
    const struct disguise_entry *best = NULL;
    struct parts parts;
    bool split = false;

    if (word.len > DISGUISE_WORD_MOST) {
        return false;
    }
    for (size_t from = 0; from + DISGUISE_TERM_LEAST <= word.len; from++) {
        uint32_t node = DISGUISE_ROOT;
        for (size_t i = from; i < word.len; i++) {
            node = disguise_child(d, node, (unsigned)(word.at[i] - 'a'));
            if (node == 0) {
                break;
            }
            const struct disguise_entry *e =
                d->nodes[node].entry != 0
                    ? &d->entries[d->nodes[node].entry - 1]
                    : NULL;
            if (e == NULL || !e->fuzzy ||
                (best != NULL && e->len <= best->len)) {
                continue;
            }
            if (!split) {
                parts = parts_of(d, word);
                split = true;
            }
            if (stands_out(&parts, word, e, from)) {
                best = e;
            }
        }
    }
    if (best == NULL || (best->stem == STEM_WEAK && all_ordinary(d, word))) {
        return false;
    }
    *out = (struct disguise_find){.entry = best, .how = DISGUISE_GLUED};
    return true;
}
