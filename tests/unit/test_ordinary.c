#include "sidecar/engine/ordinary.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static struct ordinary *
build(const char *content)
{
    struct err err;
    struct ordinary *words = ordinary_build(text_of(content), "w.txt", &err);

    ck_assert_msg(words != NULL, "%s", err.message);
    return words;
}

START_TEST(words_have_the_rank_of_their_section)
{
    static const struct {
        const char *word;
        enum ordinary_rank rank;
    } cases[] = {{"early", ORDINARY_KNOWN},
                 {"a", ORDINARY_COMMON},
                 {"window", ORDINARY_COMMON},
                 {"wind", ORDINARY_COMMON},
                 {"scunthorpe", ORDINARY_KNOWN},
                 {"bastard", ORDINARY_LISTED},
                 {"windo", ORDINARY_NONE},
                 {"windows", ORDINARY_NONE},
                 {"", ORDINARY_NONE},
                 {"#note", ORDINARY_NONE},
                 {"note", ORDINARY_NONE},
                 {"Window", ORDINARY_NONE},
                 {"common", ORDINARY_NONE},
                 {"both", ORDINARY_COMMON},
                 {"incomprehensibilities", ORDINARY_KNOWN},
                 {"incomprehensibilitiez", ORDINARY_NONE}};
    struct ordinary *words =
        build("# note\nearly\n[common]\na\nwindow\r\nwind\nboth\n\n"
              "[known]\nscunthorpe\nincomprehensibilities\nboth\n"
              "[listed]\nbastard\nboth");

    ck_assert_uint_eq(ordinary_count(words), 8);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(ordinary_rank(words, text_of(cases[i].word)) ==
                          cases[i].rank,
                      "\"%s\"", cases[i].word);
    }
    ordinary_free(words);
}
END_TEST

/* Every length takes another way through the hash. */
START_TEST(words_of_every_length_are_told_apart)
{
    char content[ORDINARY_WORD_BYTES * (ORDINARY_WORD_BYTES + 1)];
    char word[ORDINARY_WORD_BYTES + 1];
    size_t len = 0;

    for (size_t n = 1; n <= ORDINARY_WORD_BYTES; n++) {
        memset(content + len, 'q', n);
        content[len + n] = '\n';
        len += n + 1;
    }
    content[len - 1] = '\0';
    struct ordinary *words = build(content);
    ck_assert_uint_eq(ordinary_count(words), ORDINARY_WORD_BYTES);
    for (size_t n = 1; n <= ORDINARY_WORD_BYTES; n++) {
        memset(word, 'q', n);
        ck_assert_int_eq(ordinary_rank(words, (struct text){word, n}),
                         ORDINARY_KNOWN);
        for (size_t i = 0; i < n; i++) {
            word[i] = 'p';
            ck_assert_msg(ordinary_rank(words, (struct text){word, n}) ==
                              ORDINARY_NONE,
                          "%zu letters, %zu is another", n, i);
            word[i] = 'q';
        }
    }
    ordinary_free(words);
}
END_TEST

START_TEST(bad_lines_are_refused_with_their_place)
{
    static const struct {
        const char *content, *place;
    } cases[] = {
        {"one\nTwo\n", "w.txt:2:"},
        {"[common]\ndon't\n", "w.txt:2:"},
        {"two words\n", "w.txt:1:"},
        {"caf\xc3\xa9\n", "w.txt:1:"},
        {"ok\n\n[rare]\n", "w.txt:3:"},
        {"[common\n", "w.txt:1:"},
        {"abcdefghijklmnopqrstuvwxyzabcdefg", "w.txt:1:"}}; // 33 letters

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        ck_assert_msg(
            ordinary_build(text_of(cases[i].content), "w.txt", &err) == NULL,
            "%s", cases[i].content);
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_msg(strstr(err.message, cases[i].place) != NULL, "%s",
                      err.message);
    }
}
END_TEST

START_TEST(words_come_one_after_the_other)
{
    static const char *const want[] = {"b", "a", "c"};
    struct ordinary *words = build("[known]\nb\n# no\na\n\n[common]\nc");
    struct text word;
    size_t at = 0, count = 0;

    while (ordinary_next(words, &at, &word)) {
        ck_assert_uint_lt(count, 3);
        ck_assert(text_is(word, want[count++]));
    }
    ck_assert_uint_eq(count, 3);
    ordinary_free(words);
}
END_TEST

START_TEST(common_words_come_one_after_the_other)
{
    static const char *const want[] = {"c", "a", "e"};
    struct ordinary *words = build("b\n[common]\nc\r\n\na\n[listed]\nd\n"
                                   "[common]\n# no\ne\n[known]\nf");
    struct text word;
    size_t at = 0, count = 0;

    while (ordinary_next_common(words, &at, &word)) {
        ck_assert_uint_lt(count, 3);
        ck_assert(text_is(word, want[count++]));
    }
    ck_assert_uint_eq(count, 3);
    ordinary_free(words);
}
END_TEST

START_TEST(no_words_are_a_set)
{
    struct ordinary *words = build("");

    ck_assert_uint_eq(ordinary_count(words), 0);
    ck_assert_int_eq(ordinary_rank(words, TEXT("a")), ORDINARY_NONE);
    ordinary_free(words);
    ordinary_free(NULL);
}
END_TEST

START_TEST(the_shipped_words_can_be_read)
{
    struct err err;
    struct ordinary *words = ordinary_read("config/lists/words_en.txt", &err);

    ck_assert_msg(words != NULL, "%s", err.message);
    ck_assert_uint_gt(ordinary_count(words), 150000);
    ck_assert_int_eq(ordinary_rank(words, TEXT("kitchen")), ORDINARY_COMMON);
    ck_assert_int_eq(ordinary_rank(words, TEXT("bastard")), ORDINARY_LISTED);
    ck_assert_int_eq(ordinary_rank(words, TEXT("scunthorpe")), ORDINARY_KNOWN);
    ordinary_free(words);
    ck_assert(ordinary_read("config/lists/no_such.txt", &err) == NULL);
    ck_assert_int_eq(err.kind, ERR_IO);
}
END_TEST

TEST_MAIN("ordinary", tcase_add_test(tc, words_have_the_rank_of_their_section);
          tcase_add_test(tc, words_of_every_length_are_told_apart);
          tcase_add_test(tc, bad_lines_are_refused_with_their_place);
          tcase_add_test(tc, words_come_one_after_the_other);
          tcase_add_test(tc, common_words_come_one_after_the_other);
          tcase_add_test(tc, no_words_are_a_set);
          tcase_add_test(tc, the_shipped_words_can_be_read);)
