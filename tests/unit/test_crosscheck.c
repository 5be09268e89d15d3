/* One small YAML for each thing that several keys must agree on. */
#include "config/crosscheck.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define OK   "allow_empty: true\n"
#define RULE "rules:\n- {id: A, type: terms, terms: [x]"

static const struct {
    const char *yaml;
    const char *said;
} faults[] = {
    {"{}\n", "a.yaml: rules: there is no rule at all; say allow_empty: true "
             "if that is meant\n"},

    /* limits, engine, drift */
    {OK "limits: {deadline_ms: 300, deadline_max_ms: 200}\n",
     "a.yaml:2:23: limits.deadline_ms: 300 is more than deadline_max_ms, "
     "200\n"},
    {OK "limits: {message_bytes: 2MiB, queue_bytes: 1MiB}\n",
     "a.yaml:2:44: limits.queue_bytes: 1048576 is less than message_bytes, "
     "2097152: a full message would never be taken\n"},
    {OK "engine: {blocking_level: 3}\n",
     "a.yaml:2:26: engine.blocking_level: 3 is more than level, 2: such rules "
     "never run\n"},
    {OK "engine: {severities: {low: 0.1}}\nseverities: {low: 0.2}\n",
     "a.yaml:3:14: engine.severities.low: stands twice; first at "
     "a.yaml:2:23\n"},
    {OK "drift: {threshold: 0.2, alert_rate: 0.05}\n",
     "a.yaml:2:37: drift.alert_rate: stands beside threshold; give one of "
     "them\n"},

    /* thresholds */
    {OK "categories: {c: {thresholds: {flag: 0.5, fallback: 0.4}}}\n",
     "a.yaml:2:52: categories.c.thresholds.fallback: 0.4 is less than flag, "
     "0.5; the order is flag, redact, fallback, block\n"},
    {OK "categories: {c: {thresholds: {block: 0.1, redact: 0.2}}}\n",
     "a.yaml:2:38: categories.c.thresholds.block: 0.1 is less than redact, "
     "0.2; the order is flag, redact, fallback, block\n"},
    {OK "categories: {c: {thresholds: {flag: 0.2, redact: 0.2}}}\n", ""},

    /* names that must exist */
    {RULE ", category: haet}\n",
     "a.yaml:2:46: rules[0].category: there is no category \"haet\"; did you "
     "mean \"hate\"?\n"},
    {RULE ", category: hate, group: swear}\n",
     "a.yaml:2:59: rules[0].group: there is no group \"swear\"\n"},
    {RULE ", category: hate, fallback: crisis}\n",
     "a.yaml:2:62: rules[0].fallback: there is no pool \"crisis\"\n"},
    {"lists: {brands: {terms: [x]}}\nrules:\n- {id: A, type: terms, lists: "
     "[brand], action: flag}\n",
     "a.yaml:3:32: rules[0].lists[0]: there is no list \"brand\"; did you "
     "mean \"brands\"?\n"},
    {RULE ", action: flag, tests: [{text: x, expect_ids: [AB]}, {text: y, "
          "no_expect_ids: [A, ZZZZ]}]}\n",
     "a.yaml:2:81: rules[0].tests[0].expect_ids[0]: there is no rule \"AB\"\n"
     "a.yaml:2:116: rules[0].tests[1].no_expect_ids[1]: there is no rule "
     "\"ZZZZ\"\n"},
    {RULE ", action: flag}\ntests:\n- {text: x, action: flag, persona: mira}\n",
     "a.yaml:4:36: tests[0].persona: there is no persona \"mira\"\n"},
    {OK "personas:\n- {id: mira, fallbacks: mria}\n",
     "a.yaml:3:25: personas[0].fallbacks: there is no pool \"mria\"\n"},

    /* twice */
    {"rules:\n- {id: A, type: terms, terms: [x], action: flag}\n"
     "- {id: A, type: terms, terms: [x], action: flag}\n",
     "a.yaml:3:8: rules[1].id: \"A\" stands twice; first at a.yaml:2:8\n"},
    {OK "personas:\n- {id: m}\n- {id: n}\n- {id: m}\n",
     "a.yaml:5:8: personas[2].id: \"m\" stands twice; first at a.yaml:3:8\n"},

    /* rules that could do nothing */
    {RULE "}\n", "a.yaml:2:3: rules[0]: does nothing; give it an action, or a "
                 "category whose thresholds decide\n"},
    {"rules:\n- {id: A, type: terms, action: flag}\n",
     "a.yaml:2:3: rules[0]: a rule of type terms needs lists or terms\n"},
    {"rules:\n- {id: A, type: regex, action: flag}\n",
     "a.yaml:2:3: rules[0]: a rule of type regex needs pattern or patterns\n"},
    {"rules:\n- {id: A, type: pii, action: flag}\n",
     "a.yaml:2:3: rules[0]: a rule of type pii needs entity\n"},
    {"rules:\n- {id: A, type: persona_break, action: flag}\n",
     "a.yaml:2:3: rules[0]: a rule of type persona_break needs lists, terms, "
     "pattern or patterns\n"},
    {"rules:\n- {id: A, type: length, action: flag}\n",
     "a.yaml:2:3: rules[0]: a rule of type length needs min_chars or "
     "max_chars\n"},
    {"rules:\n- {id: A, type: length, min_chars: 9, max_chars: 8, action: "
     "flag}\n",
     "a.yaml:2:36: rules[0].min_chars: is more than max_chars: every reply is "
     "a hit\n"},
    {"rules:\n- {id: A, type: length, min_chars: 9, max_chars: 9, action: "
     "flag}\n",
     ""},
    {"rules:\n- {id: A, type: prompt_leak, action: flag}\n", ""},
    {"rules:\n- {id: A, type: regex, pattern: x, patterns: [y], action: "
     "flag}\n",
     "a.yaml:2:33: rules[0].pattern: stands beside patterns; give one of "
     "them\n"},
    {"rules:\n- {id: A, type: terms, terms: [x, \"* *\"], action: flag}\n",
     "a.yaml:2:35: rules[0].terms[1]: a term of stars or blanks would hit "
     "anything\n"},
    {"lists: {l: {terms: [\"*\"]}}\n" RULE ", action: flag}\n",
     "a.yaml:1:21: lists.l.terms[0]: a term of stars or blanks would hit "
     "anything\n"},
    {"rules:\n- {id: A, type: terms, lists: [{match: word}], action: flag}\n",
     "a.yaml:2:32: rules[0].lists[0]: has neither terms nor a file\n"},
    {"lists: {l: {match: word}}\n" RULE ", action: flag}\n",
     "a.yaml:1:12: lists.l: has neither terms nor a file\n"},

    /* operators */
    {RULE ", action: redact, operator: {type: mask, new_value: x}}\n",
     "a.yaml:2:75: rules[0].operator.new_value: belongs to an operator of "
     "type replace\n"},
    {RULE ", action: redact, operator: {type: hash, masking_char: x, "
          "chars_to_mask: 3, from_end: true}}\n",
     "a.yaml:2:75: rules[0].operator.masking_char: belongs to an operator of "
     "type mask\n"
     "a.yaml:2:92: rules[0].operator.chars_to_mask: belongs to an operator of "
     "type mask\n"
     "a.yaml:2:110: rules[0].operator.from_end: belongs to an operator of "
     "type mask\n"},

    /* tests that test nothing */
    {RULE ", action: flag, tests: [{text: x}]}\n",
     "a.yaml:2:58: rules[0].tests[0]: expects nothing; give expect_ids, "
     "no_expect_ids, isolated, action or redacted\n"},
    {RULE ", action: flag, tests: [{text: x, action: flag, spans: [[0, "
          "1]]}]}\n",
     "a.yaml:2:89: rules[0].tests[0].spans: needs expect_ids, of whose first "
     "rule they are\n"},

    /* lines */
    {OK "fallbacks: {p: {pick: first}}\n",
     "a.yaml:2:16: fallbacks.p: has no lines; add them by language, as en: "
     "[...]\n"},
    {OK "fallbacks: {p: {}}\n",
     "a.yaml:2:16: fallbacks.p: has no lines; add them by language, as en: "
     "[...]\n"},
    {OK "fallbacks: {p: {en: [\"{persona_name} nods.\", \"Hi {name}.\"]}}\n",
     "a.yaml:2:46: fallbacks.p.en[1]: only {persona_name} is filled in; other "
     "braces would be shown\n"},
    {OK "personas:\n- {id: m, samples: a.yaml, fingerprint: a.yaml}\n",
     "a.yaml:3:41: personas[0].fingerprint: stands beside samples; give one "
     "of them\n"},

    /* addresses */
    {OK "listen: [\"http://127.0.0.1:80\"]\n",
     "a.yaml:2:10: listen[0]: \"http://127.0.0.1:80\": an address begins with "
     "ipc://, tcp:// or tls+tcp://\n"},
    {OK "listen: [\"tcp://127.0.0.1\"]\n",
     "a.yaml:2:10: listen[0]: \"tcp://127.0.0.1\": the port is missing, as in "
     "tcp://127.0.0.1:7710\n"},
    {OK "listen: [\"tcp://0.0.0.0:7710\"]\n",
     "a.yaml:2:10: listen[0]: other machines reach this address; say "
     "allow_remote: true if that is meant\n"},
    {OK "listen: [\"tcp://0.0.0.0:7710\"]\nallow_remote: true\n",
     "a.yaml:2:10: listen[0]: other machines reach this address; it needs "
     "tls+tcp:// or a token\n"},
    {OK "listen: [\"tcp://0.0.0.0:7710\"]\nallow_remote: true\ntoken: x\n", ""},
    {OK "listen: [\"tls+tcp://0.0.0.0:7710\"]\nallow_remote: true\n",
     "a.yaml:2:10: listen[0]: tls+tcp:// needs tls.cert and tls.key\n"},
    {OK "listen: [\"tls+tcp://0.0.0.0:7710\"]\nallow_remote: true\n"
        "tls: {cert: a.yaml, key: a.yaml}\n",
     ""},
    {OK "tls: {cert: a.yaml}\n", "a.yaml:2:6: tls: cert and key go together\n"},
    {OK "listen: [\"ipc://a\", \"ipc://b\", \"ipc://a\"]\n",
     "a.yaml:2:32: listen[2]: the same as listen[0]\n"},
    {OK "listen: [\"ipc://a\"]\nadmin: {listen: \"ipc://a\"}\n",
     "a.yaml:3:17: admin.listen: is one of the serving addresses; say "
     "admin.on_serving: true if that is meant\n"},
    {OK "admin: {listen: \"tcp://10.0.0.1:1\"}\n",
     "a.yaml:2:17: admin.listen: other machines reach this address; say "
     "allow_remote: true if that is meant\n"},
    {OK "admin: {listen: none}\n", ""},
    {OK "http: {listen: \"127.0.0.1:7711\"}\n",
     "a.yaml:2:16: http.listen: this build has no HTTP gateway; only none is "
     "accepted\n"},
};

START_TEST(disagreement_is_told_with_its_place)
{
    support_config_enter();
    support_config_expect(faults[_i].yaml, NULL, faults[_i].said);
    support_config_leave();
}
END_TEST

TEST_MAIN("crosscheck",
          tcase_add_loop_test(tc, disagreement_is_told_with_its_place, 0,
                              (int)(sizeof(faults) / sizeof(faults[0])));)
