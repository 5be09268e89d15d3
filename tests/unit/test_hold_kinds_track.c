#include "sidecar/engine/hold_kinds_track.h"

#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_settled.h"
#include "tests/unit/harness.h"

enum {
    LINES = 1200,
    LINE_BYTES = 600,
    TEXT_BYTES = 2048,
    FOUND = 256,
    ARENA_BYTES = 1 << 23,
    DRAWS = 400
};

enum tracked { DISGUISES, LEAKS, CANARIES, REPEATS, ODDS, TRACKED };

static struct ordinary *words;
static struct disguise *disguise;
static struct leak_index *prompt;
static struct arena *lasting, *arena;

static const char prompt_text[] =
    "you are mira. you keep the inn at the ford, and you never speak of the "
    "well behind it, not even to friends. the guard is your brother.";
static const char canary[] = "ababac";

static const struct repetition_limits repeats = {
    .max_char_run = 5, .max_token_run = 3, .max_sentence_repeats = 2};
static const struct oddity_limits odds = {.forbid = (1u << ODDITY_KINDS) - 1,
                                          .max_combining_run = 3,
                                          .max_invisible = 2};

static void
set_up(void)
{
    static const char *const listed[] = {"bastard", "shit", "asshole", "slut",
                                         "bitch",   "fuck", "wanker",  "cock"};
    struct disguise_term terms[8];
    struct err err;

    lasting = arena_new(ARENA_BYTES);
    arena = arena_new(ARENA_BYTES);
    words = ordinary_read("config/lists/words_en.txt", &err);
    ck_assert(lasting != NULL && arena != NULL && words != NULL);
    for (uint32_t i = 0; i < 8; i++) {
        terms[i] =
            (struct disguise_term){text_of(listed[i]), i, DISGUISE_FUZZY};
    }
    disguise = disguise_build(terms, 8, words, &err);
    prompt = leak_index_build(text_of(prompt_text), 5, lasting, &err);
    ck_assert(disguise != NULL && prompt != NULL);
}

static void
tear_down(void)
{
    disguise_free(disguise);
    ordinary_free(words);
    arena_free(arena);
    arena_free(lasting);
}

/* ---- what the detectors find --------------------------------------------- */

struct value {
    struct span raw;
    int kind;
};

struct values {
    const struct view *fold;
    struct value at[FOUND];
    size_t count;
};

static void
keep(struct values *out, struct span raw, int kind)
{
    if (out->count < FOUND) {
        out->at[out->count++] = (struct value){raw, kind};
    }
}

static bool
keep_disguise(void *context, uint32_t id, struct span span,
              enum disguise_how how)
{
    struct values *const out = context;

    (void)id;
    keep(out, view_raw_span(out->fold, span.from, span.to), (int)how);
    return true;
}

static bool
keep_run(void *context, struct span run, size_t count)
{
    struct values *const out = context;

    (void)count;
    keep(out, view_raw_span(out->fold, run.from, run.to), 0);
    return true;
}

static void
find(enum tracked tracked, struct text raw, struct values *out)
{
    struct view fold;
    struct err err;
    struct repetition found;
    struct oddity odd;

    out->count = 0;
    out->fold = &fold;
    arena_reset(arena);
    ck_assert(fold_view(raw, arena, &fold, &err));
    switch (tracked) {
    case DISGUISES:
        disguise_scan(disguise, fold.text, keep_disguise, out);
        return;
    case LEAKS:
        leak_find(prompt, fold.text, 7, keep_run, out);
        return;
    case CANARIES:
        for (size_t at = 0;
             (at = text_find(fold.text, text_of(canary), at)) != SIZE_MAX;
             at++) {
            keep(out, view_raw_span(&fold, at, at + strlen(canary)), 0);
        }
        return;
    case REPEATS:
        ck_assert(repetition_find(fold.text, &repeats, arena, &found, &err));
        for (size_t i = 0; i < found.count; i++) {
            keep(out,
                 view_raw_span(&fold, found.at[i].span.from,
                               found.at[i].span.to),
                 (int)found.at[i].kind);
        }
        return;
    case ODDS:
    case TRACKED:
        break;
    }
    oddity_find(raw, &odds, &odd);
    for (size_t i = 0; i < odd.count; i++) {
        if (odd.at[i].kind != ODDITY_IGNORABLES_ONLY) {
            keep(out, odd.at[i].raw, (int)odd.at[i].kind);
        }
    }
}

/* ---- the trackers -------------------------------------------------------- */

struct tracker {
    enum tracked tracked;
    void *hold;
};

static struct tracker
tracker_new(enum tracked tracked, struct arena *a)
{
    void *hold = NULL;

    switch (tracked) {
    case DISGUISES:
        hold = hold_disguise_new(disguise, true, a);
        break;
    case LEAKS:
        hold = hold_leak_new(prompt, 7, a);
        break;
    case CANARIES:
        hold = hold_canary_new(text_of(canary), a);
        break;
    case REPEATS:
        hold = hold_repeat_new(&repeats, a);
        break;
    case ODDS:
    case TRACKED:
        hold = hold_odd_new(&odds, a);
        break;
    }
    return (struct tracker){tracked, hold};
}

static struct hold_told
feed(const struct tracker *t, const struct hold_piece *piece)
{
    struct hold_told told = {.live_from = piece->at.to};

    switch (t->tracked) {
    case DISGUISES:
        hold_disguise_feed(t->hold, piece, &told);
        break;
    case LEAKS:
        hold_leak_feed(t->hold, piece, &told);
        break;
    case CANARIES:
        hold_canary_feed(t->hold, piece, &told);
        break;
    case REPEATS:
        hold_repeat_feed(t->hold, piece, &told);
        break;
    case ODDS:
    case TRACKED:
        hold_odd_feed(t->hold, piece, &told);
        break;
    }
    return told;
}

struct suspects {
    struct span at[TEXT_BYTES];
    size_t count;
};

/* Joins those that touch. */
static void
put_suspect(struct suspects *s, struct span span)
{
    for (size_t i = s->count; i-- > 0;) {
        if (s->at[i].to > span.from && s->at[i].from < span.to) {
            span.from = s->at[i].from < span.from ? s->at[i].from : span.from;
            span.to = s->at[i].to > span.to ? s->at[i].to : span.to;
            s->at[i] = s->at[--s->count];
        }
    }
    s->at[s->count++] = span;
}

static size_t
released_by(const struct suspects *s, size_t live)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < s->count; i++) {
            if (s->at[i].to > live && s->at[i].from < live) {
                live = s->at[i].from;
                moved = true;
            }
        }
    }
    return live;
}

static bool
is_suspect(const struct suspects *s, struct span span)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].from <= span.from && s->at[i].to >= span.to) {
            return true;
        }
    }
    return false;
}

struct trial {
    enum tracked tracked;
    struct values whole, part;
    struct suspects suspects;
    size_t wrong, held, seen, told;
};

static void
complain(struct trial *t, struct text text, size_t k, size_t released,
         const char *what)
{
    if (t->wrong++ < 20) {
        fprintf(stderr, "%d %s: |%.*s<%.*s>%.*s|\n", (int)t->tracked, what,
                (int)released, text.at, (int)(k - released), text.at + released,
                (int)(text.len - k), text.at + k);
    }
}

/* The next value from *at on that begins before `released`; NULL: no more. */
static const struct value *
next_before(const struct values *values, size_t released, size_t *at)
{
    while (*at < values->count && values->at[*at].raw.from >= released) {
        (*at)++;
    }
    return *at < values->count ? &values->at[(*at)++] : NULL;
}

static bool
settled(struct trial *t, struct text text, size_t k, size_t released)
{
    const struct value *whole, *part;
    size_t i = 0, n = 0;

    // What it says of the text so far is what it will say of the whole.
    find(t->tracked, text_part(text, 0, k), &t->part);
    do {
        whole = next_before(&t->whole, released, &i);
        part = next_before(&t->part, released, &n);
        if ((whole == NULL) != (part == NULL) ||
            (whole != NULL &&
             (whole->kind != part->kind || whole->raw.from != part->raw.from ||
              whole->raw.to != part->raw.to))) {
            complain(t, text, k, released, "not settled");
            return false;
        }
        if (whole != NULL && (whole->raw.to > released ||
                              !is_suspect(&t->suspects, whole->raw))) {
            complain(t, text, k, released, "let go");
            return false;
        }
    } while (whole != NULL);
    return true;
}

static void
check_text(struct trial *t, struct text text, bool whole)
{
    struct arena *const own = arena_new(1 << 18);
    struct arena *const folds = arena_new(1 << 20);
    const struct tracker tracker = tracker_new(t->tracked, own);
    size_t done = 0, len, last = 0;
    struct err err;

    t->suspects.count = 0;
    find(t->tracked, text, &t->whole);
    for (size_t k = 0; k < text.len;) {
        utf8_at(text, k, &len);
        k += len;
        const size_t to = fold_settled(text_part(text, 0, k));
        if (to > done) {
            struct view fold;
            arena_reset(folds);
            ck_assert(fold_view(text_part(text, done, to), folds, &fold, &err));
            const struct hold_piece piece = {
                text_part(text, 0, k), {done, to}, &fold};
            const struct hold_told told = feed(&tracker, &piece);
            ck_assert_uint_le(told.live_from, to);
            if (told.suspect) {
                t->told++;
                ck_assert_uint_le(told.suspected.to, to);
                put_suspect(&t->suspects, told.suspected);
            }
            last = released_by(&t->suspects, told.live_from);
            done = to;
            if (whole && !settled(t, text, done, last)) {
                break;
            }
        }
        t->held += done - last;
        t->seen++;
    }
    arena_free(folds);
    arena_free(own);
}

/* ---- texts --------------------------------------------------------------- */

static char lines[LINES][LINE_BYTES];
static size_t line_count;

static void
read_lines(const char *path)
{
    char line[4096];
    FILE *const in = fopen(path, "r");

    ck_assert_msg(in != NULL, "%s", path);
    while (line_count < LINES && fgets(line, sizeof(line), in) != NULL) {
        const char *const said = strstr(line, "\"text\": \"");
        const char *const from = said != NULL ? said + 9 : line;
        const size_t len = strcspn(from, "\n");
        if (len > 4 && len < LINE_BYTES) {
            memcpy(lines[line_count], from, len);
            lines[line_count++][len] = '\0';
        }
    }
    fclose(in);
}

static uint64_t state;

static uint32_t
draw(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

/* Pieces of which texts are made that each detector has to do with. */
static const char *const pieces[TRACKED][48] = {
    {"s h i t", "sh it", "shi",  "t",    "as",        "s",   "hole",
     "ass",     "bas",   "tard", "a",    "I",         "b",   "b.i.t",
     "ch",      "f",     "u",    "c",    "k",         "kk",  "-",
     "*",       "sh1t",  "the",  "wan",  "ker",       "in",  "fuck",
     "fuckin",  "g",     "\"sl", "ut",   "slu",       "t,",  "bic",
     "th",      "phuck", "xx",   "kcuf", "superslut", "...", "well-known",
     "don't",   "co",    "ck",   "3",    "\xd0\xb0s", NULL},
    {"you",
     "keep",
     "the",
     "inn",
     "at",
     "ford",
     "and",
     "never",
     "speak",
     "of",
     "well",
     "behind",
     "it",
     "not",
     "even",
     "to",
     "friends",
     "guard",
     "is",
     "your",
     "brother",
     "are",
     "mira",
     "xx",
     "you keep the inn at the ford",
     "never speak of the well behind it not even",
     "y\xc3\xb6u",
     ",",
     ".",
     "you keep the inn at",
     "the well behind it",
     NULL},
    {"ab", "a", "b", "aba", "abab", "c", "ababac", "x", "abac", "AB",
     "\xd0\xb0", "\xc3\xa1", NULL},
    {"no",
     "no",
     "ha",
     "ha",
     "so it goes",
     "so it goes.",
     "aaaa",
     "a",
     "haha",
     "come on,",
     "come on,",
     "\n",
     ".",
     "--",
     "-----",
     "the cat sat.",
     "the cat sat.",
     "the cat",
     "!",
     "let it be",
     "let it be",
     "don't",
     "10",
     "\xe6\x88\x91\xe7\x88\xb1",
     "\xe6\x88\x91",
     "\xd0\xbd\xd0\xb5\xd1\x82",
     "xy",
     "xyz",
     "* * *",
     NULL},
    {"a\xcc\x81",
     "\xcc\x81\xcc\x82",
     "\xcc\x83",
     "p\xd0\xb0ypal",
     "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
     "\xe2\x80\xae",
     "\xe2\x81\xa6",
     "\xe2\x80\x8e",
     "\xd7\xa9\xd7\x9c",
     "\xe2\x80\x8b",
     "b",
     "c\xe2\x80\x8d",
     "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac",
     "\xe2\x9d\xa4\xef\xb8\x8f",
     "\xef\xb8\x8f\xef\xb8\x8f",
     "word",
     ".",
     "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5"
     "\xf3\xa0\x81\xae\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf",
     "\xf3\xa0\x81\xa7",
     "\xe2\xa0\x80",
     "\xe2\xa0\x81",
     "\x01",
     "\xee\x80\x80",
     "\xef\xb7\x90",
     "\xce\xb1\xce\xb2",
     "o\xce\xbf\xce\xbd",
     "\xe1\x85\x9f",
     "\xef\xbb\xbf",
     NULL},
};

static struct text
made(enum tracked tracked, char room[TEXT_BYTES])
{
    static const char *const gaps[] = {" ",  " ",  " ",  " ", "",
                                       "  ", "\n", ". ", ", "};
    size_t len = 0, kinds = 0;

    while (pieces[tracked][kinds] != NULL) {
        kinds++;
    }
    for (size_t n = 3 + draw(40); n > 0 && len < TEXT_BYTES - 200; n--) {
        const char *piece = pieces[tracked][draw(kinds)];
        const size_t times = draw(8) == 0 ? 1 + draw(7) : 1;
        const char *const gap = gaps[draw(sizeof(gaps) / sizeof(gaps[0]))];
        if (draw(9) == 0) {
            piece = "then she";
        }
        for (size_t i = 0; i < times && len < TEXT_BYTES - 200; i++) {
            memcpy(room + len, piece, strlen(piece));
            len += strlen(piece);
            memcpy(room + len, gap, strlen(gap));
            len += strlen(gap);
        }
    }
    return (struct text){room, len};
}

static struct trial trial;

START_TEST(what_is_let_go_is_settled)
{
    char room[TEXT_BYTES];
    size_t finds = 0;

    set_up();
    state = 20260302 + (uint64_t)_i;
    trial = (struct trial){.tracked = (enum tracked)_i};
    for (size_t i = 0; i < DRAWS; i++) {
        check_text(&trial, made(trial.tracked, room), true);
        finds += trial.whole.count;
    }
    tear_down();
    ck_assert_uint_gt(finds, 50);
    ck_assert_uint_eq(trial.wrong, 0);
}
END_TEST

START_TEST(prose_is_hardly_held)
{
    // Characters beyond what folding needs; a word's beginning of a disguise.
    static const double most[TRACKED] = {8, 8, 1, 4, 4};

    set_up();
    line_count = 0;
    read_lines("tests/data/benign/fiction.jsonl");
    read_lines("tests/data/benign/chat.jsonl");
    read_lines("tests/data/voices/huck.jsonl");
    trial = (struct trial){.tracked = (enum tracked)_i};
    for (size_t i = 0; i < line_count; i += 5) {
        check_text(&trial, text_of(lines[i]), true);
    }
    const double mean = (double)trial.held / (double)trial.seen;
    printf("tracker %d: held %.2f beyond folding, %zu told in %zu\n", _i, mean,
           trial.told, trial.seen);
    ck_assert_uint_eq(trial.wrong, 0);
    ck_assert_double_lt(mean, most[_i]);
    tear_down();
}
END_TEST

TEST_MAIN("hold_kinds_track",
          tcase_add_loop_test(tc, what_is_let_go_is_settled, 0, TRACKED);
          tcase_add_loop_test(tc, prose_is_hardly_held, 0, TRACKED);)
