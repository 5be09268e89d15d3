#include "sidecar/engine/condition.h"

#include <stdio.h>

#include "tests/unit/harness.h"

enum {
    ARENA = 1 << 20,
    NO = CONDITION_FALSE,
    YES = CONDITION_TRUE,
    EITHER = CONDITION_FALSE | CONDITION_TRUE
};

static unsigned
outcomes_of(const char *source, const char *dead)
{
    bool live[2 * CONDITION_NODES];
    struct arena *arena = arena_new(ARENA);
    struct err err = {0};
    size_t offset, count;
    struct condition *c =
        condition_parse(text_of(source), arena, &offset, &err);

    ck_assert_msg(c != NULL, "%s: %s", source, err.message);
    const struct condition_reference *r = condition_references(c, &count);
    for (size_t i = 0; i < count; i++) {
        live[i] =
            dead == NULL || memchr(dead, r[i].name.at[0], strlen(dead)) == NULL;
    }
    const unsigned outcomes = condition_outcomes(c, live);
    if (dead == NULL) {
        ck_assert_uint_eq(condition_outcomes(c, NULL), outcomes);
    }
    arena_free(arena);
    return outcomes;
}

/* `dead`: first letters of the names that nothing can make more than 0. */
static const struct {
    const char *source, *dead;
    unsigned outcomes;
} rows[] = {
    /* what can be either */
    {"A", NULL, EITHER},
    {"!A", NULL, EITHER},
    {"A & B", NULL, EITHER},
    {"A | B", NULL, EITHER},
    {"2 of (A, B, C)", NULL, EITHER},
    {"tag:x & lang:en & role:user & persona:p*", NULL, EITHER},
    {"count(A) > 3", NULL, EITHER},
    {"count(A) == 3", NULL, EITHER},
    {"count(A) != 3", NULL, EITHER},
    {"score(x) == 0.5", NULL, EITHER},
    {"score(x) >= 1", NULL, EITHER},
    {"score(x) > 0.999999", NULL, EITHER},
    {"drift.score >= 1", NULL, EITHER},
    {"drift.margin < -1e6", NULL, EITHER},
    {"drift.alert", NULL, EITHER},
    {"drift.known", NULL, EITHER},
    {"length > 4000000000", NULL, EITHER},
    /* rules that cannot hit */
    {"A", "A", NO},
    {"!A", "A", YES},
    {"A & B", "A", NO},
    {"A | B", "A", EITHER},
    {"A | B", "AB", NO},
    {"2 of (A, B, C)", "A", EITHER},
    {"2 of (A, B, C)", "AB", NO},
    {"count(A) > 0", "A", NO},
    {"count(A) == 0", "A", YES},
    {"count(A) < 1 & B", "A", EITHER},
    {"score(A) > 0", "A", NO},
    {"score(A) >= 0", "A", YES},
    {"count(g:x) > 0", "x", NO},
    {"count(tag:x) > 0", "x", NO},
    {"score(x) > 0", "x", NO},
    {"tag:x", "x", NO},
    {"lang:xx", "x", NO},
    {"persona:x*", "x", NO},
    {"count(A) > count(B)", "A", NO},
    {"count(A) >= count(B)", "A", EITHER},
    {"count(A) > count(B)", "B", EITHER},
    {"count(A) == count(B)", "AB", YES},
    {"count(A) != count(B)", "AB", NO},
    {"drift.score > 0.3", "drift", EITHER}, /* has no name to be dead */
    /* beyond the ends of a range */
    {"count(A) >= 0", NULL, YES},
    {"count(A) < 0", NULL, NO},
    {"count(A) > 4294967295", NULL, NO},
    {"count(A) == 1.5", NULL, NO},
    {"count(A) != 1.5", NULL, YES},
    {"count(A) > 0.5 & count(A) < 1.5", NULL, EITHER},
    {"score(x) > 1", NULL, NO},
    {"score(x) <= 1", NULL, YES},
    {"score(x) < 0", NULL, NO},
    {"score(A) < 0", NULL, EITHER},
    {"score(A) < -1", NULL, NO},
    {"length < 0", NULL, NO},
    {"length >= 0", NULL, YES},
    {"drift.score > 1", NULL, NO},
    {"drift.score >= 0", NULL, EITHER}, /* it may not be known */
    {"!(drift.score > 1)", NULL, YES},
    {"drift.score >= 0 | !drift.known", NULL, YES},
    {"drift.score >= 0 & !drift.known", NULL, NO},
    {"drift.known & !(drift.score <= 1)", NULL, NO},
    /* constants */
    {"1 < 2", NULL, YES},
    {"1 >= 2", NULL, NO},
    {"1 == 1", NULL, YES},
    {"1 != 1", NULL, NO},
    {"A & 1 > 2", NULL, NO},
    {"A | 1 < 2", NULL, YES},
    {"score(x) > score(y)", NULL, EITHER},
    {"score(x) == score(y)", NULL, EITHER},
    {"score(x) >= score(y)", "y", YES},
    {"drift.score >= score(x)", "x", EITHER}, /* it may not be known */
    {"score(x) > count(A)", NULL, EITHER},
    {"length >= score(x)", NULL, EITHER},
    /* parts that contradict or complete each other */
    {"A & !A", NULL, NO},
    {"A | !A", NULL, YES},
    {"A & B | !A & !B | A & !B | !A & B", NULL, YES},
    {"count(A) > 2 & !A", NULL, NO},
    {"count(A) > 2 & A", NULL, EITHER},
    {"count(A) > 0 | !A", NULL, YES},
    {"count(A) > 0 & count(A) < 1", NULL, NO},
    {"drift.score < 0.2 & drift.score > 0.3", NULL, NO},
    {"drift.score > 0.2 & drift.score < 0.3", NULL, EITHER},
    {"drift.margin > 1", NULL, EITHER},
    {"drift.margin > 1 & drift.margin < 2", NULL, EITHER},
    {"drift.margin == 1", NULL, EITHER},
    {"count(A) > 2 & count(A) < 4", NULL, EITHER},
    {"count(A) > 2.5 & count(A) < 3.5", NULL, EITHER},
    {"count(A) > 2.25 & count(A) < 2.75", NULL, NO},
    {"count(A) > 2 & count(A) < 3", NULL, NO},
    {"drift.score < 0.3 | drift.score > 0.2", NULL, EITHER},
    {"score(x) < 0.3 | score(x) > 0.2", NULL, YES},
    {"score(x) < 0.3 | score(x) > 0.3", NULL, EITHER},
    {"score(x) < 0.3 | 0.3 <= score(x)", NULL, YES},
    {"score(x) > 0.3 & 0.3 >= score(x)", NULL, NO},
    {"role:user & role:tool", NULL, NO},
    {"role:user | role:tool | role:system | role:assistant", NULL, YES},
    {"role:user | role:tool | role:system", NULL, EITHER},
    {"tag:x & !tag:x", NULL, NO},
    {"tag:is_ai & !persona.is_ai", NULL, NO},
    {"3 of (A, !A, B, !B)", NULL, NO},
    {"2 of (A, !A, B, !B)", NULL, YES},
};

START_TEST(outcomes_are_those_that_can_come_about)
{
    const unsigned got = outcomes_of(rows[_i].source, rows[_i].dead);

    ck_assert_msg(got == rows[_i].outcomes, "%s, without %s: %u, not %u",
                  rows[_i].source,
                  rows[_i].dead != NULL ? rows[_i].dead : "nothing", got,
                  rows[_i].outcomes);
}
END_TEST

/* `n` rules that contradict each other in pairs: 2 to the n cases. */
static void
contradictions(char *out, size_t cap, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(out + len, cap - len, "%sA%zu & !A%zu",
                                i > 0 ? "|" : "", i, i);
    }
    ck_assert_uint_lt(len, cap);
}

/* A rule hits or does not: 2^12 cases are tried, 2^13 are not. */
START_TEST(beyond_some_thousand_cases_parts_are_independent)
{
    char source[512];

    contradictions(source, sizeof(source), 12);
    ck_assert_uint_eq(outcomes_of(source, NULL), NO);
    contradictions(source, sizeof(source), 13);
    ck_assert_uint_eq(outcomes_of(source, NULL), EITHER);
    ck_assert_uint_eq(outcomes_of(source, "A"), NO);
}
END_TEST

/* One number with more pieces than are kept: what can be is not denied. */
START_TEST(number_with_many_constants_may_be_anything)
{
    char source[1024];
    size_t len = 0;

    for (int i = 1; i < 30; i++) {
        len += (size_t)snprintf(source + len, sizeof(source) - len,
                                "score(x) > 0.%02d & ", i);
    }
    snprintf(source + len, sizeof(source) - len, "score(x) == 0.295");
    ck_assert_uint_eq(outcomes_of(source, NULL), EITHER);
    ck_assert_uint_eq(outcomes_of(source, "x"), NO);
}
END_TEST

START_TEST(largest_condition_is_analysed)
{
    static char source[CONDITION_BYTES];
    size_t len = 0;

    for (int i = 0; i < CONDITION_NODES - 1; i++) {
        len += (size_t)snprintf(source + len, sizeof(source) - len, "%sR%d",
                                i > 0 ? "&" : "", i);
    }
    ck_assert_uint_eq(outcomes_of(source, NULL), EITHER);
    ck_assert_uint_eq(outcomes_of(source, "R"), NO);
}
END_TEST

TEST_MAIN("condition outcomes", {
    tcase_add_loop_test(tc, outcomes_are_those_that_can_come_about, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tc, beyond_some_thousand_cases_parts_are_independent);
    tcase_add_test(tc, number_with_many_constants_may_be_anything);
    tcase_add_test(tc, largest_condition_is_analysed);
})
