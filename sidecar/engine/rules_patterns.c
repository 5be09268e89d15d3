#include "sidecar/engine/rules_pass.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/quote.h"

/*
 * A pattern without bounds takes time with the square of the text: this many
 * starts of a match between two looks at the clock are some 100 ms at worst
 * (64 KiB), and one look for a usual reply.
 */
enum { STARTS_AT_ONCE = 1024 };

/*
 * Looking whether a hit is quoted walks its line; beyond this many hits of one
 * rule in one text they all count, so that a hostile text costs no more.
 */
enum { MENTIONS_CHECKED = 64 };

/* The offset itself, or the next one where a character begins. */
static size_t
char_boundary(struct text text, size_t offset)
{
    while (offset < text.len && utf8_inside((unsigned char)text.at[offset])) {
        offset++;
    }
    return offset;
}

/* ------------------------------------------------------------------- gates */

void
rules_gates_close(struct pass *p)
{
    struct rules_scratch *scratch = p->scratch;

    for (size_t i = 0; i < scratch->touched_count; i++) {
        scratch->gates[scratch->touched[i]] = (struct gate_state){.seen = 0};
    }
    scratch->touched_count = 0;
    p->gates_open = p->rules->gates_open;
    p->char_bytes = 0;
}

/* 1: the text is ASCII; else 4. */
static int
most_char_bytes(struct text text)
{
    size_t i = 0;

    for (uint64_t eight; text.len - i >= sizeof(eight); i += sizeof(eight)) {
        memcpy(&eight, text.at + i, sizeof(eight));
        if ((eight & UINT64_C(0x8080808080808080)) != 0) {
            return 4;
        }
    }
    for (; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80) {
            return 4;
        }
    }
    return 1;
}

/* Where a match can begin that has the string at `at`. */
static struct span
window_of(struct pass *p, const struct gate_use *use, size_t at)
{
    const struct text text = p->views[p->seen]->text;
    struct span window = {0, at - use->least + 1};

    if (p->char_bytes == 0) {
        p->char_bytes = most_char_bytes(text);
    }
    const size_t before = (size_t)use->most * (size_t)p->char_bytes;
    if (use->most < NEEDS_ANYWHERE && before < at) {
        window.from = char_boundary(text, at - before);
    }
    return window;
}

/*
 * Windows lie in order and apart. One that touches the last one widens it, as
 * does one too many: a pattern may run where it need not, never the reverse.
 */
static void
add_window(struct gate_state *state, struct span window)
{
    while (state->count > 0) {
        const struct span *last = &state->windows[state->count - 1];
        if (window.from > last->to && state->count < GATE_WINDOWS) {
            break;
        }
        window.from = window.from < last->from ? window.from : last->from;
        window.to = window.to > last->to ? window.to : last->to;
        state->count--;
    }
    state->windows[state->count++] = window;
}

static bool
gate_seen(struct pass *p, const struct gate_use *use, size_t at)
{
    struct gate_state *state = &p->scratch->gates[use->pattern];

    if (state->seen == 0) {
        p->scratch->touched[p->scratch->touched_count++] = use->pattern;
    }
    state->seen |= use->bit;
    if (!use->anchor || at < use->least) {
        return true;
    }
    if (state->windows == NULL) {
        state->windows = ARENA_ARRAY(p->out->arena, struct span, GATE_WINDOWS);
        if (state->windows == NULL) {
            return false;
        }
    }
    add_window(state, window_of(p, use, at));
    return true;
}

bool
rules_gate_found(struct pass *p, const struct term *term, struct span span)
{
    const struct gate_use *use = &p->rules->gate_uses[term->rule];

    for (;; use++) {
        if (!gate_seen(p, use, span.from)) {
            return false;
        }
        if (use->last) {
            return true;
        }
    }
}

/* Eight bytes that are letters of ASCII or spaces: no gate asks for these. */
static bool
says_nothing(uint64_t eight)
{
    static const uint64_t each = 0x0101010101010101u;
    const uint64_t low = (eight | each * 0x20) & each * 0x7f;
    const uint64_t letters =
        (low + each * (0x80 - 'a')) & ~(low + each * (0x7f - 'z'));
    const uint64_t others = eight ^ each * ' ';
    // The top bit is set where a byte is not 0.
    const uint64_t other = ((others & each * 0x7f) + each * 0x7f) | others;

    return (((letters & ~eight) | ~other) & each * 0x80) == each * 0x80;
}

/* What the text has but for letters and spaces; beyond ASCII: some, or none. */
static struct charset
characters_of(struct text text)
{
    struct charset set = {.beyond = 0};
    uint64_t eight;
    size_t i = 0;

    while (i < text.len) {
        if (text.len - i >= sizeof(eight)) {
            memcpy(&eight, text.at + i, sizeof(eight));
            if (says_nothing(eight)) {
                i += sizeof(eight);
                continue;
            }
        }
        const size_t end =
            text.len - i > sizeof(eight) ? i + sizeof(eight) : text.len;
        for (; i < end; i++) {
            const unsigned char c = (unsigned char)text.at[i];
            set.ascii[c / 64 & 1] |= c < 128 ? UINT64_C(1) << c % 64 : 0;
            set.beyond |= c < 128 ? 0u : CHARSET_BEYOND_ALL;
        }
    }
    return set;
}

static bool
has_classes(const struct gate *gate, const struct charset *has)
{
    for (size_t i = 0; i < gate->class_count; i++) {
        if (!charset_meet(&gate->classes[i], has)) {
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------- running */

static bool
scan_window(struct pass *p, size_t rule, const struct pattern *pattern,
            struct span window, size_t *next)
{
    const struct text text = p->views[p->seen]->text;
    const struct hit hit = rules_hit(p, rule);
    struct span starts = {window.from > *next ? window.from : *next, 0};

    while (starts.from < window.to) {
        struct span found = {0, 0};
        struct err why;
        starts.to = char_boundary(text, starts.from + STARTS_AT_ONCE);
        starts.to = starts.to < window.to ? starts.to : window.to;
        switch (pattern_find(pattern, p->scratch->patterns, text, starts,
                             &found, &why)) {
        case PATTERN_NONE:
            starts.from = starts.to;
            break;
        case PATTERN_FAILED:
            rules_add_failure(p, rule);
            *next = SIZE_MAX;
            return true;
        case PATTERN_FOUND:
            if (found.to > found.from && !rules_add(p, &hit, found, 0)) {
                return false;
            }
            // What lies behind \K may end before the place looked at.
            starts.from = found.to > starts.from
                              ? found.to
                              : char_boundary(text, starts.from + 1);
            break;
        }
        if (starts.from < window.to && !rules_in_time(p)) {
            return false;
        }
    }
    *next = starts.from;
    return true;
}

/* The pattern where it can match; without windows that is everywhere. */
static bool
run_pattern(struct pass *p, size_t number, const struct span *windows,
            size_t count)
{
    const struct gate *gate = &p->rules->gates[number];
    const struct rule *rule = &p->rules->rules[gate->rule];
    const struct pattern *pattern =
        rule->patterns[number - rule->first_pattern];
    const struct span whole = {0, p->views[p->seen]->text.len + 1};
    size_t next = 0; // where the last match ended

    if (!p->runs[gate->rule] || (rule->views & rules_view_bit(p->seen)) == 0) {
        return true;
    }
    if (!rules_in_time(p)) {
        return false;
    }
    if (windows == NULL) {
        return scan_window(p, gate->rule, pattern, whole, &next);
    }
    for (size_t i = 0; i < count; i++) {
        if (!scan_window(p, gate->rule, pattern, windows[i], &next)) {
            return false;
        }
    }
    return true;
}

static bool
run_all(struct pass *p)
{
    for (size_t i = 0; i < p->rules->pattern_count; i++) {
        if (!run_pattern(p, i, NULL, 0)) {
            return false;
        }
    }
    return true;
}

/* Those that no string rules out, unless the text lacks characters. */
static bool
run_ungated(struct pass *p, const struct charset *has)
{
    const struct rules *rules = p->rules;

    for (size_t i = 0; i < rules->ungated_count; i++) {
        const uint32_t number = rules->ungated[i];
        if (has_classes(&rules->gates[number], has) &&
            !run_pattern(p, number, NULL, 0)) {
            return false;
        }
    }
    return true;
}

bool
rules_patterns(struct pass *p)
{
    const struct rules_scratch *scratch = p->scratch;

    if (p->gates_open) {
        return run_all(p);
    }
    if (p->rules->ungated_count == 0 && scratch->touched_count == 0) {
        return true;
    }
    const struct charset has = characters_of(p->views[p->seen]->text);
    if (!run_ungated(p, &has)) {
        return false;
    }
    for (size_t i = 0; i < scratch->touched_count; i++) {
        const uint32_t number = scratch->touched[i];
        const struct gate *gate = &p->rules->gates[number];
        const struct gate_state *state = &scratch->gates[number];
        if (state->seen == gate->needed && has_classes(gate, &has) &&
            !run_pattern(p, number, state->windows, state->count)) {
            return false;
        }
    }
    return true;
}

void
rules_drop_mentions(struct pass *p, size_t index)
{
    const int skip = p->rules->rules[index].config->skip;
    struct hits *out = p->out;
    size_t kept = 0, checked = 0;

    for (size_t i = 0; i < out->count; i++) {
        const struct hit *h = &out->at[i];
        const struct text text = p->views[h->seen]->text;
        if (h->rule == index && checked++ < MENTIONS_CHECKED &&
            (((skip & CONFIG_SKIP_QUOTED) != 0 &&
              quote_is_mention(text, h->view)) ||
             ((skip & CONFIG_SKIP_CODE) != 0 &&
              quote_is_code(text, h->view)))) {
            continue;
        }
        out->at[kept++] = *h;
    }
    out->count = kept;
}
