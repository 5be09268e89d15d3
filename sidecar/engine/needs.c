#include "sidecar/engine/needs.h"

#include <stdlib.h>

#include "sidecar/base/ascii.h"
#include "sidecar/engine/needs_rank.h"
#include "sidecar/engine/regex_tree.h"

/*
 * A walk over the pattern's tree. Each part yields, where it can, the complete
 * list of strings that it matches ("exact"), and sets of which its match must
 * hold one each ("sets").
 */
enum {
    EXACT_STRINGS = 64,
    CLASS_LETTERS = 4, /* "[sz]" is two strings, "[a-z]" none */
    REPEAT = 4,
    DEPTH = 64 /* of the tree: more than rules are written with */
};

/* How many characters: from least to most, which stops at NEEDS_ANYWHERE. */
struct extent {
    size_t least, most;
};

struct part {
    struct extent extent;
    bool exact;
    struct needs_set strings; /* exact: all of them, at 0 */
    struct needs_set sets[NEEDS_SETS];
    size_t set_count;
    struct charset classes[NEEDS_CLASSES];
    size_t class_count;
};

struct finder {
    struct arena *arena;
    int depth;
    bool gave_up; /* a construct that says nothing, or no memory */
};

static const struct needs_string no_string = {.text = {"", 0}};
static const struct part no_width = {.exact = true,
                                     .strings = {.at = &no_string, .count = 1}};

/* ----------------------------------------------------------------- extents */

static size_t
most_of(size_t chars)
{
    return chars < NEEDS_ANYWHERE ? chars : NEEDS_ANYWHERE;
}

static struct extent
behind(struct extent a, struct extent b)
{
    return (struct extent){most_of(a.least + b.least),
                           most_of(a.most + b.most)};
}

static struct extent
repeated_extent(struct extent one, long least, long most)
{
    struct extent all = {0, 0};

    for (long i = 0; i < least && i < NEEDS_ANYWHERE; i++) {
        all.least = most_of(all.least + one.least);
    }
    for (long i = 0; i < most && i < NEEDS_ANYWHERE; i++) {
        all.most = most_of(all.most + one.most);
    }
    return all;
}

/* ------------------------------------------------------------ sets of texts */

static struct needs_string *
new_strings(struct finder *f, size_t count)
{
    struct needs_string *at = ARENA_ARRAY(f->arena, struct needs_string, count);

    f->gave_up = f->gave_up || at == NULL;
    return at;
}

static int
by_text(const void *left, const void *right)
{
    const struct needs_string *a = left, *b = right;
    const size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int order = len > 0 ? memcmp(a->text.at, b->text.at, len) : 0;

    return order != 0
               ? order
               : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

/*
 * Cuts what is too long, and drops what begins with another one: where it is,
 * the other is too, at the same place. In place.
 */
static size_t
reduce(struct needs_string *at, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct text *text = &at[i].text;
        text->len = text->len < NEEDS_BYTES ? text->len : NEEDS_BYTES;
    }
    qsort(at, count, sizeof(*at), by_text);
    for (size_t i = 0; i < count; i++) {
        struct needs_string *last = kept > 0 ? &at[kept - 1] : NULL;
        if (last == NULL || !text_starts(at[i].text, last->text)) {
            at[kept++] = at[i];
            continue;
        }
        last->least = at[i].least < last->least ? at[i].least : last->least;
        last->most = at[i].most > last->most ? at[i].most : last->most;
    }
    return kept;
}

/* Keeps the set, which begins `before` behind the part, if it is of use. */
static void
offer(struct finder *f, struct part *part, const struct needs_set *set,
      struct extent before)
{
    if (set->count > NEEDS_STRINGS || !needs_rank_telling(set)) {
        return;
    }
    struct needs_string *at = new_strings(f, set->count);
    if (at == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        at[i] = set->at[i];
        at[i].least = (uint16_t)most_of(at[i].least + before.least);
        at[i].most = (uint16_t)most_of(at[i].most + before.most);
    }
    struct needs_set moved = {.at = at, .count = reduce(at, set->count)};
    needs_rank_set(&moved);
    for (size_t i = 0; i < NEEDS_SETS; i++) {
        if (i == part->set_count) {
            part->sets[part->set_count++] = moved;
            return;
        }
        if (needs_rank_better(&moved, &part->sets[i])) {
            const struct needs_set worse = part->sets[i];
            part->sets[i] = moved;
            moved = worse;
        }
    }
}

static bool
fits(const struct needs_set *a, const struct needs_set *b)
{
    size_t longest = 0;

    for (size_t i = 0; i < a->count; i++) {
        const size_t len = a->at[i].text.len;
        longest = len > longest ? len : longest;
    }
    return a->count * b->count <= EXACT_STRINGS && longest < NEEDS_BYTES;
}

static size_t
bytes_of(const struct needs_set *set)
{
    size_t bytes = 0;

    for (size_t i = 0; i < set->count; i++) {
        bytes += set->at[i].text.len;
    }
    return bytes;
}

/* Nothing but the empty string? */
static bool
is_empty(const struct needs_set *set)
{
    return set->count == 1 && set->at[0].text.len == 0;
}

/* Every string of a followed by every string of b. */
static struct needs_set
product(struct finder *f, const struct needs_set *a, const struct needs_set *b)
{
    if (is_empty(a) || is_empty(b)) {
        return is_empty(a) ? *b : *a;
    }
    const size_t bytes = bytes_of(a) * b->count + bytes_of(b) * a->count;
    struct needs_string *at = new_strings(f, a->count * b->count);
    char *joined = arena_take(f->arena, bytes);
    size_t count = 0;

    if (at == NULL || joined == NULL) {
        f->gave_up = true;
        return no_width.strings;
    }
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            const struct text x = a->at[i].text, y = b->at[k].text;
            memcpy(joined, x.at, x.len);
            memcpy(joined + x.len, y.at, y.len);
            at[count++].text = (struct text){joined, x.len + y.len};
            joined += x.len + y.len;
        }
    }
    return (struct needs_set){.at = at, .count = count};
}

/* The strings of both. */
static struct needs_set
both(struct finder *f, const struct needs_set *a, const struct needs_set *b)
{
    struct needs_string *at = new_strings(f, a->count + b->count);

    if (at == NULL) {
        return no_width.strings;
    }
    for (size_t i = 0; i < a->count; i++) {
        at[i] = a->at[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        at[a->count + i] = b->at[i];
    }
    return (struct needs_set){.at = at, .count = a->count + b->count};
}

/* ------------------------------------------------------- sets of characters */

/* Bits of struct charset: a to z; and what else is everywhere in prose. */
static const uint64_t letter_bits = UINT64_C(0x3ffffff) << ('a' - 64);
static const uint64_t everyday_bits = UINT64_C(1) << '\n' | UINT64_C(1) << ' ' |
                                      UINT64_C(1) << '\'' | UINT64_C(1) << ',' |
                                      UINT64_C(1) << '.';

static bool
is_rare(const struct charset *set)
{
    return (set->ascii[0] & everyday_bits) == 0 &&
           (set->ascii[1] & letter_bits) == 0;
}

static bool
same_class(const struct charset *a, const struct charset *b)
{
    return a->ascii[0] == b->ascii[0] && a->ascii[1] == b->ascii[1] &&
           a->beyond == b->beyond;
}

static void
offer_class(struct part *part, const struct charset *set)
{
    bool known = false;

    for (size_t i = 0; i < part->class_count; i++) {
        known = known || same_class(&part->classes[i], set);
    }
    if (!known && is_rare(set) && part->class_count < NEEDS_CLASSES) {
        part->classes[part->class_count++] = *set;
    }
}

/* ------------------------------------------------------------------- parts */

/* The characters of a small set, each a string. */
static void
name_letters(struct finder *f, const struct charset *set, struct part *part)
{
    const int held = __builtin_popcountll(set->ascii[0]) +
                     __builtin_popcountll(set->ascii[1]);
    char letters[CLASS_LETTERS];
    size_t count = 0;

    if (held > 2 * CLASS_LETTERS) {
        return; // more than so many letters in both cases
    }
    // Capitals whose small letters are there too are the same string.
    const uint64_t small = set->ascii[1] >> 32 & letter_bits >> 32;
    const uint64_t halves[] = {set->ascii[0], set->ascii[1] & ~small};
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t left = halves[i]; left != 0; left &= left - 1) {
            const char c = (char)(64 * i + (size_t)__builtin_ctzll(left));
            if (count == CLASS_LETTERS) {
                return;
            }
            letters[count++] = ascii_lower(c);
        }
    }
    char *kept = arena_take(f->arena, CLASS_LETTERS);
    struct needs_string *at = new_strings(f, count);
    if (kept == NULL || at == NULL) {
        f->gave_up = true;
        return;
    }
    memcpy(kept, letters, sizeof(letters));
    for (size_t i = 0; i < count; i++) {
        at[i].text = (struct text){kept + i, 1};
    }
    part->exact = count > 0;
    part->strings = (struct needs_set){.at = at, .count = count};
}

static struct part
one_char(struct finder *f, const struct charset *set)
{
    struct part part = {.extent = {1, 1}};

    offer_class(&part, set);
    if (set->beyond == 0) {
        name_letters(f, set, &part);
    }
    return part;
}

static struct part look(struct finder *f, const struct regex_tree *node);

/* What it matches as a set, which says more than the sets inside it. */
static void
offer_strings(struct finder *f, struct part *part)
{
    part->set_count = 0;
    offer(f, part, &part->strings, (struct extent){0, 0});
}

/* The part once or not at all, where that can be said in strings. */
static void
make_optional(struct finder *f, struct part *part)
{
    part->exact = part->exact && part->strings.count < EXACT_STRINGS;
    if (part->exact) {
        part->strings = both(f, &part->strings, &no_width.strings);
    }
    part->set_count = part->class_count = 0;
}

static struct part
repeated(struct finder *f, const struct regex_tree *node)
{
    struct part one = look(f, node->first);
    const struct extent extent =
        repeated_extent(one.extent, node->least, node->most);
    struct part all = one;

    if (node->least == 0) {
        all.exact = all.exact && node->most == 1;
        make_optional(f, &all);
    } else if (node->least != node->most || node->least > REPEAT) {
        if (all.exact) { // it comes at least once
            offer_strings(f, &all);
        }
        all.exact = false;
    }
    for (long i = 1; all.exact && node->least == node->most && i < node->least;
         i++) {
        all.exact = fits(&all.strings, &one.strings);
        if (!all.exact) {
            offer_strings(f, &all);
            break;
        }
        all.strings = product(f, &all.strings, &one.strings);
    }
    all.extent = extent;
    return all;
}

/* Parts one after another: what touches and is complete grows together. */
struct run {
    struct needs_set strings;
    struct extent before; /* it */
};

static void
end_run(struct finder *f, struct part *all, struct run *run)
{
    offer(f, all, &run->strings, run->before);
    *run = (struct run){no_width.strings, all->extent};
}

static struct part
sequence(struct finder *f, const struct regex_tree *node)
{
    struct part all = no_width;
    struct run run = {no_width.strings, {0, 0}};

    for (const struct regex_tree *n = node->first; n && !f->gave_up;
         n = n->next) {
        const struct part part = look(f, n);
        const bool grows = part.exact && fits(&run.strings, &part.strings);
        if (!grows) {
            all.exact = false;
            end_run(f, &all, &run);
        }
        // Those of an exact part are in what grows.
        for (size_t i = 0; !part.exact && i < part.set_count; i++) {
            offer(f, &all, &part.sets[i], all.extent);
        }
        for (size_t i = 0; i < part.class_count; i++) {
            offer_class(&all, &part.classes[i]);
        }
        if (part.exact) {
            run.strings = product(f, &run.strings, &part.strings);
        }
        all.extent = behind(all.extent, part.extent);
        if (!part.exact) {
            run.before = all.extent;
        }
    }
    if (all.exact) {
        all.strings = run.strings;
    } else {
        end_run(f, &all, &run);
    }
    return all;
}

/* What an alternative needs: of an exact one, its strings. */
static const struct needs_set *
set_of(const struct part *part, size_t i)
{
    return part->exact ? &part->strings : &part->sets[i];
}

/* Some set of each of the parts, as one. */
static struct needs_set
gather(struct finder *f, const struct part *parts, size_t count, size_t which)
{
    struct needs_set all = {.count = 0};

    for (size_t i = 0; i < count; i++) {
        all.count += set_of(&parts[i], which)->count;
    }
    struct needs_string *at = new_strings(f, all.count);
    size_t n = 0;
    for (size_t i = 0; at != NULL && i < count; i++) {
        const struct needs_set *set = set_of(&parts[i], which);
        for (size_t k = 0; k < set->count; k++) {
            at[n++] = set->at[k];
        }
    }
    all.at = at;
    return at != NULL ? all : no_width.strings;
}

static void
gather_class(struct part *all, const struct part *parts, size_t count,
             size_t which)
{
    struct charset set = {.beyond = 0};

    for (size_t i = 0; i < count; i++) {
        set.ascii[0] |= parts[i].classes[which].ascii[0];
        set.ascii[1] |= parts[i].classes[which].ascii[1];
        set.beyond |= parts[i].classes[which].beyond;
    }
    offer_class(all, &set);
}

/* Any of the parts: what all of them need is what each one needs. */
static struct part
any_of(struct finder *f, const struct part *parts, size_t count)
{
    struct part all = {.exact = true, .extent = parts[0].extent};
    size_t strings = 0, sets = NEEDS_SETS, classes = NEEDS_CLASSES;

    for (size_t i = 0; i < count; i++) {
        const struct part *p = &parts[i];
        const size_t own = p->exact ? 1 : p->set_count;
        struct extent *e = &all.extent;
        all.exact = all.exact && p->exact;
        strings += p->strings.count;
        sets = own < sets ? own : sets;
        classes = p->class_count < classes ? p->class_count : classes;
        e->least = p->extent.least < e->least ? p->extent.least : e->least;
        e->most = p->extent.most > e->most ? p->extent.most : e->most;
    }
    all.exact = all.exact && strings <= NEEDS_STRINGS;
    if (all.exact) {
        all.strings = gather(f, parts, count, 0);
    }
    for (size_t i = 0; !all.exact && i < sets; i++) {
        const struct needs_set set = gather(f, parts, count, i);
        offer(f, &all, &set, (struct extent){0, 0});
    }
    for (size_t i = 0; i < classes; i++) {
        gather_class(&all, parts, count, i);
    }
    return all;
}

static struct part
choice(struct finder *f, const struct regex_tree *node)
{
    size_t count = 0;

    for (const struct regex_tree *n = node->first; n; n = n->next) {
        count++;
    }
    if (count == 1) {
        return look(f, node->first);
    }
    struct part *parts = ARENA_ARRAY(f->arena, struct part, count);
    if (parts == NULL) {
        f->gave_up = true;
        return no_width;
    }
    count = 0;
    for (const struct regex_tree *n = node->first; n; n = n->next) {
        parts[count++] = look(f, n);
    }
    return f->gave_up ? no_width : any_of(f, parts, count);
}

static struct part
look(struct finder *f, const struct regex_tree *node)
{
    struct part part = no_width;

    if (f->gave_up || ++f->depth > DEPTH) {
        f->gave_up = true;
        return part;
    }
    switch (node->kind) {
    case REGEX_TREE_EMPTY:
    case REGEX_TREE_AHEAD:
        break; // no width: what stands around it touches
    case REGEX_TREE_SET:
        part = one_char(f, &node->set);
        break;
    case REGEX_TREE_ANYTHING:
        part = (struct part){.extent = {0, NEEDS_ANYWHERE}};
        break;
    case REGEX_TREE_SEQUENCE:
        part = sequence(f, node);
        break;
    case REGEX_TREE_CHOICE:
        part = choice(f, node);
        break;
    case REGEX_TREE_REPEAT:
        part = repeated(f, node);
        break;
    }
    f->depth--;
    return part;
}

bool
needs_find(struct text pattern, struct arena *arena, struct needs *out)
{
    const struct regex_tree *tree = regex_tree_parse(pattern, arena);
    struct finder f = {.arena = arena};

    *out = (struct needs){.set_count = 0};
    if (tree == NULL || tree->placed) {
        return false;
    }
    struct part all = look(&f, tree);
    if (all.exact) {
        offer_strings(&f, &all);
    }
    if (f.gave_up) {
        return false;
    }
    for (size_t i = 0; i < all.set_count; i++) {
        out->sets[out->set_count++] = all.sets[i];
    }
    for (size_t i = 0; i < all.class_count; i++) {
        out->classes[out->class_count++] = all.classes[i];
    }
    return out->set_count > 0 || out->class_count > 0;
}
