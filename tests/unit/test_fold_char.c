#include "sidecar/engine/fold_char.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

START_TEST(composing_undoes_decomposing)
{
    fold_char_ready();
    for (uint32_t c = 0; c < 0x20000; c++) {
        uint32_t parts[FOLD_CHAR_PARTS];
        const size_t n = fold_char_decompose(c, parts);
        uint32_t whole = parts[0];
        for (size_t i = 1; i < n; i++) {
            whole = fold_char_compose(whole, parts[i]);
        }
        ck_assert_uint_eq(whole, c);
    }
}
END_TEST

START_TEST(no_jamo_is_lost)
{
    // U+11A7 is a vowel; utf8proc 2.8.0 takes it for an
    // empty final.
    const struct text raw = TEXT("\uac00\u11a7");

    ck_assert(text_equal(support_fold_view(raw).text, raw));
}
END_TEST

TEST_MAIN("fold_char", tcase_add_test(tc, composing_undoes_decomposing);
          tcase_add_test(tc, no_jamo_is_lost);)
