#include "sidecar/engine/squash.h"

#include "sidecar/engine/squash_term.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"
#include "tests/unit/support_view.h"

static bool
make_joined(const struct view *source, struct arena *arena, struct view *out,
            struct err *err)
{
    return squash_view(source, SQUASH_JOINED, arena, out, err);
}

static bool
make_apart(const struct view *source, struct arena *arena, struct view *out,
           struct err *err)
{
    return squash_view(source, SQUASH_APART, arena, out, err);
}

static struct view
same(const struct view *source)
{
    return *source;
}

/* Where SQUASH_APART has no view, SQUASH_JOINED's is the same. */
static struct view
same_apart(const struct view *source)
{
    struct view view;
    struct err err;

    ck_assert(make_joined(source, support_fold_arena(), &view, &err));
    return view.text.at != NULL ? view : *source;
}

static const struct support_view joined = {make_joined, same, squash_settled};
static const struct support_view apart = {make_apart, same_apart,
                                          squash_settled};

/* apart NULL: the same. */
static const struct {
    const char *raw, *joined, *apart;
} words[] = {
    // Spelled words.
    {"f u c k", "fuck", NULL},
    {"f.u.c.k!", "fuck!", NULL},
    {"d~i~c~k w|a|n|k|e|r", "dick wanker", NULL},
    {"\u0161_h_\u00ed_t", "shit", NULL},
    {"b/a/s/t/a/r/d b-a-s-t-a-r-d b*a*s", "bastard bastard bas", NULL},
    {"b\na\ns\nt", "bast", NULL},
    {"b\u00a0a\u00a0s\u00a0t", "bast", NULL},
    {"f - u - c - k", "fuck", NULL},
    {"f, u, c. k", "fuck", NULL},
    {"f\U0001F525u\U0001F525c\U0001F525k", "fuck", NULL},
    {"t h a n k  y o u", "thank you", NULL},
    {"t  h  a  n  k   y  o  u", "thank you", NULL},
    {"d \u2063 i c \u200c k", "dick", NULL},
    {"t w a \u0308 t \u0336", "twat \u0336", NULL},
    {"5 h 1 t", "5h1t", NULL},
    {"f u ( k you", "fu(k you", NULL},
    {"d'i'('k", "di(k", NULL},
    {"b u u u l l w-o-r-d", "bul word", NULL},
    {"\u0431 \u043b \u044f ", "\u0431\u043b\u044f ", NULL},
    {"such a d i c k", "such adick", "such a dick"},
    {"f u c k u", "fucku", "fuck u"},
    {"a s s", "ass", NULL},
    {"w hhh o r e kkk-i-t", "whore kit", NULL},
    {"a aaa b c", "abc", "a abc"},
    {"c u n \u0442", "cunt", NULL},
    {"m.e.\u0433.c", "merc", NULL},
    {"t-1-7-5", "t175", NULL},
    {"b!t(h", "b!t(h", NULL},
    {"w|a|n|k+e", "wank+e", NULL},
    {"a.s.s.e.t", "asset", NULL},
    // Not spelled.
    {"pass the salt", "pass the salt", NULL},
    {"a b", "a b", NULL},
    {"as a b", "as a b", NULL},
    {"it's a b", "it's a b", NULL},
    {"I'm a x man", "i'm a x man", NULL},
    {"1 2 3 4 5", "1 2 3 4 5", NULL},
    {"call 5 5 5 1 2 3 4 now", "call 5 5 5 1 2 3 4 now", NULL},
    {"e.g. a.m. p.m.", "e.g. a.m. p.m.", NULL},
    {"\u6211 \u662f \u8c01", "\u6211 \u662f \u8c01", NULL},
    {"a\u4e2db\u4e2dc", "a\u4e2db\u4e2dc", NULL},
    {"\U0001F468\u200d\U0001F469\u200d\U0001F467 \u2764\ufe0f",
     "\U0001F468\u200d\U0001F469\u200d\U0001F467 \u2764\ufe0f", NULL},
    {"\u0915\u094d\u200d\u0937 \u0645\u06cc\u200c\u062e",
     "\u0915\u094d\u200d\u0937 \u0645\u06cc\u200c\u062e", NULL},
    // Split words.
    {"fu.ck sh-it", "fuck shit", NULL},
    {"b-as-ta-rd", "bastard", NULL},
    {"he'll it's so,so", "he'll it's so,so", NULL},
    {"and/or e-mail x-ray", "and/or e-mail x-ray", NULL},
    {"ab.cd.efg hijk.ab.cd", "ab.cd.efg hijk.ab.cd", NULL},
    // Hyphens.
    {"kill-yourself kill_yourself", "kill yourself kill yourself", NULL},
    {"kill\u2014yourself kill--me", "kill yourself kill me", NULL},
    {"covid-19 2024-05-06 b-b-but", "covid-19 2024-05-06 b-b-but", NULL},
    // Stretched words.
    {"fuuuuck", "fuck", NULL},
    {"fagggggot", "fagot", NULL},
    {"bbaassttaarrdd", "bastard", NULL},
    {"aaasssshhoolleee", "ashole", NULL},
    {"balloon committee bookkeeper mmmm 1000000 www.x.com",
     "balloon committee bookkeeper mmmm 1000000 www.x.com", NULL},
    {"f u u u c k k", "fuck", NULL},
    {"\u0434\u0434\u0434\u0430", "\u0434\u0430", NULL},
    // White space.
    {"kill\nyourself  now\n\n ok", "kill yourself now ok", NULL},
    {" one ", " one ", NULL},
};

START_TEST(what_was_pulled_apart_is_joined)
{
    const struct text raw = text_of(words[_i].raw);
    const struct view fold = support_fold_view(raw);
    const char *const as_apart =
        words[_i].apart != NULL ? words[_i].apart : words[_i].joined;

    const struct text a = support_view_make(&joined, &fold, raw).text;
    ck_assert_msg(text_is(a, words[_i].joined), "%s is %s",
                  support_fold_shown(raw), support_fold_shown(a));
    const struct text b = support_view_make(&apart, &fold, raw).text;
    ck_assert_msg(text_is(b, as_apart), "%s is %s", support_fold_shown(raw),
                  support_fold_shown(b));
}
END_TEST

START_TEST(joining_again_changes_nothing)
{
    const struct text raw = text_of(words[_i].raw);
    const struct view fold = support_fold_view(raw);
    const struct view once = support_view_make(&joined, &fold, raw);
    const struct view twice = support_view_make(&joined, &once, raw);

    ck_assert_msg(text_equal(once.text, twice.text), "%s then %s",
                  support_fold_shown(once.text),
                  support_fold_shown(twice.text));
}
END_TEST

START_TEST(a_view_is_made_only_where_it_differs)
{
    static const struct {
        const char *text;
        bool joined, apart;
    } cases[] = {{"", false, false},
                 {"plain words, and (more) of them!", false, false},
                 {"it's a.m., isn't it?", false, false},
                 {"f u c k", true, false},
                 {"a d i c k", true, true},
                 {"two  spaces", true, false}};
    const struct view source = support_view_of(text_of(cases[_i].text));
    struct arena *const arena = support_fold_arena();
    struct view view;
    struct err err;

    ck_assert(squash_view(&source, SQUASH_JOINED, arena, &view, &err));
    ck_assert_msg((view.text.at != NULL) == cases[_i].joined, "%s",
                  cases[_i].text);
    ck_assert(squash_view(&source, SQUASH_APART, arena, &view, &err));
    ck_assert_msg((view.text.at != NULL) == cases[_i].apart, "%s",
                  cases[_i].text);
}
END_TEST

START_TEST(spans_lead_back_to_what_was_apart)
{
    static const struct {
        const char *raw, *word, *span;
    } cases[] = {{"a f.\u00fa.c.k b", "fuck", "f.\u00fa.c.k"},
                 {"a fuuuckkk b", "fuck", "fuuuckkk"},
                 {"f u u c kk", "fuuc", "f u u c"},
                 {"a kill \n you b", "kill you", "kill \n you"}};
    const struct text raw = text_of(cases[_i].raw);
    const struct view fold = support_fold_view(raw);
    const struct view view = support_view_make(&joined, &fold, raw);

    support_view_leads_back(&view, raw, cases[_i].word, cases[_i].span);
}
END_TEST

/* A spelled word of more than SQUASH_SEGMENTS goes on as if it were one. */
START_TEST(a_long_spelled_word_is_cut)
{
    const size_t segments = SQUASH_SEGMENTS - 1 + (size_t)_i;
    char room[4 * SQUASH_SEGMENTS];
    size_t letters = 0;

    for (size_t i = 0; i < segments; i++) {
        room[2 * i] = i % 2 == 0 ? 'b' : 'o';
        room[2 * i + 1] = '.';
    }
    const struct view source =
        support_view_of((struct text){room, 2 * segments - 1});
    const struct text text =
        support_view_make(&joined, &source, source.text).text;
    for (size_t i = 0; i < text.len; i++) {
        letters += text.at[i] != '.';
    }
    ck_assert_uint_eq(letters, segments);
    // What is left behind the cut is a word of its own: two letters are none.
    ck_assert_uint_eq(text.len - letters, segments == SQUASH_SEGMENTS + 2);
}
END_TEST

START_TEST(a_long_stretched_word_is_cut)
{
    const size_t len = SQUASH_LETTERS - 1 + (size_t)_i;
    char room[2 * SQUASH_LETTERS];

    memset(room, 'o', sizeof(room));
    room[0] = 's';
    const struct view source = support_view_of((struct text){room, len});
    const struct text text =
        support_view_make(&joined, &source, source.text).text;
    ck_assert_uint_eq(text.len,
                      len <= SQUASH_LETTERS ? 2 : 2 + len - SQUASH_LETTERS);
}
END_TEST

START_TEST(a_separator_may_be_so_long)
{
    const size_t len = SQUASH_SEPARATOR_BYTES - 1 + (size_t)_i;
    char room[64];
    size_t n = 0;

    for (size_t i = 0; i < 3; i++) {
        room[n++] = (char)('a' + i);
        memset(room + n, '.', len);
        n += i < 2 ? len : 0;
    }
    const struct view source = support_view_of((struct text){room, n});
    const struct text text =
        support_view_make(&joined, &source, source.text).text;
    ck_assert_msg(text_is(text, "abc") == (len <= SQUASH_SEPARATOR_BYTES), "%s",
                  support_fold_shown(text));
}
END_TEST

static const char *const pieces[] = {
    "a",           "b",          "u",
    "i",           "k",          "5",
    "$",           "'",          ".",
    "-",           "_",          "*",
    "/",           ",",          "(",
    "!",           "+",          " ",
    "  ",          "\n",         "hello",
    "it's",        "ab",         "aab",
    "sooo",        "llaa",       "\u0436",
    "\u4e2d",      "\u0301",     "\u00e9",
    "\u200b",      "\U0001F602", "\U0001F468\u200d\U0001F469",
    "\u0915\u094d"};
enum { PIECES = sizeof(pieces) / sizeof(*pieces), MOST = 40 };

static const struct support_view *const readings[] = {&joined, &apart};

START_TEST(maps_are_sound_and_cuts_change_nothing)
{
    char room[MOST * 16];

    support_fold_seed(0x9e3779b97f4a7c15u + (uint64_t)_i);
    for (int i = 0; i < 6000; i++) {
        support_view_try(readings, 2,
                         support_view_words(pieces, PIECES, MOST, room));
    }
}
END_TEST

START_TEST(cuts_in_long_texts_change_nothing)
{
    static char room[2000 * 16];

    support_fold_seed(0xbf58476d1ce4e5b9u);
    for (int i = 0; i < 400; i++) {
        support_view_try(readings, 1,
                         support_view_words(pieces, PIECES, 2000, room));
    }
}
END_TEST

/*
 * A text that the first look passes over has nothing that would change: not
 * either behind a newline, which makes it be read.
 */
START_TEST(the_first_look_misses_nothing)
{
    static const char *const dense[] = {"a", "b", "c", "i",    "u", "5",
                                        "$", "'", ".", ",",    "(", "!",
                                        "-", "_", " ", "hello"};
    char room[1 + MOST * 16];
    struct view view;
    struct err err;

    support_fold_seed(0x94d049bb133112ebu + (uint64_t)_i);
    room[0] = '\n';
    for (int i = 0; i < 60000; i++) {
        const size_t most = i % 20 == 0 ? MOST : MOST / 4;
        const struct text text =
            i % 2 == 0 ? support_view_words(pieces, PIECES, most, room + 1)
                       : support_view_words(dense, 16, most, room + 1);
        const struct view source = support_view_of(text);
        ck_assert(make_joined(&source, support_fold_arena(), &view, &err));
        if (view.text.at == NULL && !text_starts(text, TEXT(" "))) {
            const struct view more =
                support_view_of((struct text){room, text.len + 1});
            ck_assert(make_joined(&more, support_fold_arena(), &view, &err));
            ck_assert_msg(
                text_equal(text_part(view.text, 1, view.text.len), text),
                "%s is %s", support_fold_shown(text),
                support_fold_shown(view.text));
        }
        arena_reset(support_fold_arena());
    }
}
END_TEST

START_TEST(a_settled_place_is_near)
{
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {{"", 0},
                 {"word", 0},
                 {"two words", 3},
                 {"two words ", 9},
                 {"spell f u c k", 5},
                 {"spell f u c k now", 13},
                 {"\u4f60\u597d\u4f60\u597d", 9}};
    const struct view source = support_view_of(text_of(cases[_i].text));

    ck_assert_msg(squash_settled(&source, SIZE_MAX) == cases[_i].at, "%s: %zu",
                  cases[_i].text, squash_settled(&source, SIZE_MAX));
}
END_TEST

START_TEST(a_text_without_words_settles)
{
    static const struct {
        const char *unit;
        size_t most;
    } cases[] = {{"a ", 2 * SQUASH_SEGMENTS + 2},
                 {"a.", 2 * SQUASH_SEGMENTS + 2},
                 {"5 ", 2 * SQUASH_SEGMENTS + 2},
                 {"ab.", 3 * SQUASH_SEGMENTS + 3},
                 {"a", SQUASH_LETTERS + 1}};
    const size_t len = strlen(cases[_i].unit);
    char room[4096];

    for (size_t i = 0; i < sizeof(room); i++) {
        room[i] = cases[_i].unit[i % len];
    }
    for (size_t n = 0; n <= sizeof(room); n++) {
        const struct view source = support_view_of((struct text){room, n});
        ck_assert_uint_le(n - squash_settled(&source, SIZE_MAX),
                          cases[_i].most);
    }
}
END_TEST

START_TEST(hostile_text_takes_bounded_memory)
{
    static const char *const units[] = {
        "a ", "a.",  "5 ",    "ab.", "a",       "aab", " ",
        "\n", "a -", "it's ", "+ ",  "\u0301 ", "ab-", "a\u4e2d"};
    enum { BYTES = 60000 };
    static char room[BYTES];
    const size_t len = strlen(units[_i]), whole = BYTES / len * len;
    struct arena *const arena = support_fold_arena();
    struct view view;
    struct err err;

    for (size_t i = 0; i < whole; i += len) {
        memcpy(room + i, units[_i], len);
    }
    const struct view source = support_view_of((struct text){room, whole});
    arena_reset(arena);
    ck_assert(squash_view(&source, SQUASH_APART, arena, &view, &err));
    ck_assert_uint_le(arena_used(arena), 9 * (size_t)BYTES + 64);
}
END_TEST

START_TEST(a_full_arena_is_told)
{
    const struct view plain = support_view_of(TEXT("a f.u.c.k fuuuck  b"));

    support_view_sweep(&joined, &plain);
}
END_TEST

START_TEST(a_stretched_term_is_found_rightly)
{
    static const struct {
        const char *term, *form, *raw;
        bool fits;
    } cases[] = {
        {"nigger", "niger", "nigggger", true},
        {"nigger", "niger", "nigeeeer", false},
        {"nigger", "niger", "n.i.g.g.e.r", true},
        {"ass", "as", "asss", true},
        {"ass", "as", "aaas", false},
        {"ass hole", "as hole", "asss hooole", true},
        {"shit", "shit", "shiiit", true},
        {"shit", "shit", "shiiity", false},
        {"\u0434\u0430\u0430", "\u0434\u0430", "\u0434\u0430\u0430\u0430",
         true},
        {"1000", "1000", "1000", true},
    };
    const struct text term = text_of(cases[_i].term);
    const struct text raw = text_of(cases[_i].raw);
    const struct view fold = support_fold_view(raw);
    char form[32];
    const size_t len = squash_term(term, form);

    ck_assert_msg(text_is((struct text){form, len}, cases[_i].form), "%s",
                  cases[_i].term);
    ck_assert_msg(squash_term_fits(term, &fold, (struct span){0, raw.len}) ==
                      cases[_i].fits,
                  "%s in %s", cases[_i].term, cases[_i].raw);
}
END_TEST

/* The span is raw, the source is not. */
START_TEST(a_term_is_compared_where_it_stands)
{
    const struct text raw = TEXT("\u00e9\u200b \uff41sss \uff41s");
    const struct view fold = support_fold_view(raw);

    ck_assert(text_is(fold.text, "e asss as"));
    ck_assert(squash_term_fits(TEXT("ass"), &fold, view_raw_span(&fold, 2, 6)));
    ck_assert(
        !squash_term_fits(TEXT("ass"), &fold, view_raw_span(&fold, 7, 9)));
}
END_TEST

enum { WORDS = sizeof(words) / sizeof(*words) };

TEST_MAIN("squash",
          tcase_add_loop_test(tc, what_was_pulled_apart_is_joined, 0, WORDS);
          tcase_add_loop_test(tc, joining_again_changes_nothing, 0, WORDS);
          tcase_add_loop_test(tc, a_view_is_made_only_where_it_differs, 0, 6);
          tcase_add_loop_test(tc, spans_lead_back_to_what_was_apart, 0, 4);
          tcase_add_loop_test(tc, a_long_spelled_word_is_cut, 0, 5);
          tcase_add_loop_test(tc, a_long_stretched_word_is_cut, 0, 3);
          tcase_add_loop_test(tc, a_separator_may_be_so_long, 0, 3);
          tcase_add_loop_test(tc, maps_are_sound_and_cuts_change_nothing, 0, 4);
          tcase_add_test(tc, cuts_in_long_texts_change_nothing);
          tcase_add_loop_test(tc, the_first_look_misses_nothing, 0, 4);
          tcase_add_loop_test(tc, a_settled_place_is_near, 0, 7);
          tcase_add_loop_test(tc, a_text_without_words_settles, 0, 5);
          tcase_add_loop_test(tc, hostile_text_takes_bounded_memory, 0, 14);
          tcase_add_test(tc, a_full_arena_is_told);
          tcase_add_loop_test(tc, a_stretched_term_is_found_rightly, 0, 10);
          tcase_add_test(tc, a_term_is_compared_where_it_stands);)
