#include "sidecar/engine/leet.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"
#include "tests/unit/support_view.h"

static bool
make_i(const struct view *source, struct arena *arena, struct view *out,
       struct err *err)
{
    return leet_view(source, LEET_I, arena, out, err);
}

static bool
make_l(const struct view *source, struct arena *arena, struct view *out,
       struct err *err)
{
    return leet_view(source, LEET_L, arena, out, err);
}

static struct view
same(const struct view *source)
{
    return *source;
}

/* Where LEET_L has no view, LEET_I's is the same. */
static struct view
same_l(const struct view *source)
{
    struct view view;
    struct err err;

    ck_assert(make_i(source, support_fold_arena(), &view, &err));
    return view.text.at != NULL ? view : *source;
}

static size_t
settled(const struct view *source, size_t most)
{
    return leet_settled(source->text, most);
}

static const struct support_view reading_i = {make_i, same, settled};
static const struct support_view reading_l = {make_l, same_l, settled};

/* folds: what comes out in both readings; as_l NULL: the same. */
static const struct {
    const char *raw, *as_i, *as_l;
} words[] = {
    // Signs for letters.
    {"4$5h013", "asshoie", "asshole"},
    {"(0(k", "cock", NULL},
    {"fu(k!", "fuck!", NULL},
    {"m07h3rfuck3r", "motherfucker", NULL},
    {"sh!t", "shit", "shlt"},
    {"d!(kh3@d", "dickhead", "dlckhead"},
    {"$1u+", "siut", "slut"},
    {"8@$7@rd", "bastard", NULL},
    {"shi+", "shit", NULL},
    {"7w@+", "twat", NULL},
    {"ni99er ni66er", "nigger nigger", NULL},
    {"b|tch", "bltch", "bitch"},
    {"di[k di{k di<k", "dick dick dick", NULL},
    {"\u00a2unt wh\u20acre pus\u00a7\u00a5", "cunt where pussy", NULL},
    {"\uff04\uff48\uff11\uff54", "shit", "shlt"}, // full-width
    // Two in a row, and beside an l, are l.
    {"bu11sh1t", "bullshit", "bullshlt"},
    {"bul1sh1t", "bullshit", "bullshlt"},
    {"bu1lsh1t", "bullshit", "bullshlt"},
    {"he||", "he||", NULL},
    {"cl1t", "clit", "cllt"},
    // Look-alikes that the signs kept apart.
    {"\u043c@\u0433\u043ae7", "market", NULL},
    // Punctuation.
    {"what! a| b( c++ a+ 18+", "what! a| b( c++ a+ 18+", NULL},
    {"(well) [so] {it} <is>", "(well) [so] {it} <is>", NULL},
    {"(um lol", "cum lol", NULL},
    {"(um, (0(k) a", "cum, (ock) a", NULL},
    {"item(s) box(es) f(u", "item(s) box(es) fcu", NULL},
    {":(what ;(no", ":(what ;(no", NULL},
    {"hash#t b*tch w.t.f", "hash#t b*tch w.t.f", NULL},
    // Numbers, names and addresses.
    {"1st 2nd 23rd 4th 10am 5pm 50k $50k 90s 4x4 1v1 12kg",
     "1st 2nd 23rd 4th 10am 5pm 50k $50k 90s 4x4 1v1 12kg", NULL},
    {"12:30 2024-05-06 3.14 $5 1,000 v2.0 b12 a55",
     "12:30 2024-05-06 3.14 $5 1,000 v2.0 b12 a55", NULL},
    {"#euro2024 #covid19", "#euro2024 #covid19", NULL},
    {"#5h1t", "#shit", "#shlt"},
    {"b0b@example.com https://h0st/p4th www.s1te.com",
     "b0b@example.com https://h0st/p4th www.s1te.com", NULL},
    {"b@st@rd.com p@rty.", "bastard.com party.", NULL},
    {"\u043f\u0440\u0438\u0432\u0435\u04422024 \u7b2c3\u7ae0",
     "\u043f\u0440\u0438\u0432\u0435\u04422024 \u7b2c3\u7ae0", NULL},
};

START_TEST(signs_become_letters)
{
    const struct text raw = text_of(words[_i].raw);
    const struct view fold = support_fold_view(raw);
    const char *const as_l =
        words[_i].as_l != NULL ? words[_i].as_l : words[_i].as_i;

    const struct text i = support_view_make(&reading_i, &fold, raw).text;
    ck_assert_msg(text_is(i, words[_i].as_i), "%s is %s",
                  support_fold_shown(raw), support_fold_shown(i));
    const struct text l = support_view_make(&reading_l, &fold, raw).text;
    ck_assert_msg(text_is(l, as_l), "%s is %s", support_fold_shown(raw),
                  support_fold_shown(l));
}
END_TEST

START_TEST(a_view_is_made_only_where_it_differs)
{
    static const struct {
        const char *text;
        bool i, l;
    } cases[] = {{"", false, false},
                 {"plain words, and (more) of them!", false, false},
                 {"at 10am on the 1st", false, false},
                 {"b4d", true, false},
                 {"b1d", true, true},
                 {"ba11", true, false}};
    const struct view source = support_view_of(text_of(cases[_i].text));
    struct view view;
    struct err err;

    ck_assert(leet_view(&source, LEET_I, support_fold_arena(), &view, &err));
    ck_assert_msg((view.text.at != NULL) == cases[_i].i, "%s", cases[_i].text);
    ck_assert(leet_view(&source, LEET_L, support_fold_arena(), &view, &err));
    ck_assert_msg((view.text.at != NULL) == cases[_i].l, "%s", cases[_i].text);
}
END_TEST

START_TEST(spans_lead_back_to_the_signs)
{
    const struct text raw = TEXT("a wh\u20acr3 \u200bsh!t");
    const struct view fold = support_fold_view(raw);
    const struct view view = support_view_make(&reading_i, &fold, raw);

    ck_assert(text_is(view.text, "a where shit"));
    const struct span first = view_raw_span(&view, 2, 7);
    const struct span second = view_raw_span(&view, 8, 12);
    ck_assert(text_is(text_part(raw, first.from, first.to), "wh\u20acr3"));
    ck_assert(text_is(text_part(raw, second.from, second.to), "sh!t"));
}
END_TEST

/* The bracket's end is looked for within LEET_BRACKET_BYTES. */
START_TEST(a_far_bracket_is_not_seen)
{
    const size_t far = LEET_BRACKET_BYTES - 1 + (size_t)_i;
    char room[2 * LEET_BRACKET_BYTES];

    memset(room, ' ', sizeof(room));
    memcpy(room, "(um", 3);
    room[far] = ')';
    const struct view source = support_view_of((struct text){room, far + 1});
    const struct view view =
        support_view_make(&reading_i, &source, source.text);
    ck_assert_int_eq(view.text.at[0], far < LEET_BRACKET_BYTES ? '(' : 'c');
}
END_TEST

/* Text without white space is read in pieces: what is far does not matter. */
START_TEST(a_long_chunk_is_cut)
{
    const size_t at = LEET_CHUNK_BYTES - 1 + (size_t)_i;
    char room[2 * LEET_CHUNK_BYTES];

    memset(room, '$', sizeof(room));
    room[at] = 'x';
    const struct view source = support_view_of((struct text){room, at + 1});
    const struct view view =
        support_view_make(&reading_i, &source, source.text);
    ck_assert_int_eq(view.text.at[0], at < LEET_CHUNK_BYTES ? 's' : '$');
}
END_TEST

static const char *const pieces[] = {
    "a",      "b",          "l",      "1",      "4",      "$",      "@",
    "!",      "|",          "(",      ")",      "[",      "]",      "<",
    ">",      "+",          " ",      "\n",     "hello",  "sh1t",   "10",
    "st",     ".",          ",",      "://",    "www.",   ".com",   "#",
    ":",      "(s)",        "\u20ac", "\u00a2", "\u00e9", "\u0436", "\u043c",
    "\u4e2d", "\U0001F602", "am"};
enum { PIECES = sizeof(pieces) / sizeof(*pieces), MOST = 40 };

static const struct support_view *const readings[] = {&reading_i, &reading_l};

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

/* A text that the first look passes over has nothing that would change. */
START_TEST(the_first_look_misses_nothing)
{
    char room[4 + MOST * 16];
    struct view view;
    struct err err;

    support_fold_seed(0x94d049bb133111ebu);
    for (int i = 0; i < 20000; i++) {
        const struct text text =
            support_view_words(pieces, PIECES, MOST / 4, room + 4);
        const struct view source = support_view_of(text);
        ck_assert(
            leet_view(&source, LEET_I, support_fold_arena(), &view, &err));
        if (view.text.at == NULL) {
            memcpy(room, "b4d ", 4);
            const struct text longer = {room, text.len + 4};
            const struct view more = support_view_of(longer);
            const struct text got =
                make_i(&more, support_fold_arena(), &view, &err)
                    ? view.text
                    : (struct text){NULL, 0};
            ck_assert_msg(got.len == longer.len &&
                              text_equal(text_part(got, 4, got.len), text),
                          "%s is %s", support_fold_shown(longer),
                          support_fold_shown(got));
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
    } cases[] = {{"", 0},           {"word", 0},       {"two words", 3},
                 {"two words ", 9}, {"(two words", 0}, {"(two) words", 5}};

    ck_assert_msg(leet_settled(text_of(cases[_i].text), SIZE_MAX) ==
                      cases[_i].at,
                  "%s: %zu", cases[_i].text,
                  leet_settled(text_of(cases[_i].text), SIZE_MAX));
}
END_TEST

START_TEST(a_text_without_spaces_settles)
{
    char room[4096];

    memset(room, '4', sizeof(room));
    for (size_t len = LEET_CHUNK_BYTES; len <= sizeof(room); len++) {
        const size_t at = leet_settled((struct text){room, len}, SIZE_MAX);
        ck_assert_uint_le(len - at, LEET_CHUNK_BYTES);
    }
    memset(room, '(', sizeof(room));
    for (size_t len = 0; len <= sizeof(room); len++) {
        const size_t at = leet_settled((struct text){room, len}, SIZE_MAX);
        ck_assert_uint_le(len - at, LEET_CHUNK_BYTES + LEET_BRACKET_BYTES);
    }
}
END_TEST

START_TEST(hostile_text_takes_bounded_memory)
{
    static const char *const units[] = {"(",  "a(", "(a ", "1",       "a1",
                                        "@a", "!",  "||a", "\u20aca", "<a "};
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
    ck_assert(leet_view(&source, LEET_L, arena, &view, &err));
    ck_assert_uint_le(arena_used(arena), 9 * (size_t)BYTES + 64);
}
END_TEST

START_TEST(a_full_arena_is_told)
{
    const struct view plain = support_view_of(TEXT("a b4d wh\u20acre"));

    support_view_sweep(&reading_i, &plain);
}
END_TEST

TEST_MAIN("leet", tcase_add_loop_test(tc, signs_become_letters, 0,
                                      sizeof(words) / sizeof(*words));
          tcase_add_loop_test(tc, a_view_is_made_only_where_it_differs, 0, 6);
          tcase_add_test(tc, spans_lead_back_to_the_signs);
          tcase_add_loop_test(tc, a_far_bracket_is_not_seen, 0, 3);
          tcase_add_loop_test(tc, a_long_chunk_is_cut, 0, 3);
          tcase_add_loop_test(tc, maps_are_sound_and_cuts_change_nothing, 0, 4);
          tcase_add_test(tc, cuts_in_long_texts_change_nothing);
          tcase_add_test(tc, the_first_look_misses_nothing);
          tcase_add_loop_test(tc, a_settled_place_is_near, 0, 6);
          tcase_add_test(tc, a_text_without_spaces_settles);
          tcase_add_loop_test(tc, hostile_text_takes_bounded_memory, 0, 10);
          tcase_add_test(tc, a_full_arena_is_told);)
