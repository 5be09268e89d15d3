#include "sidecar/engine/fold.h"

#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold_set.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

enum { ROOM = 1 << 28, LONGEST = 4096 };

// --- against the reference -------------------------------------------------

START_TEST(every_character_folds_as_the_reference)
{
    static const char *const around[][2] = {
        {"", ""}, {"a", "b"}, {"\u0430", "\u0430"}, {"\u0627\u064b", "\u0628"}};
    char room[32];

    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c == 0x40000) {
            c = 0xe0000; // nothing is assigned between
        } else if (c == 0xe1000) {
            c = 0x10ff00;
        }
        if ((c >= 0xd800 && c <= 0xdfff) ||
            (c >= 0x20000 && c < 0x2f800 && c % 7 != 0)) {
            continue; // surrogates; ideographs are sampled
        }
        const char *const *const about = around[_i];
        size_t n = strlen(about[0]);
        memcpy(room, about[0], n);
        n += utf8_put(c, room + n);
        memcpy(room + n, about[1], strlen(about[1]));
        support_fold_check((struct text){room, n + strlen(about[1])});
    }
}
END_TEST

START_TEST(random_texts_fold_as_the_reference)
{
    char room[400];

    support_fold_seed(0x9e3779b97f4a7c15u + (uint64_t)_i);
    for (int i = 0; i < 20000; i++) {
        support_fold_check(support_fold_random(room, i % 50 == 0 ? 100 : 24));
    }
}
END_TEST

/* Words around the length at which they are cut, with a Latin letter, a
 * foreign one or an ignorable at each of the telling places. */
START_TEST(words_are_cut_after_256_letters)
{
    static const char *const odd[] = {
        "a",      "\u0436", "\u0430",       "\u200b",
        "\u0301", "\u00df", "\u1100\u1161", " "};
    char room[LONGEST];

    for (size_t first = 253; first <= 260; first++) {
        for (size_t kind = 0; kind < sizeof(odd) / sizeof(*odd); kind++) {
            for (size_t base = 0; base < 2; base++) {
                size_t n = 0;
                for (size_t i = 0; i < 520; i++) {
                    const char *const c = i == first  ? odd[kind]
                                          : i == 3    ? odd[_i]
                                          : base == 0 ? "\u0430"
                                                      : "b";
                    memcpy(room + n, c, strlen(c));
                    n += strlen(c);
                }
                support_fold_check((struct text){room, n});
            }
        }
    }
}
END_TEST

START_TEST(marks_beyond_the_30th_are_dropped)
{
    static const char *const bases[] = {"\u0436", "b", "", " ", "\u0439"};
    char room[400];

    for (size_t marks = 28; marks <= 34; marks++) {
        size_t n = strlen(bases[_i]);
        memcpy(room, bases[_i], n);
        for (size_t i = 0; i < marks; i++) {
            n += utf8_put(0x300 + (uint32_t)(i * 7 % 0x30), room + n);
        }
        n += utf8_put('x', room + n);
        support_fold_check((struct text){room, n});
    }
}
END_TEST

START_TEST(an_ignorable_inside_a_latin_word_changes_nothing)
{
    static const char *const words[] = {"bastard", "Na\u00efve", "b\u0430d"};
    char room[64];

    for (uint32_t c = 0; c < 0xe1000; c++) {
        if (!fold_set_ignored(c)) {
            continue;
        }
        for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
            const struct text word = text_of(words[w]);
            for (size_t at = 0; at <= word.len; at++) {
                if (at < word.len && utf8_inside((unsigned char)word.at[at])) {
                    continue;
                }
                memcpy(room, word.at, at);
                size_t n = at + utf8_put(c, room + at);
                memcpy(room + n, word.at + at, word.len - at);
                n += word.len - at;
                const struct text raw = {room, n};
                ck_assert_msg(text_equal(support_fold_view(raw).text,
                                         support_fold_view(word).text),
                              "%s", support_fold_shown(raw));
                arena_reset(support_fold_arena());
            }
        }
    }
}
END_TEST

// --- texts that are no
// disguise
// --------------------------------------------

static const struct {
    const char *text;
    const char *fold; /* NULL: as it is
                       */
} unharmed[] = {
    {"\u0414\u0430, "
     "\u043c\u044b "
     "\u0448\u043b\u0438 "
     "\u0432 "
     "\u041c\u041e\u0421\u0422 "
     "\u0438 "
     "\u043c\u043e\u0441\u0442",
     "\u0434\u0430, "
     "\u043c\u044b "
     "\u0448\u043b\u0438 "
     "\u0432 "
     "\u043c\u043e\u0441\u0442 "
     "\u0438 "
     "\u043c\u043e\u0441"
     "\u0442"},
    {"\u043c\u043e\u0439 "
     "\u0439\u043e\u0433\u0443"
     "\u0440\u0442, "
     "\u0435\u0449\u0451",
     NULL},
    {"\u03ba\u03b1\u03b9 "
     "\u03b3\u03b9\u03b1 "
     "\u03c4\u03b7\u03bd "
     "\u03ba\u03b1\u03c1\u03b4"
     "\u03b9\u03ac "
     "\u03bd\u03b1",
     NULL},
    {"\u0633\u0644\u0627\u0645"
     "\u060c "
     "\u0643\u064e\u062a\u064e"
     "\u0628\u064e",
     NULL},
    {"\u0645\u06cc\u200c\u062e"
     "\u0648\u0627\u0647\u0645 "
     "\u06a9\u062a\u0627\u0628"
     "\u200c\u0647\u0627",
     NULL},
    {"\u0939\u093f\u0928\u094d"
     "\u0926\u0940 "
     "\u0915\u094d\u200d\u0937 "
     "\u0915\u094d\u200c\u0937",
     NULL},
    {"\u0dc1\u0dca\u200d\u0dbb"
     "\u0dd3 "
     "\u0dbd\u0d82\u0d9a\u0dcf",
     NULL},
    {"\u65e5\u672c\u8a9e\u306e"
     "\u30c6\u30b9\u30c8\u3067"
     "\u3059\u3002\u304c\u30d0",
     NULL},
    {"\u4f60\u597d\uff0c\u4e16"
     "\u754c",
     "\u4f60\u597d,"
     "\u4e16\u754c"},
    {"\ud55c\uad6d\uc5b4 "
     "\ubb38\uc7a5",
     NULL},
    {"\u0e20\u0e32\u0e29\u0e32"
     "\u0e44\u0e17\u0e22",
     NULL},
    {"\u05e9\u05b8\u05c1\u05dc"
     "\u05d5\u05b9\u05dd "
     "\u05e1\u05d5\u05e1",
     NULL},
    {"\u0570\u0561\u0575\u0565"
     "\u0580\u0565\u0576 "
     "\u0578\u0582",
     NULL},
    {"\U0001F468\u200d"
     "\U0001F469\u200d"
     "\U0001F467 \u2764\ufe0f "
     "\U0001F44D\U0001F3FD "
     "\U0001F9D1\U0001F3FD"
     "\u200d\U0001F680 "
     "\U0001F3F3\ufe0f\u200d"
     "\U0001F308 "
     "\U0001F1E9\U0001F1EA"
     "\U0001F1EB\U0001F1F7",
     NULL},
    {"\U0001F602\U0001F602 "
     "\u2728",
     NULL},
    {"\u2260 \u2264 \u00d7 "
     "\u221e",
     NULL},
};

START_TEST(ordinary_text_is_unharmed)
{
    const struct text raw = text_of(unharmed[_i].text);
    const char *const want =
        unharmed[_i].fold != NULL ? unharmed[_i].fold : unharmed[_i].text;
    const struct view view = support_fold_view(raw);

    ck_assert_msg(text_is(view.text, want), "%s\n  is %s",
                  support_fold_shown(raw), support_fold_shown(view.text));
    ck_assert(!fold_disguised(&view, raw, 0, view.text.len));
    support_fold_check(raw);
}
END_TEST

START_TEST(joiners_with_nothing_to_join_are_dropped)
{
    static const struct {
        const char *text, *fold;
    } cases[] = {
        {"\U0001F468"
         "\u200dx",
         "\U0001F468x"},
        {"x\u200d"
         "\U0001F468",
         "x\U0001F468"},
        {"\U0001F468"
         "\u200d\u200d"
         "\U0001F469",
         "\U0001F468"
         "\u200d"
         "\U0001F469"},
        {"\U0001F468"
         "\ufe0f\ufe0f",
         "\U0001F468"
         "\ufe0f"},
        {"x\ufe0f", "x"},
        {"\u0628\u200c"
         " ",
         "\u0628 "},
        {"\u0628\u200c"
         "\u200c\u0628",
         "\u0628\u200c"
         "\u0628"},
        {"\u0628\u200c"
         "x",
         "\u0628x"},
        {"\U0001F3F4"
         "\U000E0067"
         "\U000E007F",
         "\U0001F3F4"},
        {"1\ufe0f"
         "\u20e3",
         "1"},
    };
    ck_assert_int_lt(_i, (int)(sizeof(cases) / sizeof(*cases)));
    const struct text raw = text_of(cases[_i].text);

    ck_assert_msg(text_is(support_fold_view(raw).text, cases[_i].fold), "%s",
                  support_fold_shown(raw));
}
END_TEST

// --- the map and the
// memory
// ------------------------------------------------

START_TEST(every_odd_byte_is_found_at_every_place)
{
    static const char odd[] = "\t"
                              "\r"
                              "\x7f\x01\x0b";
    char raw[80];

    for (size_t at = 0; at < sizeof(raw); at++) {
        for (size_t k = 0; k < sizeof(odd) - 1; k++) {
            memset(raw, 'Q', sizeof(raw));
            raw[at] = odd[k];
            support_fold_check((struct text){raw, sizeof(raw)});
        }
    }
}
END_TEST

START_TEST(text_that_only_changes_case_needs_no_map)
{
    const struct text raw =
        TEXT("\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!\tOK");
    const struct view view = support_fold_view(raw);

    ck_assert_ptr_null(view.raw_from);
    ck_assert_uint_eq(view.text.len, raw.len);
}
END_TEST

START_TEST(map_leads_to_the_bytes_it_came_from)
{
    const struct text raw = TEXT("x b\u00e1\u0301st\u200bard\u200b y\r\nz");
    const struct view view = support_fold_view(raw);

    ck_assert(text_is(view.text, "x bastard y\nz"));
    const struct span word = view_raw_span(&view, 2, 9);
    ck_assert_uint_eq(word.from, 2);
    ck_assert_uint_eq(word.to,
                      15); // the last ignorable is not in it
    const struct span a = view_raw_span(&view, 3, 4);
    ck_assert_uint_eq(a.from, 3);
    ck_assert_uint_eq(a.to,
                      7); // both marks are
    const struct span line = view_raw_span(&view, 11, 12);
    ck_assert_uint_eq(line.to - line.from, 2);
}
END_TEST

START_TEST(worst_expansion_is_elevenfold)
{
    char raw[3 * 400];

    for (size_t i = 0; i < sizeof(raw); i += 3) {
        utf8_put(0xfdfa, raw + i);
    }
    const struct view view = support_fold_view((struct text){raw, sizeof(raw)});
    ck_assert_uint_eq(view.text.len, 11 * sizeof(raw));
    support_fold_check_map(&view, (struct text){raw, sizeof(raw)});
}
END_TEST

/* Each
 * of these took seconds, or gigabytes, in one library or another; here
 * they only have to end, and to agree with their own halves. */
START_TEST(hostile_megabytes_fold)
{
    static const char *const units[] = {"\u0301",
                                        "a\u0301\u0316",
                                        "\u0436\u0301\u0316\u0327",
                                        "\u200b",
                                        "\u0430",
                                        "\ufdfa",
                                        "\u1161",
                                        "\u200d",
                                        "\U0001F1E9",
                                        "\u0430x",
                                        "\u0f71\u0f72",
                                        "\u20dd",
                                        "\u0436\u20dd\u0301",
                                        "\u0bc6\u0bbe"};
    enum { BYTES = 1 << 20 };
    const size_t unit = strlen(units[_i]), n = BYTES / unit * unit;
    char *const raw = malloc(BYTES);

    for (size_t i = 0; i < n; i += unit) {
        memcpy(raw + i, units[_i], unit);
    }
    const struct text text = {raw, n};
    const struct view view = support_fold_view(text);
    support_fold_check_map(&view, text);
    free(raw);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
    const struct text raw = TEXT(
        "a\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa b\u0301 \u0436\u0301");
    struct arena *const small = arena_new(ROOM);
    struct view view;
    struct err err;
    size_t nth = 1;

    for (;; nth++) {
        err = (struct err){0};
        arena_reset(small);
        arena_fail_at(small, nth);
        if (fold_view(raw, small, &view, &err)) {
            break;
        }
        ck_assert_int_eq(err.kind, ERR_MEMORY);
    }
    ck_assert_uint_gt(nth, 3);
    ck_assert(text_equal(view.text, support_fold_view(raw).text));
    arena_free(small);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(*(table))))

TEST_MAIN("fold",
          tcase_add_loop_test(tc, every_character_folds_as_the_reference, 0, 4);
          tcase_add_loop_test(tc, random_texts_fold_as_the_reference, 0, 4);
          tcase_add_loop_test(tc, words_are_cut_after_256_letters, 0, 8);
          tcase_add_loop_test(tc, marks_beyond_the_30th_are_dropped, 0, 5);
          tcase_add_test(tc, an_ignorable_inside_a_latin_word_changes_nothing);
          tcase_add_loop_test(tc, ordinary_text_is_unharmed, 0,
                              COUNT(unharmed));
          tcase_add_loop_test(tc, joiners_with_nothing_to_join_are_dropped, 0,
                              10);
          tcase_add_test(tc, every_odd_byte_is_found_at_every_place);
          tcase_add_test(tc, text_that_only_changes_case_needs_no_map);
          tcase_add_test(tc, map_leads_to_the_bytes_it_came_from);
          tcase_add_test(tc, worst_expansion_is_elevenfold);
          tcase_add_loop_test(tc, hostile_megabytes_fold, 0, 14);
          tcase_add_test(tc, a_full_arena_is_an_error);)
