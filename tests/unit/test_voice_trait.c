#include "tests/unit/harness.h"

#include <string.h>

#include "sidecar/engine/voice_text.h"
#include "sidecar/engine/voice_trait.h"

static struct voice_traits
count(const char *text)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice_traits traits = {.words = 0};
    struct voice_text folded;
    struct err err;

    ck_assert(voice_text_fold(text_of(text), arena, &folded, &err));
    voice_trait_count(folded.cased, &traits);
    arena_free(arena);
    return traits;
}

static const struct {
    const char *text;
    enum voice_trait trait;
    uint32_t words, count;
} rows[] = {
    {"", VOICE_TRAIT_SENTENCES, 0, 0},
    {"...", VOICE_TRAIT_SENTENCES, 0, 0},
    {"I don't. You can\xe2\x80\x99t!", VOICE_TRAIT_CONTRACTIONS, 4, 2},
    {"'Tis the dogs' home", VOICE_TRAIT_CONTRACTIONS, 4, 0},
    {"No! No!! Never?", VOICE_TRAIT_EXCLAMATIONS, 3, 3},
    {"No! No!! Never?", VOICE_TRAIT_QUESTIONS, 3, 1},
    {"No! No!! Never?", VOICE_TRAIT_SENTENCES, 3, 3},
    {"a, b, c; d: e", VOICE_TRAIT_COMMAS, 5, 2},
    {"a, b, c; d: e", VOICE_TRAIT_SEMICOLONS, 5, 2},
    {"well -- no \xe2\x80\x94 yes - so", VOICE_TRAIT_DASHES, 4, 2},
    {"well... no\xe2\x80\xa6 yes.", VOICE_TRAIT_ELLIPSES, 3, 2},
    {"\"so\" \xe2\x80\x9cso\xe2\x80\x9d", VOICE_TRAIT_QUOTES, 2, 4},
    {"one (two) (three)", VOICE_TRAIT_BRACKETS, 3, 2},
    {"I AM NOT A fool", VOICE_TRAIT_CAPITALS, 5, 2},
    {"eightlet ninelette considerable", VOICE_TRAIT_LONG, 3, 2},
    {"I I'm ME my mine myself it mystery", VOICE_TRAIT_FIRST, 8, 6},
    {"You YOU'RE your yours yourself youth", VOICE_TRAIT_SECOND, 6, 5},
    {"12 and 3.5", VOICE_TRAIT_NUMBERS, 1, 3},
    {"One two. Three e.g. four", VOICE_TRAIT_SENTENCES, 6, 3},
    {"no end", VOICE_TRAIT_SENTENCES, 2, 1},
};

START_TEST(habits_are_counted)
{
    const struct voice_traits t = count(rows[_i].text);

    ck_assert_msg(t.words == rows[_i].words, "\"%s\": %u words", rows[_i].text,
                  t.words);
    ck_assert_msg(t.counts[rows[_i].trait] == rows[_i].count, "\"%s\": %u %s",
                  rows[_i].text, t.counts[rows[_i].trait],
                  voice_trait_name(rows[_i].trait));
}
END_TEST

START_TEST(counts_of_two_texts_add_up)
{
    struct voice_traits both = count("I can't! (12)");
    const struct voice_traits one = both, other = count("You, you -- you...");
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice_text folded;
    struct err err;

    ck_assert(
        voice_text_fold(TEXT("You, you -- you..."), arena, &folded, &err));
    voice_trait_count(folded.cased, &both);
    ck_assert_uint_eq(both.words, one.words + other.words);
    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        ck_assert_uint_eq(both.counts[t], one.counts[t] + other.counts[t]);
        ck_assert_uint_gt(strlen(voice_trait_name((enum voice_trait)t)), 3);
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("voice_trait", tcase_add_loop_test(tc, habits_are_counted, 0,
                                             sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, counts_of_two_texts_add_up);)
