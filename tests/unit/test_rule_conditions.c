/* `when` and `unless` of rules: rules_conditions.c, asked before a rule runs.
 */
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

#define HEAD                                                                   \
    "schema: 1\n"                                                              \
    "engine: {cache: none}\n"                                                  \
    "categories: {c: {}}\n"                                                    \
    "groups: {g: {max_score: 1}}\n"                                            \
    "personas:\n"                                                              \
    "- {id: hal, tags: [is_ai, robot], locale: en}\n"                          \
    "- {id: mira_kid, tags: [minor], locale: pt-BR}\n"                         \
    "rules:\n"                                                                 \
    "- {id: B, type: terms, terms: [other], category: c, tags: [t], group: "   \
    "g, directions: [input, output]}\n"                                        \
    "- {id: A, type: terms, terms: [zorblax], category: c, directions: "       \
    "[input, output], "

static const struct {
    const char *keys, *persona, *locale;
    enum request_role role;
    bool hits;
} rows[] = {
    {"when: 'tag:robot'", "hal", "", 0, true},
    {"when: 'tag:robot'", "mira_kid", "", 0, false},
    {"when: 'tag:robot'", "", "", 0, false},
    {"unless: 'tag:robot'", "hal", "", 0, false},
    {"unless: 'tag:robot'", "", "", 0, true},
    {"unless: persona.is_ai", "hal", "", 0, false},
    {"unless: persona.is_ai", "mira_kid", "", 0, true},
    {"when: 'persona:mira_*'", "mira_kid", "", 0, true},
    {"when: 'persona:mira_*'", "hal", "", 0, false},
    {"when: 'persona:mira'", "mira_kid", "", 0, false},
    {"when: 'lang:pt'", "", "pt-PT", 0, true},
    {"when: 'lang:pt'", "mira_kid", "", 0, true},
    {"when: 'lang:pt'", "mira_kid", "en", 0, false},
    {"when: 'lang:pt'", "", "", 0, false},
    {"when: 'role:user'", "", "", REQUEST_USER, true},
    {"when: 'role:user'", "", "", REQUEST_ASSISTANT, false},
    {"when: 'role:user | role:tool'", "", "", REQUEST_TOOL, true},
    {"when: 'tag:robot & lang:en'", "hal", "", 0, true},
    {"when: 'tag:robot & lang:en'", "hal", "de", 0, false},
    {"when: 'not tag:robot'", "hal", "", 0, false},
    {"when: '2 of (tag:robot, tag:minor, lang:en)'", "hal", "", 0, true},
    {"when: '2 of (tag:robot, tag:minor, lang:en)'", "mira_kid", "", 0, false},
    /* both: when, and not unless */
    {"when: 'tag:robot', unless: 'lang:de'", "hal", "", 0, true},
    {"when: 'tag:robot', unless: 'lang:de'", "hal", "de", 0, false},
    {"when: 'tag:minor', unless: 'lang:de'", "hal", "", 0, false},
};

START_TEST(rule_runs_where_its_conditions_hold)
{
    const struct request_candidate candidate = {.text = TEXT("zorblax")};
    struct request request = support_request(&candidate);
    char yaml[2048];

    snprintf(yaml, sizeof(yaml), HEAD "%s}\n", rows[_i].keys);
    struct support_bench bench = support_bench_of(yaml);
    request.persona = text_of(rows[_i].persona);
    request.locale = text_of(rows[_i].locale);
    request.role = rows[_i].role;
    const struct envelope *e = support_judge(&bench, &request);
    ck_assert_msg((e->hit_count == 1) == rows[_i].hits, "%s: %s, %s: %s",
                  rows[_i].keys, rows[_i].persona, rows[_i].locale,
                  support_hits(e));
    // One that does not run is counted as skipped, not as run.
    ck_assert_uint_eq(e->coverage.rules_run, rows[_i].hits ? 2 : 1);
    ck_assert_uint_eq(e->coverage.rules_skipped, rows[_i].hits ? 0 : 1);
    support_bench_clear(&bench);
}
END_TEST

static const struct {
    const char *keys, *said;
} broken[] = {
    {"when: 'B'", "when: may ask for tag:, lang:, role: and persona: only"},
    {"unless: 'drift.score > 0.5'", "unless: may ask for tag:, lang:"},
    {"when: 'length > 5'", "when: may ask for tag:, lang:"},
    {"when: 'tag:a & count(B) > 2'", "when: may ask for tag:, lang:"},
    {"when: 'tag:a &'", "when: at character 8: expected a rule"},
    {"when: '(tag:a'", "when: at character 7: "},
    {"unless: 'tga:a'", "unless: at character 1: "},
    {"when: 'tag:a tag:b'", "when: at character 7: "},
    {"when: '3 of (tag:a, tag:b)'", "when: at character 1: "},
    {"when: 'role:robot'", "when: at character 6: expected assistant"},
    {"when: 'persona.tags'", "when: at character 1: "},
};

START_TEST(condition_that_means_nothing_is_refused)
{
    char yaml[2048];

    snprintf(yaml, sizeof(yaml), HEAD "%s}\n", broken[_i].keys);
    char *said = support_engine_problems(yaml, false);
    ck_assert_msg(strstr(said, broken[_i].said) != NULL, "%s\n%s",
                  broken[_i].keys, said);
    ck_assert_msg(strstr(said, ":10:") != NULL, "without its line: %s", said);
    ck_assert_msg(strstr(said, "byte") == NULL, "%s", said);
    free(said);
}
END_TEST

TEST_MAIN("rule_conditions",
          tcase_add_loop_test(tc, rule_runs_where_its_conditions_hold, 0,
                              sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, condition_that_means_nothing_is_refused, 0,
                              sizeof(broken) / sizeof(broken[0]));)
