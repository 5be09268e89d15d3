#include "sidecar/engine/regex_tree.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"

struct reader {
    struct text in;
    size_t at;
    struct arena *arena;
    int depth;
    bool dot_all; /* (?s) was seen: a dot is also a line's end */
    bool placed;  /* \G or \K was seen */
    bool failed;  /* not understood, or no memory */
};

static bool
more(const struct reader *r)
{
    return r->at < r->in.len && !r->failed;
}

static char
peek(const struct reader *r)
{
    return r->in.at[r->at];
}

static bool
accept(struct reader *r, const char *what)
{
    size_t at = r->at;

    if (r->failed) {
        return false;
    }
    for (; *what != '\0'; what++, at++) {
        if (at >= r->in.len || r->in.at[at] != *what) {
            return false;
        }
    }
    r->at = at;
    return true;
}

static struct regex_tree *
new_node(struct reader *r, enum regex_tree_kind kind)
{
    struct regex_tree *node = ARENA_ARRAY(r->arena, struct regex_tree, 1);

    if (node == NULL) {
        r->failed = true;
        return NULL;
    }
    node->kind = kind;
    return node;
}

static struct regex_tree *
not_understood(struct reader *r)
{
    r->failed = true;
    return NULL;
}

static struct regex_tree *
set_node(struct reader *r, const struct charset *set)
{
    struct regex_tree *node = new_node(r, REGEX_TREE_SET);

    if (node != NULL) {
        node->set = *set;
    }
    return node;
}

static struct regex_tree *
char_node(struct reader *r, uint32_t c)
{
    struct charset set = {.beyond = 0};

    charset_put_range(&set, c, c);
    struct regex_tree *node = set_node(r, &set);
    if (node != NULL) {
        node->c = c;
    }
    return node;
}

/* ------------------------------------------------------------------ escapes */

static uint32_t
hex_digits(struct reader *r, size_t most)
{
    uint32_t c = 0;

    for (size_t i = 0; i < most && more(r); i++) {
        const int digit = ascii_hex(peek(r));
        if (digit < 0) {
            break;
        }
        c = c << 4 | (uint32_t)digit;
        r->at++;
    }
    return c;
}

/* \x41, \x{1f600} behind the x. */
static uint32_t
hex_char(struct reader *r)
{
    if (!accept(r, "{")) {
        return hex_digits(r, 2);
    }
    const uint32_t c = hex_digits(r, 6);
    r->failed = r->failed || !accept(r, "}");
    return c;
}

/* The character that a simple escape stands for; false: it is none. */
static bool
simple_escape(struct reader *r, char c, uint32_t *out)
{
    static const char letters[] = "ntrfea";
    static const char meant[] = "\n\t\r\f\x1b\a";
    const char *found = c != '\0' ? strchr(letters, c) : NULL;

    if (found != NULL) {
        *out = (unsigned char)meant[found - letters];
    } else if (c == 'x') {
        *out = hex_char(r);
    } else if (!ascii_is_alnum(c) && (unsigned char)c < 0x80) {
        *out = (unsigned char)c;
    } else {
        return false;
    }
    return true;
}

/* \p{L}: which ones is PCRE2's to know; any letter, mark or sign may be. */
static void
property_set(struct reader *r, struct charset *set)
{
    const bool braced = accept(r, "{");

    while (braced && more(r) && peek(r) != '}') {
        r->at++;
    }
    r->failed = r->failed || r->at >= r->in.len;
    r->at++;
    charset_put_all(set);
}

static struct regex_tree *
repeat_node(struct reader *r, struct regex_tree *child, long least, long most)
{
    struct regex_tree *node = new_node(r, REGEX_TREE_REPEAT);

    if (node != NULL) {
        node->first = child;
        node->least = least;
        node->most = most;
    }
    return node;
}

/* \1, \10: a back reference, or one octal character. */
static struct regex_tree *
numbered(struct reader *r)
{
    while (more(r) && ascii_is_digit(peek(r))) {
        r->at++;
    }
    return new_node(r, REGEX_TREE_ANYTHING);
}

/* \R: CR LF is two. */
static struct regex_tree *
line_end(struct reader *r)
{
    struct charset set = {.beyond = CHARSET_BEYOND_SPACE};

    charset_put_range(&set, '\n', '\r');
    return repeat_node(r, set_node(r, &set), 1, 2);
}

/* Behind a backslash. */
static struct regex_tree *
escape(struct reader *r)
{
    struct charset set = {.beyond = 0};
    uint32_t c;

    if (!more(r)) {
        return not_understood(r);
    }
    const char letter = r->in.at[r->at++];
    if (letter != '\0' && strchr("bBAzZGK", letter) != NULL) {
        struct regex_tree *node = new_node(r, REGEX_TREE_EMPTY);
        r->placed = r->placed || letter == 'G' || letter == 'K';
        if (node != NULL) {
            node->boundary = letter == 'b';
            node->line = letter == 'A';
        }
        return node;
    }
    if (charset_put_class(letter, &set)) {
        return set_node(r, &set);
    }
    if (letter == 'p' || letter == 'P') {
        property_set(r, &set);
        return set_node(r, &set);
    }
    if (letter == 'N' && !accept(r, "{")) {
        charset_put(&set, '\n');
        charset_put_inverse(&set, &(struct charset){{1 << '\n', 0}, 0});
        return set_node(r, &set);
    }
    if (letter == 'R') {
        return line_end(r);
    }
    if (letter >= '1' && letter <= '9') {
        return numbered(r);
    }
    return simple_escape(r, letter, &c) ? char_node(r, c) : not_understood(r);
}

/* ------------------------------------------------------------------ classes */

/*
 * "[:alpha:]", "[:^alpha:]" inside a class: which ones is PCRE2's to know.
 * False: it is none. Where what only looks like one ends is not certain.
 */
static bool
posix_class(struct reader *r, struct charset *set)
{
    if (accept(r, "[.") || accept(r, "[=")) {
        r->failed = true;
        return true;
    }
    if (!accept(r, "[:")) {
        return false;
    }
    while (more(r) && (ascii_is_letter(peek(r)) || peek(r) == '^')) {
        r->at++;
    }
    r->failed = r->failed || !accept(r, ":]");
    charset_put_all(set);
    return true;
}

/* One character of a class, or false where it was a whole set. */
static bool
class_char(struct reader *r, struct charset *set, uint32_t *c)
{
    size_t len = 1;

    if (accept(r, "\\")) {
        const char letter = more(r) ? r->in.at[r->at++] : '\0';
        if (charset_put_class(letter, set)) {
            return false;
        }
        if (letter == 'p' || letter == 'P') {
            property_set(r, set);
            return false;
        }
        if (letter == 'b') {
            *c = '\b';
            return true;
        }
        if (!simple_escape(r, letter, c)) {
            r->failed = true;
        }
        return true;
    }
    *c = utf8_at(r->in, r->at, &len);
    r->at += len;
    return true;
}

/* Behind the opening bracket. */
static struct regex_tree *
char_class(struct reader *r)
{
    const bool inverted = accept(r, "^");
    struct charset set = {.beyond = 0}, whole = {.beyond = 0};
    bool first = true;

    for (; more(r) && (first || peek(r) != ']'); first = false) {
        uint32_t from, to;
        if (posix_class(r, &set) || !class_char(r, &set, &from)) {
            continue;
        }
        to = from;
        const bool range = r->at + 1 < r->in.len && peek(r) == '-' &&
                           r->in.at[r->at + 1] != ']';
        if (range) {
            r->at++;
            if (!class_char(r, &set, &to)) {
                to = from; // "a-\d" is three things
                charset_put(&set, '-');
            }
        }
        charset_put_range(&set, from, to);
    }
    if (!accept(r, "]")) {
        return not_understood(r);
    }
    if (!inverted) {
        return set_node(r, &set);
    }
    charset_put_inverse(&whole, &set);
    return set_node(r, &whole);
}

/* ------------------------------------------------------------------- groups */

static struct regex_tree *choice(struct reader *r);

/* "name>" or "name'" behind "(?<", "(?P<", "(?'". */
static void
skip_name(struct reader *r)
{
    while (more(r) && peek(r) != '>' && peek(r) != '\'') {
        r->at++;
    }
    r->at++;
}

/* "im:" or "i)" behind "(?"; false: other letters. *closed: no group. */
static bool
skip_options(struct reader *r, bool *closed)
{
    while (more(r) && strchr("imsnxUJ-", peek(r)) != NULL) {
        // White space counts nothing from here on: not read.
        r->failed = r->failed || peek(r) == 'x';
        r->dot_all = r->dot_all || peek(r) == 's';
        r->at++;
    }
    *closed = accept(r, ")");
    return *closed || accept(r, ":");
}

/* Behind an opening bracket. */
static struct regex_tree *
group(struct reader *r)
{
    enum regex_tree_kind kind = REGEX_TREE_SEQUENCE;
    bool possessive = false, closed = false;

    if (accept(r, "?=") || accept(r, "?!")) {
        kind = REGEX_TREE_AHEAD;
    } else if (accept(r, "?<=") || accept(r, "?<!")) {
        kind = REGEX_TREE_EMPTY;
    } else if (accept(r, "?>")) {
        possessive = true;
    } else if (accept(r, "?P<") || accept(r, "?<") || accept(r, "?'")) {
        skip_name(r);
    } else if (accept(r, "*")) {
        return not_understood(r);
    } else if (accept(r, "?") && !accept(r, "|") && !skip_options(r, &closed)) {
        return not_understood(r);
    }
    if (closed) {
        return new_node(r, REGEX_TREE_EMPTY);
    }
    struct regex_tree *inside = choice(r);
    if (!accept(r, ")")) {
        return not_understood(r);
    }
    if (kind == REGEX_TREE_SEQUENCE && !possessive) {
        return inside;
    }
    struct regex_tree *node =
        possessive ? repeat_node(r, inside, 1, 1) : new_node(r, kind);
    if (node != NULL) {
        node->first = kind == REGEX_TREE_EMPTY ? NULL : inside;
        node->possessive = possessive;
    }
    return node;
}

static struct regex_tree *
atom(struct reader *r)
{
    struct charset set = {.beyond = 0};
    size_t len;

    if (accept(r, "\\")) {
        return escape(r);
    }
    if (accept(r, "[")) {
        return char_class(r);
    }
    if (accept(r, "(")) {
        return group(r);
    }
    const bool line = accept(r, "^");
    if (line || accept(r, "$")) {
        struct regex_tree *node = new_node(r, REGEX_TREE_EMPTY);
        if (node != NULL) {
            node->line = line;
        }
        return node;
    }
    if (accept(r, ".")) {
        charset_put_inverse(&set, &(struct charset){{1 << '\n', 0}, 0});
        if (r->dot_all) {
            charset_put_all(&set);
        }
        return set_node(r, &set);
    }
    if (strchr("*+?", peek(r)) != NULL) {
        return not_understood(r);
    }
    const uint32_t c = utf8_at(r->in, r->at, &len);
    r->at += len;
    return char_node(r, c);
}

/* --------------------------------------------------------------- repetition */

static long
number(struct reader *r)
{
    long n = -1;

    while (more(r) && ascii_is_digit(peek(r)) && n < REGEX_TREE_ENDLESS) {
        n = (n < 0 ? 0 : n * 10) + (peek(r) - '0');
        r->at++;
    }
    return n;
}

static bool
may_be_braces(struct text at)
{
    size_t i = 1;

    while (i < at.len && (ascii_is_digit(at.at[i]) || at.at[i] == ',' ||
                          at.at[i] == ' ' || at.at[i] == '\t')) {
        i++;
    }
    return i > 1 && i < at.len && at.at[i] == '}';
}

/*
 * {n}, {n,}, {n,m}; else it is an ordinary brace and nothing is taken. Later
 * versions of PCRE2 also take {,m} and blanks for a quantifier.
 */
static bool
braces(struct reader *r, long *least, long *most)
{
    const size_t start = r->at;

    if (!accept(r, "{")) {
        return false;
    }

    *least = *most = number(r);
    if (accept(r, ",")) {
        *most = number(r);
        *most = *most < 0 ? REGEX_TREE_ENDLESS : *most;
    }
    if (*least >= 0 && accept(r, "}")) {
        return true;
    }
    r->failed = r->failed || may_be_braces(text_part(r->in, start, r->in.len));
    r->at = start;
    return false;
}

static struct regex_tree *
quantified(struct reader *r)
{
    struct regex_tree *node = atom(r);
    long least = 1, most = 1;

    for (int times = 0; more(r); times++) {
        if (accept(r, "?")) {
            least = 0;
            most = 1;
        } else if (accept(r, "*")) {
            least = 0;
            most = REGEX_TREE_ENDLESS;
        } else if (accept(r, "+")) {
            least = 1;
            most = REGEX_TREE_ENDLESS;
        } else if (!braces(r, &least, &most)) {
            break;
        }
        r->failed = r->failed || times == REGEX_TREE_TIMES;
        node = repeat_node(r, node, least, most);
        if (node != NULL) {
            node->possessive = accept(r, "+");
        }
        (void)accept(r, "?"); // lazy: the same strings
    }
    return node;
}

static struct regex_tree *
sequence(struct reader *r)
{
    struct regex_tree *all = new_node(r, REGEX_TREE_SEQUENCE);
    struct regex_tree **end = all != NULL ? &all->first : NULL;

    while (more(r) && peek(r) != '|' && peek(r) != ')') {
        struct regex_tree *node = quantified(r);
        if (node == NULL || r->failed) {
            return not_understood(r);
        }
        // A group's node is its own: it has no sibling yet.
        *end = node;
        end = &node->next;
    }
    return all;
}

static struct regex_tree *
choice(struct reader *r)
{
    struct regex_tree *all = new_node(r, REGEX_TREE_CHOICE);
    struct regex_tree **end = all != NULL ? &all->first : NULL;

    if (all == NULL || ++r->depth > REGEX_TREE_DEPTH) {
        return not_understood(r);
    }
    do {
        struct regex_tree *node = sequence(r);
        if (node == NULL) {
            return not_understood(r);
        }
        *end = node;
        end = &node->next;
    } while (accept(r, "|"));
    r->depth--;
    return all;
}

const struct regex_tree *
regex_tree_parse(struct text pattern, struct arena *arena)
{
    struct reader r = {.in = pattern, .arena = arena};
    size_t bad;

    if (!utf8_check(pattern, &bad)) {
        return NULL;
    }
    struct regex_tree *all = choice(&r);
    if (all == NULL || r.failed || r.at != pattern.len) {
        return NULL;
    }
    all->placed = r.placed;
    return all;
}
