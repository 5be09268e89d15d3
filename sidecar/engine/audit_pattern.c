#include "sidecar/engine/audit_pattern.h"

/* A repeat this long is as good as endless for a matcher that backtracks. */
enum { MANY = 24, POSITIONS = 8 };

const char *const audit_trait_words[AUDIT_TRAITS] = {
    "a repeat inside a repeat can split the same text in many ways",
    "repeated alternatives can match the same text",
    "two long repeats side by side share characters",
    "it begins with an endless repeat, so every start reads on"};

/* -------------------------------------------------------------------- width */

struct width {
    bool bounded;
    size_t chars;
};

static const struct width endless = {false, 0};

static struct width
add_width(struct width a, struct width b)
{
    if (!a.bounded || !b.bounded || b.chars > SIZE_MAX - a.chars) {
        return endless;
    }
    return (struct width){true, a.chars + b.chars};
}

static struct width
times_width(struct width a, long times)
{
    if (a.bounded && a.chars == 0) {
        return a;
    }
    if (!a.bounded || times >= REGEX_TREE_ENDLESS ||
        a.chars > SIZE_MAX / ((size_t)times + 1)) {
        return endless;
    }
    return (struct width){true, a.chars * (size_t)times};
}

/*
 * The depth of all recursion here is that of the tree: REGEX_TREE_DEPTH
 * brackets, each a choice of sequences, and a pile of quantifiers.
 */
static struct width
width_of(const struct regex_tree *node)
{
    struct width all = {true, 0};

    switch (node->kind) {
    case REGEX_TREE_EMPTY:
        return all;
    case REGEX_TREE_SET:
        return (struct width){true, 1};
    case REGEX_TREE_ANYTHING:
        return endless;
    case REGEX_TREE_AHEAD: // it must be seen before the match is sure
        return width_of(node->first);
    case REGEX_TREE_REPEAT:
        return times_width(width_of(node->first), node->most);
    case REGEX_TREE_SEQUENCE:
        for (const struct regex_tree *n = node->first; n; n = n->next) {
            all = add_width(all, width_of(n));
        }
        return all;
    case REGEX_TREE_CHOICE:
        break;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        const struct width one = width_of(n);
        all.bounded = all.bounded && one.bounded;
        all.chars = one.chars > all.chars ? one.chars : all.chars;
    }
    return all;
}

/* ---------------------------------------------------------- sets of a part */

static bool
is_nullable(const struct regex_tree *node)
{
    switch (node->kind) {
    case REGEX_TREE_EMPTY:
    case REGEX_TREE_AHEAD:
    case REGEX_TREE_ANYTHING:
        return true;
    case REGEX_TREE_SET:
        return false;
    case REGEX_TREE_REPEAT:
        return node->least == 0 || is_nullable(node->first);
    case REGEX_TREE_SEQUENCE:
        for (const struct regex_tree *n = node->first; n; n = n->next) {
            if (!is_nullable(n)) {
                return false;
            }
        }
        return true;
    case REGEX_TREE_CHOICE:
        break;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        if (is_nullable(n)) {
            return true;
        }
    }
    return false;
}

static void
join(struct charset *to, const struct charset *from)
{
    to->ascii[0] |= from->ascii[0];
    to->ascii[1] |= from->ascii[1];
    to->beyond |= from->beyond;
}

/* Characters that a match of the part can begin with. */
static struct charset
first_of(const struct regex_tree *node)
{
    struct charset all = {.beyond = 0};

    if (node->kind == REGEX_TREE_SET) {
        return node->set;
    }
    if (node->kind == REGEX_TREE_ANYTHING) {
        return (struct charset){{~UINT64_C(0), ~UINT64_C(0)},
                                CHARSET_BEYOND_ALL};
    }
    if (node->kind == REGEX_TREE_AHEAD) {
        return all;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        const struct charset one = first_of(n);
        join(&all, &one);
        if (node->kind == REGEX_TREE_SEQUENCE && !is_nullable(n)) {
            break;
        }
    }
    return all;
}

/* Could the part match some text of nothing but these characters? */
static bool
can_be_of(const struct regex_tree *node, const struct charset *set)
{
    switch (node->kind) {
    case REGEX_TREE_EMPTY:
    case REGEX_TREE_AHEAD:
    case REGEX_TREE_ANYTHING:
        return true;
    case REGEX_TREE_SET:
        return charset_meet(&node->set, set);
    case REGEX_TREE_REPEAT:
        return node->least == 0 || can_be_of(node->first, set);
    case REGEX_TREE_SEQUENCE:
        for (const struct regex_tree *n = node->first; n; n = n->next) {
            if (!can_be_of(n, set)) {
                return false;
            }
        }
        return true;
    case REGEX_TREE_CHOICE:
        break;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        if (can_be_of(n, set)) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------- traits */

static bool
is_long(const struct regex_tree *node)
{
    return node->kind == REGEX_TREE_REPEAT && !node->possessive &&
           node->most >= MANY;
}

/*
 * Is there, in the body of a long repeat, another long one such that the rest
 * of the body can be made of its characters too? Then a run of them can be
 * shared out between the two in many ways. "(?:\w+ )*" is none: the blank ends
 * each word.
 */
static bool
splits(const struct regex_tree *body)
{
    if (body->kind == REGEX_TREE_REPEAT) {
        return is_long(body);
    }
    if (body->kind == REGEX_TREE_CHOICE) {
        for (const struct regex_tree *n = body->first; n; n = n->next) {
            if (splits(n)) {
                return true;
            }
        }
        return false;
    }
    if (body->kind != REGEX_TREE_SEQUENCE) {
        return false;
    }
    for (const struct regex_tree *n = body->first; n; n = n->next) {
        if (!splits(n)) {
            continue;
        }
        const struct charset set = first_of(n);
        bool alone = true;
        for (const struct regex_tree *o = body->first; o; o = o->next) {
            alone = alone && (o == n || can_be_of(o, &set));
        }
        if (alone) {
            return true;
        }
    }
    return false;
}

/* The characters of a part, one by one, as long as they are certain. */
static size_t
flatten(const struct regex_tree *node, struct charset at[POSITIONS],
        bool *whole)
{
    size_t count = 0;

    *whole = false;
    if (node->kind == REGEX_TREE_SET) {
        at[0] = node->set;
        *whole = true;
        return 1;
    }
    if (node->kind != REGEX_TREE_SEQUENCE) {
        return 0;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        if (n->kind == REGEX_TREE_EMPTY) {
            continue;
        }
        if (n->kind != REGEX_TREE_SET || count == POSITIONS) {
            return count;
        }
        at[count++] = n->set;
    }
    *whole = true;
    return count;
}

/* Can one of the two begin as the other one does, to its end? */
static bool
overlap(const struct regex_tree *a, const struct regex_tree *b)
{
    struct charset left[POSITIONS], right[POSITIONS];
    bool left_whole, right_whole;
    const size_t m = flatten(a, left, &left_whole);
    const size_t n = flatten(b, right, &right_whole);
    const size_t least = m < n ? m : n;

    for (size_t i = 0; i < least; i++) {
        if (!charset_meet(&left[i], &right[i])) {
            return false;
        }
    }
    if (least > 0) {
        return true;
    }
    const struct charset x = first_of(a), y = first_of(b);
    return charset_meet(&x, &y);
}

/* Of a list of alternatives too long to compare, the first ones are. */
enum { COMPARED = 64 };

static bool
alternatives_overlap(const struct regex_tree *body)
{
    size_t i = 0;

    if (body->kind != REGEX_TREE_CHOICE) {
        return false;
    }
    for (const struct regex_tree *a = body->first; a && i < COMPARED;
         a = a->next, i++) {
        size_t k = i;
        for (const struct regex_tree *b = a->next; b && k < COMPARED;
             b = b->next, k++) {
            if (overlap(a, b)) {
                return true;
            }
        }
    }
    return false;
}

static bool
repeats_touch(const struct regex_tree *sequence)
{
    for (const struct regex_tree *a = sequence->first; a; a = a->next) {
        if (!is_long(a)) {
            continue;
        }
        const struct charset set = first_of(a->first);
        for (const struct regex_tree *b = a->next; b; b = b->next) {
            const struct charset other = first_of(b);
            if (is_long(b) && charset_meet(&set, &other)) {
                return true;
            }
            if (!can_be_of(b, &set)) {
                break; // it parts the two
            }
        }
    }
    return false;
}

static unsigned
traits_of(const struct regex_tree *node)
{
    unsigned traits = 0;

    if (is_long(node)) {
        traits |= splits(node->first) ? AUDIT_NESTED : 0;
        traits |= alternatives_overlap(node->first) ? AUDIT_ALTERNATION : 0;
    }
    if (node->kind == REGEX_TREE_SEQUENCE && repeats_touch(node)) {
        traits |= AUDIT_ADJACENT;
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        traits |= traits_of(n);
    }
    return traits;
}

/* Does some way through the pattern begin with an endless repeat? */
static bool
leads(const struct regex_tree *node)
{
    if (node->kind == REGEX_TREE_REPEAT) {
        return (node->most >= REGEX_TREE_ENDLESS && !node->possessive) ||
               leads(node->first);
    }
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        if (leads(n)) {
            return true;
        }
        if (node->kind == REGEX_TREE_SEQUENCE && n->kind != REGEX_TREE_EMPTY) {
            break;
        }
    }
    return false;
}

struct audit_pattern
audit_pattern_look(struct text source, struct arena *arena)
{
    const struct regex_tree *tree = regex_tree_parse(source, arena);
    struct audit_pattern out = {.understood = tree != NULL};

    if (tree == NULL) {
        return out;
    }
    const struct width width = width_of(tree);
    out.bounded = width.bounded;
    out.width = width.bounded ? width.chars : 0;
    out.traits = traits_of(tree) | (leads(tree) ? AUDIT_LEADING : 0u);
    return out;
}
