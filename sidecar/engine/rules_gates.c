#include <stdlib.h>

#include "sidecar/engine/needs.h"
#include "sidecar/engine/rules_set.h"

/*
 * A further set pays where the first one's strings may stand in an ordinary
 * reply, and its own seldom do: every string that is found costs a call.
 */
enum {
    SURE_BYTES = 6,
    RARE_BYTES = 3,
    FIRST_USES = 1024,
    PATTERN_ARENA_BYTES = 16 << 20 /* for looking at one pattern */
};

/* One string of one pattern, before those that are equal are put together. */
struct wanted {
    struct text text;
    bool raw; /* looked for in the text as it was sent */
    struct gate_use use;
};

struct gate_builder {
    struct arena *arena; /* of the pattern being looked at */
    struct wanted *at;
    size_t count, cap;
    bool raw; /* some pattern looks at the text as it was sent */
};

static bool
want(struct gate_builder *b, const struct wanted *wanted)
{
    if (b->count == b->cap) {
        const size_t cap = b->cap > 0 ? b->cap * 2 : FIRST_USES;
        struct wanted *at = realloc(b->at, cap * sizeof(*at));
        if (at == NULL) {
            return false;
        }
        b->at = at;
        b->cap = cap;
    }
    b->at[b->count++] = *wanted;
    return true;
}

static bool
want_set(struct compiler *c, const struct needs_set *set, bool raw,
         const struct gate_use *use)
{
    struct gate_builder *b = c->gates;
    struct wanted wanted = {.raw = raw, .use = *use};

    b->raw = b->raw || raw;
    for (size_t i = 0; i < set->count; i++) {
        wanted.text = arena_copy(c->rules->arena, set->at[i].text);
        if (wanted.text.at == NULL) {
            return false;
        }
        wanted.use.least = set->at[i].least;
        wanted.use.most = set->at[i].most;
        if (!want(b, &wanted)) {
            return false;
        }
    }
    return true;
}

static bool
is_worth(const struct needs *needs, size_t set)
{
    return set == 0 || (needs->sets[0].telling < SURE_BYTES &&
                        needs->sets[set].telling >= RARE_BYTES);
}

void
rules_compile_gate(struct compiler *c, struct text source, size_t number)
{
    const int views = c->rules->rules[c->rule].views;
    struct gate *gate = &c->rules->gates[number];
    struct gate_use use = {.pattern = (uint32_t)number};
    struct needs needs;
    bool fine = true;

    gate->rule = c->rule;
    arena_reset(c->gates->arena);
    if (!needs_find(source, c->gates->arena, &needs)) {
        return;
    }
    gate->class_count = (uint8_t)needs.class_count;
    memcpy(gate->classes, needs.classes, sizeof(gate->classes));
    for (size_t i = 0; i < needs.set_count && fine; i++) {
        if (!is_worth(&needs, i)) {
            continue;
        }
        use.anchor = i == 0;
        use.bit = (uint8_t)(1u << i);
        gate->needed |= use.bit;
        fine = ((views & CONFIG_VIEW_RAW) == 0 ||
                want_set(c, &needs.sets[i], true, &use)) &&
               ((views & ~CONFIG_VIEW_RAW) == 0 ||
                want_set(c, &needs.sets[i], false, &use));
    }
    if (!fine) {
        rules_problem(c, "patterns", "out of memory");
    }
}

/* ---------------------------------------------------------------- literals */

static int
by_text(const void *left, const void *right)
{
    const struct wanted *a = left, *b = right;
    const size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int order = memcmp(a->text.at, b->text.at, len);

    if (a->raw != b->raw) {
        return a->raw ? 1 : -1;
    }
    if (order != 0 || a->text.len != b->text.len) {
        return order != 0 ? order : a->text.len > b->text.len ? 1 : -1;
    }
    return (a->use.pattern > b->use.pattern) -
           (a->use.pattern < b->use.pattern);
}

/* Raw text has capitals. False: no memory. */
static bool
add_literal(struct rules *rules, struct text text, bool raw, unsigned flag,
            size_t first_use)
{
    struct term_set *set = raw ? &rules->raw : &rules->fold;

    if (!rules_term_room(set)) {
        return false;
    }
    set->terms[set->count] = (struct term){
        .rule = (uint32_t)first_use, .len = (uint32_t)text.len, .flags = flag};
    set->texts[set->count] = (struct literal){
        .text = text, .id = (uint32_t)set->count, .caseless = raw};
    set->count++;
    return true;
}

/*
 * Two characters beyond ASCII are letters of ASCII to a pattern without case:
 * the long s and the Kelvin sign. They are rare enough to open every gate;
 * folded text has neither.
 */
static bool
add_openers(struct rules *rules)
{
    return add_literal(rules, TEXT("\xc5\xbf"), true, TERM_OPEN, 0) &&
           add_literal(rules, TEXT("\xe2\x84\xaa"), true, TERM_OPEN, 0);
}

static bool
add_all(struct rules *rules, struct gate_builder *b)
{
    rules->gate_uses = ARENA_ARRAY(rules->arena, struct gate_use, b->count);
    if (rules->gate_uses == NULL || (b->raw && !add_openers(rules))) {
        return false;
    }
    if (b->count > 1) {
        qsort(b->at, b->count, sizeof(*b->at), by_text);
    }
    for (size_t i = 0; i < b->count; i++) {
        const struct wanted *w = &b->at[i];
        const struct wanted *before = i > 0 ? &b->at[i - 1] : NULL;
        rules->gate_uses[i] = w->use;
        if (before != NULL && before->raw == w->raw &&
            text_equal(before->text, w->text)) {
            continue;
        }
        if (i > 0) {
            rules->gate_uses[i - 1].last = true;
        }
        if (!add_literal(rules, w->text, w->raw, TERM_GATE, i)) {
            return false;
        }
    }
    if (b->count > 0) {
        rules->gate_uses[b->count - 1].last = true;
    }
    return true;
}

struct gate_builder *
rules_gates_new(void)
{
    struct gate_builder *b = calloc(1, sizeof(*b));

    if (b != NULL) {
        b->arena = arena_new(PATTERN_ARENA_BYTES);
    }
    if (b != NULL && b->arena == NULL) {
        rules_gates_free(b);
        b = NULL;
    }
    return b;
}

void
rules_gates_free(struct gate_builder *b)
{
    if (b != NULL) {
        arena_free(b->arena);
        free(b->at);
        free(b);
    }
}

static bool
list_ungated(struct rules *rules)
{
    rules->ungated = ARENA_ARRAY(rules->arena, uint32_t, rules->pattern_count);
    for (size_t i = 0; rules->ungated != NULL && i < rules->pattern_count;
         i++) {
        if (rules->gates[i].needed == 0) {
            rules->ungated[rules->ungated_count++] = (uint32_t)i;
        }
    }
    return rules->ungated != NULL;
}

bool
rules_gates_end(struct rules *rules, struct gate_builder *b)
{
    const bool fine = list_ungated(rules) && add_all(rules, b);

    rules_gates_free(b);
    return fine;
}
