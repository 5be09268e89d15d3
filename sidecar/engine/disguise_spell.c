#include "sidecar/engine/disguise_spell.h"

/* Between two letters: "a///b" and "a - b", but not "a . . . b". */
enum { GAP_RUN = 3, STACK = 64 };

/* A way of reading units [from, at) that leads to a node. */
struct state {
    uint32_t node;
    uint32_t entry; /* its number + 1, once in the ending */
    uint16_t at;
    uint8_t letters, digits, signs, seldom, gaps, gap_run, repeated;
    char last; /* the letter read last, or 0 */
};

struct walk {
    const struct disguise *d;
    const struct disguise_units *units;
    size_t from;
    struct state stack[STACK];
    size_t height;
};

static void
push(struct walk *w, const struct state *state)
{
    // Full only for texts that are ambiguous at every place: cut, not failed.
    if (w->height < STACK) {
        w->stack[w->height++] = *state;
    }
}

/* The state after one more unit, read as a letter (or as `last` again). */
static inline struct state
step(struct state s, const struct disguise_unit *unit, char letter)
{
    s.at++;
    s.gap_run = 0;
    s.last = letter;
    if (unit->letter == letter) {
        s.letters++;
    } else if ((unit->flags & UNIT_DIGIT) != 0) {
        s.digits++;
    } else {
        s.signs++;
    }
    if ((unit->letters & unit_bit(letter)) == 0) {
        s.seldom++;
    }
    return s;
}

/* Ways to go on: the newest stays at hand, those before it are pushed. */
struct ways {
    struct walk *walk;
    struct state newest;
    bool any;
};

static inline void
add_way(struct ways *ways, struct state state)
{
    if (ways->any) {
        push(ways->walk, &ways->newest);
    }
    ways->newest = state;
    ways->any = true;
}

/*
 * The ways that lead on from *s, one of them in *s afterwards. False: there is
 * none. A state that goes through memory waits until it is written, so the one
 * that is looked at next does not.
 */
static bool
advance(struct walk *w, struct state *s)
{
    const struct disguise_unit *unit = &w->units->at[s->at];
    const uint32_t read = unit->letters | unit->seldom;
    struct ways ways = {.walk = w, .any = false};

    if (s->letters == 0 && s->at >= w->units->letters_end &&
        s->digits + s->gaps + s->seldom > 0) {
        return false;
    }
    if ((unit->flags & UNIT_GAP) != 0 && s->last != 0 && s->gap_run < GAP_RUN) {
        struct state next = *s;
        next.at++;
        next.gaps++;
        next.gap_run++;
        add_way(&ways, next);
    }
    if (s->last != 0 && (read & unit_bit(s->last)) != 0) {
        struct state next = step(*s, unit, s->last);
        next.repeated++;
        add_way(&ways, next);
    }
    uint32_t letters = read & w->d->nodes[s->node].mask;
    while (letters != 0) {
        const unsigned letter = (unsigned)__builtin_ctz(letters);
        struct state next = step(*s, unit, (char)('a' + letter));
        next.node = disguise_child(w->d, s->node, letter);
        add_way(&ways, next);
        letters &= letters - 1;
    }
    *s = ways.newest;
    return ways.any;
}

static struct disguise_spelling
spelling_of(const struct walk *w, const struct state *s, uint32_t entry)
{
    return (struct disguise_spelling){.entry = &w->d->entries[entry - 1],
                                      .from = w->from,
                                      .to = s->at,
                                      .letters = s->letters,
                                      .digits = s->digits,
                                      .signs = s->signs,
                                      .seldom = s->seldom,
                                      .gaps = s->gaps,
                                      .repeated = s->repeated,
                                      .ended = s->entry != 0};
}

/* Longer is better, then without an ending, then with fewer repeats. */
static bool
better(const struct disguise_spelling *a, const struct disguise_spelling *b)
{
    if (b->entry == NULL || a->to != b->to) {
        return b->entry == NULL || a->to > b->to;
    }
    if (a->ended != b->ended) {
        return b->ended;
    }
    return a->repeated < b->repeated;
}

/* A term ends here: takes it if it is better, and looks for an ending. */
static void
end_term(struct walk *w, const struct state *s, disguise_spelt *accept,
         const void *context, struct disguise_spelling *out)
{
    const uint32_t ends = w->d->nodes[s->node].entry;
    const struct disguise_spelling spelling =
        spelling_of(w, s, s->entry != 0 ? s->entry : ends);

    if (better(&spelling, out) && accept(context, &spelling)) {
        *out = spelling;
    }
    if (s->entry == 0) {
        struct state ending = *s;
        ending.entry = ends;
        ending.node = w->d->suffixes;
        push(w, &ending);
    }
}

bool
disguise_spell(const struct disguise *d, const struct disguise_units *units,
               size_t from, disguise_spelt *accept, const void *context,
               size_t *steps, struct disguise_spelling *out)
{
    struct walk w; // not the stack: most words are left at the first letters
    const size_t allowed =
        *steps < DISGUISE_SPELL_STEPS ? *steps : DISGUISE_SPELL_STEPS;
    struct state s = {.node = DISGUISE_ROOT, .at = (uint16_t)from};
    size_t taken = 0;

    w.d = d;
    w.units = units;
    w.from = from;
    w.height = 0;
    *out = (struct disguise_spelling){.entry = NULL};
    while (taken < allowed) {
        taken++;
        if (d->nodes[s.node].entry != 0 && s.gap_run == 0) {
            end_term(&w, &s, accept, context, out);
        }
        if (s.at < units->count && advance(&w, &s)) {
            continue;
        }
        if (w.height == 0) {
            break;
        }
        s = w.stack[--w.height];
    }
    *steps -= taken;
    return out->entry != NULL;
}
