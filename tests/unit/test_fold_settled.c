#include "sidecar/engine/fold_settled.h"

#include "sidecar/base/utf8.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

START_TEST(a_cut_at_a_settled_place_changes_nothing)
{
    char room[2400], joined[11 * 2400];

    support_fold_seed(0xd1b54a32d192ed03u + (uint64_t)_i);
    for (int i = 0; i < 8000; i++) {
        const struct text raw =
            support_fold_random(room, i % 40 == 0 ? 600 : 20);
        const size_t cut = support_fold_draw((uint32_t)raw.len + 1);
        size_t known = cut;
        while (known < raw.len && utf8_inside((unsigned char)raw.at[known])) {
            known++;
        }
        const size_t at = fold_settled(text_part(raw, 0, known));
        const struct text a = support_fold_view(text_part(raw, 0, at)).text;
        const struct text b =
            support_fold_view(text_part(raw, at, raw.len)).text;
        const struct text whole = support_fold_view(raw).text;
        ck_assert(at <= known && a.len + b.len < sizeof(joined));
        memcpy(joined, a.at, a.len);
        memcpy(joined + a.len, b.at, b.len);
        const struct text got = {joined, a.len + b.len};
        ck_assert_msg(text_equal(got, whole),
                      "%s cut at %zu of %zu\n  is   "
                      "%s\n  want %s",
                      support_fold_shown(raw), at, known,
                      support_fold_shown(got), support_fold_shown(whole));
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
                 {"line\r\n", 4},
                 {"\u4f60\u597d\u3002\u4f60", 6},
                 {"\U0001F468\u200d\U0001F469", 0},
                 {"a \U0001F1E9\U0001F1EA", 1}};

    const struct text raw = text_of(cases[_i].text);
    ck_assert_msg(fold_settled(raw) == cases[_i].at, "%s: %zu",
                  support_fold_shown(raw), fold_settled(raw));
}
END_TEST

START_TEST(a_long_word_settles_every_256_letters)
{
    char room[1024];

    memset(room, 'a', sizeof(room));
    for (size_t len = 1; len <= sizeof(room); len++) {
        ck_assert_uint_eq(fold_settled((struct text){room, len}),
                          (len - 1) / FOLD_WORD_LETTERS * FOLD_WORD_LETTERS);
    }
}
END_TEST

TEST_MAIN("fold_settled",
          tcase_add_loop_test(tc, a_cut_at_a_settled_place_changes_nothing, 0,
                              4);
          tcase_add_loop_test(tc, a_settled_place_is_near, 0, 8);
          tcase_add_test(tc, a_long_word_settles_every_256_letters);)
