#include "tests/unit/harness.h"

#include <string.h>

#include "sidecar/engine/drift_contrast.h"

/* 1,000 words with 60 contractions, 50 commas and 100 sentences. */
static const struct fingerprint her = {
    .traits = {.words = 1000,
               .counts = {[VOICE_TRAIT_CONTRACTIONS] = 60,
                          [VOICE_TRAIT_COMMAS] = 50,
                          [VOICE_TRAIT_SENTENCES] = 100}}};

static struct voice_traits
as_she_does(uint32_t words)
{
    struct voice_traits t = {.words = words};

    for (size_t i = 0; i < VOICE_TRAITS; i++) {
        t.counts[i] = her.traits.counts[i] * words / 1000;
    }
    return t;
}

START_TEST(a_text_like_hers_has_no_contrasts)
{
    struct drift_contrast out[VOICE_TRAITS];

    for (uint32_t words = 1; words <= 2000; words += 37) {
        const struct voice_traits t = as_she_does(words);
        ck_assert_uint_eq(drift_contrasts(&her, &t, out, VOICE_TRAITS), 0);
    }
}
END_TEST

START_TEST(what_is_missing_and_what_is_too_much_is_told_strongest_first)
{
    struct voice_traits t = as_she_does(100);
    struct drift_contrast out[VOICE_TRAITS];
    char line[DRIFT_CONTRAST_BYTES];

    t.counts[VOICE_TRAIT_CONTRACTIONS] = 0;
    t.counts[VOICE_TRAIT_BRACKETS] = 9;
    t.counts[VOICE_TRAIT_COMMAS] = 6; // one more says nothing
    t.words = 100;
    const size_t n = drift_contrasts(&her, &t, out, VOICE_TRAITS);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(out[0].trait, VOICE_TRAIT_BRACKETS);
    drift_contrast_write(&out[0], line);
    ck_assert_str_eq(line, "use fewer brackets: the persona's lines have none "
                           "per 100 words, this has 9");

    t.words = 200; // twelve contractions were to be expected
    ck_assert_uint_ge(drift_contrasts(&her, &t, out, VOICE_TRAITS), 2);
    ck_assert_int_eq(out[0].trait, VOICE_TRAIT_BRACKETS);
    ck_assert_int_eq(out[1].trait, VOICE_TRAIT_CONTRACTIONS);
    drift_contrast_write(&out[1], line);
    ck_assert_str_eq(line, "use contractions: the persona's lines have 6 per "
                           "100 words, this has none");
    for (size_t i = 1; i < 2; i++) {
        ck_assert_double_ge(out[i - 1].strength, out[i].strength);
    }
}
END_TEST

START_TEST(fewer_are_the_first_of_more)
{
    struct voice_traits t = {.words = 300, .counts = {0}};
    struct drift_contrast all[VOICE_TRAITS], some[VOICE_TRAITS];

    t.counts[VOICE_TRAIT_CAPITALS] = 50;
    t.counts[VOICE_TRAIT_NUMBERS] = 20;
    const size_t n = drift_contrasts(&her, &t, all, VOICE_TRAITS);
    ck_assert_uint_ge(n, 4);
    for (size_t most = 0; most <= n; most++) {
        ck_assert_uint_eq(drift_contrasts(&her, &t, some, most), most);
        for (size_t i = 0; i < most; i++) {
            ck_assert_int_eq(some[i].trait, all[i].trait);
        }
    }
}
END_TEST

START_TEST(every_habit_can_be_asked_for_both_ways)
{
    char more[DRIFT_CONTRAST_BYTES], fewer[DRIFT_CONTRAST_BYTES];

    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        struct drift_contrast c = {
            .trait = (enum voice_trait)t, .here = 0.04, .hers = 12.34};
        drift_contrast_write(&c, more);
        ck_assert_ptr_nonnull(strstr(more, "have 12 per 100 words, this has "
                                           "none"));
        c.here = 100;
        drift_contrast_write(&c, fewer);
        ck_assert_ptr_nonnull(strstr(fewer, "this has 100"));
        ck_assert_int_ne(strncmp(more, fewer, strcspn(more, ":") + 1), 0);
        ck_assert_ptr_null(strstr(more, "(null)"));
    }
}
END_TEST

START_TEST(nothing_is_said_where_nothing_is_known)
{
    static const struct fingerprint unknown = {.line_count = 0};
    const struct voice_traits none = {.words = 0}, some = as_she_does(500);
    struct drift_contrast out[VOICE_TRAITS];

    ck_assert_uint_eq(drift_contrasts(&her, &none, out, VOICE_TRAITS), 0);
    ck_assert_uint_eq(drift_contrasts(&unknown, &some, out, VOICE_TRAITS), 0);
}
END_TEST

TEST_MAIN("drift_contrast",
          tcase_add_test(tc, a_text_like_hers_has_no_contrasts);
          tcase_add_test(
              tc, what_is_missing_and_what_is_too_much_is_told_strongest_first);
          tcase_add_test(tc, fewer_are_the_first_of_more);
          tcase_add_test(tc, every_habit_can_be_asked_for_both_ways);
          tcase_add_test(tc, nothing_is_said_where_nothing_is_known);)
