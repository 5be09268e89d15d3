/*
 * Configurations that are refused: conditions, what detectors cannot take,
 * files of words, and YAML that is not read.
 */
#include "tests/unit/harness.h"
#include "tests/unit/support_broken.h"

static const struct support_broken rows[] = {
    /* conditions */
    {COMPOSITE("when: \"A &\""),
     "4:17: composites.C.when: at character 4: expected a rule, a comparison, "
     "tag:NAME or another condition, found the end"},
    {COMPOSITE("when: \"A B\""), "4:17: composites.C.when: at character 3: "
                                 "expected & | or the end, found \"B\""},
    {COMPOSITE("when: \"(A\""), "4:17: composites.C.when: at character 3: "
                                "expected & | or ), found the end"},
    {COMPOSITE("when: \"A | | A\""),
     "4:17: composites.C.when: at character 5: expected a rule, a comparison, "
     "tag:NAME or another condition, found \"|\""},
    {COMPOSITE("when: \"count(A)\""),
     "4:17: composites.C.when: at character 9: expected < <= > >= == or !=, "
     "found the end"},
    {COMPOSITE("when: \"count(A) >\""),
     "4:17: composites.C.when: at character 11: expected a number, count(...), "
     "score(...), drift.score, drift.margin or length, found the end"},
    {COMPOSITE("when: \"count(A) > x\""),
     "4:17: composites.C.when: at character 12: expected a number, count(...), "
     "score(...), drift.score, drift.margin or length, found \"x\""},
    {COMPOSITE("when: \"3 of (A, A)\""),
     "4:17: composites.C.when: at character 1: expected a whole number from 1 "
     "to 2, which is how many conditions there are"},
    {COMPOSITE("when: \"0 of (A)\""),
     "4:17: composites.C.when: at character 1: expected a whole number from 1 "
     "to 1, which is how many conditions there are"},
    {COMPOSITE("when: \"score(A\""),
     "4:17: composites.C.when: at character 8: expected ), found the end"},
    {COMPOSITE("when: \"drift.scor > 1\""),
     "4:17: composites.C.when: at character 1: expected a rule, a comparison, "
     "tag:NAME or another condition, found \"drift.scor\""},
    {COMPOSITE("when: \"tag:\""),
     "4:17: composites.C.when: at character 5: expected a tag: a name of 1 to "
     "128 letters, digits and . _ : -"},
    {COMPOSITE("when: \"role:robot\""),
     "4:17: composites.C.when: at character 6: expected assistant, user, tool "
     "or system"},
    {COMPOSITE("when: \"a\""),
     "4:17: composites.C.when: at character 1: expected a rule, a comparison, "
     "tag:NAME or another condition, found \"a\""},
    {COMPOSITE("when: \"A & !\""),
     "4:17: composites.C.when: at character 6: expected a rule, a comparison, "
     "tag:NAME or another condition, found the end"},
    {COMPOSITE("when: \"A = 1\""),
     "4:17: composites.C.when: at character 3: expected & | or the end, found "
     "\"=\" (== compares)"},
    {COMPOSITE("when: \"''\""),
     "4:17: composites.C.when: at character 1: expected a rule, a comparison, "
     "tag:NAME or another condition, found \"'\""},
    {COMPOSITE("when: \"lang:\""),
     "4:17: composites.C.when: at character 6: expected a language: a "
     "language, as en or pt-BR"},
    {COMPOSITE("when: \"1 < 2 < 3\""),
     "4:17: composites.C.when: at character 7: expected & | or the end, found "
     "\"<\" (a rule is counted: count(RULE) > 1; comparisons do not chain: "
     "join them with &)"},
    {COMPOSITE("when: \"unknown.thing\""),
     "4:17: composites.C.when: at character 1: expected a rule, a comparison, "
     "tag:NAME or another condition, found \"unknown.thing\""},
    {RULE("when: B"),
     "2:58: rules.A.when: may ask for tag:, lang:, role: and persona: only; "
     "what was found is a composite's business"},
    {RULE("unless: 'score(hate) > 0.5'"),
     "2:60: rules.A.unless: may ask for tag:, lang:, role: and persona: only; "
     "what was found is a composite's business"},
    {RULE("when: 'drift.known'"),
     "2:58: rules.A.when: may ask for tag:, lang:, role: and persona: only; "
     "what was found is a composite's business"},
    {RULE("unless: 'tag:a &'"),
     "2:60: rules.A.unless: at character 8: expected a rule, a comparison, "
     "tag:NAME or another condition, found the end"},
    /* composites that never hold */
    {COMPOSITES("when: 'A & !A'"), "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: 'count(A) < 0'"),
     "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: 'score(hate) > 1'"),
     "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: '2 of (A, !A, A & !A)'"),
     "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: 'length < 0'"),
     "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: 'C'"), "4:17: composites.C.when: C is this composite "
                              "itself, so it never holds here"},
    {COMPOSITES("when: 'D'"), "4:17: composites.C.when: D stands behind this "
                              "composite, so it never holds here"},
    {COMPOSITES("when: 'drift.score > 1'"),
     "4:17: composites.C.when: can never hold"},
    {COMPOSITES("when: 'A & role:user & role:tool'"),
     "4:17: composites.C.when: can never hold"},
    {"rules:\n- {id: A, type: terms, terms: [x], category: hate, mode: "
     "disabled}\ncomposites:\n- {id: C, when: A, category: hate}\n",
     "4:17: composites.C.when: can never hold"},
    {"rules:\n- {id: A, type: terms, terms: [x], category: hate, level: "
     "4}\ncomposites:\n- {id: C, when: A, category: hate}\n",
     "4:17: composites.C.when: can never hold"},
    /* detectors' own */
    {OTHER("type: regex, pattern: '(x', category: hate"),
     "2:33: rules.A.pattern: missing closing parenthesis at offset 2"},
    {OTHER("type: regex, patterns: [x, '[a-'], category: hate"),
     "2:38: rules.A.patterns[1]: missing terminating ] for character class at "
     "offset 3"},
    {OTHER("type: linear, weights: none.bin, head: toxic, category: hate"),
     "2:34: rules[0].weights: cannot open none.bin: No such file or directory"},
    {OTHER("type: linear, weights: a.yaml, head: toxic, category: hate"),
     "2:34: rules.A.weights: "},
    {OTHER("type: linear, weights: en.bin, head: toxik, category: hate"),
     "2:48: rules.A.head: no head \"toxik\"; did you mean \"toxic\"?"},
    {OTHER("type: linear, weights: en.bin, category: hate"),
     "2:3: rules[0]: a rule of type linear needs head"},
    {OTHER("type: url, allow_domains: ['exa mple.org'], category: hate"),
     "2:37: rules.A.allow_domains: \"exa mple.org\": a domain is a name such "
     "as \"example.com\" or \"*.example.com\""},
    {OTHER("type: url, allow_domains: ['*.*.org'], category: hate"),
     "2:37: rules.A.allow_domains: \"*.*.org\": a domain is a name such as "
     "\"example.com\" or \"*.example.com\""},
    {OTHER(
         "type: url, allow_domains: ['https://example.org/x'], category: hate"),
     "2:37: rules.A.allow_domains: \"https://example.org/x\": a domain is a "
     "name such as \"example.com\" or \"*.example.com\""},
    {OTHER("type: terms, terms: ['a*b'], match: wildcard, category: hate"),
     "2:31: rules.A.terms: term \"a*b\" may have a star first and last only"},
    {OTHER("type: terms, terms: ['*'], match: wildcard, category: hate"),
     "2:32: rules[0].terms[0]: a term of stars or blanks would hit anything"},
    {OTHER("type: terms, terms: ['  '], category: hate"),
     "2:32: rules[0].terms[0]: a term of stars or blanks would hit anything"},
    {OTHER("type: terms, terms: [\"\\u200b\"], category: hate"),
     "2:31: rules.A.terms: term \"​\" is empty once folded, or above 512 "
     "bytes"},
    {RULE("allow: ['*']"),
     "2:60: rules[0].allow[0]: a term of stars or blanks would hit anything"},
    {OTHER("type: prompt_leak, category: hate, views: [rwa]"),
     "2:54: rules[0].views[0]: \"rwa\" is not one of raw, fold, leet, squash, "
     "decoded; did you mean \"raw\"?"},
    {RULE("operator: {type: mask, new_value: x}"),
     "2:75: rules[0].operator.new_value: belongs to an operator of type "
     "replace"},
    {RULE("operator: {new_value: x}"),
     "2:62: rules[0].operator.type: missing; every operator has one"},
    {OTHER("type: length, min_chars: 9, max_chars: 3, category: hate"),
     "2:36: rules[0].min_chars: is more than max_chars: every reply is a hit"},
    {OTHER("type: language, allowed: [english1], category: hate"),
     "2:37: rules[0].allowed[0]: \"english1\" is not a language, as en or "
     "pt-BR"},
    /* files of words */
    {OTHER("type: terms, lists: [{file: none.txt}], category: hate"),
     "2:39: rules[0].lists[0].file: cannot open none.txt: No such file or "
     "directory"},
    {OTHER("type: terms, lists: [{file: empty.txt}], category: hate"),
     "2:39: rules[0].lists[0].file: empty.txt holds no term"},
    {OTHER("type: terms, lists: [{file: bad.txt}], category: hate"),
     "bad.txt:2:1: not UTF-8"},
    {OTHER("type: terms, lists: [{file: stars.txt}], category: hate"),
     "stars.txt:2:1: a term of stars or blanks would hit anything"},
    {OTHER("type: terms, lists: [{file: ../x.txt}], category: hate"),
     "2:39: rules[0].lists[0].file: cannot open ../x.txt: No such file or "
     "directory"},
    {OTHER("type: terms, lists: [{file: .}], category: hate"),
     "2:39: rules[0].lists[0].file: cannot open : not a regular file"},
    {"engine: {ordinary_words: none.txt}\nrules:\n- {id: A, type: terms, "
     "terms: [x], category: hate, robust: fuzzy}\n",
     "1:26: engine.ordinary_words: cannot open none.txt: No such file or "
     "directory"},
    {"engine: {ordinary_words: bad.txt}\nrules:\n- {id: A, type: terms, terms: "
     "[x], category: hate, robust: fuzzy}\n",
     "1:26: engine.ordinary_words: "},
    /* YAML that is not read */
    {"rules: &r\n- {id: A, type: terms, terms: [x], category: hate}\n",
     "1:8: anchors (&name) are not accepted"},
    {OK "composites: *r\n", "3:13: aliases (*name) are not accepted"},
    {"rules:\n- !!str {id: A}\n", "2:3: tags (!name) are not accepted"},
    {"rules:\n- {<<: {a: 1}, id: A, type: terms, terms: [x], category: hate}\n",
     "2:4: merge keys (<<) are not accepted"},
    {"%YAML 1.2\n---\n" OK, "1:1: a line that begins with % is a YAML "
                            "directive, which is not accepted"},
    {OK "---\n" OK,
     "3:1: a second document begins here; one file is one document"},
    {"rules:\n\t- a\n", "2:1: a tab; YAML is indented with spaces"},
    {"rules: [\n", "2:1: did not find expected node content, while parsing a "
                   "flow node that begins at line 2"},
    {"schema: 2\n" OK, "1:9: schema: this build reads schema 1, found \"2\""},
    {OTHER("type: terms, terms: [\"x\1\"], category: hate"),
     "2:34: control characters are not allowed"},
};

START_TEST(broken_configuration_is_refused)
{
    support_broken_check(&rows[_i]);
}
END_TEST

TEST_MAIN("broken_rules",
          tcase_add_loop_test(tc, broken_configuration_is_refused, 0,
                              sizeof(rows) / sizeof(rows[0]));)
