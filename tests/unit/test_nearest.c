#include "sidecar/base/nearest.h"

#include "tests/unit/harness.h"

static const char *const names[] = {
    "v",      "op",        "id",      "deadlineMs", "persona",
    "text",   "session",   "explain", "candidates", "systemPrompt",
    "abcdef", "abcdefghi", NULL};

/* One letter in three may change: 1 of 3 to 5, 2 of 6 to 8, 3 of 9 to 11. */
static const struct {
    const char *word, *name; /* NULL: none */
} rows[] = {
    {"text", "text"},
    {"TEXT", "text"},
    {"DeadlineMS", "deadlineMs"},
    {"tex", "text"},
    {"texts", "text"},
    {"tezt", "text"},
    {"txet", "text"}, /* neighbours swapped */
    {"teyx", NULL},   /* two of four */
    {"xetx", NULL},
    {"sesion", "session"},
    {"sessoin", "session"},
    {"presona", "persona"},
    {"perzonna", "persona"},
    {"prsnoa", "persona"}, /* two of seven */
    {"prnsoaa", NULL},
    {"deadline_ms", "deadlineMs"},
    {"deadline", "deadlineMs"},
    {"system_prompt", "systemPrompt"},
    {"prompt", NULL},
    {"candidate", "candidates"},
    {"embeddings", NULL},
    {"i", NULL},
    {"V", "v"},
    {"x", NULL},
    {"abcxyf", "abcdef"},
    {"abcxyz", NULL},
    {"abcdxyzhi", "abcdefghi"}, /* three of nine */
    {"abcwxyzhi", NULL},        /* four */
    {"abcdefxyz", "abcdef"},    /* both are three away: the first */
    {"", NULL},
};

START_TEST(nearest_within_a_third)
{
    const char *found = nearest_name(text_of(rows[_i].word), names);

    ck_assert_msg(found == rows[_i].name ||
                      (found != NULL && rows[_i].name != NULL &&
                       strcmp(found, rows[_i].name) == 0),
                  "\"%s\": %s, should be %s", rows[_i].word,
                  found != NULL ? found : "none",
                  rows[_i].name != NULL ? rows[_i].name : "none");
}
END_TEST

START_TEST(first_of_equals_wins)
{
    static const char *const equals[] = {"abcd", "abce", "abcf", NULL};

    ck_assert_str_eq(nearest_name(TEXT("abcx"), equals), "abcd");
    ck_assert_str_eq(nearest_name(TEXT("abcf"), equals), "abcf");
}
END_TEST

/* A word or a name of _i letters: at NEAREST_BYTES still, beyond it none. */
START_TEST(long_words_have_no_nearest)
{
    char word[NEAREST_BYTES + 3];
    const size_t len = (size_t)_i;
    const char *const self[] = {word, NULL};

    memset(word, 'a', len);
    word[len] = '\0';
    const bool found = nearest_name((struct text){word, len}, self) != NULL;
    ck_assert_msg(found == (len <= NEAREST_BYTES), "%zu letters", len);
}
END_TEST

START_TEST(long_name_is_no_answer_to_a_short_word)
{
    char name[NEAREST_BYTES + 2];
    const char *const list[] = {name, NULL};

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_ptr_null(nearest_name((struct text){name, NEAREST_BYTES}, list));
}
END_TEST

START_TEST(no_names_no_answer)
{
    static const char *const none[] = {NULL};

    ck_assert_ptr_null(nearest_name(TEXT("text"), none));
    ck_assert_ptr_null(nearest_name((struct text){NULL, 0}, names));
}
END_TEST

START_TEST(bytes_of_any_kind_are_letters)
{
    static const char *const list[] = {"caf\xc3\xa9s", NULL};

    ck_assert_str_eq(nearest_name(TEXT("caf\xc3\xa8s"), list), list[0]);
    ck_assert_ptr_null(nearest_name(TEXT("\0\0\0\0\0\0"), list));
}
END_TEST

TEST_MAIN("nearest", {
    tcase_add_loop_test(tc, nearest_within_a_third, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tc, first_of_equals_wins);
    tcase_add_loop_test(tc, long_words_have_no_nearest, NEAREST_BYTES - 1,
                        NEAREST_BYTES + 2);
    tcase_add_test(tc, long_name_is_no_answer_to_a_short_word);
    tcase_add_test(tc, no_names_no_answer);
    tcase_add_test(tc, bytes_of_any_kind_are_letters);
})
