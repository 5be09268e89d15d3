#include "tests/unit/harness.h"

#include <stdio.h>

#include "tests/unit/support_engine.h"

static const char head[] = SUPPORT_ENGINE_HEAD
    "personas: [{id: mira}]\n"
    "rules:\n"
    "- {id: BAD, type: terms, terms: [bad], category: c, action: redact, "
    "languages: [en],\n"
    "   operator: {type: mask}, tests: [{text: bad, expect_ids: [BAD]}]}\n"
    "- {id: ALSO, type: terms, terms: [bad], category: c, action: flag, "
    "directions: [input],\n"
    "   tests: [{text: bad, expect_ids: [ALSO], isolated: true}]}\n"
    "- {id: LEAK, type: prompt_leak, category: c, action: flag}\n"
    "tests:\n";

static const struct {
    const char *test, *said; /* "" nothing */
} rows[] = {
    {"{text: good, action: allow}", ""},
    {"{text: bad, action: redact}", ""},
    {"{text: bad, action: allow}", "the action is redact"},
    {"{text: good, action: fallback}", "the action is allow"},
    {"{text: bad, expect_ids: [BAD]}", ""},
    {"{text: good, expect_ids: [BAD]}", "no hit of BAD"},
    {"{text: good, no_expect_ids: [BAD]}", ""},
    {"{text: bad, no_expect_ids: [BAD]}", "a hit of BAD"},
    {"{text: bad, expect_ids: [BAD], isolated: true}", ""},
    {"{text: bad, no_expect_ids: [ALSO], isolated: true}", "also a hit of BAD"},
    {"{text: bad, redacted: \"***\"}", ""},
    {"{text: bad, redacted: \"**\"}", "the content is ***"},
    {"{text: good, redacted: good}", "the content is not replaced"},
    {"{text: \"\\u00e9 bad bad\", expect_ids: [BAD], spans: [[2, 5], [6, 9]]}",
     ""},
    {"{text: \"\\u00e9 bad bad\", expect_ids: [BAD], spans: [[2, 5]]}",
     "hit [6, 9]"},
    {"{text: \"\\u00e9 bad\", expect_ids: [BAD], spans: [[2, 5], [6, 9]]}",
     "fewer hits than spans"},
    {"{text: \"\\u00e9 bad\", expect_ids: [BAD], spans: [[3, 6]]}",
     "hit [2, 5]"},
    {"{text: \"\\u00e9 bad\", expect_ids: [BAD], spans: [[3, 6]], span_unit: "
     "byte}",
     ""},
    {"{text: \"\\U0001f600 bad\", expect_ids: [BAD], spans: [[3, 6]], "
     "span_unit: utf16}",
     ""},
    {"{text: bad, role: user, expect_ids: [ALSO], no_expect_ids: [BAD]}", ""},
    {"{text: bad, locale: de, no_expect_ids: [BAD], action: allow}", ""},
    {"{text: bad, persona: mira, expect_ids: [BAD]}", ""},
    {"{text: one two three four five, system_prompt: one two three four five, "
     "expect_ids: [LEAK]}",
     ""},
};

START_TEST(test_says_what_did_not_come_true)
{
    char yaml[2048];

    snprintf(yaml, sizeof(yaml), "%s- %s\n", head, rows[_i].test);
    char *said = support_engine_problems(yaml, true);
    ck_assert_msg(rows[_i].said[0] == '\0'
                      ? said[0] == '\0'
                      : strstr(said, rows[_i].said) != NULL &&
                            strstr(said, ":14:") != NULL &&
                            strstr(said, ": tests[0]: ") != NULL,
                  "%s: %s", rows[_i].test, said);
    free(said);
}
END_TEST

START_TEST(a_rule_s_own_test_names_the_rule)
{
    char *said = support_engine_problems(
        SUPPORT_ENGINE_RULES
        "- {id: R, type: terms, terms: [x], category: c, action: flag, tests: "
        "[{text: x, expect_ids: [R]}, {text: y, expect_ids: [R]}]}\n",
        true);

    ck_assert_msg(strstr(said, "rules.R.tests[1]: test failed") != NULL, "%s",
                  said);
    ck_assert_ptr_null(strstr(said, "tests[0]"));
    free(said);
}
END_TEST

START_TEST(a_fallback_line_that_trips_a_rule_is_a_problem)
{
    char *said = support_engine_problems(
        "schema: 1\n"
        "categories: {c: {}}\n"
        "fallbacks: {default: {en: [fine, \"a bad line\"], de: [bad]}}\n"
        "rules:\n"
        "- {id: R, type: terms, terms: [bad], category: c, action: flag, "
        "languages: [en], tests: [{text: bad, expect_ids: [R]}]}\n",
        true);

    ck_assert_msg(
        strstr(said, "fallbacks.default.en[1]: this line is itself flagged, "
                     "by R") != NULL,
        "%s", said);
    ck_assert_msg(strstr(said, ".de[0]") == NULL, "%s", said);
    free(said);
}
END_TEST

TEST_MAIN("selftest", tcase_add_loop_test(tc, test_says_what_did_not_come_true,
                                          0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, a_rule_s_own_test_names_the_rule);
          tcase_add_test(tc, a_fallback_line_that_trips_a_rule_is_a_problem);)
