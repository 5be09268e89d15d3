/* Who is enrolled: a value that is changed by making another. */
#include "sidecar/engine/roster.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_voice.h"

static struct voice_model *model;

static void
set_up(void)
{
    model = support_voice_model();
}

static void
tear_down(void)
{
    voice_model_free(model);
}

static struct fingerprint *
print_of(const char *persona, float first)
{
    const float at[8] = {first, 1};
    const struct fingerprint_source source = {TEXT("m"), at, 1, 8};
    struct err err;
    struct fingerprint *print = fingerprint_with(
        NULL, model, &kernel_scalar, text_of(persona), &source, &err);

    ck_assert_msg(print != NULL, "%s", err.message);
    return print;
}

/* The ids in order, as "a b c". */
static const char *
ids(const struct roster *roster)
{
    static char words[256];
    size_t n = 0;

    words[0] = '\0';
    for (size_t i = 0; i < roster_count(roster); i++) {
        n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%.*s",
                              i > 0 ? " " : "",
                              TEXT_ARGS(roster_at(roster, i)->persona));
    }
    return words;
}

START_TEST(personas_are_in_order_and_found)
{
    struct fingerprint *prints[] = {print_of("b", 1), print_of("ab", 1),
                                    print_of("B", 1), print_of("a", 1)};
    struct roster *roster = roster_new(prints, 4);

    ck_assert_str_eq(ids(roster), "B a ab b");
    ck_assert_ptr_eq(roster_find(roster, TEXT("ab")), roster_at(roster, 2));
    ck_assert_ptr_null(roster_find(roster, TEXT("")));
    ck_assert_ptr_null(roster_find(roster, TEXT("abc")));
    ck_assert_ptr_null(roster_find(roster, TEXT("c")));
    roster_drop(roster);
}
END_TEST

/* Each change leaves the roster that it was made from as it was. */
START_TEST(a_change_is_another_roster)
{
    static const struct {
        const char *id;
        bool remove;
        const char *then;
    } steps[] = {
        {"b", false, "b"},     {"a", false, "a b"},  {"c", false, "a b c"},
        {"b", false, "a b c"}, {"x", true, "a b c"}, {"a", true, "b c"},
        {"c", true, "b"},      {"b", true, ""},      {"", true, ""}};
    struct roster *roster = roster_new(NULL, 0);
    char before[64];

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct fingerprint *print =
            steps[i].remove ? NULL : print_of(steps[i].id, (float)i);
        snprintf(before, sizeof(before), "%s", ids(roster));
        struct roster *next = roster_with(roster, text_of(steps[i].id), print);
        ck_assert_str_eq(ids(roster), before);
        ck_assert_str_eq(ids(next), steps[i].then);
        ck_assert_ptr_eq(roster_find(next, text_of(steps[i].id)), print);
        fingerprint_free(print);
        roster_drop(roster);
        roster = next;
    }
    roster_drop(roster);
}
END_TEST

START_TEST(a_fingerprint_lives_as_long_as_anybody_has_it)
{
    struct fingerprint *print = print_of("a", 1);
    struct roster *empty = roster_new(NULL, 0);
    struct roster *one = roster_with(empty, print->persona, print);
    struct roster *two = roster_with(one, TEXT("none"), NULL);

    roster_drop(empty);
    roster_drop(one);
    fingerprint_free(print);
    ck_assert_ptr_eq(roster_keep(two), two);
    roster_drop(two);
    ck_assert(text_is(roster_at(two, 0)->persona, "a"));
    roster_drop(two);
    roster_drop(NULL);
}
END_TEST

TEST_MAIN("roster", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, personas_are_in_order_and_found);
          tcase_add_test(tc, a_change_is_another_roster);
          tcase_add_test(tc, a_fingerprint_lives_as_long_as_anybody_has_it);)
