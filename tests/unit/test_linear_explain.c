#include <math.h>

#include "sidecar/base/buffer.h"
#include "sidecar/engine/linear_model.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_linear.h"

enum { MOST = 5 };

struct explained {
    struct arena *arena;
    struct linear_model *model;
    struct linear_reasons reasons;
};

static struct explained
explain(struct text text, size_t most)
{
    const struct support_linear parts = support_linear_plain();
    struct explained e = {
        arena_new(SIZE_MAX), support_linear_model(&parts), {.count = 0}};
    struct err err = {.kind = ERR_NONE};

    ck_assert(
        linear_explain(e.model, 0, text, most, e.arena, &e.reasons, &err));
    return e;
}

static void
explained_clear(struct explained *e)
{
    linear_free(e->model);
    arena_free(e->arena);
}

#define SENTENCE "the cat sat on the mat, and the dog sat on the cat"

START_TEST(reasons_are_the_heaviest_for_and_against)
{
    struct explained e = explain(TEXT(SENTENCE), MOST);
    const struct linear_reasons *r = &e.reasons;

    ck_assert_uint_eq(r->count, 2 * MOST);
    for (size_t i = 0; i < r->count; i++) {
        const bool against = i >= MOST;
        ck_assert_msg((r->at[i].weight < 0) == against, "%zu: %f", i,
                      r->at[i].weight);
        ck_assert(i % MOST == 0 ||
                  fabs(r->at[i].weight) <= fabs(r->at[i - 1].weight));
        ck_assert(text_equal(
            r->at[i].gram,
            text_part(TEXT(SENTENCE), r->at[i].at.from, r->at[i].at.to)));
        ck_assert_uint_ge(r->at[i].count, 1);
    }
    explained_clear(&e);
}
END_TEST

START_TEST(all_reasons_together_are_the_score)
{
    struct explained e = explain(TEXT(SENTENCE), SIZE_MAX);
    float scores[LINEAR_HEADS];
    double odds = e.model->heads[0].bias;

    for (size_t i = 0; i < e.reasons.count; i++) {
        odds += e.reasons.at[i].weight;
    }
    linear_scores(e.model, TEXT(SENTENCE), scores);
    ck_assert(e.reasons.score == scores[0]);
    ck_assert_double_eq_tol((double)linear_sum_score(odds), (double)scores[0],
                            1e-6);
    ck_assert_uint_eq(e.reasons.window.from, 0);
    ck_assert_uint_eq(e.reasons.window.to, sizeof(SENTENCE) - 1);
    explained_clear(&e);
}
END_TEST

START_TEST(occurrences_are_counted_at_the_first)
{
    struct explained e = explain(TEXT("zq zq zq"), SIZE_MAX);
    size_t thrice = 0;

    for (size_t i = 0; i < e.reasons.count; i++) {
        const struct linear_reason *r = &e.reasons.at[i];
        if (text_is(r->gram, "zq") && r->count == 3) {
            ck_assert_uint_eq(r->at.from, 0);
            thrice++;
        }
    }
    // The word, and with blanks around it one of three and one of four.
    ck_assert_uint_ge(thrice, 1);
    explained_clear(&e);
}
END_TEST

START_TEST(the_worst_window_of_a_long_text_is_explained)
{
    struct buffer text;
    float scores[LINEAR_HEADS];

    buffer_init(&text, SIZE_MAX);
    for (size_t i = 0; i < 3000; i++) {
        buffer_format(&text, "w%zu ", i * i * 7919 % 10007);
    }
    for (size_t len = 100; len <= text.len; len += len / 3) {
        const struct text part = text_part(buffer_text(&text), 0, len);
        struct explained e = explain(part, MOST);
        linear_scores(e.model, part, scores);
        ck_assert_msg(e.reasons.score == scores[0], "%zu bytes", len);
        ck_assert_uint_lt(e.reasons.window.from, e.reasons.window.to);
        ck_assert_uint_le(e.reasons.window.to, len);
        for (size_t i = 0; i < e.reasons.count; i++) {
            ck_assert_uint_ge(e.reasons.at[i].at.from, e.reasons.window.from);
            ck_assert_uint_le(e.reasons.at[i].at.to, e.reasons.window.to);
        }
        explained_clear(&e);
    }
    buffer_clear(&text);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_text)
{
    struct buffer text;

    buffer_init(&text, SIZE_MAX);
    while (text.len < 1000000) {
        buffer_add(&text, SENTENCE, sizeof(SENTENCE) - 1);
    }
    struct explained e = explain(buffer_text(&text), MOST);
    ck_assert_uint_lt(arena_used(e.arena), 50 * 1024);
    explained_clear(&e);
    buffer_clear(&text);
}
END_TEST

START_TEST(a_text_of_nothing_has_no_reasons)
{
    struct explained e = explain(TEXT(" \n "), MOST);

    ck_assert_uint_eq(e.reasons.count, 0);
    ck_assert(e.reasons.score == 0);
    explained_clear(&e);
    e = explain(TEXT(SENTENCE), 0);
    ck_assert_uint_eq(e.reasons.count, 0);
    ck_assert(e.reasons.score > 0);
    explained_clear(&e);
}
END_TEST

START_TEST(a_full_arena_fails_the_call)
{
    const struct support_linear parts = support_linear_plain();
    struct linear_model *model = support_linear_model(&parts);
    struct arena *arena = arena_new(SIZE_MAX);
    struct linear_reasons reasons;
    struct err err = {.kind = ERR_NONE};
    size_t nth = 0;

    do {
        arena_reset(arena);
        arena_fail_at(arena, ++nth);
        err.kind = ERR_NONE;
    } while (!linear_explain(model, 0, TEXT(SENTENCE), MOST, arena, &reasons,
                             &err) &&
             err.kind == ERR_MEMORY);
    ck_assert_int_eq(err.kind, ERR_NONE);
    ck_assert_uint_eq(nth, 4);
    arena_free(arena);
    linear_free(model);
}
END_TEST

TEST_MAIN("linear_explain",
          tcase_add_test(tc, reasons_are_the_heaviest_for_and_against);
          tcase_add_test(tc, all_reasons_together_are_the_score);
          tcase_add_test(tc, occurrences_are_counted_at_the_first);
          tcase_add_test(tc, the_worst_window_of_a_long_text_is_explained);
          tcase_add_test(tc, memory_does_not_grow_with_the_text);
          tcase_add_test(tc, a_text_of_nothing_has_no_reasons);
          tcase_add_test(tc, a_full_arena_fails_the_call);)
