#include "tests/unit/harness.h"
#include "tests/unit/support_fold.h"

START_TEST(a_term_of_look_alikes_has_two_forms)
{
    static const struct {
        const char *term, *alone, *inside;
    } cases[] = {
        {"Bastard", "bastard", "bastard"},
        {"\u0443\u0445\u043e", "yxo", "\u0443\u0445\u043e"},
        {"\u0441\u0443\u043a\u0430", "\u0441\u0443\u043a\u0430",
         "\u0441\u0443\u043a\u0430"},
        {"b\u0430d", "bad", "bad"},
    };
    struct fold_term term;
    struct err err;

    ck_assert(
        fold_term(text_of(cases[_i].term), support_fold_arena(), &term, &err));
    ck_assert(text_is(term.alone, cases[_i].alone));
    ck_assert(text_is(term.inside, cases[_i].inside));
}
END_TEST

START_TEST(terms_with_marks_ask_for_them)
{
    static const struct {
        const char *term, *found;
        bool same;
    } cases[] = {
        {"co\u00f1o", "co\u00f1o", true},
        {"co\u00f1o", "CON\u0303O", true},
        {"co\u00f1o", "cono", false},
        {"co\u00f1o", "c\u00f3no", false},
        {"co\u00f1o", "\u0441o\u00f1o", true},
        {"co\u00f1o", "co\u200b\u00f1\ufe0fo", true},
        {"co\u00f1o", "\uff43o\u00f1o", true},
        {"co\u00f1o", "co\u00f1", false},
        {"co\u00f1o", "co\u00f1os", false},
        {"a\u00f1o", "ano", false},
        {"s\u00f8n", "son", false},
        {"s\u00f8n", "S\u00d8N", true},
        {"ba\u0316\u0301", "ba\u0301\u0316", true},
        {"bastard", "bastard", true},
        {"", "", true},
        {"", "a", false},
        {"\u043c\u043e\u0439", "\u043c\u043e\u0438\u0306", true},
        {"\u043c\u043e\u0439", "\u043c\u043e\u0438", false},
    };
    const struct text term = text_of(cases[_i].term);
    const struct text found = text_of(cases[_i].found);

    ck_assert_msg(fold_same_marks(term, found) == cases[_i].same, "%s, %s",
                  support_fold_shown(term), support_fold_shown(found));
    ck_assert(fold_same_marks(found, term) == cases[_i].same);
}
END_TEST

START_TEST(a_full_arena_is_an_error_for_a_term)
{
    struct arena *const small = arena_new(1 << 20);
    struct fold_term term;
    struct err err;
    size_t nth = 1;

    for (;; nth++) {
        arena_reset(small);
        arena_fail_at(small, nth);
        if (fold_term(TEXT("\u00e1"), small, &term, &err)) {
            break;
        }
    }
    ck_assert_uint_gt(nth, 3);
    arena_free(small);
}
END_TEST

TEST_MAIN("fold_term",
          tcase_add_loop_test(tc, a_term_of_look_alikes_has_two_forms, 0, 4);
          tcase_add_loop_test(tc, terms_with_marks_ask_for_them, 0, 18);
          tcase_add_test(tc, a_full_arena_is_an_error_for_a_term);)
