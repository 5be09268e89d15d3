#include "sidecar/engine/decoded.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/decoded_check.h"
#include "sidecar/engine/decoded_entity.h"
#include "sidecar/engine/decoded_read.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_settled.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"
#include "tests/unit/support_view.h"

static bool
make(const struct view *source, struct arena *arena, struct view *out,
     struct err *err)
{
    return decoded_view(source->text, arena, out, err);
}

static struct view
same(const struct view *source)
{
    return support_fold_view(source->text);
}

static size_t
settled(const struct view *source, size_t most)
{
    return decoded_settled(source->text, most);
}

static bool
make_fold(const struct view *source, struct arena *arena, struct view *out,
          struct err *err)
{
    return fold_view(source->text, arena, out, err);
}

static const struct support_view decoded = {make, same, settled};
/* A place where the decoded view may be cut is one for the fold. */
static const struct support_view folded = {make_fold, same, settled};

/* What comes out, folded; NULL: nothing is decoded. */
static const struct {
    const char *raw, *want;
} words[] = {
    // Character references.
    {"&#100;&#105;&#x63;&#X6b;", "dick"},
    {"&#100ick &#x64;ick &#0000100;ick", "dick dick dick"},
    {"f&shy;u&zwnj;c&ZeroWidthSpace;k", "fuck"},
    {"&lt;&gt;&amp;&quot;&apos;&nbsp;.", "<>&\"' ."},
    {"&eacute;&Eacute &copyright", "ee \u00a9right"},
    {"&ffr;&uopf;&cscr;k", "fuck"},
    {"&amp;lt;", "&lt;"},
    {"&amp;#100;", "&#100;"},
    {"AT&T R&D & &; &# &#; &#x; &#xg; &unknown; &alpha", NULL},
    {"&#0; &#7; &#127; &#xd800; &#x110000; &#99999999999999999999;", NULL},
    // Tags.
    {"dic<b>k</b> <i>b</i>a<span class=\"x\">d</span>", "dick bad"},
    {"w<wbr>a<wbr/>n<B >k</B>", "wank"},
    {"fu<!-- x -->ck", "fuck"},
    {"kill<br>yourself<br />", "kill\nyourself\n"},
    {"a < b, a <3, <p>x</p>, <bogus>, <b\n>, <b<, <", NULL},
    // Markdown.
    {"twa**t** m**o**ther f*u*ck", "twat** mother fuck"},
    {"__b__ast__ard f~~u~~ck f`u`ck", "__bastard fuck fuck"},
    {"*bold* **bold** _x_ snake_case a~b 2*3*4 f****k", NULL},
    {"coc\\k \\*x\\* f\\*ck", "cock *x* f*ck"},
    {"\\o/ 1\\2 \\", NULL},
    // Escapes.
    {"f\\u0075ck \\u{66}uck \\U00000066uck", "fuck fuck fuck"},
    {"\\ud83d\\ude02", "\U0001F602"},
    {"\\x66\\x75\\x63\\x6b \\xe2\\x80\\x8bx", "fuck x"},
    {"%66%75%63%6B%20%F0%9F%98%82", "fuck \U0001F602"},
    {"\\ud83d \\u12 \\x6 100% 50%ab %e2%80 %00", NULL},
    // Base64, hex.
    {"aGVsbG8gd29ybGQ=", "hello world"},
    {"aGVsbG8gd29ybGRzIA", "hello worlds "},
    {"w7zDtsOkw7_DvMO2w6TDvw: x", "uoayuoay: x"},
    {"see Z28ga2lsbCB5b3Vyc2VsZiBub3c=.", "see go kill yourself now."},
    {"68656c6c6f20776f726c6421", "hello world!"},
    {"68656C6C6F20776F726C6421", "hello world!"},
    {"internationalization aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    {"https://example.com/a-long-path_to/some-where", NULL},
    {"3f2504e04f8911d39a0c0305e82c3301", NULL},
    {"123456789012345678901234567890", NULL},
    // From right to left.
    {"\u202edrat\u202csab", "tardsab"},
    {"a \u202edratsab", "a bastard"},
    {"\u202ee\u0301b\u202c", "be"},
    {"\u202edab\nbad", "bad\nbad"},
};

START_TEST(what_is_written_in_another_way_is_read)
{
    const struct text raw = text_of(words[_i].raw);
    struct view view;
    struct err err;

    ck_assert(decoded_view(raw, support_fold_arena(), &view, &err));
    if (words[_i].want == NULL) {
        ck_assert_msg(view.text.at == NULL, "%s is %s", support_fold_shown(raw),
                      support_fold_shown(view.text));
        return;
    }
    ck_assert_msg(text_is(view.text, words[_i].want), "%s is %s",
                  support_fold_shown(raw), support_fold_shown(view.text));
    support_fold_check_map(&view, raw);
}
END_TEST

/* Every cut of a good text is valid and has a sound map. */
START_TEST(every_truncation_is_sound)
{
    const struct text raw = text_of(words[_i].raw);

    for (size_t len = 0; len <= raw.len; len++) {
        size_t bad;
        const struct view source = support_view_of(text_part(raw, 0, len));
        if (utf8_check(source.text, &bad)) {
            support_view_make(&decoded, &source, source.text);
        }
    }
}
END_TEST

START_TEST(spans_cover_what_was_decoded)
{
    static const struct {
        const char *raw, *word, *span;
    } cases[] = {{"a d<b>ic</b>&#107; b", "dick", "d<b>ic</b>&#107;"},
                 {"a &#100;ick b", "d", "&#100;"},
                 {"a aGVsbG8gd29ybGQ= b", "world", "aGVsbG8gd29ybGQ="},
                 {"a \u202edrat\u202c b", "ar", "\u202edrat\u202c"},
                 {"a \\x66u b", "fu", "\\x66u"}};
    const struct text raw = text_of(cases[_i].raw);
    const struct view source = support_view_of(raw);
    const struct view view = support_view_make(&decoded, &source, raw);

    support_view_leads_back(&view, raw, cases[_i].word, cases[_i].span);
}
END_TEST

/* Is base64 or hex of this many characters read? */
START_TEST(short_runs_are_words)
{
    static const struct {
        const char *run;
        bool read;
    } cases[] = {{"aGVsbG8gd29ybG", false}, // 14, 16, 18
                 {"aGVsbG8gd29ybGRz", true},
                 {"aGVsbG8gd29ybGRzIA", true},
                 {"68656c6c6f20776f726c64", false}, // 22, 24, 25
                 {"68656c6c6f20776f726c6473", true},
                 {"68656c6c6f20776f726c64736", false}};
    struct view view;
    struct err err;

    ck_assert(decoded_view(text_of(cases[_i].run), support_fold_arena(), &view,
                           &err));
    ck_assert_msg((view.text.at != NULL) == cases[_i].read, "%s",
                  cases[_i].run);
}
END_TEST

/* A tag may be so long. */
START_TEST(a_long_tag_is_text)
{
    const size_t len = DECODED_TAG_BYTES - 1 + (size_t)_i;
    char room[2 * DECODED_TAG_BYTES];
    struct view view;
    struct err err;

    memset(room, 'x', sizeof(room));
    memcpy(room, "<b ", 3);
    room[len - 1] = '>';
    ck_assert(decoded_view((struct text){room, len}, support_fold_arena(),
                           &view, &err));
    ck_assert_msg((view.text.at != NULL) == (len <= DECODED_TAG_BYTES),
                  "%zu bytes", len);
}
END_TEST

/* A run of base64 that is cut between characters of four bytes stays whole but
 * for the one at the cut. */
START_TEST(a_long_run_is_cut)
{
    const size_t groups = 2 * DECODED_RUN_BYTES / 4;
    char room[2 * DECODED_RUN_BYTES];

    for (size_t i = 0; i < groups; i++) {
        memcpy(room + 4 * i, "eW91", 4);
    }
    const struct view source = support_view_of((struct text){room, 4 * groups});
    const struct view view = support_view_make(&decoded, &source, source.text);
    ck_assert_uint_eq(view.text.len, 3 * groups);
    ck_assert_uint_eq(view_raw_span(&view, 0, 1).to, DECODED_RUN_BYTES);
}
END_TEST

START_TEST(a_long_override_is_cut)
{
    const size_t len = DECODED_OVERRIDE_BYTES - 1 + (size_t)_i;
    char room[2 * DECODED_OVERRIDE_BYTES];

    memset(room, 'x', sizeof(room));
    memcpy(room, "\u202ea", 4);
    const struct view source = support_view_of((struct text){room, 3 + len});
    const struct view view = support_view_make(&decoded, &source, source.text);
    ck_assert_uint_eq(view.text.len, len);
    ck_assert_int_eq(view.text.at[len <= DECODED_OVERRIDE_BYTES
                                      ? len - 1
                                      : DECODED_OVERRIDE_BYTES - 1],
                     'a');
}
END_TEST

static const char *const pieces[] = {"a",
                                     "k",
                                     "word",
                                     " ",
                                     "\n",
                                     "&",
                                     "#",
                                     "100",
                                     ";",
                                     "&#107;",
                                     "&amp;",
                                     "amp",
                                     "&eacute",
                                     "<",
                                     ">",
                                     "<b>",
                                     "</b>",
                                     "<!--",
                                     "-->",
                                     "b ",
                                     "<br>",
                                     "*",
                                     "**",
                                     "_",
                                     "~",
                                     "`",
                                     "\\",
                                     "\\u0075",
                                     "\\x66",
                                     "\\ud83d",
                                     "\\ude02",
                                     "%",
                                     "%41",
                                     "%c3%a9",
                                     "41",
                                     "aGVsbG8gd29ybGQ=",
                                     "eW91IGFyZSBi",
                                     "68656c6c6f20776f726c6421",
                                     "=",
                                     "\u202e",
                                     "\u202c",
                                     "\u00e9",
                                     "\u0430",
                                     "\u4e2d",
                                     "\u200b",
                                     "\u0301",
                                     "\U0001F602",
                                     "-",
                                     "/",
                                     "\r"};
enum { PIECES = sizeof(pieces) / sizeof(*pieces), MOST = 40 };

START_TEST(maps_are_sound_and_cuts_change_nothing)
{
    char room[MOST * 32];

    support_fold_seed(0x9e3779b97f4a7c15u + (uint64_t)_i);
    for (int i = 0; i < 6000; i++) {
        const struct text raw = support_view_words(pieces, PIECES, MOST, room);
        const struct view source = support_view_of(raw);
        support_view_make(&decoded, &source, raw);
        support_view_cut(&decoded, &source);
        support_view_cut(&folded, &source);
        ck_assert_uint_le(decoded_settled(raw, raw.len), fold_settled(raw));
        arena_reset(support_fold_arena());
    }
}
END_TEST

START_TEST(cuts_in_long_texts_change_nothing)
{
    static char room[1500 * 32];

    support_fold_seed(0xbf58476d1ce4e5b9u);
    for (int i = 0; i < 300; i++) {
        const struct text raw = support_view_words(pieces, PIECES, 1500, room);
        const struct view source = support_view_of(raw);
        support_view_cut(&decoded, &source);
        support_view_cut(&folded, &source);
        arena_reset(support_fold_arena());
    }
}
END_TEST

START_TEST(cuts_in_any_text_change_nothing)
{
    char room[2400];

    support_fold_seed(0xd1b54a32d192ed03u);
    for (int i = 0; i < 8000; i++) {
        const struct view source =
            support_view_of(support_fold_random(room, i % 40 == 0 ? 600 : 20));
        support_view_make(&decoded, &source, source.text);
        support_view_cut(&decoded, &source);
        support_view_cut(&folded, &source);
        arena_reset(support_fold_arena());
    }
}
END_TEST

/* Read unit by unit, a text that the first look passes over has none. */
START_TEST(the_first_look_misses_nothing)
{
    static struct decoded_reader reader;
    struct decoded_unit unit;
    char room[MOST * 32];

    support_fold_seed(0x94d049bb133111ebu + (uint64_t)_i);
    for (int i = 0; i < 40000; i++) {
        const struct text raw =
            support_view_words(pieces, PIECES, MOST / 4, room);
        if (decoded_check(raw)) {
            continue;
        }
        support_fold_view(raw); // fills the table that the reader needs
        reader.raw = raw;
        reader.run_end = 0;
        for (size_t at = 0; at < raw.len; at++) {
            ck_assert_msg(utf8_inside((unsigned char)raw.at[at]) ||
                              !decoded_read(&reader, at, &unit),
                          "%s at %zu", support_fold_shown(raw), at);
        }
        arena_reset(support_fold_arena());
    }
}
END_TEST

/* Wherever it stands, and whatever the length of the text. */
START_TEST(the_first_look_sees_every_place)
{
    static const char *const units[] = {
        "&a", "<b", "%4", "\\x", "\u202e", "a*b", "aGVsbG8gd29ybGRz"};
    char room[128];

    for (size_t len = 20; len < 80; len++) {
        const size_t unit = strlen(units[_i]);
        for (size_t at = 0; at + unit <= len; at++) {
            memset(room, ' ', sizeof(room));
            memcpy(room + at, units[_i], unit);
            ck_assert_msg(decoded_check((struct text){room, len}),
                          "%s at %zu of %zu", units[_i], at, len);
        }
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
                 {"a <b> &am", 5},
                 {"a aGVsbG8gd29ybGQ= b", 18},
                 {"a aGVsbG8gd29ybGQ", 1},
                 {"\u4f60\u597d\u3002\u4f60\u597d", 6}};

    ck_assert_msg(decoded_settled(text_of(cases[_i].text), SIZE_MAX) ==
                      cases[_i].at,
                  "%s: %zu", cases[_i].text,
                  decoded_settled(text_of(cases[_i].text), SIZE_MAX));
}
END_TEST

START_TEST(hostile_text_takes_bounded_memory)
{
    static const char *const units[] = {
        "&",    "&a",    "&#1",  "<",       "<b ",          "<!--",
        "*",    "a*",    "\\u",  "%4",      "\u202e",       "a ",
        "eW91", "6565",  "a1",   "\\ud83d", "&lt;",         "<b>",
        "_",    "eW91 ", "&amp", "-",       "\u202ea\u202c"};
    enum { BYTES = 60000 };
    static char room[BYTES];
    const size_t len = strlen(units[_i]), whole = BYTES / len * len;
    struct arena *const arena = support_fold_arena();

    for (size_t i = 0; i < whole; i += len) {
        memcpy(room + i, units[_i], len);
    }
    const struct view source = support_view_of((struct text){room, whole});
    arena_reset(arena);
    support_view_make(&decoded, &source, source.text);
    ck_assert_uint_le(arena_used(arena), 36 * (size_t)BYTES);
    ck_assert_uint_le(decoded_settled(source.text, whole), whole);
}
END_TEST

START_TEST(a_full_arena_is_told)
{
    const struct view source = support_view_of(TEXT("&eacute; \u00e9 d<b>k"));

    support_view_sweep(&decoded, &source);
}
END_TEST

START_TEST(a_reference_is_read_as_html_says)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t c;
        bool starved;
    } cases[] = {{"&amp;", 5, '&', false},
                 {"&amp ", 4, '&', false},
                 {"&amp", 4, '&', true},
                 {"&ampere;", 4, '&', false},
                 {"&zwj;", 5, 0x200d, false},
                 {"&zwj ", 0, 0, false},
                 {"&zw", 0, 0, true},
                 {"&#65", 4, 'A', true},
                 {"&#65a", 4, 'A', false},
                 {"&#x41;", 6, 'A', false},
                 {"&", 0, 0, true},
                 {"&#", 0, 0, true},
                 {"&#x", 0, 0, true},
                 {"&#xz", 0, 0, false},
                 {"&AMP;", 5, '&', false},
                 {"&Amp;", 0, 0, false},
                 {"&#10FFFF;", 4, '\n', false}};
    uint32_t c = 0;
    bool starved = false;

    const size_t len = decoded_entity(text_of(cases[_i].text), 0, &c, &starved);
    ck_assert_msg(len == cases[_i].len && (len == 0 || c == cases[_i].c) &&
                      starved == cases[_i].starved,
                  "%s: %zu, U+%04X, %d", cases[_i].text, len, (unsigned)c,
                  starved);
}
END_TEST

enum { WORDS = sizeof(words) / sizeof(*words) };

TEST_MAIN("decoded",
          tcase_add_loop_test(tc, what_is_written_in_another_way_is_read, 0,
                              WORDS);
          tcase_add_loop_test(tc, every_truncation_is_sound, 0, WORDS);
          tcase_add_loop_test(tc, spans_cover_what_was_decoded, 0, 5);
          tcase_add_loop_test(tc, short_runs_are_words, 0, 6);
          tcase_add_loop_test(tc, a_long_tag_is_text, 0, 3);
          tcase_add_test(tc, a_long_run_is_cut);
          tcase_add_loop_test(tc, a_long_override_is_cut, 0, 3);
          tcase_add_loop_test(tc, maps_are_sound_and_cuts_change_nothing, 0, 4);
          tcase_add_test(tc, cuts_in_long_texts_change_nothing);
          tcase_add_test(tc, cuts_in_any_text_change_nothing);
          tcase_add_loop_test(tc, the_first_look_misses_nothing, 0, 4);
          tcase_add_loop_test(tc, the_first_look_sees_every_place, 0, 7);
          tcase_add_loop_test(tc, a_settled_place_is_near, 0, 8);
          tcase_add_loop_test(tc, hostile_text_takes_bounded_memory, 0, 23);
          tcase_add_test(tc, a_full_arena_is_told);
          tcase_add_loop_test(tc, a_reference_is_read_as_html_says, 0, 17);)
