/*
 * Configurations that are refused: keys, kinds, and names of things that are
 * not there. Each with the place, the path and the hint that help to mend it.
 */
#include "tests/unit/harness.h"
#include "tests/unit/support_broken.h"

static const struct support_broken rows[] = {
    /* keys that are not there */
    {OK "engin: {}\n", "3:1: engin: unknown key; did you mean \"engine\"?"},
    {OK "engine: {levl: 2}\n",
     "3:10: engine.levl: unknown key; did you mean \"level\"?"},
    {OK "engine: {votes: {off: [a]}}\n",
     "3:18: engine.votes.off: unknown key; did you mean \"of\"?"},
    {OK "categories: {hate: {threshold: {flag: 0.5}}}\n",
     "3:21: categories.hate.threshold: unknown key; did you mean "
     "\"thresholds\"?"},
    {OK "categories: {hate: {thresholds: {warn: 0.5}}}\n",
     "3:34: categories.hate.thresholds.warn: unknown key"},
    {OK "groups: {g: {max: 0.5}}\n", "3:14: groups.g.max: unknown key"},
    {OK "lists: {l: {words: [a]}}\n", "3:13: lists.l.words: unknown key"},
    {RULE("actoin: flag"),
     "2:52: rules[0].actoin: unknown key; did you mean \"action\"?"},
    {RULE("max_url: 2"), "2:52: rules[0].max_url: unknown key"},
    {RULE("pattern: x"), "2:52: rules[0].pattern: a rule of type terms has no "
                         "such key; it belongs to type regex, persona_break"},
    {OTHER("type: regex, pattern: x, terms: [y], category: hate"),
     "2:36: rules[0].terms: a rule of type regex has no such key; it belongs "
     "to type terms, persona_break"},
    {COMPOSITE("whn: A"),
     "4:11: composites[0].whn: unknown key; did you mean \"when\"?"},
    {COMPOSITE("when: A, type: terms"),
     "4:20: composites[0].type: a rule of type composite has no such key; it "
     "belongs to type terms, regex, pii, persona_break, prompt_leak, length, "
     "secret, url, repetition, flood, unicode, language, linear"},
    {COMPOSITE("when: A, terms: [x]"),
     "4:20: composites[0].terms: a rule of type composite has no such key; it "
     "belongs to type terms, persona_break"},
    {RULE("policy: leave"), "2:52: rules[0].policy: a rule of type terms has "
                            "no such key; it belongs to type composite"},
    {OK "guardrails: {s: {rule: {A: {action: flag}}}}\n",
     "3:18: guardrails.s.rule: unknown key; did you mean \"rules\"?"},
    {OK "guardrails: {s: {rules: {A: {score: 1}}}}\n",
     "3:30: guardrails.s.rules.A.score: unknown key"},
    {PROFILE("matches: {tags: [t]}, apply: {level: 3}"),
     "4:11: profiles[0].matches: unknown key; did you mean \"match\"?"},
    {PROFILE("match: {tag: t}, apply: {level: 3}"),
     "4:19: profiles[0].match.tag: unknown key; did you mean \"tags\"?"},
    {PROFILE("match: {tags: [t]}, apply: {rule: {}}"),
     "4:39: profiles[0].apply.rule: unknown key; did you mean \"rules\"?"},
    {RULE("overrides: [{term: x, score: 1}]"),
     "2:65: rules[0].overrides[0].term: unknown key; did you mean \"terms\"?"},
    {OTHER("type: secret, entropy: {bits: 3}, category: hate"),
     "2:35: rules[0].entropy.bits: unknown key"},
    {OTHER("type: pii, entity: EMAIL_ADDRESS, context: {word: [x]}, category: "
           "hate"),
     "2:55: rules[0].context.word: unknown key; did you mean \"words\"?"},
    {"pack: {id: p, leyer: site}\n" OK,
     "1:15: pack[0].leyer: unknown key; did you mean \"layer\"?"},
    /* wrong kinds */
    {OK "engine: []\n", "3:9: engine: expected a map, found a list"},
    {"rules: {A: {type: terms}}\n", "1:8: rules: expected a list, found a map"},
    {OK "composites: {}\n", "3:13: composites: expected a list, found a map"},
    {OK "guardrails: []\n", "3:13: guardrails: expected a map, found a list"},
    {OK "profiles: {}\n", "3:11: profiles: expected a list, found a map"},
    {RULE("when: [A]"), "2:58: rules[0].when: expected a text, found a list"},
    {RULE("overrides: {x: 1}"),
     "2:63: rules[0].overrides: expected a list, found a map"},
    {RULE("allow: x"), "2:59: rules[0].allow: expected a list, found \"x\""},
    {RULE("score: high"),
     "2:59: rules[0].score: expected a number, found \"high\""},
    {RULE("max_hits: 2.5"),
     "2:62: rules[0].max_hits: expected a whole number, found \"2.5\""},
    {RULE("suppressible: yes"),
     "2:66: rules[0].suppressible: expected true or false, found \"yes\""},
    {RULE("level: two"),
     "2:59: rules[0].level: expected a whole number, found \"two\""},
    {OK "categories: {hate: {votes: [a]}}\n",
     "3:28: categories.hate.votes: expected a map, found a list"},
    {OK "categories: {hate: {thresholds: 0.5}}\n",
     "3:33: categories.hate.thresholds: expected a map, found \"0.5\""},
    {OK "guardrails: {s: {rules: [A]}}\n",
     "3:25: guardrails.s.rules: expected a map, found a list"},
    {OK "guardrails: {s: {add: {id: B}}}\n",
     "3:23: guardrails.s.add: expected a list, found a map"},
    {PROFILE("match: [t], apply: {level: 3}"),
     "4:18: profiles[0].match: expected a map, found a list"},
    {OTHER("type: flood, window: soon, max_messages: 5, category: hate"),
     "2:32: rules[0].window: expected a time, as 200ms, 2s or 1m, found "
     "\"soon\""},
    {OTHER("type: unicode, forbid: tag_chars, category: hate"),
     "2:34: rules[0].forbid: expected a list, found \"tag_chars\""},
    {OTHER("type: secret, providers: github, category: hate"),
     "2:36: rules[0].providers: expected a list, found \"github\""},
    /* what is missing */
    {"rules:\n- {type: terms, terms: [x], category: hate}\n",
     "2:3: rules[0].id: missing; every rule has one"},
    {OTHER("terms: [x], category: hate"),
     "2:3: rules[0].type: missing; every rule has one"},
    {OTHER("type: terms, category: hate"),
     "2:3: rules[0]: a rule of type terms needs lists or terms"},
    {OTHER("type: regex, category: hate"),
     "2:3: rules[0]: a rule of type regex needs pattern or patterns"},
    {OTHER("type: pii, category: hate"),
     "2:3: rules[0]: a rule of type pii needs entity"},
    {OTHER("type: persona_break, category: hate"),
     "2:3: rules[0]: a rule of type persona_break needs lists, terms, pattern "
     "or patterns"},
    {OTHER("type: length, category: hate"),
     "2:3: rules[0]: a rule of type length needs min_chars or max_chars"},
    {OTHER("type: url, category: hate"),
     "2:3: rules[0]: a rule of type url needs allow_domains, allowed_schemes, "
     "block_userinfo, block_ip_hosts, block_lookalike_hosts, "
     "block_private_hosts, block_shorteners, block_mismatch or max_urls"},
    {OTHER("type: repetition, category: hate"),
     "2:3: rules[0]: a rule of type repetition needs max_char_run, "
     "max_token_run, max_sentence_repeats or max_ngram_share"},
    {OTHER("type: flood, category: hate"),
     "2:3: rules[0]: a rule of type flood needs max_messages or "
     "max_near_duplicates"},
    {OTHER("type: unicode, category: hate"),
     "2:3: rules[0]: a rule of type unicode needs max_combining_run, "
     "max_invisible or forbid"},
    {OTHER("type: language, category: hate"),
     "2:3: rules[0]: a rule of type language needs allowed"},
    {OTHER("type: linear, category: hate"),
     "2:3: rules[0]: a rule of type linear needs weights"},
    {OTHER("type: url, block_userinfo: false, category: hate"),
     "2:3: rules[0]: a rule of type url needs allow_domains, allowed_schemes, "
     "block_userinfo, block_ip_hosts, block_lookalike_hosts, "
     "block_private_hosts, block_shorteners, block_mismatch or max_urls"},
    {OTHER("type: terms, terms: [x]"),
     "2:3: rules[0]: does nothing; give it an action, or a category whose "
     "thresholds decide"},
    {OK "composites:\n- {id: C, category: hate}\n",
     "4:3: composites[0]: a rule of type composite needs when"},
    {OK "composites:\n- {when: A, category: hate}\n",
     "4:3: composites[0].id: missing; every composite has one"},
    {OK "composites:\n- {id: C, when: A}\n",
     "4:3: composites[0]: does nothing; give it an action, or a category whose "
     "thresholds decide"},
    {OK "groups: {g: {}}\n",
     "3:13: groups.g.max_score: missing; every group has one"},
    {RULE("overrides: [{score: 1}]"),
     "2:64: rules[0].overrides[0].terms: missing; every override has one"},
    {RULE("overrides: [{terms: [x]}]"),
     "2:64: rules[0].overrides[0]: changes nothing; give id, score, severity "
     "or action"},
    {OK "profiles:\n- {match: {tags: [t]}, apply: {level: 3}}\n",
     "4:3: profiles[0].id: missing; every profile has one"},
    {PROFILE("apply: {level: 3}"),
     "4:3: profiles[0].match: missing; every profile has one"},
    {PROFILE("match: {tags: [t]}"),
     "4:3: profiles[0].apply: missing; every profile has one"},
    {OTHER("type: linear, weights: a.yaml, category: hate"),
     "2:3: rules[0]: a rule of type linear needs head"},
    /* names that are not there */
    {OTHER("type: terms, terms: [x], category: hat"),
     "2:46: rules[0].category: there is no category \"hat\"; did you mean "
     "\"hate\"?"},
    {RULE("group: profanty"),
     "2:59: rules[0].group: there is no group \"profanty\""},
    {"groups: {profanity: {max_score: 1}}\nrules:\n- {id: A, type: terms, "
     "terms: [x], category: hate, group: profanty}\n",
     "3:59: rules[0].group: there is no group \"profanty\"; did you mean "
     "\"profanity\"?"},
    {RULE("fallback: dfault"), "2:62: rules[0].fallback: there is no pool "
                               "\"dfault\"; did you mean \"default\"?"},
    {"lists: {good: {terms: [x]}}\nrules:\n- {id: A, type: terms, lists: "
     "[god], category: hate}\n",
     "3:32: rules[0].lists[0]: there is no list \"god\"; did you mean "
     "\"good\"?"},
    {"lists: {hosts: {terms: [x.org]}}\nrules:\n- {id: A, type: url, "
     "allow_domains: [host], category: hate}\n",
     "3:38: rules[0].allow_domains[0]: there is no list \"host\"; did you mean "
     "\"hosts\"?"},
    {RULE("tests: [{text: x, expect_ids: [B]}]"),
     "2:83: rules[0].tests[0].expect_ids[0]: there is no rule \"B\""},
    {RULE("tests: [{text: x, persona: mia, action: flag}]"),
     "2:79: rules[0].tests[0].persona: there is no persona \"mia\""},
    {RULE("tests: [{text: x, category_scores: {hat: '>= 0.5'}}]"),
     "2:88: rules[0].tests[0].category_scores.hat: there is no category "
     "\"hat\"; did you mean \"hate\"?"},
    {RULE("tests: [{text: x, extra_guardrails: ['@nope'], action: allow}]"),
     "2:89: rules[0].tests[0].extra_guardrails[0]: there is no guardrail "
     "\"nope\""},
    {COMPOSITE("when: B"), "4:17: composites.C.when: there is no rule \"B\""},
    {COMPOSITE("when: score(hat) > 0.5"),
     "4:17: composites.C.when: there is no category \"hat\"; did you mean "
     "\"hate\"?"},
    {COMPOSITE("when: 'count(g:x) > 1'"),
     "4:17: composites.C.when: there is no group \"x\""},
    {COMPOSITE("when: 'count(tag:x) > 1'"),
     "4:17: composites.C.when: no rule has the tag \"x\""},
    {OK "guardrails: {s: {rules: {B: {action: flag}}}}\n",
     "3:26: guardrails.s.rules.B: there is no rule \"B\""},
    {OK "guardrails: {s: {add: [{id: B, type: length, max_chars: 1, category: "
        "quallity}]}}\n",
     "3:70: guardrails.s.add[0].category: there is no category \"quallity\"; "
     "did you mean \"quality\"?"},
    {PROFILE("match: {persona: mira}, apply: {level: 3}"),
     "4:28: profiles[0].match.persona: there is no persona \"mira\""},
    {"personas: [{id: mira}]\n" OK "profiles:\n- {id: p, match: {personas: "
     "[mira, mra]}, apply: {level: 3}}\n",
     "5:36: profiles[0].match.personas[1]: there is no persona \"mra\"; did "
     "you mean \"mira\"?"},
    {PROFILE("match: {tags: [t]}, apply: {rules: {B: {action: flag}}}"),
     "4:47: profiles[0].apply.rules.B: there is no rule \"B\""},
    {PROFILE("match: {tags: [t]}, apply: {groups_disabled: [g]}"),
     "4:57: profiles[0].apply.groups_disabled[0]: there is no group \"g\""},
    {PROFILE("match: {tags: [t]}, apply: {guardrails: [s]}"),
     "4:52: profiles[0].apply.guardrails[0]: there is no guardrail \"s\""},
    {PROFILE("match: {tags: [t]}, apply: {fallback: kids}"),
     "4:49: profiles[0].apply.fallback: there is no pool \"kids\""},
    {PROFILE("match: {tags: [t]}, apply: {thresholds: {hat: {flag: 0.1}}}"),
     "4:52: profiles[0].apply.thresholds.hat: there is no category \"hat\"; "
     "did you mean \"hate\"?"},
    {OK "personas: [{id: m, fallbacks: mine}]\n",
     "3:31: personas[0].fallbacks: there is no pool \"mine\""},
    {RULE("overrides: [{terms: [y], score: 1}]"),
     "2:73: rules.A.overrides[0].terms[0]: \"y\" is none of the rule's terms"},
    {OTHER("type: pii, entity: EMAIL_ADRESS, category: hate"),
     "2:30: rules.A.entity: no entity \"EMAIL_ADRESS\"; did you mean "
     "\"EMAIL_ADDRESS\"?"},
    {OTHER("type: secret, providers: [gihub], category: hate"),
     "2:36: rules.A.providers: no provider \"gihub\"; did you mean "
     "\"github\"?"},
};

START_TEST(broken_configuration_is_refused)
{
    support_broken_check(&rows[_i]);
}
END_TEST

TEST_MAIN("broken_names",
          tcase_add_loop_test(tc, broken_configuration_is_refused, 0,
                              sizeof(rows) / sizeof(rows[0]));)
