#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/engine/fold.h"
#include "sidecar/engine/repetition.h"
#include "sidecar/engine/repetition_word.h"
#include "tests/unit/support_bytes.h"

enum { ARENA_BYTES = 64 << 20, LONG_BYTES = 1 << 20, NONE = 99 };

/* What the shipped rules recommend. */
static const struct repetition_limits usual = {
    .max_char_run = 40,
    .max_token_run = 7,
    .max_sentence_repeats = 5,
    .ngram_words = 4,
    .max_ngram_share = 0.35,
};

static struct repetition
find(struct text fold, const struct repetition_limits *limits)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct repetition out;
    struct err err;

    ck_assert_msg(repetition_find(fold, limits, arena, &out, &err), "%s",
                  err.message);
    ck_assert_uint_le(arena_peak(arena), 16 * fold.len + 1024);
    for (size_t i = 0; i < out.count; i++) {
        ck_assert_uint_lt(out.at[i].span.from, out.at[i].span.to);
        ck_assert_uint_le(out.at[i].span.to, fold.len);
    }
    arena_free(arena);
    return out;
}

/* Chinese: three characters, and a full stop. */
#define LOVE "\xe6\x88\x91\xe7\x88\xb1\xe4\xbd\xa0"
#define STOP "\xe3\x80\x82"

/* `unit`, `times` times over. */
struct times {
    const char *unit;
    size_t times;
    int kind; /* enum repetition_kind, or NONE */
};

static const struct times repeated[] = {
    {"a", 40, NONE},
    {"a", 41, REPETITION_CHARS},
    {"0", 41, REPETITION_CHARS},
    {"ha", 40, NONE},
    {"ha", 41, REPETITION_CHARS},
    {"lol", 41, REPETITION_CHARS},
    {"ab3d", 41, REPETITION_CHARS},
    {"ab3de", 41, NONE}, /* one word of its own kind */
    {"\xd0\xb6", 41, REPETITION_CHARS},
    {"\xe5\x93\x88", 40, NONE}, /* laughter */
    {"\xe5\x93\x88", 41, REPETITION_CHARS},
    /* Piled up on purpose: */
    {".", 160, NONE},
    {".", 161, REPETITION_CHARS},
    {"-", 160, NONE},
    {"=", 161, REPETITION_CHARS},
    {"* ", 160, NONE},
    {"\n", 160, NONE},
    {"\n", 161, REPETITION_CHARS},
    {"!", 150, NONE},
    {"\xe2\x94\x80", 160, NONE}, /* a drawn line */
    {"\xf0\x9f\x98\x82", 160, NONE},
    {"\xf0\x9f\x98\x82", 161, REPETITION_CHARS},
    {"\xf0\x9f\x98\x82\xf0\x9f\x94\xa5", 161, REPETITION_CHARS},
    {"\xe2\x9d\xa4\xef\xb8\x8f", 160, NONE},
    /* Words: one, two, three, four and more. */
    {"the ", 7, NONE},
    {"the ", 8, REPETITION_WORDS},
    {"i ", 14, NONE}, /* a stammer, or spelt out and drawn out */
    {"i ", 15, REPETITION_WORDS},
    {"stop! ", 8, REPETITION_WORDS},
    {"don't, ", 8, REPETITION_WORDS},
    {"\xd0\xbd\xd0\xb5\xd1\x82 ", 8, REPETITION_WORDS},
    {"come on, ", 5, NONE},
    {"come on, ", 6, REPETITION_WORDS},
    {"let it be, ", 4, NONE},
    {"let it be, ", 5, REPETITION_WORDS},
    {"i will go home, ", 3, NONE},
    {"i will go home, ", 4, REPETITION_WORDS},
    {"one two three four five six seven eight nine ten eleven twelve ", 3,
     NONE},
    {"one two three four five six seven eight nine ten eleven twelve ", 4,
     REPETITION_WORDS},
    {"one two three four five six seven eight nine ten eleven twelve more ", 4,
     NONE},
    /* Sounds and tables. */
    {"ha ", 14, NONE},
    {"ha ", 15, REPETITION_WORDS},
    {"tick tock ", 10, NONE},
    {"tick tock ", 11, REPETITION_WORDS},
    {"10 ", 12, NONE},
    {"1 0 ", 20, NONE},
    /* No spaces between words: love, and laughter again. */
    {LOVE, 4, NONE},
    {LOVE, 5, REPETITION_WORDS},
    {"\xe3\x85\x8b", 30, NONE},
    /* Lines, and sentences apart from each other. */
    {"the cat sat. ", 3, NONE},
};

START_TEST(run_passes_its_limit_and_no_earlier)
{
    const struct times *row = &repeated[_i];
    char text[4096] = "so ";
    size_t len = 3;

    for (size_t i = 0; i < row->times; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%s", row->unit);
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", "? quite");
    ck_assert_uint_lt(len, sizeof(text));
    const struct repetition r = find((struct text){text, len}, &usual);
    ck_assert_msg(r.count == (row->kind != NONE),
                  "\"%s\" %zu times: %zu findings", row->unit, row->times,
                  r.count);
    if (row->kind == NONE) {
        return;
    }
    ck_assert_int_eq((int)r.at[0].kind, row->kind);
    ck_assert_uint_eq(r.found[row->kind], 1);
    ck_assert_uint_eq(r.at[0].times, row->times);
    // What is too much is the last time, in all of these.
    ck_assert_uint_eq(r.at[0].span.from,
                      3 + (row->times - 1) * strlen(row->unit));
    // The run ends with its last word, or character.
    ck_assert_uint_le(r.at[0].span.to, len - 7);
    ck_assert_uint_gt(r.at[0].span.to, len - 7 - strlen(row->unit));
}
END_TEST

/* Ordinary, though it repeats. */
static const char *const clean[] = {
    "",
    " ",
    "no, no, no, no! never!",
    "aaaaaaaaargh! row, row, row your boat.",
    "row, row, row your boat, gently down the stream. merrily, merrily, "
    "merrily, merrily, life is but a dream.",
    "we all live in a yellow submarine, yellow submarine, yellow submarine. "
    "we all live in a yellow submarine, yellow submarine, yellow submarine.",
    "tomorrow, and tomorrow, and tomorrow, creeps in this petty pace",
    "never, never, never, never, never!",
    "knock knock. who's there? knock knock. who's there? knock knock.",
    "| a | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n|---|---|---|---|---|---|---|",
    "--------------------------------------------------------------------\n"
    "====================================================================",
    "ho ho ho! ha ha ha ha ha ha! he he he.",
    "bye bye bye bye bye bye",
    "london bridge is falling down, falling down, falling down. london bridge "
    "is falling down, my fair lady.",
    "if you're happy and you know it, clap your hands. if you're happy and you "
    "know it, clap your hands. if you're happy and you know it, and you really "
    "want to show it, if you're happy and you know it, clap your hands.",
    "i said yes. i said yes. i said yes. he laughed, and i said yes.",
};

START_TEST(songs_rules_and_laughter_are_clean)
{
    const struct repetition r = find(text_of(clean[_i]), &usual);

    ck_assert_msg(r.count == 0, "\"%s\": %s", clean[_i],
                  repetition_limit_name(r.at[0].kind));
}
END_TEST

START_TEST(sentence_repeats_wherever_it_stands)
{
    char text[4096] = "";
    size_t len = 0, starts[8];

    for (size_t i = 0; i < 7; i++) {
        starts[i] = len;
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "I told you so%c Word %c%c.\n", ".!?"[i % 3],
                                (char)('a' + i), (char)('z' - i));
    }
    for (char *at = text; *at != '\0'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    }
    struct repetition r = find((struct text){text, len}, &usual);
    ck_assert_uint_eq(r.count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq((int)r.at[i].kind, REPETITION_SENTENCES);
        ck_assert_uint_eq(r.at[i].unit, 4);
        ck_assert_uint_eq(r.at[i].times, 6 + i);
        ck_assert_uint_eq(r.at[i].span.from, starts[5 + i]);
        ck_assert_uint_eq(r.at[i].span.to, starts[5 + i] + 13);
    }
    // Five times is as often as it may stand.
    r = find((struct text){text, starts[5]}, &usual);
    ck_assert_uint_eq(r.count, 0);
}
END_TEST

/* A sentence of two words repeats by nature. */
START_TEST(short_sentence_may_repeat)
{
    struct repetition_limits limits = {.max_sentence_repeats = 1};

    ck_assert_uint_eq(find(TEXT("i know. yes. i know."), &limits).count, 0);
    ck_assert_uint_eq(find(TEXT("so i know. yes. so i know"), &limits).count,
                      1);
    // Six characters of Chinese, and five.
    ck_assert_uint_eq(find(TEXT(LOVE LOVE STOP LOVE LOVE), &limits).count, 1);
    ck_assert_uint_eq(find(TEXT(LOVE "\xe6\x88\x91\xe7\x88\xb1" STOP LOVE
                                     "\xe6\x88\x91\xe7\x88\xb1"),
                           &limits)
                          .count,
                      0);
}
END_TEST

/* `words` words, the first `fresh` all different, then those again. */
static size_t
write_words(char *out, size_t size, size_t words, size_t fresh)
{
    size_t len = 0;

    for (size_t i = 0; i < words; i++) {
        const size_t word = i % fresh;
        len +=
            (size_t)snprintf(out + len, size - len, "%c%c ",
                             (char)('a' + word % 26), (char)('a' + word / 26));
    }
    return len;
}

START_TEST(share_is_of_all_ngrams)
{
    const struct repetition_limits limits = {.ngram_words = 4,
                                             .max_ngram_share = 0.25};
    char text[2048];
    // 80 words are 77 runs of four; of 61 different ones 58, and 19 repeat;
    // of 60, 57 and 3 that wrap around: 60, and 17 repeat.
    size_t len = write_words(text, sizeof(text), 80, 57);
    struct repetition r = find((struct text){text, len}, &limits);

    ck_assert_uint_eq(r.count, 1);
    ck_assert_int_eq((int)r.at[0].kind, REPETITION_SHARE);
    ck_assert_uint_eq(r.at[0].times, 20);
    ck_assert_double_eq_tol(r.at[0].share, 20.0 / 77, 1e-12);
    ck_assert_uint_eq(r.at[0].span.from, 57 * 3);
    ck_assert_uint_eq(r.at[0].span.to, len - 1);
    len =
        write_words(text, sizeof(text), 80, 58); // 19 of 77 is below a quarter
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
}
END_TEST

START_TEST(short_text_has_no_share)
{
    const struct repetition_limits limits = {.ngram_words = 4,
                                             .max_ngram_share = 0};
    char text[2048];
    const size_t least = REPETITION_NGRAMS_LEAST + 3;
    size_t len = write_words(text, sizeof(text), least, 20);

    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 1);
    len = write_words(text, sizeof(text), least - 1, 20);
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
}
END_TEST

START_TEST(limit_that_is_not_given_is_not_looked_at)
{
    static const double shares[] = {(double)NAN, -1.0, (double)-INFINITY};
    struct repetition_limits limits = {.ngram_words = 4};
    char text[8192];
    const size_t len = write_words(text, sizeof(text), 2000, 1);

    for (size_t i = 0; i < 3; i++) {
        limits.max_ngram_share = shares[i];
        ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
    }
    limits.max_ngram_share = 0.5;
    limits.ngram_words = 1;
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
    limits.ngram_words = REPETITION_NGRAM_MOST + 1;
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
    limits.ngram_words = REPETITION_NGRAM_MOST;
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 1);
}
END_TEST

START_TEST(smallest_and_largest_limits_hold)
{
    struct repetition_limits limits = {.max_char_run = 1, .max_token_run = 1};

    ck_assert_uint_eq(find(TEXT("abcdefgh it is so"), &limits).count, 0);
    struct repetition r = find(TEXT("abb it it so"), &limits);
    ck_assert_uint_eq(r.count, 3); // bb, "it it", and it as characters
    ck_assert_uint_eq(r.found[REPETITION_CHARS], 2);
    ck_assert_uint_eq(r.found[REPETITION_WORDS], 1);
    limits = (struct repetition_limits){SIZE_MAX, SIZE_MAX, SIZE_MAX, 4, 1.0};
    char text[8192];
    const size_t len = write_words(text, sizeof(text), 2000, 1);
    ck_assert_uint_eq(find((struct text){text, len}, &limits).count, 0);
}
END_TEST

/* The quick look ahead may never lose a run, wherever it begins. */
START_TEST(run_is_found_at_every_place)
{
    for (size_t most = 1; most < 60; most += most < 20 ? 1 : 7) {
        const struct repetition_limits limits = {.max_char_run = most};
        for (size_t before = 0; before < 40; before++) {
            static const char *const units[] = {"x", "xy", "xyz", "\xc3\xb6",
                                                "\xf0\x9d\x84\x9ez\xc3\xb6"};
            const char *const unit = units[before % 5];
            char text[1024];
            size_t len = 0;
            for (size_t i = 0; i < before; i++) {
                text[len++] = (char)('a' + i % 23);
            }
            for (size_t i = 0; i <= most; i++) {
                memcpy(text + len, unit, strlen(unit));
                len += strlen(unit);
            }
            ck_assert_uint_lt(len, sizeof(text));
            const struct repetition r = find((struct text){text, len}, &limits);
            ck_assert_msg(
                r.count == 1 && r.at[0].span.from == len - strlen(unit) &&
                    r.at[0].span.to == len,
                "\"%.*s\", limit %zu: %zu", (int)len, text, most, r.count);
            const struct text less = {text, len - strlen(unit)};
            ck_assert_msg(find(less, &limits).count == 0, "\"%.*s\", limit %zu",
                          TEXT_ARGS(less), most);
        }
    }
}
END_TEST

START_TEST(findings_of_a_kind_are_bounded_and_counted)
{
    const struct repetition_limits limits = {.max_char_run = 3};
    char text[5 * 26 + 1];
    size_t len = 0;

    for (char c = 'a'; c <= 'z'; c++) {
        for (size_t i = 0; i < 5; i++) {
            text[len++] = c;
        }
    }
    const struct repetition r = find((struct text){text, len}, &limits);
    ck_assert_uint_eq(r.count, REPETITION_KIND_MOST);
    ck_assert_uint_eq(r.found[REPETITION_CHARS], 26);
}
END_TEST

/* Hostile: a mebibyte of each; quadratic work would outlast the test. */
static const char *const hostile[] = {
    "a",
    "ab",
    "the ",
    "a b c d e f g h i j k l m n ",
    "i know it. ",
    "\n",
    "\xe6\x88\x91",
    "\xe0\xb8\x81\xe0\xb8\xb1",
    "\xcc\x81",
    "a.b.c.",
    "'",
    "a'",
    "one two three four five six seven eight nine ten eleven twelve. ",
    "\xf0\x9f\x98\x82",
    "\xf0\x9f\x98\x82 ha",
    "aaaaaaaaaaaaaaaaaaaaaaaab",
};

START_TEST(hostile_text_is_read_to_the_end)
{
    const struct text text = support_bytes_repeated(hostile[_i], LONG_BYTES);

    find(text, &usual);
    support_bytes_free(text);
}
END_TEST

/* All words different: tables at their fullest. */
START_TEST(text_of_new_words_only_is_clean)
{
    char *text = malloc(LONG_BYTES);
    size_t len = 0;

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; len + 32 < LONG_BYTES; i++) {
        len += (size_t)snprintf(text + len, LONG_BYTES - len, "w%zx%s",
                                i * 7919, i % 3 == 0 ? "\n" : " ");
    }
    ck_assert_uint_eq(find((struct text){text, len}, &usual).count, 0);
    free(text);
}
END_TEST

/* What the rule sees of a text in disguise is its fold. */
START_TEST(disguise_hides_no_stutter)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct view view;
    struct err err;

    ck_assert(fold_view(TEXT("The TH\xc3\x89 t\xe2\x80\x8bhe \xd1\x82h\xd0\xb5 "
                             "\xef\xbd\x94he the THE the th\xcc\xb6"
                             "e"),
                        arena, &view, &err));
    ck_assert_uint_eq(find(view.text, &usual).count, 1);
    arena_free(arena);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct repetition out;
    struct err err;
    char text[2048];
    const size_t len = write_words(text, sizeof(text), 300, 300);

    for (size_t n = 1; n <= 2; n++) {
        arena_reset(arena);
        arena_fail_at(arena, n);
        ck_assert(!repetition_find((struct text){text, len}, &usual, arena,
                                   &out, &err));
        ck_assert_int_eq(err.kind, ERR_MEMORY);
    }
    arena_reset(arena);
    arena_fail_at(arena, 3);
    ck_assert(
        repetition_find((struct text){text, len}, &usual, arena, &out, &err));
    arena_free(arena);
}
END_TEST

START_TEST(words_are_read_one_by_one)
{
    static const struct {
        struct span span;
        enum repetition_word_kind kind;
        bool first;
    } want[] = {
        {{0, 5}, REPETITION_WORD, true},    /* don't */
        {{6, 8}, REPETITION_NUMBER, false}, /* 42 */
        {{9, 11}, REPETITION_WORD, false},  /* 4b */
        {{13, 16}, REPETITION_SIGN, true},  /* one Han character */
        {{16, 22}, REPETITION_SIGN, false}, /* a Thai letter and its vowel */
        {{25, 27}, REPETITION_WORD, true},
    };
    const struct text text = TEXT(
        "don't 42 4b. \xe6\x88\x91\xe0\xb8\x81\xe0\xb8\xb1\xe3\x80\x82it'");
    struct repetition_word word;
    size_t at = 0;

    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        ck_assert(repetition_word_next(text, &at, &word));
        ck_assert_uint_eq(word.span.from, want[i].span.from);
        ck_assert_uint_eq(word.span.to, want[i].span.to);
        ck_assert_int_eq((int)word.kind, (int)want[i].kind);
        ck_assert_int_eq(word.first, want[i].first);
        ck_assert_uint_eq(at, word.span.to);
    }
    ck_assert(!repetition_word_next(text, &at, &word));
    ck_assert_uint_eq(at, text.len);
}
END_TEST

/* The last word of a text is read with less room behind it. */
START_TEST(equal_words_have_equal_hashes_everywhere)
{
    static const char words[] = "abcdefghijklmnopqrstuvwxyz";

    for (size_t len = 1; len < 12; len++) {
        for (size_t room = 0; room < 12; room++) {
            char text[64];
            struct repetition_word first, last;
            size_t at = 0;
            const int n =
                snprintf(text, sizeof(text), "%.*s %.*s%.*s", (int)len, words,
                         (int)len, words, (int)room, "............");
            const struct text fold = {text, (size_t)n};
            ck_assert(repetition_word_next(fold, &at, &first));
            ck_assert(repetition_word_next(fold, &at, &last));
            ck_assert_uint_eq(first.hash, last.hash);
        }
    }
}
END_TEST

START_TEST(limits_have_the_names_of_the_rule)
{
    ck_assert_str_eq(repetition_limit_name(REPETITION_CHARS), "max_char_run");
    ck_assert_str_eq(repetition_limit_name(REPETITION_SHARE),
                     "max_ngram_share");
    ck_assert_str_eq(repetition_limit_name(REPETITION_KINDS), "");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(*(table)))

TEST_MAIN("repetition",
          tcase_add_loop_test(tc, run_passes_its_limit_and_no_earlier, 0,
                              COUNT(repeated));
          tcase_add_loop_test(tc, songs_rules_and_laughter_are_clean, 0,
                              COUNT(clean));
          tcase_add_test(tc, sentence_repeats_wherever_it_stands);
          tcase_add_test(tc, short_sentence_may_repeat);
          tcase_add_test(tc, share_is_of_all_ngrams);
          tcase_add_test(tc, short_text_has_no_share);
          tcase_add_test(tc, limit_that_is_not_given_is_not_looked_at);
          tcase_add_test(tc, smallest_and_largest_limits_hold);
          tcase_add_test(tc, run_is_found_at_every_place);
          tcase_add_test(tc, findings_of_a_kind_are_bounded_and_counted);
          tcase_add_loop_test(tc, hostile_text_is_read_to_the_end, 0,
                              COUNT(hostile));
          tcase_add_test(tc, text_of_new_words_only_is_clean);
          tcase_add_test(tc, disguise_hides_no_stutter);
          tcase_add_test(tc, no_memory_is_an_error);
          tcase_add_test(tc, words_are_read_one_by_one);
          tcase_add_test(tc, equal_words_have_equal_hashes_everywhere);
          tcase_add_test(tc, limits_have_the_names_of_the_rule);)
