#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/drift_pull.h"
#include "tests/unit/support_voice.h"

#define ASSISTANT                                                              \
    "Certainly! I'd be happy to help you prioritize your goals. Here are "     \
    "several important considerations to keep in mind as you move forward."

struct measured {
    struct drift_pull pull;
    size_t count;
    char words[4][32];
};

static struct measured
measure(const struct fingerprint *print, const struct voice_model *model,
        struct text text, size_t most)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct measured m = {.count = 0};
    struct text words[4];
    struct voice voice;
    struct err err;

    ck_assert_msg(voice_read_spots(model, text, arena, &voice, &err), "%s",
                  err.message);
    m.pull = drift_pull_measure(print, model, &voice);
    m.count = drift_pull_words(model, &voice, words, most);
    for (size_t i = 0; i < m.count; i++) {
        snprintf(m.words[i], sizeof(m.words[i]), "%.*s", TEXT_ARGS(words[i]));
    }
    arena_free(arena);
    return m;
}

static const char *const personas[] = {
    "algernon", "falstaff", "hamlet", "huck", "judy", "pooter", "zarathustra"};

enum { PERSONAS = sizeof(personas) / sizeof(personas[0]), LINES = 60 };

START_TEST(an_assistant_pulls_more_than_any_line_of_hers)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, personas[_i], LINES);
    const struct measured m = measure(print, model, TEXT(ASSISTANT), 4);

    ck_assert_msg(m.pull.telling, "%s: pull %g, %g deviations", personas[_i],
                  m.pull.pull, m.pull.deviations);
    ck_assert_double_le(m.pull.share, 0.05);
    ck_assert_uint_ge(m.count, 1);
    ck_assert_str_eq(m.words[0], "help");
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

/* Lines that the fingerprint has not seen; the shares are nearly even. */
START_TEST(her_own_lines_seldom_tell)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, personas[_i], LINES);
    struct support_lines lines =
        support_voice_lines("config/voices", personas[_i]);
    size_t seen = 0, telling = 0;
    double share = 0;

    for (size_t i = LINES; i < lines.count; i++) {
        const struct measured m = measure(print, model, lines.at[i], 0);
        ck_assert_uint_eq(m.count, 0);
        telling += m.pull.telling;
        share += m.pull.share;
        seen++;
    }
    ck_assert_uint_gt(seen, 10);
    ck_assert_msg(telling * 20 <= seen, "%s: %zu of %zu", personas[_i], telling,
                  seen);
    ck_assert_double_gt(share / (double)seen, 0.3);
    ck_assert_double_lt(share / (double)seen, 0.75);
    support_voice_lines_clear(&lines);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(words_are_the_strongest_and_each_stands_once)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "huck", LINES);
    const struct text text =
        TEXT("Please help, please help. HELP! As an AI, I help with questions; "
             "please ask questions.");
    const struct measured all = measure(print, model, text, 4);

    ck_assert_uint_eq(all.count, 4);
    for (size_t i = 0; i < all.count; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(all.words[i], all.words[k]);
        }
    }
    for (size_t most = 0; most < 4; most++) {
        const struct measured some = measure(print, model, text, most);
        ck_assert_uint_eq(some.count, most);
        for (size_t i = 0; i < most; i++) {
            ck_assert_str_eq(some.words[i], all.words[i]);
        }
    }
    ck_assert_uint_eq(measure(print, model, TEXT("Zounds!"), 4).count, 0);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("drift_pull",
          tcase_add_loop_test(tc, an_assistant_pulls_more_than_any_line_of_hers,
                              0, PERSONAS);
          tcase_add_loop_test(tc, her_own_lines_seldom_tell, 0, PERSONAS);
          tcase_add_test(tc, words_are_the_strongest_and_each_stands_once);)
