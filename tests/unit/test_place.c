#include "config/place.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "sidecar/base/nearest.h"

static struct arena *arena;
static struct problems problems;

static void
begin(void)
{
    arena = arena_new(1 << 20);
    ck_assert_ptr_nonnull(arena);
    place_problems_init(&problems, arena);
}

static void
end(void)
{
    arena_free(arena);
}

static void
expect(bool json, const char *expected)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    place_problems_print(&problems, to, json);
    fclose(to);
    ck_assert_str_eq(said, expected);
    free(said);
}

static struct place
at(const char *file, unsigned line, unsigned column)
{
    return (struct place){file, line, column};
}

START_TEST(problems_are_printed_by_file_and_place)
{
    begin();
    place_problem(&problems, at("b.yaml", 1, 1), "", "first of b");
    place_problem(&problems, at("a.yaml", 14, 12), "drift.threshold", "7.5");
    place_problem(&problems, at("a.yaml", 2, 30), "x", "later");
    place_problem(&problems, at("a.yaml", 2, 3), "x", "%s of %d", "one", 2);
    place_problem(&problems, at("a.yaml", 2, 3), "y", "same place");
    place_problem(&problems, at("a.yaml", 0, 0), "", "empty");
    expect(false, "a.yaml: empty\n"
                  "a.yaml:2:3: x: one of 2\n"
                  "a.yaml:2:3: y: same place\n"
                  "a.yaml:2:30: x: later\n"
                  "a.yaml:14:12: drift.threshold: 7.5\n"
                  "b.yaml:1:1: first of b\n");
    end();
}
END_TEST

START_TEST(override_is_named_as_it_was_typed)
{
    begin();
    place_problem(&problems, at(place_override, 0, 0), "limits.wrokers",
                  "unknown key");
    place_problem(&problems, at("", 0, 0), "", "no file at all");
    expect(false, "no file at all\n--set limits.wrokers: unknown key\n");
    end();
}
END_TEST

START_TEST(json_has_one_object_a_line)
{
    begin();
    place_problem(&problems, at("a\"b.yaml", 2, 3), "rules[0].id",
                  "a \\ and\na \x1b[31m, \xff and \xc3\xa4");
    place_warning(&problems, at("c.yaml", 0, 0), "", "mind this");
    expect(true, "{\"file\":\"a\\\"b.yaml\",\"line\":2,\"column\":"
                 "3,\"path\":"
                 "\"rules[0].id\",\"message\":\"a \\\\ and\\u000aa "
                 "\\u001b[31m, \\ufffd and \xc3\xa4\"}\n"
                 "{\"file\":\"c.yaml\",\"line\":0,\"column\":0,"
                 "\"path\":\"\","
                 "\"message\":\"mind this\",\"warning\":true}\n");
    end();
}
END_TEST

START_TEST(terminal_is_not_steered)
{
    begin();
    place_problem(&problems, at("a.yaml", 1, 1), "",
                  "\x1b[2J \xc2\x9b \xe2\x80\xae \xff\xc3");
    expect(false, "a.yaml:1:1: \\x1b[2J \\xc2\\x9b \\xe2\\x80\\xae "
                  "\\xff\\xc3\n");
    end();
}
END_TEST

START_TEST(warning_is_no_reason_to_refuse)
{
    begin();
    place_warning(&problems, at("a.yaml", 0, 0), "", "writable by everyone");
    ck_assert(!place_problems_any(&problems));
    expect(false, "a.yaml: warning: writable by everyone\n");
    place_problem(&problems, at("a.yaml", 1, 1), "", "wrong");
    ck_assert(place_problems_any(&problems));
    end();
}
END_TEST

START_TEST(problems_beyond_the_room_are_counted)
{
    begin();
    for (int i = 0; i < PROBLEMS_KEPT + _i; i++) {
        place_problem(&problems, at("a.yaml", 1, 1), "", "%d", i);
    }
    ck_assert_uint_eq(problems.count, PROBLEMS_KEPT);
    ck_assert_uint_eq(problems.unshown, (unsigned)_i);
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);
    place_problems_print(&problems, to, false);
    fclose(to);
    static const char *const last[] = {"99\n", "1 more problem is not shown\n",
                                       "2 more problems are not shown\n"};
    const size_t tail = strlen(last[_i]);
    ck_assert_msg(len > tail && strcmp(said + len - tail, last[_i]) == 0, "%s",
                  said);
    free(said);
    end();
}
END_TEST

START_TEST(problem_without_memory_is_counted)
{
    for (size_t nth = 1; nth <= 2; nth++) {
        begin();
        arena_fail_at(arena, nth);
        place_problem(&problems, at("a.yaml", 1, 1), "path", "message");
        ck_assert(place_problems_any(&problems));
        ck_assert_uint_eq(problems.count, 0);
        ck_assert_uint_eq(problems.unshown, 1);
        end();
    }
}
END_TEST

START_TEST(nearest_name_is_at_most_a_third_wrong)
{
    static const char *const names[] = {"workers", "threshold", "pattern",
                                        "id",      "terms",     NULL};
    static const struct {
        const char *word;
        const char *nearest;
    } cases[] = {
        {"wrokers", "workers"},
        {"worker", "workers"},
        {"treshhold", "threshold"},
        {"patern", "pattern"},
        {"patterns", "pattern"},
        {"pttrn", "pattern"},
        {"term", "terms"},
        {"di", NULL},
        {"ptrn", NULL},
        {"", NULL},
        {"something", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = nearest_name(text_of(cases[i].word), names);
        ck_assert_msg(got == NULL || cases[i].nearest == NULL
                          ? got == cases[i].nearest
                          : strcmp(got, cases[i].nearest) == 0,
                      "%s: %s", cases[i].word, got != NULL ? got : "none");
    }
    char big[65];
    memset(big, 'w', sizeof(big));
    ck_assert_ptr_null(nearest_name((struct text){big, 65}, names));
}
END_TEST

START_TEST(excerpt_ends_on_a_whole_character)
{
    char text[80];

    memset(text, 'a', sizeof(text));
    ck_assert_uint_eq(place_excerpt((struct text){text, 60}).len, 60);
    ck_assert_uint_eq(place_excerpt((struct text){text, 61}).len, 60);
    memcpy(text + 58, "\xe2\x82\xac", 3);
    ck_assert_uint_eq(place_excerpt((struct text){text, 80}).len, 58);
    ck_assert_uint_eq(place_excerpt((struct text){NULL, 0}).len, 0);
}
END_TEST

TEST_MAIN("place", tcase_add_test(tc, problems_are_printed_by_file_and_place);
          tcase_add_test(tc, override_is_named_as_it_was_typed);
          tcase_add_test(tc, json_has_one_object_a_line);
          tcase_add_test(tc, terminal_is_not_steered);
          tcase_add_test(tc, warning_is_no_reason_to_refuse);
          tcase_add_loop_test(tc, problems_beyond_the_room_are_counted, 0, 3);
          tcase_add_test(tc, problem_without_memory_is_counted);
          tcase_add_test(tc, nearest_name_is_at_most_a_third_wrong);
          tcase_add_test(tc, excerpt_ends_on_a_whole_character);)
