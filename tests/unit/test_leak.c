#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/engine/leak.h"

enum { ARENA_BYTES = 16 << 20 };

static const char prompt[] =
    "you are mira. you keep the inn at the ford, and you never speak of the "
    "well behind it, not even to friends.";

struct row {
    const char *reply;
    size_t words; /* of a shingle */
    double share;
    size_t run, from, to;
};

static const struct row rows[] = {
    {"", 5, 0, 0, 0, 0},
    {"welcome", 5, 0, 0, 0, 0},
    {"you keep the inn", 5, 0, 0, 0, 0}, /* shorter than a shingle */
    {"you keep the inn at", 5, 1, 5, 0, 19},
    {"yes: you keep -- the inn at!", 5, 0.5, 5, 5, 27},
    {"you keep the bar at the ford and more", 5, 0, 0, 0, 0},
    {"you keep the bar at the ford and you never speak", 5, 3.0 / 7, 7, 17, 48},
    {"the inn at the ford. and what of the well behind it not", 5, 4.0 / 9, 6,
     0, 24},
    {"you never speak of the well behind it not even to friends", 16, 0, 0, 0,
     0},
    {"the inn", 2, 1, 2, 0, 7},
    {"the inn", 1, 1, 2, 0, 7},             /* 2 words is the least */
    {"YOU KEEP THE INN AT", 5, 0, 0, 0, 0}, /* folding is the caller's */
    {"you keep the inn. you keep the inn at the ford", 5, 3.0 / 7, 7, 18, 46},
};

START_TEST(reply_is_measured_against_the_prompt)
{
    const struct row *row = &rows[_i];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct err err;
    const struct leak_index *index =
        leak_index_build(text_of(prompt), row->words, arena, &err);

    ck_assert_ptr_nonnull(index);
    const struct leak_finding f =
        leak_find(index, text_of(row->reply), 0, NULL, NULL);
    ck_assert_msg(fabs(f.share - row->share) < 1e-9 &&
                      f.run_words == row->run && f.run.from == row->from &&
                      f.run.to == row->to,
                  "\"%s\": share %.17g, %zu words at [%zu, %zu)", row->reply,
                  f.share, f.run_words, f.run.from, f.run.to);
    arena_free(arena);
}
END_TEST

/* The runs as "words@from-to ". */
static bool
note_run(void *context, struct span run, size_t words)
{
    char *const out = context;
    const size_t used = strlen(out);

    snprintf(out + used, 64 - used, "%zu@%zu-%zu ", words, run.from, run.to);
    return true;
}

START_TEST(every_long_run_is_told)
{
    static const struct {
        const char *reply;
        size_t least;
        const char *want;
    } told[] = {
        {"you keep the inn. you keep the inn at the ford", 5, "7@18-46 "},
        {"you keep the inn at, and the ford and you never speak", 5,
         "5@0-19 6@25-53 "},
        {"you keep the inn at, and the ford and you never speak", 6,
         "6@25-53 "},
        {"you keep the inn at, and the ford and you never speak", 7, ""},
        {"nothing of it at all, not a word", 5, ""},
        {"", 5, ""},
    };
    struct arena *arena = arena_new(ARENA_BYTES);
    char out[64] = "";
    struct err err;
    const struct leak_index *index =
        leak_index_build(text_of(prompt), 5, arena, &err);

    ck_assert_ptr_nonnull(index);
    leak_find(index, text_of(told[_i].reply), told[_i].least, note_run, out);
    ck_assert_str_eq(out, told[_i].want);
    arena_free(arena);
}
END_TEST

START_TEST(prompt_without_words_is_never_leaked)
{
    static const char *const prompts[] = {"", " ", "...!?", "one two"};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct err err;

    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
        const struct leak_index *index =
            leak_index_build(text_of(prompts[i]), 5, arena, &err);
        ck_assert_ptr_nonnull(index);
        ck_assert_uint_eq(
            leak_find(index, TEXT("one two three four five six"), 0, NULL, NULL)
                .run_words,
            0);
    }
    const struct leak_index *index =
        leak_index_build((struct text){NULL, 0}, 5, arena, &err);
    ck_assert_uint_eq(
        leak_find(index, (struct text){NULL, 0}, 0, NULL, NULL).run_words, 0);
    arena_free(arena);
}
END_TEST

/* The table must have room for the shortest words there are. */
START_TEST(prompt_of_one_letter_words_fits)
{
    enum { WORDS = 4096 };
    struct arena *arena = arena_new(ARENA_BYTES);
    char *text = malloc(2 * WORDS);
    struct err err;

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < WORDS; i++) {
        text[2 * i] = (char)('a' + (i * 7919 / 13 + i / 26) % 26);
        text[2 * i + 1] = ' ';
    }
    const struct text whole = {text, 2 * WORDS};
    for (size_t words = 2; words <= 16; words += 7) {
        const struct leak_index *index =
            leak_index_build(whole, words, arena, &err);
        ck_assert_ptr_nonnull(index);
        const struct leak_finding f = leak_find(index, whole, 0, NULL, NULL);
        ck_assert_double_eq(f.share, 1.0);
        ck_assert_uint_eq(f.run_words, WORDS);
    }
    free(text);
    arena_free(arena);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct err err;

    for (size_t n = 1; n <= 2; n++) {
        arena_reset(arena);
        arena_fail_at(arena, n);
        ck_assert_ptr_null(leak_index_build(text_of(prompt), 5, arena, &err));
        ck_assert_int_eq(err.kind, ERR_MEMORY);
    }
    arena_free(arena);
}
END_TEST

TEST_MAIN("leak", tcase_add_loop_test(tc, reply_is_measured_against_the_prompt,
                                      0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, every_long_run_is_told, 0, 6);
          tcase_add_test(tc, prompt_without_words_is_never_leaked);
          tcase_add_test(tc, prompt_of_one_letter_words_fits);
          tcase_add_test(tc, no_memory_is_an_error);)
