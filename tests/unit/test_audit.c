#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "sidecar/engine/audit.h"
#include "tests/unit/support_engine.h"

enum { ARENA_BYTES = 64 << 20, SAID_BYTES = 8192 };

static struct arena *arena;
static struct engine *engine;
static struct audit audit;

static void
set_up(void)
{
    arena = arena_new(ARENA_BYTES);
    ck_assert_ptr_nonnull(arena);
    engine = NULL;
}

static void
tear_down(void)
{
    engine_drop(engine);
    arena_free(arena);
}

/* "check path: message\n" of every remark. */
static const char *
remarks_of(const char *yaml)
{
    static char said[SAID_BYTES];
    struct err err;
    size_t len = 0;

    engine = support_engine(yaml);
    ck_assert(audit_engine(engine, arena, &audit, &err));
    said[0] = '\0';
    for (size_t i = 0; i < audit.count && len < sizeof(said); i++) {
        len +=
            (size_t)snprintf(said + len, sizeof(said) - len, "%s %.*s: %.*s\n",
                             audit.at[i].check, TEXT_ARGS(audit.at[i].path),
                             TEXT_ARGS(audit.at[i].message));
    }
    return said;
}

#define TESTED                                                                 \
    "tests: [{text: zzz, expect_ids: [A]}, {text: y, no_expect_ids: [A]}]"

static const struct {
    const char *rules; /* after the head's categories and fallbacks */
    const char *said;  /* a part of the remarks */
    const char *not_said;
} rows[] = {
    {"rules:\n- {id: A, type: terms, terms: [x], category: c, mode: disabled}",
     "unreachable rules.A.mode: it is disabled", "untested"},
    {"engine: {level: 2}\n"
     "rules:\n- {id: A, type: terms, terms: [x], category: c, level: 3}",
     "unreachable rules.A.level: level 3 is above engine.level 2", "untested"},
    {"rules:\n- {id: A, type: terms, terms: [x], category: c}",
     "untested rules.A: no test with a text that it must hit, and none",
     "unreachable"},
    {"rules:\n- {id: A, type: terms, terms: [x], category: c, tests: [{text: "
     "x, expect_ids: [A]}]}",
     "untested rules.A: no test with a text that it must leave alone",
     "unreachable"},
    {"rules:\n- {id: A, type: terms, terms: [x], category: c, tests: [{text: "
     "y, no_expect_ids: [A]}]}",
     "untested rules.A: no test with a text that it must hit\n", NULL},
    {"rules:\n- {id: A, type: terms, terms: [x], category: c, tests: [{text: "
     "y, isolated: true}, {text: x, expect_ids: [A]}]}",
     "", "untested"},
    {"rules:\n- {id: A, type: terms, terms: [zzz], category: c, " TESTED "}",
     "", "untested"},
    /* tests of others that name it count */
    {"rules:\n- {id: A, type: terms, terms: [x], category: c}\n"
     "tests: [{text: x, expect_ids: [A]}, {text: y, no_expect_ids: [A]}]",
     "", "untested"},
    /* overlap */
    {"lists: {l: {terms: [Xyz, q]}, m: {terms: [x\\u0443z, r]}}\n"
     "rules:\n- {id: A, type: terms, lists: [l], category: c}\n"
     "- {id: B, type: terms, lists: [m], category: c}",
     "", "overlap"}, /* a single-quoted YAML flow has no escapes */
    {"lists: {l: {terms: [Xyz, q]}, m: {terms: [\"x\\u0443z\", r]}}\n"
     "rules:\n- {id: A, type: terms, lists: [l], category: c}\n"
     "- {id: B, type: terms, lists: [m], category: c}",
     "overlap lists.l: 1 term is also in lists.m: \"x\xd1\x83z\" (", NULL},
    {"rules:\n- {id: A, type: terms, terms: [xx, yy, XX], category: c}",
     "overlap rules.A.terms: 1 term is also in it a second time: \"XX\"",
     "covered"},
    {"lists: {l: {terms: [xx]}}\n"
     "rules:\n- {id: A, type: terms, lists: [l], category: c}\n"
     "- {id: B, type: terms, lists: [l], category: c, directions: [input]}",
     "", "overlap"}, /* one list in two rules says nothing twice */
    {"rules:\n- {id: A, type: terms, terms: [xx], category: c, directions: "
     "[input]}\n"
     "- {id: B, type: terms, terms: [xx], category: c, directions: [output]}",
     "", "overlap"},
    {"rules:\n- {id: A, type: terms, terms: [xx], category: c, match: "
     "substring}\n- {id: B, type: terms, terms: [xx], category: c}",
     "covered rules.B", "overlap"},
    /* covered */
    {"rules:\n- {id: A, type: terms, terms: [xx, yy], category: c, action: "
     "redact}\n"
     "- {id: B, type: terms, terms: [yy], category: c, action: flag}",
     "covered rules.B: all its terms are in rules before it that do as much "
     "(A)",
     NULL},
    {"rules:\n- {id: A, type: terms, terms: [xx, yy], category: c, action: "
     "flag}\n"
     "- {id: B, type: terms, terms: [yy], category: c, action: redact}",
     "overlap", "covered"},
    {"rules:\n- {id: A, type: terms, terms: [yy], category: c, languages: "
     "[en]}\n- {id: B, type: terms, terms: [yy], category: c}",
     "overlap", "covered"},
    {"rules:\n- {id: A, type: terms, terms: [yy], category: c, unless: "
     "persona.is_ai}\n- {id: B, type: terms, terms: [yy], category: c}",
     "overlap", "covered"},
    {"rules:\n- {id: A, type: terms, terms: [yy], category: c, mode: "
     "monitor}\n- {id: B, type: terms, terms: [yy], category: c}",
     "overlap", "covered"},
    {"rules:\n- {id: A, type: terms, terms: [yy], category: c, allow: [a "
     "yy]}\n- {id: B, type: terms, terms: [yy], category: c}",
     "overlap", "covered"},
    {"rules:\n- {id: A, type: terms, terms: [yy], category: c}\n"
     "- {id: B, type: terms, terms: [yy, zz], category: c}",
     "overlap", "covered"},
    /* patterns */
    {"rules:\n- {id: A, type: regex, pattern: 'ab+', category: c}",
     "unbounded rules.A.patterns[0]: a match has no greatest length",
     "backtracks"},
    {"rules:\n- {id: A, type: regex, patterns: ['ab', '(?(?=x)x|y)'], "
     "category: c}",
     "unbounded rules.A.patterns[1]: its syntax is not analysed", NULL},
    {"rules:\n- {id: A, type: regex, pattern: '(a)b\\1', category: c}",
     "unbounded rules.A: a stream holds everything back to its close: a back "
     "reference",
     NULL},
    {"rules:\n- {id: A, type: regex, pattern: 'x(?:a+)+y', category: c}",
     "backtracks rules.A.patterns[0]: worse than quadratic work at one start",
     NULL},
    {"rules:\n- {id: A, type: regex, pattern: '.*x', category: c}",
     "backtracks rules.A.patterns[0]: it begins with an endless repeat", NULL},
};

START_TEST(remarks)
{
    char yaml[2048];

    snprintf(yaml, sizeof(yaml), SUPPORT_ENGINE_HEAD "%s\n", rows[_i].rules);
    const char *said = remarks_of(yaml);
    ck_assert_msg(strstr(said, rows[_i].said) != NULL, "%s\n%s", yaml, said);
    ck_assert_msg(rows[_i].not_said == NULL ||
                      strstr(said, rows[_i].not_said) == NULL,
                  "%s\n%s", yaml, said);
}
END_TEST

static const struct {
    const char *category, *rule, *said; /* NULL: nothing */
} thresholds[] = {
    {"{thresholds: {flag: 0.5}}", "score: 0.5, max_hits: 1, robust: none",
     NULL},
    {"{thresholds: {flag: 0.51}}", "score: 0.5, max_hits: 1, robust: none",
     "t.thresholds.flag: 0.51 can never be reached: the enforced rules come "
     "to 0.5 at most"},
    {"{thresholds: {flag: 0.6}}", "score: 0.5, max_hits: 2, robust: none",
     NULL},
    {"{thresholds: {flag: 0.63}}", "score: 0.5, max_hits: 2, robust: none",
     "come to 0.625 at most"},
    /* a disguise adds 0.05 */
    {"{thresholds: {flag: 0.55}}", "score: 0.5, max_hits: 1", NULL},
    {"{thresholds: {flag: 0.56}}", "score: 0.5, max_hits: 1",
     "come to 0.55 at most"},
    {"{thresholds: {flag: 0.9}}",
     "score: 0.5, max_hits: 1, robust: none, overrides: [{terms: [x], score: "
     "0.9}]",
     NULL},
    {"{thresholds: {flag: 0.9}}",
     "score: 0.5, max_hits: 1, robust: none, overrides: [{terms: [x], "
     "severity: high}]",
     "come to 0.8 at most"},
    {"{thresholds: {block: 0.35}}", "score: 0.5, group: g",
     "t.thresholds.block: 0.35 can never"},
    {"{thresholds: {block: 0.3}}", "score: 0.5, group: g", NULL},
    {"{thresholds: {flag: 0.2}}", "score: 0.5, mode: monitor",
     "t: no enforced rule counts towards it"},
    {"{thresholds: {flag: 0.2}}", "score: -0.5",
     "t: no enforced rule counts towards it"},
    {"{}", "score: 0.5", NULL},
};

START_TEST(thresholds_that_cannot_be_reached)
{
    char yaml[2048];

    snprintf(yaml, sizeof(yaml),
             "schema: 1\ncategories: {t: %s}\ngroups: {g: {max_score: 0.3}}\n"
             "rules:\n- {id: A, type: terms, terms: [x], category: t, %s}\n",
             thresholds[_i].category, thresholds[_i].rule);
    const char *said = remarks_of(yaml);
    const char *about = strstr(said, "threshold categories.t");
    ck_assert_msg(thresholds[_i].said == NULL
                      ? about == NULL
                      : about != NULL &&
                            strstr(about, thresholds[_i].said) != NULL,
                  "%s\n%s", yaml, said);
}
END_TEST

/* Two directions do not add up: no text has both. */
START_TEST(directions_are_apart)
{
    const char *said = remarks_of(
        "schema: 1\ncategories: {t: {thresholds: {flag: 0.6}}}\n"
        "rules:\n"
        "- {id: A, type: terms, terms: [x], category: t, score: 0.5, "
        "max_hits: 1, directions: [input]}\n"
        "- {id: B, type: terms, terms: [y], category: t, score: 0.5, "
        "max_hits: 1, directions: [output]}\n");

    ck_assert_ptr_nonnull(strstr(said, "come to 0.55 at most"));
}
END_TEST

static const struct {
    const char *rule;
    enum hold_reach reach;
    size_t chars;
    bool words; /* and the rest of a word */
} holds[] = {
    {"type: terms, terms: [ab, abc]", HOLD_REACH_CHARS, 3, false},
    {"type: terms, terms: [ab, abc], plural: true", HOLD_REACH_CHARS, 5, false},
    {"type: terms, terms: [ab], robust: strong", HOLD_REACH_CHARS, 2, true},
    {"type: terms, terms: [\"ab*\"], match: wildcard", HOLD_REACH_ENDLESS, 0,
     false},
    {"type: regex, pattern: 'a{2,9}b'", HOLD_REACH_CHARS, 10, false},
    {"type: regex, pattern: 'ab', robust: strong", HOLD_REACH_CHARS, 2, true},
    {"type: regex, pattern: 'a+b'", HOLD_REACH_ENDLESS, 0, false},
    {"type: regex, pattern: '(a)b\\1'", HOLD_REACH_UNBOUNDED, 0, false},
    {"type: persona_break, terms: [a model], patterns: ['ab']",
     HOLD_REACH_CHARS, 7, false},
    {"type: pii, entity: IBAN", HOLD_REACH_CHARS, 84, false},
    {"type: pii, entity: EMAIL", HOLD_REACH_ENDLESS, 0, false},
    {"type: length, max_chars: 9", HOLD_REACH_NONE, 0, false},
    {"type: prompt_leak", HOLD_REACH_ENDLESS, 0, true},
};

START_TEST(what_a_stream_holds_back)
{
    char yaml[1024];

    snprintf(yaml, sizeof(yaml),
             SUPPORT_ENGINE_RULES "- {id: A, category: c, %s}\n",
             holds[_i].rule);
    (void)remarks_of(yaml);
    const struct hold_plan_rule *const hold = audit.rules[0].hold;
    ck_assert_msg(hold->reach == holds[_i].reach &&
                      hold->chars == holds[_i].chars &&
                      hold->by[HOLD_BY_WORDS] == holds[_i].words,
                  "%s: %d, %zu, %d", holds[_i].rule, (int)hold->reach,
                  hold->chars, hold->by[HOLD_BY_WORDS]);
    ck_assert(hold->reach < HOLD_REACH_ENDLESS || hold->cause != NULL);
}
END_TEST

START_TEST(costs_of_active_rules)
{
    struct err err;

    (void)remarks_of(
        SUPPORT_ENGINE_RULES
        "- {id: A, type: terms, terms: [x], category: c}\n"
        "- {id: B, type: regex, pattern: '[a-z]{3,9} [a-z]', category: c}\n"
        "- {id: D, type: terms, terms: [x], category: c, mode: disabled}\n"
        "- {id: L, type: prompt_leak, category: c, directions: [input]}\n");
    ck_assert(isnan(audit.rules[0].ns_per_kib));
    ck_assert(audit_costs(engine, &audit, &err));
    ck_assert(audit.rules[0].ns_per_kib >= 0);
    ck_assert(audit.rules[1].ns_per_kib > 0);
    ck_assert(isnan(audit.rules[2].ns_per_kib));
    ck_assert(audit.rules[3].ns_per_kib >= 0);
}
END_TEST

START_TEST(places_in_list_files)
{
    char path[] = "/tmp/leeway-audit-XXXXXX", yaml[1024], want[128];
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "# words\n q\n\n\txyz \r\n", 18), 18);
    ck_assert_int_eq(close(fd), 0);
    snprintf(yaml, sizeof(yaml),
             SUPPORT_ENGINE_HEAD
             "lists: {l: {terms: [r], file: %s}, m: {terms: [xyz]}}\n"
             "rules:\n- {id: A, type: terms, lists: [l, m], category: c}\n",
             path + 5);
    const char *said = remarks_of(yaml);
    ck_assert_msg(strstr(said, "overlap lists.l: 1 term is also in lists.m") !=
                      NULL,
                  "%s", said);
    snprintf(want, sizeof(want), "%s", path);
    bool found = false;
    for (size_t i = 0; i < audit.count; i++) {
        found = found || (strcmp(audit.at[i].at.file, want) == 0 &&
                          audit.at[i].at.line == 4);
    }
    ck_assert(found);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(the_shipped_rules)
{
    struct err err;

    engine = support_engine_shipped();
    ck_assert_msg(audit_engine(engine, arena, &audit, &err), "%s", err.message);
    for (size_t i = 0; i < audit.count; i++) {
        ck_assert_str_ne(audit.at[i].check, "covered");
        ck_assert_str_ne(audit.at[i].check, "untested");
    }
}
END_TEST

START_TEST(without_memory_it_says_so)
{
    bool good = false;

    engine =
        support_engine(SUPPORT_ENGINE_RULES
                       "- {id: A, type: terms, terms: [x], category: c}\n");
    for (size_t nth = 1; !good && nth < 50; nth++) {
        struct err err = {.kind = ERR_NONE};
        arena_reset(arena);
        arena_fail_at(arena, nth);
        good = audit_engine(engine, arena, &audit, &err);
        ck_assert(good || err.kind == ERR_MEMORY);
        ck_assert(nth > 1 || !good);
    }
    ck_assert(good);
}
END_TEST

TEST_MAIN("audit", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc, remarks, 0, sizeof(rows) / sizeof(rows[0]));
          tcase_add_loop_test(tc, thresholds_that_cannot_be_reached, 0,
                              sizeof(thresholds) / sizeof(thresholds[0]));
          tcase_add_test(tc, directions_are_apart);
          tcase_add_loop_test(tc, what_a_stream_holds_back, 0,
                              sizeof(holds) / sizeof(holds[0]));
          tcase_add_test(tc, costs_of_active_rules);
          tcase_add_test(tc, places_in_list_files);
          tcase_add_test(tc, the_shipped_rules);
          tcase_add_test(tc, without_memory_it_says_so);)
