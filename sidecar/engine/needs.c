#include "sidecar/engine/needs.h"

#include "sidecar/engine/needs_rank.h"

/*
 * A recursive descent over the pattern. Each part yields either the complete
 * list of strings it can match ("exact"), or strings of which its match must
 * contain one ("need"), or nothing.
 */
enum { DEPTH = 24, EXACT_STRINGS = 32, REPEAT = 4 };

struct set {
    struct text at[NEEDS_STRINGS];
    size_t count; /* 0: nothing is known */
};

struct part {
    bool exact;
    struct set strings;
};

struct parser {
    struct text in;
    size_t at;
    struct arena *arena;
    bool gave_up; /* a construct that is not understood, or no memory */
    int depth;
};

static const struct part nothing = {.exact = false};

static struct part
empty_string(void)
{
    return (struct part){.exact = true,
                         .strings = {.at = {{"", 0}}, .count = 1}};
}

static bool
more(const struct parser *p)
{
    return p->at < p->in.len && !p->gave_up;
}

static char
peek(const struct parser *p)
{
    return p->in.at[p->at];
}

static bool
ahead(const struct parser *p, const char *what)
{
    return text_starts(text_part(p->in, p->at, p->in.len), text_of(what));
}

/* ------------------------------------------------------------- sets of texts
 */

static size_t
shortest(const struct set *set)
{
    size_t least = set->count > 0 ? SIZE_MAX : 0;

    for (size_t i = 0; i < set->count; i++) {
        least = set->at[i].len < least ? set->at[i].len : least;
    }
    return least;
}

/* Of the set's least telling string. */
static size_t
least_telling(const struct set *set)
{
    size_t least = set->count > 0 ? SIZE_MAX : 0;

    for (size_t i = 0; i < set->count; i++) {
        const size_t bytes = needs_rank(set->at[i]);
        least = bytes < least ? bytes : least;
    }
    return least;
}

/* The set that fewer texts hold: by telling letters, length, then number. */
static void
keep_better(struct set *best, const struct set *other)
{
    const size_t a = least_telling(best), b = least_telling(other);
    const size_t a_len = shortest(best), b_len = shortest(other);

    if (b_len == 0) {
        return; // an empty string is in every text
    }
    if (a_len == 0 || b > a || (b == a && b_len > a_len) ||
        (b == a && b_len == a_len && other->count < best->count)) {
        *best = *other;
    }
}

static struct text
joined(struct parser *p, struct text a, struct text b)
{
    char *at = arena_take(p->arena, a.len + b.len + 1);

    if (at == NULL) {
        p->gave_up = true;
        return (struct text){"", 0};
    }
    memcpy(at, a.at, a.len);
    memcpy(at + a.len, b.at, b.len);
    return (struct text){at, a.len + b.len};
}

static bool
fits(const struct set *a, const struct set *b)
{
    size_t longest = 0;

    for (size_t i = 0; i < a->count; i++) {
        longest = a->at[i].len > longest ? a->at[i].len : longest;
    }
    return a->count * b->count <= EXACT_STRINGS && longest < NEEDS_BYTES;
}

/* Every string of a followed by every string of b. */
static struct set
product(struct parser *p, const struct set *a, const struct set *b)
{
    struct set out = {.count = 0};

    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            out.at[out.count++] = joined(p, a->at[i], b->at[k]);
        }
    }
    return out;
}

/* false: too many. */
static bool
add_all(struct set *to, const struct set *from, size_t most)
{
    if (from->count > most || to->count > most - from->count) {
        return false;
    }
    for (size_t i = 0; i < from->count; i++) {
        to->at[to->count++] = from->at[i];
    }
    return true;
}

/* ------------------------------------------------------------- single atoms */

/* A construct whose extent or meaning is not certain: nothing is claimed. */
static struct part
give_up(struct parser *p)
{
    p->gave_up = true;
    return nothing;
}

static struct part
one_char(struct parser *p, char c)
{
    char *at = arena_take(p->arena, 1);

    if (at == NULL) {
        return give_up(p);
    }
    *at = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    return (struct part){.exact = true,
                         .strings = {.at = {{at, 1}}, .count = 1}};
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Steps over \p{Name}, \p{^Name}, \pN. */
static void
skip_property(struct parser *p)
{
    if (!more(p)) {
        p->gave_up = true;
    } else if (peek(p) == '{') {
        while (more(p) && peek(p) != '}') {
            p->at++;
        }
        p->at++;
    } else {
        p->at++;
    }
}

/* Behind a backslash. */
static struct part
escape(struct parser *p)
{
    if (!more(p)) {
        return give_up(p);
    }
    const char c = p->in.at[p->at++];
    if (c != '\0' && strchr("bBAzZ", c) != NULL) {
        return empty_string(); // no width: what stands around it touches
    }
    if (c == 'N' && more(p) && peek(p) == '{') {
        return give_up(p); // \N{U+41} is a character, \N is none of \n
    }
    if (c != '\0' && strchr("dDwWsShHvVRN", c) != NULL) {
        return nothing;
    }
    if (c == 'p' || c == 'P') {
        skip_property(p);
        return nothing;
    }
    if (c == 'n' || c == 't') {
        return one_char(p, c == 'n' ? '\n' : '\t');
    }
    if (c >= '1' && c <= '9') {
        while (more(p) && is_digit(peek(p))) {
            p->at++; // \10 is one back reference, or one octal character
        }
        return nothing;
    }
    if (is_letter(c) || c == '0' || (unsigned char)c >= 0x80) {
        return give_up(p);
    }
    return one_char(p, c);
}

/* Steps over "[:alpha:]". False: it only looks like one. */
static bool
skip_posix_class(struct parser *p)
{
    size_t at = p->at + 2;

    while (at < p->in.len && (is_letter(p->in.at[at]) || p->in.at[at] == '^')) {
        at++;
    }
    if (!text_starts(text_part(p->in, at, p->in.len), TEXT(":]"))) {
        return false;
    }
    p->at = at + 2;
    return true;
}

/*
 * Steps over one item of a character class. False: where the class ends is
 * not certain, because PCRE2 may read the item otherwise than as it looks
 * ("[\c]]" and "[\Q]\E]" do not end at their first bracket).
 */
static bool
skip_class_item(struct parser *p)
{
    if (ahead(p, "[:") || ahead(p, "[.") || ahead(p, "[=")) {
        return skip_posix_class(p);
    }
    if (ahead(p, "\\c") || ahead(p, "\\Q") || ahead(p, "\\E")) {
        return false;
    }
    p->at += peek(p) == '\\' ? 2 : 1;
    return true;
}

/* Steps over a character class, behind its opening bracket. */
static struct part
char_class(struct parser *p)
{
    const size_t start = p->at;

    if (more(p) && peek(p) == '^') {
        p->at++;
    }
    if (more(p) && peek(p) == ']') {
        p->at++; // first in a class it is an ordinary character
    }
    while (more(p) && peek(p) != ']') {
        if (!skip_class_item(p)) {
            return give_up(p);
        }
    }
    if (!more(p)) {
        return give_up(p);
    }
    const struct text inside = text_part(p->in, start, p->at);
    p->at++;
    const bool single = inside.len == 1 && inside.at[0] != '^' &&
                        (unsigned char)inside.at[0] < 0x80;
    return single ? one_char(p, inside.at[0]) : nothing;
}

static struct part alternatives(struct parser *p);

/* Behind an opening bracket. */
static struct part
group(struct parser *p)
{
    bool looks_around = false;

    if (ahead(p, "?:")) {
        p->at += 2;
    } else if (ahead(p, "?=") || ahead(p, "?!")) {
        looks_around = true;
        p->at += 2;
    } else if (ahead(p, "?<=") || ahead(p, "?<!")) {
        looks_around = true;
        p->at += 3;
    } else if (ahead(p, "?>")) {
        p->at += 2;
    } else if (ahead(p, "?") || ahead(p, "*")) {
        return give_up(p); // option settings, names, verbs, recursion
    }
    const struct part inside = alternatives(p);
    if (!more(p) || peek(p) != ')') {
        return give_up(p);
    }
    p->at++;
    return looks_around ? empty_string() : inside;
}

static struct part
atom(struct parser *p)
{
    const char c = p->in.at[p->at++];

    switch (c) {
    case '\\':
        return escape(p);
    case '[':
        return char_class(p);
    case '(':
        return group(p);
    case '.':
        return nothing;
    case '^':
    case '$':
        return empty_string();
    case '{':
    case '*':
    case '+':
    case '?':
        // A second quantifier (a{2}{3}), one of a later PCRE2 ({,3}), or an
        // ordinary brace: not worth telling apart.
        return give_up(p);
    default:
        break;
    }
    if ((unsigned char)c >= 0x80) {
        while (more(p) && ((unsigned char)peek(p) & 0xc0) == 0x80) {
            p->at++; // folding may change it: nothing is known
        }
        return nothing;
    }
    return one_char(p, c);
}

/* --------------------------------------------------------------- repetition */

enum { ENDLESS = 1 << 20 };

struct times {
    long least, most;
    bool given;
};

static long
number(struct parser *p)
{
    long n = -1;

    while (more(p) && is_digit(peek(p)) && n < ENDLESS) {
        n = (n < 0 ? 0 : n * 10) + (peek(p) - '0');
        p->at++;
    }
    return n;
}

/* {n}, {n,}, {n,m}; false where it is anything else. */
static bool
braces(struct parser *p, struct times *out)
{
    const size_t start = p->at;

    p->at++;
    out->least = out->most = number(p);
    if (more(p) && peek(p) == ',') {
        p->at++;
        out->most = number(p);
        out->most = out->most < 0 ? ENDLESS : out->most;
    }
    if (out->least < 0 || !more(p) || peek(p) != '}') {
        p->at = start;
        return false;
    }
    p->at++;
    return true;
}

static struct times
quantifier(struct parser *p)
{
    struct times t = {1, 1, false};

    if (!more(p)) {
        return t;
    }
    switch (peek(p)) {
    case '?':
        t = (struct times){0, 1, true};
        break;
    case '*':
        t = (struct times){0, ENDLESS, true};
        break;
    case '+':
        t = (struct times){1, ENDLESS, true};
        break;
    case '{':
        t.given = braces(p, &t);
        if (!t.given) {
            return (struct times){1, 1, false};
        }
        p->at--; // the step below is for the mark's last character
        break;
    default:
        return t;
    }
    p->at++;
    if (more(p) && (peek(p) == '?' || peek(p) == '+')) {
        p->at++; // lazy or possessive: the same strings
    }
    return t;
}

static struct part
repeated(struct parser *p, struct part part, struct times t)
{
    if (t.least == 0 && t.most == 1 && part.exact &&
        part.strings.count < NEEDS_STRINGS) {
        part.strings.at[part.strings.count++] = (struct text){"", 0};
        return part;
    }
    if (t.least == 0) {
        return nothing;
    }
    if (t.least != t.most || t.least > REPEAT || !part.exact) {
        part.exact = part.exact && t.least == 1 && t.most == 1;
        return part; // it comes at least once
    }
    struct part out = part;
    for (long i = 1; i < t.least; i++) {
        if (!fits(&out.strings, &part.strings)) {
            out.exact = false;
            return out;
        }
        out.strings = product(p, &out.strings, &part.strings);
    }
    return out;
}

/* ------------------------------------------------------------ one after other
 */

static struct part
sequence(struct parser *p)
{
    struct set best = {.count = 0};
    struct set run = empty_string().strings; // what now touches, complete
    bool exact = true;

    while (more(p) && peek(p) != '|' && peek(p) != ')') {
        struct part part = atom(p);
        part = repeated(p, part, quantifier(p));
        if (p->gave_up) {
            return nothing;
        }
        if (part.exact && fits(&run, &part.strings)) {
            run = product(p, &run, &part.strings);
            continue;
        }
        exact = false;
        keep_better(&best, &run);
        if (part.exact) {
            run = part.strings;
        } else {
            keep_better(&best, &part.strings);
            run = empty_string().strings;
        }
    }
    if (exact) {
        return (struct part){.exact = true, .strings = run};
    }
    keep_better(&best, &run);
    return (struct part){.exact = false, .strings = best};
}

static struct part
alternatives(struct parser *p)
{
    struct part all = {.exact = true, .strings = {.count = 0}};
    bool known = true;

    if (++p->depth > DEPTH) {
        return give_up(p);
    }
    for (;;) {
        const struct part one = sequence(p);
        all.exact = all.exact && one.exact;
        known = known && one.strings.count > 0 &&
                add_all(&all.strings, &one.strings, NEEDS_STRINGS);
        if (!more(p) || peek(p) != '|') {
            break;
        }
        p->at++;
    }
    p->depth--;
    return known ? all : nothing;
}

/* "(?im)" at the very start: case is ignored anyway, and ^ $ . yield nothing.
 */
static void
skip_options(struct parser *p)
{
    size_t at = 2;

    if (!ahead(p, "(?")) {
        return;
    }
    while (at < p->in.len && (p->in.at[at] == 'i' || p->in.at[at] == 'm' ||
                              p->in.at[at] == 's')) {
        at++;
    }
    if (at > 2 && at < p->in.len && p->in.at[at] == ')') {
        p->at = at + 1;
    }
}

/* Short strings are in every text, but for marks that prose has no use for. */
static bool
is_telling(struct text s)
{
    if (s.len >= NEEDS_LEAST) {
        return true;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (strchr("<>[]{}|=#%@^~\\$`", s.at[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool
all_telling(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!is_telling(set->at[i])) {
            return false;
        }
    }
    return set->count > 0;
}

bool
needs_find(struct text pattern, struct arena *arena, struct needs *out)
{
    struct parser p = {.in = pattern, .arena = arena};

    skip_options(&p);
    const struct part all = alternatives(&p);

    out->count = 0;
    if (p.gave_up || p.at != pattern.len || !all_telling(&all.strings)) {
        return false;
    }
    for (size_t i = 0; i < all.strings.count; i++) {
        const struct text s = all.strings.at[i];
        const size_t len = s.len < NEEDS_BYTES ? s.len : NEEDS_BYTES;
        out->at[out->count++] = (struct text){s.at, len};
    }
    return true;
}
