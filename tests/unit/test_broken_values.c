/*
 * Configurations that are refused: values that are none, out of range, in the
 * wrong order, or said twice.
 */
#include "tests/unit/harness.h"
#include "tests/unit/support_broken.h"

static const struct support_broken rows[] = {
    /* words that are none of a list */
    {RULE("action: refuse"), "2:60: rules[0].action: \"refuse\" is not one of "
                             "flag, redact, fallback, block"},
    {RULE("severity: hihg"),
     "2:62: rules[0].severity: \"hihg\" is not one of info, low, medium, high, "
     "critical; did you mean \"high\"?"},
    {RULE("mode: off"),
     "2:58: rules[0].mode: \"off\" is not one of enforce, monitor, disabled"},
    {RULE("robust: fuzy"),
     "2:60: rules[0].robust: \"fuzy\" is not one of none, basic, strong, "
     "fuzzy; did you mean \"fuzzy\"?"},
    {RULE("directions: [inptu]"),
     "2:65: rules[0].directions[0]: \"inptu\" is not one of output, input; did "
     "you mean \"input\"?"},
    {RULE("mutate: [leat]"),
     "2:61: rules[0].mutate[0]: \"leat\" is not one of casing, zero_width, "
     "confusable, fullwidth, diacritic, entity, leet, spaced, stretched; did "
     "you mean "
     "\"leet\"?"},
    {RULE("match: words"), "2:59: rules[0].match: \"words\" is not one of "
                           "word, substring, wildcard; did you mean \"word\"?"},
    {OTHER("type: regex, pattern: x, views: [folded], category: hate"),
     "2:44: rules[0].views[0]: \"folded\" is not one of raw, fold, leet, "
     "squash, decoded; did you mean \"fold\"?"},
    {OTHER("type: unicode, forbid: [bidi], category: hate"),
     "2:35: rules[0].forbid[0]: \"bidi\" is not one of bidi_override, "
     "bidi_isolate, tag_chars, variation_selectors, private_use, "
     "noncharacters, control, mixed_scripts, ignorables_only"},
    {OTHER("type: flood, key: user, max_messages: 3, category: hate"),
     "2:29: rules[0].key: \"user\" is not one of session_id, persona"},
    {OTHER(
         "type: linear, weights: a.yaml, head: x, preset: lax, category: hate"),
     "2:59: rules[0].preset: \"lax\" is not one of strict, balanced, "
     "sensitive"},
    {COMPOSITE("when: A, policy: remove"),
     "4:28: composites[0].policy: \"remove\" is not one of leave, "
     "remove_symbol, remove_weight, remove_all"},
    {PROFILE("match: {roles: [bot]}, apply: {level: 3}"),
     "4:27: profiles[0].match.roles[0]: \"bot\" is not one of assistant, user, "
     "tool, system"},
    {OK "engine: {on_deny: allow}\n", "3:19: engine.on_deny: \"allow\" is not "
                                      "one of flag, redact, fallback, block"},
    {OK "engine: {votes: {action: abstain}}\n",
     "3:26: engine.votes.action: \"abstain\" is not one of flag, redact, "
     "fallback, block"},
    {OK "engine: {enforcement: disabled}\n",
     "3:23: engine.enforcement: \"disabled\" is not one of enforce, monitor"},
    {"pack: {id: p, layer: profile}\n" OK,
     "1:22: pack[0].layer: \"profile\" is not one of base, pack, site"},
    /* what stands twice */
    {OK "- {id: A, type: terms, terms: [y], category: hate}\n",
     "3:8: rules[1].id: \"A\" stands twice; first at a.yaml:2:8"},
    {OK "composites:\n- {id: A, when: A, category: hate}\n",
     "4:8: composites[0].id: \"A\" stands twice; first at a.yaml:2:8"},
    {OK "guardrails: {s: {add: [{id: A, type: length, max_chars: 1, category: "
        "hate}]}}\n",
     "3:29: guardrails.s.add[0].id: \"A\" stands twice; first at a.yaml:2:8"},
    {OK "guardrails: {s: {add: [{id: B, type: length, max_chars: 1, category: "
        "hate}]}, t: {add: [{id: B, type: length, max_chars: 1, category: "
        "hate}]}}\n",
     "3:94: guardrails.t.add[0].id: \"B\" stands twice; first at a.yaml:3:29"},
    {OK "profiles:\n- {id: p, match: {tags: [t]}, apply: {level: 3}}\n- {id: "
        "p, match: {tags: [u]}, apply: {level: 3}}\n",
     "5:8: profiles[1].id: \"p\" stands twice; first at a.yaml:4:8"},
    {OK "personas: [{id: m}, {id: m}]\n",
     "3:26: personas[1].id: \"m\" stands twice; first at a.yaml:3:17"},
    {RULE("action: flag, action: block"),
     "2:66: the key \"action\" stands twice; first at line 2"},
    {OTHER("type: regex, pattern: x, patterns: [y], category: hate"),
     "2:33: rules[0].pattern: stands beside patterns; give one of them"},
    {PROFILE("match: {persona: 'a*', personas: ['b*']}, apply: {level: 3}"),
     "4:28: profiles[0].match.persona: stands beside personas; give one of "
     "them"},
    {OTHER("type: linear, weights: a.yaml, head: x, preset: strict, threshold: "
           "0.5, category: hate"),
     "2:78: rules[0].threshold: stands beside preset; give one of them"},
    {RULE("overrides: [{terms: [x], score: 1}, {terms: [x], score: 0}]"),
     "2:97: rules.A.overrides[1].terms[0]: \"x\" stands in two overrides, or "
     "twice"},
    {OK "engine: {votes: {of: [a, a], k: 2}}\n",
     "3:26: engine.votes.of[1]: \"a\" stands twice; it has one vote"},
    {OK "engine: {votes: {of: [self]}}\n",
     "3:23: engine.votes.of[0]: \"self\" is our own rules; count_self counts "
     "them"},
    {"rules:\n- {id: REQUEST_DENY, type: terms, terms: [x], category: hate}\n",
     "2:8: rules[0].id: is the name of what a request itself brings"},
    {OK "categories: {hate: {thresholds: {flag: 0.1}}, hate: {}}\n",
     "3:47: the key \"hate\" stands twice; first at line 3"},
    /* order and range */
    {OK "engine: {level: 1, blocking_level: 2}\n",
     "3:36: engine.blocking_level: 2 is more than level, 1: such rules never "
     "run"},
    {OK "engine: {level: 5}\n", "3:17: engine.level: 5 is outside 1..4"},
    {PROFILE("match: {tags: [t]}, apply: {level: 2, blocking_level: 3}"),
     "4:65: profiles[0].apply.blocking_level: 3 is more than level, 2"},
    {OK "categories: {hate: {thresholds: {flag: 0.5, redact: 0.4}}}\n",
     "3:53: categories.hate.thresholds.redact: 0.4 is less than flag, 0.5; the "
     "order is flag, redact, fallback, block"},
    {OK "categories: {hate: {thresholds: {fallback: 0.5, block: 0.4}}}\n",
     "3:56: categories.hate.thresholds.block: 0.4 is less than fallback, 0.5; "
     "the order is flag, redact, fallback, block"},
    {PROFILE("match: {tags: [t]}, apply: {thresholds: {hate: {flag: 0.9, "
             "block: 0.1}}}"),
     "4:77: profiles[0].apply.thresholds.hate.block: 0.1 is less than "
     "fallback, 0.6; the order is flag, redact, fallback, block"},
    {OK "categories: {hate: {thresholds: {flag: 1.5}}}\n",
     "3:40: categories.hate.thresholds.flag: 1.5 is outside 0..1"},
    {RULE("score: 2"), "2:59: rules[0].score: 2 is outside -1..1"},
    {RULE("score: -1.5"), "2:59: rules[0].score: -1.5 is outside -1..1"},
    {RULE("max_hits: 0"), "2:62: rules[0].max_hits: 0 is outside 1..1024"},
    {RULE("level: 5"), "2:59: rules[0].level: 5 is outside 1..4"},
    {OK "engine: {obfuscation_bonus: -0.1}\n",
     "3:29: engine.obfuscation_bonus: -0.1 is outside 0..1"},
    {OK "engine: {sampling_percentage: 101}\n",
     "3:31: engine.sampling_percentage: 101 is outside 0..100 (%)"},
    {OK "engine: {severities: {low: 2}}\n",
     "3:28: engine.severities.low: 2 is outside 0..1"},
    {OK "groups: {g: {max_score: 7}}\n",
     "3:25: groups.g.max_score: 7 is outside 0..1"},
    {OK "engine: {votes: {of: [a, b], k: 3}}\n",
     "3:33: engine.votes.k: 3 is more than the 2 that vote: never carried"},
    {OK "engine: {votes: {of: [a, b], k: 3, count_self: true}}\nengin2: 1\n",
     "4:1: engin2: unknown key; did you mean \"engine\"?"},
    {OK "engine: {votes: {of: [a, b], k: 2, quorum: 1}}\n",
     "3:44: engine.votes.quorum: 1 is not between k, 2, and the 2 that vote"},
    {OK "engine: {votes: {of: [a, b], k: 1, quorum: 3}}\n",
     "3:44: engine.votes.quorum: 3 is not between k, 1, and the 2 that vote"},
    {OK "categories: {hate: {votes: {of: [a], k: 2}}}\n",
     "3:41: categories.hate.votes.k: 2 is more than the 1 that vote: never "
     "carried"},
    {OK "engine: {votes: {k: 0}}\n",
     "3:21: engine.votes.k: 0 is outside 1..33"},
    {OK "engine: {votes: {threshold: 2}}\n",
     "3:29: engine.votes.threshold: 2 is outside 0..1"},
    {OK "engine: {votes: {k: 2, quorum: 1}}\n",
     "3:32: engine.votes.quorum: 1 is less than k, 2"},
    {PROFILE("priority: 1001, match: {tags: [t]}, apply: {level: 3}"),
     "4:21: profiles[0].priority: 1001 is outside 0..1000"},
    {OTHER("type: flood, window: 10ms, max_messages: 3, category: hate"),
     "2:32: rules[0].window: 10ms is outside 1000..86400000 (ms)"},
    {OTHER("type: flood, max_near_duplicates: 16, category: hate"),
     "2:45: rules[0].max_near_duplicates: 16 is outside 1..15"},
    {OTHER("type: repetition, max_char_run: 1, category: hate"),
     "2:43: rules[0].max_char_run: 1 is outside 2..10000"},
    {OTHER("type: repetition, ngram_words: 13, max_ngram_share: 0.5, category: "
           "hate"),
     "2:42: rules[0].ngram_words: is more than 12, in a rule of type "
     "repetition"},
    {OTHER("type: repetition, max_ngram_share: 0, category: hate"),
     "2:46: rules[0].max_ngram_share: 0 is outside 0.01..1 (share)"},
    {OTHER("type: secret, entropy: {min_bits_per_char: 9}, category: hate"),
     "2:54: rules[0].entropy.min_bits_per_char: 9 is outside 1..6 (bits)"},
    {OTHER("type: linear, weights: en.bin, head: toxic, threshold: 2, "
           "category: hate"),
     "2:66: rules[0].threshold: 2 is outside 0..1"},
    {RULE("overrides: [{terms: [x], score: 3}]"),
     "2:84: rules[0].overrides[0].score: 3 is outside -1..1"},
    {OTHER("type: pii, entity: EMAIL_ADDRESS, min_score: 2, category: hate"),
     "2:56: rules[0].min_score: 2 is outside 0..1"},
    {OTHER("type: prompt_leak, min_run_words: 2, category: hate"),
     "2:45: rules[0].min_run_words: 2 is outside 3..1000"},
    {OTHER("type: unicode, max_combining_run: 0, category: hate"),
     "2:45: rules[0].max_combining_run: 0 is outside 1..1000"},
    /* nothing where something must be */
    {OTHER("type: terms, terms: [], category: hate"),
     "2:31: rules[0].terms: is empty; give at least one, or leave the key out"},
    {OTHER("type: terms, terms: [''], category: hate"),
     "2:32: rules[0].terms[0]: is empty"},
    {OTHER("type: terms, lists: [], category: hate"),
     "2:31: rules[0].lists: is empty; give at least one, or leave the key out"},
    {"lists: {l: {terms: []}}\n" OK,
     "1:20: lists.l.terms: is empty; give at least one, or leave the key out"},
    {"lists: {l: {}}\n" OK, "1:12: lists.l: has neither terms nor a file"},
    {RULE("allow: []"),
     "2:59: rules[0].allow: is empty; give at least one, or leave the key out"},
    {RULE("mutate: []"), "2:60: rules[0].mutate: is empty; give at least one, "
                         "or leave the key out"},
    {RULE("languages: []"), "2:63: rules[0].languages: is empty; give at least "
                            "one, or leave the key out"},
    {RULE("when: ''"), "2:58: rules[0].when: is empty"},
    {OK "engine: {votes: {of: []}}\n", "3:22: engine.votes.of: is empty; give "
                                       "at least one, or leave the key out"},
    {OK "guardrails: {s: {}}\n",
     "3:14: guardrails.s: changes nothing; give rules or add"},
    {OK "guardrails: {s: {rules: {}}}\n",
     "3:14: guardrails.s: changes nothing; give rules or add"},
    {OK "guardrails: {s: {rules: {A: {}}}}\n",
     "3:26: guardrails.s.rules.A: changes nothing; give an action or a mode"},
    {PROFILE("match: {}, apply: {level: 3}"),
     "4:18: profiles[0].match: matches nothing in particular; give persona, "
     "tags, languages or roles"},
    {PROFILE("match: {tags: []}, apply: {level: 3}"),
     "4:25: profiles[0].match.tags: is empty; give at least one, or leave the "
     "key out"},
    {PROFILE("match: {tags: [t]}, apply: {}"),
     "4:38: profiles[0].apply: changes nothing"},
    {OK "fallbacks: {p: {}}\n",
     "3:16: fallbacks.p: has no lines; add them by language, as en: [...]"},
    {OK "fallbacks: {p: {en: []}}\n",
     "3:21: fallbacks.p.en: is empty; give at least one, or leave the key out"},
    {RULE("tests: [{text: x}]"),
     "2:60: rules[0].tests[0]: expects nothing; give expect_ids, "
     "no_expect_ids, isolated, action or redacted"},
    {OTHER("type: unicode, forbid: [], category: hate"),
     "2:34: rules[0].forbid: is empty; give at least one, or leave the key "
     "out"},
    {OK "engine: {cache: ''}\n", "3:17: engine.cache: is empty"},
};

START_TEST(broken_configuration_is_refused)
{
    support_broken_check(&rows[_i]);
}
END_TEST

TEST_MAIN("broken_values",
          tcase_add_loop_test(tc, broken_configuration_is_refused, 0,
                              sizeof(rows) / sizeof(rows[0]));)
