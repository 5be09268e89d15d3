#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/selftest.h"
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
    {"{text: bad, would_action: redact}", ""},
    {"{text: bad, would_action: block}", "it would be redact"},
    {"{text: bad, category_scores: {c: \">= 0.5\", hate: \"== 0\"}}", ""},
    {"{text: bad, category_scores: {c: \"> 0.9\"}}",
     "c=> 0.9 does not hold: it is 0.5000"},
    {"{text: good, extra_guardrails: [\"deny:good\"], expect_ids: "
     "[BAD]}",
     "no hit of BAD"},
    {"{text: good, extra_guardrails: [\"deny:good\"], action: fallback}", ""},
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

/* ------------------------------------------------------------ the whole run */

static const char run_head[] = SUPPORT_ENGINE_HEAD
    "engine: {level: 1}\n"
    "rules:\n"
    "- {id: BAD, type: terms, terms: [bastard], category: c, action: redact,\n"
    "   tests: [{text: you bastard, expect_ids: [BAD]},\n"
    "           {text: you mustard, no_expect_ids: [BAD]}]}\n"
    "- {id: RAW, type: terms, terms: [bastard], category: c, robust: none,\n"
    "   tests: [{text: you bastard, expect_ids: [RAW]}]}\n"
    "- {id: HIGH, type: terms, terms: [x], category: c, level: 3,\n"
    "   tests: [{text: x, expect_ids: [HIGH]}]}\n"
    "- {id: OFF, type: terms, terms: [x], category: c, mode: disabled,\n"
    "   tests: [{text: x, expect_ids: [OFF]}]}\n"
    "- {id: LONG, type: length, max_chars: 30, category: c,\n"
    "   tests: [{text: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n"
    "            expect_ids: [LONG]}]}\n"
    "- {id: CARD, type: pii, entity: CREDIT_CARD, category: c,\n"
    "   tests: [{text: 4111 1111 1111 1111, expect_ids: [CARD]}]}\n"
    "tests: [{text: bastard too, expect_ids: [RAW, BAD]}]\n";

/* "owner way status;" of every outcome. */
static char *log_at;

static void
write_down(void *context, const struct selftest_outcome *o)
{
    FILE *to = context;

    fprintf(to, "%s %s %s;", o->owner,
            o->way == SELFTEST_MUTATED ? mutate_names[o->mutation]
                                       : selftest_way_names[o->way],
            o->skipped != NULL   ? "skipped"
            : o->fault_count > 0 ? "failed"
                                 : "passed");
}

static const char *
log_of(struct selftest_plan plan, struct selftest_counts *counts)
{
    struct engine *engine = support_engine(run_head);
    size_t len = 0;
    struct err err;

    free(log_at);
    FILE *to = open_memstream(&log_at, &len);
    ck_assert_ptr_nonnull(to);
    plan.told = write_down;
    plan.context = to;
    ck_assert(selftest_run(engine, &plan, counts, &err));
    ck_assert_int_eq(fclose(to), 0);
    engine_drop(engine);
    return log_at;
}

START_TEST(plain_tests_and_lines_in_order)
{
    struct selftest_counts counts;
    const char *said = log_of((struct selftest_plan){.lines = true}, &counts);

    ck_assert_str_eq(said, "rules.BAD.tests[0] plain passed;"
                           "rules.BAD.tests[1] plain passed;"
                           "rules.RAW.tests[0] plain passed;"
                           "rules.HIGH.tests[0] plain skipped;"
                           "rules.OFF.tests[0] plain skipped;"
                           "rules.LONG.tests[0] plain passed;"
                           "rules.CARD.tests[0] plain passed;"
                           "tests[0] plain passed;"
                           "fallbacks.default.en[0] fallback_line passed;"
                           "fallbacks.default.en[1] fallback_line passed;");
    ck_assert_uint_eq(counts.passed, 8);
    ck_assert_uint_eq(counts.skipped, 2);
    ck_assert_uint_eq(counts.failed, 0);
}
END_TEST

/* What a rule lists itself stands in place of what its robust promises. */
START_TEST(mutations_that_a_rule_lists)
{
    static const struct {
        struct config_rule rule;
        unsigned kinds;
    } cases[] = {{{.type = CONFIG_TERMS,
                   .robust = CONFIG_ROBUST_BASIC,
                   .mutate_given = true,
                   .mutate = CONFIG_MUTATE_CASING | CONFIG_MUTATE_LEET},
                  MUTATE_BIT(MUTATE_CASING) | MUTATE_BIT(MUTATE_LEET)},
                 {{.type = CONFIG_REGEX,
                   .robust = CONFIG_ROBUST_STRONG,
                   .mutate_given = true,
                   .mutate = CONFIG_MUTATE_ENTITY | CONFIG_MUTATE_STRETCHED},
                  MUTATE_BIT(MUTATE_ENTITY) | MUTATE_BIT(MUTATE_STRETCHED)},
                 {{.type = CONFIG_TERMS,
                   .robust = CONFIG_ROBUST_STRONG,
                   .mutate_given = true,
                   .mutate = 2 * CONFIG_MUTATE_ENTITY - 1},
                  MUTATE_ALL},
                 {{.type = CONFIG_TERMS, .robust = CONFIG_ROBUST_NONE}, 0},
                 {{.type = CONFIG_LINEAR, .robust = CONFIG_ROBUST_BASIC}, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(selftest_usual(&cases[i].rule) == cases[i].kinds,
                      "%zu: %x", i, selftest_usual(&cases[i].rule));
    }
}
END_TEST

START_TEST(usual_mutations_are_those_that_the_rule_promises)
{
    struct selftest_counts counts;
    const char *said = log_of((struct selftest_plan){.usual = true}, &counts);

    ck_assert_uint_eq(counts.failed, 0);
    ck_assert_ptr_nonnull(strstr(said, "rules.BAD.tests[0] plain passed;"
                                       "rules.BAD.tests[0] casing passed;"
                                       "rules.BAD.tests[0] zero_width passed;"
                                       "rules.BAD.tests[0] confusable passed;"
                                       "rules.BAD.tests[0] fullwidth passed;"
                                       "rules.BAD.tests[0] diacritic passed;"
                                       "rules.BAD.tests[1] plain passed;"
                                       "rules.RAW.tests[0] plain passed;"
                                       "rules.HIGH.tests[0]"));
    ck_assert_ptr_nonnull(strstr(said, "rules.LONG.tests[0] plain passed;"
                                       "rules.CARD.tests[0] plain passed;"
                                       "rules.CARD.tests[0] zero_width passed;"
                                       "rules.CARD.tests[0] fullwidth passed;"
                                       "tests[0] plain passed;"));
}
END_TEST

/* The fold view does not undo leet: the run must notice. */
START_TEST(a_mutation_that_hides_the_hit_fails)
{
    struct selftest_counts counts;
    const char *said = log_of(
        (struct selftest_plan){.mutations = MUTATE_BIT(MUTATE_LEET)}, &counts);

    ck_assert_ptr_nonnull(strstr(said, "rules.BAD.tests[0] leet failed;"));
    ck_assert_ptr_null(strstr(said, "rules.RAW.tests[0] leet"));
    ck_assert_ptr_nonnull(strstr(said, "rules.CARD.tests[0] leet skipped;"));
    ck_assert_uint_ge(counts.failed, 1);
}
END_TEST

START_TEST(every_positive_test_is_chunked)
{
    struct selftest_counts counts;
    const char *said = log_of((struct selftest_plan){.chunked = true}, &counts);

    ck_assert_uint_eq(counts.failed, 0);
    ck_assert_ptr_nonnull(strstr(said, "rules.BAD.tests[0] chunked passed;"));
    ck_assert_ptr_null(strstr(said, "rules.BAD.tests[1] chunked"));
    ck_assert_ptr_nonnull(strstr(said, "rules.LONG.tests[0] chunked passed;"));
    ck_assert_ptr_nonnull(strstr(said, "tests[0] chunked passed;"));
}
END_TEST

static bool
only_raw(void *context, const struct config_rule *rule, const struct node *node)
{
    (void)context;
    ck_assert_ptr_nonnull(node);
    return rule != NULL && text_is(rule->id, "RAW");
}

START_TEST(only_what_is_wanted_runs)
{
    struct selftest_counts counts;
    const char *said = log_of(
        (struct selftest_plan){.lines = true, .wanted = only_raw}, &counts);

    ck_assert_str_eq(said, "rules.RAW.tests[0] plain passed;");
}
END_TEST

TEST_MAIN("selftest", tcase_add_loop_test(tc, test_says_what_did_not_come_true,
                                          0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_test(tc, a_rule_s_own_test_names_the_rule);
          tcase_add_test(tc, a_fallback_line_that_trips_a_rule_is_a_problem);
          tcase_add_test(tc, plain_tests_and_lines_in_order);
          tcase_add_test(tc, mutations_that_a_rule_lists);
          tcase_add_test(tc, usual_mutations_are_those_that_the_rule_promises);
          tcase_add_test(tc, a_mutation_that_hides_the_hit_fails);
          tcase_add_test(tc, every_positive_test_is_chunked);
          tcase_add_test(tc, only_what_is_wanted_runs);)
