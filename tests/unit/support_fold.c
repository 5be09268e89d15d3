#include "tests/unit/support_fold.h"

#include <check.h>
#include <stdio.h>
#include <utf8proc.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_set.h"

enum { ROOM = 1 << 28, LONGEST = 4096, REGION_A = 0x1f1e6 };

// --- the slow reference ----------------------------------------------------
//
// The same view by whole passes over an array, with utf8proc's own
// decomposition and composition. It shares with the engine the lists of
// characters (fold_set.h), and no code.

struct element {
    uint32_t c;
    size_t raw; /* index of the raw character */
    char look;  /* 0: none */
    int script; /* of the look */
    bool alone; /* the look folds in a word of nothing else */
    bool ignored;
    bool flag; /* a regional indicator that stays */
};

struct slow {
    uint32_t raw[LONGEST];
    size_t raws;
    struct element at[LONGEST * 18];
    size_t count;
};

static struct slow slow; /* each test is a process of its own */

static bool
slow_mark(uint32_t c)
{
    const int category = (int)utf8proc_category((utf8proc_int32_t)c);

    return category == UTF8PROC_CATEGORY_MN ||
           category == UTF8PROC_CATEGORY_ME ||
           utf8proc_get_property((utf8proc_int32_t)c)->combining_class != 0;
}

static bool
slow_letter(const struct element *e)
{
    const int category = (int)utf8proc_category((utf8proc_int32_t)e->c);

    return !slow_mark(e->c) &&
           (e->look != 0 || (category >= UTF8PROC_CATEGORY_LU &&
                             category <= UTF8PROC_CATEGORY_LO));
}

/* Vowels and finals of Hangul belong to the letter before them. */
static bool
slow_counts(const struct element *e)
{
    return slow_letter(e) && !(e->c >= 0x1161 && e->c <= 0x1175) &&
           !(e->c >= 0x11a8 && e->c <= 0x11c2);
}

static bool
slow_bare(uint32_t c)
{
    return fold_set_latin(c) || (c >= '0' && c <= '9') || c == '@' || c == '$';
}

static uint32_t
slow_own(uint32_t c)
{
    const struct fold_table_row *const row = fold_set_row(c);

    return row != NULL && row->kind == FOLD_ALWAYS ? (unsigned char)row->letter
                                                   : fold_set_typed(c);
}

static size_t
slow_decompose(uint32_t c, utf8proc_int32_t out[18])
{
    int last = 0;

    if (slow_own(c) != c) {
        out[0] = (utf8proc_int32_t)slow_own(c);
        return 1;
    }
    const utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)c, out, 18,
        UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &last);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        out[i] = (utf8proc_int32_t)slow_own((uint32_t)out[i]);
    }
    return (size_t)n;
}

static void
slow_look(struct element *e, uint32_t raw)
{
    const struct fold_table_row *row = fold_set_row(raw);

    if (row == NULL) {
        row = fold_set_row(e->c);
    }
    if (row != NULL && row->kind != FOLD_ALWAYS && !fold_set_latin(e->c)) {
        e->look = row->letter;
        e->script = (int)fold_set_script(e->c);
        e->alone = row->kind == FOLD_ALONE;
    }
}

static void
slow_add(uint32_t c, size_t index)
{
    utf8proc_int32_t parts[18];
    const size_t n = slow_decompose(c, parts);
    bool cluster = true;

    for (size_t i = 1; i < n; i++) {
        cluster = cluster && slow_mark((uint32_t)parts[i]);
    }
    for (size_t i = 0; i < n; i++) {
        struct element *const e = &slow.at[slow.count++];
        *e = (struct element){.c = (uint32_t)parts[i], .raw = index};
        slow_look(e, i == 0 && cluster ? c : e->c);
    }
}

/* Returns how many raw characters it took. */
static size_t
slow_regions(size_t index)
{
    size_t n = 0;
    bool flags = true;

    while (n < 64 && index + n < slow.raws &&
           slow.raw[index + n] - REGION_A < 26) {
        n++;
    }
    for (size_t i = 0; i + 1 < n; i += 2) {
        const uint32_t a = slow.raw[index + i] - REGION_A;
        const uint32_t b = slow.raw[index + i + 1] - REGION_A;
        flags = flags && (fold_table_flags[a] >> b & 1) != 0;
    }
    flags = flags && n % 2 == 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t c = slow.raw[index + i];
        slow.at[slow.count++] = (struct element){
            .c = flags ? c : 'a' + (c - REGION_A), .raw = index, .flag = flags};
    }
    return n;
}

static void
slow_elements(struct text raw)
{
    size_t len;

    slow.raws = 0;
    slow.count = 0;
    for (size_t at = 0; at < raw.len; at += len) {
        ck_assert(slow.raws < LONGEST);
        slow.raw[slow.raws++] = utf8_at(raw, at, &len);
    }
    for (size_t i = 0; i < slow.raws;) {
        const uint32_t c = slow.raw[i];
        if (c - REGION_A < 26) {
            i += slow_regions(i);
            continue;
        }
        if (c == '\r' && i + 1 < slow.raws && slow.raw[i + 1] == '\n') {
            i++;
        }
        if (fold_set_ignored(c)) {
            slow.at[slow.count++] =
                (struct element){.c = c, .raw = i, .ignored = true};
        } else {
            slow_add(c, i);
        }
        i++;
    }
}

static bool
slow_in_word(const struct element *e)
{
    return e->ignored ||
           (!e->flag && (slow_letter(e) || slow_mark(e->c) ||
                         utf8proc_category((utf8proc_int32_t)e->c) ==
                             UTF8PROC_CATEGORY_MC));
}

/* Folds one word's look-alikes, [from, to). */
static void
slow_word(size_t from, size_t to)
{
    bool latin = false, looks = false, all = true, alone = true;
    int script = -1; // of them all; -2: they differ

    for (size_t i = from; i < to; i++) {
        const struct element *const e = &slow.at[i];
        if (e->ignored || !slow_letter(e)) {
            continue;
        }
        latin = latin || fold_set_latin(e->c);
        looks = looks || e->look != 0;
        all = all && e->look != 0;
        alone = alone && e->alone;
        if (e->look != 0) {
            script = script == -1 || script == e->script ? e->script : -2;
        }
    }
    const bool folds = latin || (looks && all && (alone || script == -2));
    for (size_t i = from; i < to && folds; i++) {
        if (slow.at[i].look != 0) {
            slow.at[i].c = (unsigned char)slow.at[i].look;
        }
    }
}

static void
slow_words(void)
{
    for (size_t i = 0; i < slow.count;) {
        size_t end = i, letters = 0;
        for (; end < slow.count && slow_in_word(&slow.at[end]); end++) {
            const bool counts =
                !slow.at[end].ignored && slow_counts(&slow.at[end]);
            if (counts && letters == FOLD_WORD_LETTERS) {
                break;
            }
            letters += counts;
        }
        slow_word(i, end);
        i = end > i ? end : i + 1;
    }
}

static bool
slow_picto(uint32_t c)
{
    utf8proc_int32_t parts[18];

    return c >= 0x80 &&
           utf8proc_get_property((utf8proc_int32_t)c)->boundclass ==
               UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC &&
           fold_set_row(c) == NULL && slow_decompose(c, parts) == 1 &&
           (uint32_t)parts[0] == c;
}

static bool
slow_joins(uint32_t c)
{
    utf8proc_int32_t parts[18];

    if (fold_set_ignored(c) || c - REGION_A < 26) {
        return false;
    }
    slow_decompose(c, parts);
    const int category = (int)utf8proc_category(parts[0]);
    return fold_set_joining((uint32_t)parts[0]) &&
           ((category >= UTF8PROC_CATEGORY_LU &&
             category <= UTF8PROC_CATEGORY_ME));
}

/* Does the raw character at `index` stay behind a joiner, or may another mark
 * be sorted between? Only a virama with no mark after it is sure. */
static bool
slow_stays(size_t index)
{
    utf8proc_int32_t parts[18];

    slow_decompose(slow.raw[index], parts);
    const int class = utf8proc_get_property(parts[0])->combining_class;
    if (class != 9 || index + 1 == slow.raws) {
        return class == 0 || class == 9;
    }
    const uint32_t after = slow.raw[index + 1];
    return !fold_set_ignored(after) && (slow_decompose(after, parts) != 1 ||
                                        !slow_mark((uint32_t)parts[0]));
}

/* last: what stands before it in the view, 0: nothing of note. */
static bool
slow_kept(const struct element *e, uint32_t last, bool styled)
{
    const uint32_t next = e->raw + 1 < slow.raws ? slow.raw[e->raw + 1] : 0;

    switch (e->c) {
    case 0xfe0f:
        return slow_picto(last);
    case 0x200d:
        if (slow_picto(next) && (slow_picto(last) || styled ||
                                 (last >= 0x1f3fb && last <= 0x1f3ff))) {
            return true;
        }
        return slow_joins(last) && slow_joins(next) && slow_stays(e->raw + 1);
    case 0x200c:
        return slow_joins(last) && slow_joins(next) && slow_stays(e->raw + 1);
    default:
        return false;
    }
}

/* Drops what is dropped; the rest goes to out as UTF-8, returns its length. */
static size_t
slow_drop(char *out)
{
    uint32_t last = 0;
    bool styled = false, bare = false;
    size_t n = 0, non_starters = 0;
    int highest = 0; // class among the marks since the last starter

    for (size_t i = 0; i < slow.count; i++) {
        const struct element *const e = &slow.at[i];
        if (e->ignored) {
            if (!slow_kept(e, last, styled)) {
                continue;
            }
            styled = e->c == 0xfe0f;
            last = 0;
            bare = false;
            non_starters = 0;
            highest = 0;
        } else if (slow_mark(e->c)) {
            if (bare) {
                continue;
            }
            const int class =
                utf8proc_get_property((utf8proc_int32_t)e->c)->combining_class;
            non_starters = class == 0 ? 0 : non_starters + 1;
            highest = class == 0 ? 0 : highest;
            if (non_starters > FOLD_NON_STARTERS) {
                continue;
            }
            if (class >= highest) { // it stays behind the others
                last = e->c;
                styled = false;
                highest = class;
            }
        } else {
            bare = slow_bare(e->c);
            last = e->c;
            styled = false;
            non_starters = 0;
            highest = 0;
        }
        n += utf8_put(e->c, out + n);
    }
    return n;
}

/* The view, ended by a NUL that is not counted; free() it. */
struct text
support_fold_slow(struct text raw)
{
    static char decomposed[LONGEST * 18 * 4];
    utf8proc_uint8_t *composed = NULL;

    slow_elements(raw);
    slow_words();
    const size_t n = slow_drop(decomposed);
    const utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)decomposed, (utf8proc_ssize_t)n,
                     &composed, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    ck_assert(len >= 0);
    return (struct text){(char *)composed, (size_t)len};
}

// --- helpers ---------------------------------------------------------------

static struct arena *arena;

struct arena *
support_fold_arena(void)
{
    if (arena == NULL) {
        arena = arena_new(ROOM);
        ck_assert_ptr_nonnull(arena);
    }
    return arena;
}

struct view
support_fold_view(struct text raw)
{
    struct view view;
    struct err err;

    ck_assert_msg(fold_view(raw, support_fold_arena(), &view, &err), "%s",
                  err.message);
    return view;
}

/* For messages: ASCII as it is, the rest as \u{...}. */
const char *
support_fold_shown(struct text text)
{
    static char buffers[4][LONGEST];
    static unsigned turn;
    char *const out = buffers[turn++ % 4];
    size_t n = 0, len;

    out[0] = '\0';
    for (size_t at = 0; at < text.len && n < LONGEST - 16; at += len) {
        const uint32_t c = utf8_at(text, at, &len);
        n += (size_t)snprintf(out + n, LONGEST - n,
                              c >= 0x20 && c < 0x7f ? "%c" : "\\u{%x}", c);
    }
    return out;
}

/* xorshift64: the same texts in every run. */
static uint64_t state;

void
support_fold_seed(uint64_t seed)
{
    state = seed;
}

uint32_t
support_fold_draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

static const struct fold_table_range pools[] = {
    {'a', 'z'},         {'A', 'Z'},         {' ', '@'},
    {0x00, 0x1f},       {0x7f, 0xbf},       {0xc0, 0x24f},
    {0x250, 0x2ff},     {0x300, 0x36f},     {0x370, 0x3ff},
    {0x400, 0x52f},     {0x430, 0x45f},     {0x531, 0x587},
    {0x591, 0x5f2},     {0x600, 0x6ff},     {0x900, 0x9ff},
    {0xbc6, 0xbd7},     {0xcc0, 0xcd6},     {0xd3e, 0xddf},
    {0x1025, 0x103a},   {0x10d0, 0x1105},   {0x1100, 0x1112},
    {0x1161, 0x1175},   {0x11a8, 0x11c2},   {0x13a0, 0x13fd},
    {0x1d00, 0x1dff},   {0x1e00, 0x1fff},   {0x2000, 0x206f},
    {0x20d0, 0x20f0},   {0x2100, 0x218f},   {0x249c, 0x24e9},
    {0x2600, 0x27bf},   {0x3000, 0x30ff},   {0x3200, 0x33ff},
    {0x4e00, 0x4e20},   {0xa4d0, 0xa4ff},   {0xac00, 0xac40},
    {0xf900, 0xfaff},   {0xfb00, 0xfb4f},   {0xfdf0, 0xfdff},
    {0xfe00, 0xfe0f},   {0xfe70, 0xff9f},   {0xfdfa, 0xfdfa},
    {0x11347, 0x11357}, {0x114b0, 0x114bd}, {0x11930, 0x11938},
    {0x1d15e, 0x1d17f}, {0x1d400, 0x1d7ff}, {0x1f110, 0x1f189},
    {0x1f1e6, 0x1f1ff}, {0x1f3f0, 0x1f3ff}, {0x1f460, 0x1f6ff},
    {0xe0000, 0xe0fff}, {0x200c, 0x200d},   {0xfe0f, 0xfe0f},
    {0x200b, 0x200f},   {0x180b, 0x180e},   {0x338, 0x338},
    {'<', '>'},         {0x2018, 0x201f},   {0x80, 0x2ffff},
};

/* Up to `most` characters of up to four pools. */
struct text
support_fold_random(char *room, size_t most)
{
    const size_t count = sizeof(pools) / sizeof(*pools);
    size_t chosen[4], n = 0;
    const uint32_t kinds = 1 + support_fold_draw(4),
                   length = support_fold_draw((uint32_t)most);

    for (size_t i = 0; i < 4; i++) {
        chosen[i] = support_fold_draw((uint32_t)count);
    }
    for (uint32_t i = 0; i < length; i++) {
        const struct fold_table_range *const pool =
            &pools[chosen[support_fold_draw(kinds)]];
        const uint32_t c =
            pool->first + support_fold_draw(pool->last - pool->first + 1);
        // utf8proc 2.8.0 loses U+11A7 after a syllable; see the test below.
        if ((c < 0xd800 || c > 0xdfff) && c != 0x11a7) {
            n += utf8_put(c, room + n);
        }
    }
    return (struct text){room, n};
}

/* What is wrong with the map of the character at [at, at + len), or NULL. One
 * assertion a byte would take seconds: each is a message to check's parent. */
static const char *
map_flaw(const struct view *view, struct text raw, size_t at, size_t len)
{
    const struct span whole = view_raw_span(view, at, at + len);

    if (whole.from >= whole.to || whole.to > raw.len) {
        return "is no span";
    }
    if (utf8_inside((unsigned char)raw.at[whole.from]) ||
        (whole.to < raw.len && utf8_inside((unsigned char)raw.at[whole.to]))) {
        return "cuts a character";
    }
    if (view->raw_from == NULL) {
        return NULL;
    }
    for (size_t i = at; i < at + len; i++) {
        if (view->raw_from[i] != whole.from || view->raw_to[i] != whole.to) {
            return "differs within a character";
        }
    }
    if (at > 0 && (view->raw_from[at - 1] > whole.from ||
                   view->raw_to[at - 1] > whole.to)) {
        return "falls";
    }
    return NULL;
}

void
support_fold_check_map(const struct view *view, struct text raw)
{
    size_t bad, len;

    ck_assert(utf8_check(view->text, &bad));
    ck_assert_msg(view->text.len <= 11 * raw.len + 64, "%s",
                  support_fold_shown(raw));
    ck_assert((view->raw_from == NULL) == (view->raw_to == NULL));
    ck_assert(view->raw_from != NULL || view->text.len == raw.len);
    for (size_t i = 0; i < view->text.len; i += len) {
        len = utf8_len((unsigned char)view->text.at[i]);
        const char *const flaw = map_flaw(view, raw, i, len);
        if (flaw != NULL) {
            ck_abort_msg("the map of place %zu %s: %s", i, flaw,
                         support_fold_shown(raw));
        }
    }
}

/* The engine's view is the reference's, its map is sound, and folding it again
 * changes nothing. */
void
support_fold_check(struct text raw)
{
    const struct text want = support_fold_slow(raw);
    const struct view got = support_fold_view(raw);

    ck_assert_msg(text_equal(got.text, want), "%s\n  is   %s\n  want %s",
                  support_fold_shown(raw), support_fold_shown(got.text),
                  support_fold_shown(want));
    support_fold_check_map(&got, raw);
    const struct view again = support_fold_view(got.text);
    ck_assert_msg(text_equal(again.text, got.text),
                  "%s\n  once  %s\n  twice %s", support_fold_shown(raw),
                  support_fold_shown(got.text), support_fold_shown(again.text));
    free((void *)(uintptr_t)want.at);
    arena_reset(support_fold_arena());
}
