/* One small YAML for each thing that can be wrong with a value. */
#include "config/bind.h"

#include <math.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define OK    "allow_empty: true\n"
#define RULE  "rules:\n- {id: A, type: terms, terms: [x], category: hate"
#define REGEX "rules:\n- {id: A, type: regex, pattern: x, category: hate"

static const struct {
    const char *yaml;
    const char *said;
} faults[] = {
    /* keys */
    {OK "limts: {}\n",
     "a.yaml:2:1: limts: unknown key; did you mean \"limits\"?\n"},
    {OK "zzz: 1\n", "a.yaml:2:1: zzz: unknown key\n"},
    {OK "limits: {wrokers: 4}\n",
     "a.yaml:2:10: limits.wrokers: unknown key; did you mean \"workers\"?\n"},
    {"rules:\n- {id: A, type: regex, patern: x, category: hate}\n",
     "a.yaml:2:3: rules[0]: a rule of type regex needs pattern or patterns\n"
     "a.yaml:2:24: rules[0].patern: unknown key; did you mean \"pattern\"?\n"},
    {OK "sessions: {}\nstore: {}\njournal: {}\nalerts: {}\n", ""},
    {OK "store: {on_error: ignore}\n",
     "a.yaml:2:19: store.on_error: \"ignore\" is not one of degrade, refuse\n"},
    {OK "alerts: {webhooks: x}\n",
     "a.yaml:2:10: alerts.webhooks: this build does not have it\n"},
    {OK "sessions: {idle: 10}\n",
     "a.yaml:2:18: sessions.idle: 10 is outside 1000..31622400000 (ms)\n"},
    {OK "journal: {key: short}\n",
     "a.yaml:2:16: journal.key: 5 bytes are less than 16\n"},

    /* kinds */
    {OK "limits: 5\n", "a.yaml:2:9: limits: expected a map, found \"5\"\n"},
    {OK "limits: []\n", "a.yaml:2:9: limits: expected a map, found a list\n"},
    {OK "limits:\n", "a.yaml:2:8: limits: expected a map, found nothing\n"},
    {"rules: {}\n", "a.yaml:1:8: rules: expected a list, found a map\n"},
    {"rules: [5]\n", "a.yaml:1:9: rules[0]: expected a map, found \"5\"\n"},
    {OK "listen: ipc:///tmp/x\n",
     "a.yaml:2:9: listen: expected a list, found \"ipc:///tmp/x\"\n"},
    {OK "token: [x]\n", "a.yaml:2:8: token: expected a text, found a list\n"},
    {OK "token:\n", "a.yaml:2:7: token: expected a text, found nothing\n"},
    {OK "token: \"\"\n", "a.yaml:2:8: token: is empty\n"},
    {OK "token: null\n", "a.yaml:2:8: token: null is no text; leave the key "
                         "out, or put it in quotes\n"},
    {OK "listen: [[x]]\n",
     "a.yaml:2:10: listen[0]: expected a text, found a list\n"},
    {OK "listen: []\n", "a.yaml:2:9: listen: is empty; give at least one, or "
                        "leave the key out\n"},
    {OK "categories: {hate: 5}\n",
     "a.yaml:2:20: categories.hate: expected a map, found \"5\"\n"},

    /* booleans */
    {OK "allow_remote: yes\n",
     "a.yaml:2:15: allow_remote: expected true or false, found \"yes\"\n"},
    {OK "allow_remote: True\n",
     "a.yaml:2:15: allow_remote: expected true or false, found \"True\"\n"},
    {OK "allow_remote: \"true\"\n",
     "a.yaml:2:15: allow_remote: expected true or false without quotes, found "
     "\"true\"\n"},
    {OK "allow_remote: 1\n",
     "a.yaml:2:15: allow_remote: expected true or false, found \"1\"\n"},

    /* whole numbers */
    {OK "limits: {workers: four}\n",
     "a.yaml:2:19: limits.workers: expected a whole number, found \"four\"\n"},
    {OK "limits: {workers: 1.5}\n",
     "a.yaml:2:19: limits.workers: expected a whole number, found \"1.5\"\n"},
    {OK "limits: {workers: \"4\"}\n",
     "a.yaml:2:19: limits.workers: expected a whole number without quotes, "
     "found \"4\"\n"},
    {OK "limits: {workers: 010}\n",
     "a.yaml:2:19: limits.workers: expected a whole number, found \"010\"\n"},
    {OK "limits: {workers: 0x4}\n",
     "a.yaml:2:19: limits.workers: expected a whole number, found \"0x4\"\n"},
    {OK "limits: {workers: -1}\n",
     "a.yaml:2:19: limits.workers: -1 is outside 0..64\n"},
    {OK "limits: {workers: 65}\n",
     "a.yaml:2:19: limits.workers: 65 is outside 0..64\n"},
    {OK "limits: {workers: 9999999999999999999}\n",
     "a.yaml:2:19: limits.workers: expected a number of at most 18 digits, "
     "found \"9999999999999999999\"\n"},
    {OK "limits: {workers: 4s}\n",
     "a.yaml:2:19: limits.workers: expected a whole number, found \"4s\"\n"},
    {OK "limits: {deadline_ms: 6s}\n",
     "a.yaml:2:23: limits.deadline_ms: 6s is outside 1..5000 (ms)\n"},
    {OK "limits: {deadline_ms: 1.5s}\n",
     "a.yaml:2:23: limits.deadline_ms: expected a time, as 200ms, 2s or 1m, "
     "found \"1.5s\"\n"},
    {OK "limits: {message_bytes: 17MiB}\n",
     "a.yaml:2:25: limits.message_bytes: 17MiB is outside 1KiB..16MiB "
     "(bytes)\n"},
    {OK "limits: {message_bytes: 1MB}\n",
     "a.yaml:2:25: limits.message_bytes: expected a size, as 512, 64KiB or "
     "1MiB, found \"1MB\"\n"},
    {OK "limits: {message_bytes: 99999999999999GiB}\n",
     "a.yaml:2:25: limits.message_bytes: expected a smaller number, found "
     "\"99999999999999GiB\"\n"},

    /* numbers */
    {OK "drift: {threshold: 7.5}\n",
     "a.yaml:2:20: drift.threshold: 7.5 is outside 0..1 (distance)\n"},
    {OK "drift: {threshold: -0.1}\n",
     "a.yaml:2:20: drift.threshold: -0.1 is outside 0..1 (distance)\n"},
    {OK "drift: {threshold: .nan}\n",
     "a.yaml:2:20: drift.threshold: expected a number, found \".nan\"\n"},
    {OK "drift: {threshold: .inf}\n",
     "a.yaml:2:20: drift.threshold: expected a number, found \".inf\"\n"},
    {OK "drift: {threshold: nan}\n",
     "a.yaml:2:20: drift.threshold: expected a number, found \"nan\"\n"},
    {OK "drift:\n  threshold: 0,3\n",
     "a.yaml:3:14: drift.threshold: expected a number, found \"0,3\"\n"},
    {OK "drift: {threshold: \"0,3\"}\n",
     "a.yaml:2:20: drift.threshold: expected a number without quotes, found "
     "\"0,3\"\n"},
    {OK "drift: {threshold: 0x1p-2}\n",
     "a.yaml:2:20: drift.threshold: expected a number, found \"0x1p-2\"\n"},
    {OK "drift: {threshold: 1e400}\n",
     "a.yaml:2:20: drift.threshold: expected a number, found \"1e400\"\n"},
    {OK "drift: {alert_rate: 0}\n",
     "a.yaml:2:21: drift.alert_rate: 0 is outside 0.001..0.5 (share)\n"},
    {OK "drift: {fuse_weight: 1.5}\n",
     "a.yaml:2:22: drift.fuse_weight: 1.5 is outside 0..1\n"},
    {OK "drift: {trend: {slipping_at: 0}}\n",
     "a.yaml:2:30: drift.trend.slipping_at: 0 is outside 0.01..100\n"},
    {OK "drift: {trend: {calm: 1.1}}\n",
     "a.yaml:2:23: drift.trend.calm: 1.1 is outside 0..1\n"},
    {OK "severities: {low: 2}\n",
     "a.yaml:2:19: engine.severities.low: 2 is outside 0..1\n"},

    /* words */
    {OK "engine: {enforcement: enfroce}\n",
     "a.yaml:2:23: engine.enforcement: \"enfroce\" is not one of enforce, "
     "monitor; did you mean \"enforce\"?\n"},
    {OK "engine: {enforcement: disabled}\n",
     "a.yaml:2:23: engine.enforcement: \"disabled\" is not one of enforce, "
     "monitor\n"},
    {OK "engine: {on_error: allow}\n",
     "a.yaml:2:20: engine.on_error: \"allow\" is not one of fallback, block\n"},
    {OK "log: {level: loud}\n",
     "a.yaml:2:14: log.level: \"loud\" is not one of error, warn, info, "
     "debug\n"},
    {RULE ", mode: off}\n",
     "a.yaml:2:58: rules[0].mode: \"off\" is not one of enforce, monitor, "
     "disabled\n"},
    {RULE ", action: redcat}\n",
     "a.yaml:2:60: rules[0].action: \"redcat\" is not one of flag, redact, "
     "fallback, block; did you mean \"redact\"?\n"},
    {RULE ", robust: stronger}\n",
     "a.yaml:2:60: rules[0].robust: \"stronger\" is not one of none, basic, "
     "strong, fuzzy; did you mean \"strong\"?\n"},
    {RULE ", severity: [high]}\n",
     "a.yaml:2:62: rules[0].severity: expected a word, found a list\n"},
    {RULE ", directions: []}\n",
     "a.yaml:2:64: rules[0].directions: is empty; give at least one, or leave "
     "the key out\n"},
    {RULE ", directions: [outptu]}\n",
     "a.yaml:2:65: rules[0].directions[0]: \"outptu\" is not one of output, "
     "input; did you mean \"output\"?\n"},
    {"rules:\n- {id: A, type: composite, when: A, category: hate}\n",
     "a.yaml:2:17: rules[0].type: \"composite\" is not one of terms, regex, "
     "pii, persona_break, prompt_leak, length, secret, url, repetition, flood, "
     "unicode, language, linear\n"},
    {"rules:\n- {id: A, type: trems, terms: [x], category: hate}\n",
     "a.yaml:2:17: rules[0].type: \"trems\" is not one of terms, regex, pii, "
     "persona_break, prompt_leak, length, secret, url, repetition, flood, "
     "unicode, language, linear; did you mean \"terms\"?\n"},

    /* names and other forms */
    {"rules:\n- {id: low, type: terms, terms: [x], category: hate}\n",
     "a.yaml:2:8: rules[0].id: \"low\" is not a name of 1 to 64 of A-Z, 0-9 "
     "and _\n"},
    {OK "personas:\n- {id: a/b}\n",
     "a.yaml:3:8: personas[0].id: \"a/b\" is not a name of 1 to 128 letters, "
     "digits and . _ : -\n"},
    {OK "personas:\n- {id: ../etc}\n",
     "a.yaml:3:8: personas[0].id: \"../etc\" is not a name of 1 to 128 "
     "letters, digits and . _ : -\n"},
    {OK "categories: {\"a b\": {}}\n",
     "a.yaml:2:14: categories.a b: \"a b\" is not a name of 1 to 128 letters, "
     "digits and . _ : - /\n"},
    {RULE ", languages: [english1]}\n",
     "a.yaml:2:64: rules[0].languages[0]: \"english1\" is not a language, as "
     "en or pt-BR\n"},
    {RULE ", operator: {type: mask, masking_char: xx}}\n",
     "a.yaml:2:89: rules[0].operator.masking_char: \"xx\" is not one "
     "character\n"},
    {RULE ", tests: [{text: x, expect_ids: [A], role: robot}]}\n",
     "a.yaml:2:93: rules[0].tests[0].role: \"robot\" is not one of assistant, "
     "user, tool, system\n"},
    {RULE ", tests: [{text: x, expect_ids: [A], spans: [[3, 2]]}]}\n",
     "a.yaml:2:95: rules[0].tests[0].spans[0]: expected [from, to] with 0 <= "
     "from < to\n"},

    /* what must be there, and what is too much */
    {"rules:\n- {type: terms, terms: [x], category: hate}\n",
     "a.yaml:2:3: rules[0].id: missing; every rule has one\n"},
    {"rules:\n- {id: A, terms: [x], category: hate}\n",
     "a.yaml:2:3: rules[0].type: missing; every rule has one\n"},
    {RULE ", tests: [{expect_ids: [A]}]}\n",
     "a.yaml:2:60: rules[0].tests[0].text: missing; every test has one\n"},
    {RULE ", operator: {new_value: x}}\n",
     "a.yaml:2:62: rules[0].operator.type: missing; every operator has one\n"},
    {OK "groups: {g: {}}\n",
     "a.yaml:2:13: groups.g.max_score: missing; every group has one\n"},
    {"rules:\n- {id: A, type: pii, entity: EMAIL_ADDRESS, category: pii, "
     "context: {boost: 0.1}}\n",
     "a.yaml:2:69: rules[0].context.words: missing; every context has one\n"},
    {"rules:\n- {id: A, type: terms, terms: [\"\"], category: hate}\n",
     "a.yaml:2:32: rules[0].terms[0]: is empty\n"},
    {"rules:\n- {id: A, type: regex, pattern: \"\", category: hate}\n",
     "a.yaml:2:33: rules[0].pattern: is empty\n"},
    {"rules:\n- {id: A, type: regex, patterns: [], category: hate}\n",
     "a.yaml:2:34: rules[0].patterns: is empty; give at least one, or leave "
     "the key out\n"},
    {OK "listen: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]\n",
     "a.yaml:2:9: listen: 17 are more than 16\n"},

    /* a key of another type of rule */
    {REGEX ", lists: [x]}\n",
     "a.yaml:2:52: rules[0].lists: a rule of type regex has no such key; it "
     "belongs to type terms, persona_break\n"
     "a.yaml:2:60: rules[0].lists[0]: there is no list \"x\"\n"},
    {RULE ", max_chars: 5}\n",
     "a.yaml:2:52: rules[0].max_chars: a rule of type terms has no such key; "
     "it belongs to type length\n"},
    {RULE ", skip: [code]}\n",
     "a.yaml:2:52: rules[0].skip: a rule of type terms has no such key; it "
     "belongs to type persona_break\n"},

    /* a pool's languages */
    {OK "fallbacks: {p: {pikc: first, en: [x]}}\n",
     "a.yaml:2:23: fallbacks.p.pikc: expected a list, found \"first\"\n"},
    {OK "fallbacks: {p: {e: [x]}}\n",
     "a.yaml:2:17: fallbacks.p.e: unknown key\n"},
    {OK "fallbacks: {p: {en: []}}\n",
     "a.yaml:2:21: fallbacks.p.en: is empty; give at least one, or leave the "
     "key out\n"},
};

START_TEST(fault_is_told_with_its_place)
{
    support_config_enter();
    support_config_expect(faults[_i].yaml, NULL, faults[_i].said);
    support_config_leave();
}
END_TEST

START_TEST(numbers_hold_at_their_limits)
{
    static const char *const good[] = {
        OK "limits: {workers: 0}\n",
        OK "limits: {workers: 64}\n",
        OK "limits: {deadline_ms: 1}\n",
        OK "limits: {deadline_ms: 5s}\n",
        OK "limits: {message_bytes: 16MiB}\n",
        OK "limits: {message_bytes: 16777216}\n",
        OK "limits: {message_bytes: 1KiB}\n",
        OK "drift: {threshold: 0}\n",
        OK "drift: {threshold: 1}\n",
        OK "drift: {threshold: 1e-3}\n",
        RULE ", score: -1}\n",
        RULE ", score: 1.0}\n",
    };

    support_config_enter();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        support_config_expect(good[i], NULL, "");
    }
    support_config_leave();
}
END_TEST

START_TEST(defaults_are_those_of_the_limits_page)
{
    support_config_enter();
    struct support_config loaded = support_config_good(OK, NULL);
    const struct config *c = loaded.config;
    ck_assert_int_eq(c->limits.message_bytes, 1 << 20);
    ck_assert_int_eq(c->limits.text_bytes, 64 << 10);
    ck_assert_int_eq(c->limits.depth, 8);
    ck_assert_int_eq(c->limits.nodes, 16384);
    ck_assert_int_eq(c->limits.guardrails, 64);
    ck_assert_int_eq(c->limits.guardrail_bytes, 256);
    ck_assert_int_eq(c->limits.vector_dimensions, 16384);
    ck_assert_int_eq(c->limits.hits, 64);
    ck_assert_int_eq(c->limits.connections, 1024);
    ck_assert_int_eq(c->limits.in_flight, 64);
    ck_assert_int_eq(c->limits.queue_requests, 256);
    ck_assert_int_eq(c->limits.queue_bytes, 64 << 20);
    ck_assert_int_eq(c->limits.deadline_ms, 200);
    ck_assert_int_eq(c->limits.deadline_max_ms, 5000);
    ck_assert_int_eq(c->limits.handshake_ms, 2000);
    ck_assert_int_eq(c->limits.receive_ms, 5000);
    ck_assert_int_eq(c->limits.send_ms, 1000);
    ck_assert_int_eq(c->limits.drain_ms, 5000);
    ck_assert_uint_eq(c->listen.count, 2);
    ck_assert(text_is(c->listen.at[0], "ipc:///tmp/leeway.sock"));
    ck_assert(text_is(c->listen.at[1], "tcp://127.0.0.1:7710"));
    ck_assert(text_is(c->admin_listen, "ipc:///tmp/leeway-admin.sock"));
    ck_assert(text_is(c->http_listen, "none"));
    ck_assert(!c->allow_remote && !c->admin_on_serving);
    ck_assert(c->drift.threshold == 0.30 && isnan(c->drift.alert_rate));
    ck_assert_int_eq(c->drift.min_chars, 50);
    ck_assert_int_eq(c->drift.min_samples, 20);
    ck_assert_int_eq((int)c->drift.vector_scale, (int)CONFIG_SCALE_COSINE);
    ck_assert(isnan(c->drift.fuse_weight));
    ck_assert_int_eq((int)c->drift.trend.statistic, (int)CONFIG_TREND_JOINT);
    ck_assert(isnan(c->drift.trend.slipping_at) && c->drift.trend.calm == 0.5);
    ck_assert(c->engine.severities[CONFIG_INFO] == 0.05);
    ck_assert(c->engine.severities[CONFIG_CRITICAL] == 0.95);
    ck_assert_int_eq((int)c->engine.on_error, (int)CONFIG_FALLBACK);
    ck_assert_uint_eq(c->category_count, 17);
    ck_assert_uint_eq(c->pool_count, 1);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(rule_is_bound_whole)
{
    support_config_enter();
    struct support_config loaded =
        support_config_good("lists: {one: {terms: [a, b], match: wildcard}}\n"
                            "fallbacks: {crisis: {pick: first, en: [x], no: "
                            "[\"nei\"]}}\n"
                            "rules:\n"
                            "- id: A_1\n"
                            "  type: terms\n"
                            "  lists: [one, {terms: [c]}]\n"
                            "  terms: [no, \"yes\", 12]\n"
                            "  category: sexual/minors\n"
                            "  severity: high\n"
                            "  action: redact\n"
                            "  operator: {type: mask, chars_to_mask: 3, "
                            "from_end: true}\n"
                            "  fallback: crisis\n"
                            "  mode: monitor\n"
                            "  directions: [input, output]\n"
                            "  unless: tag:grown_up\n"
                            "  tests:\n"
                            "  - {text: \"a\\u0430\", expect_ids: [A_1], "
                            "spans: [[0, 1], "
                            "[1, 2]], action: allow}\n"
                            "  - {text: \"\", no_expect_ids: [A_1], redacted: "
                            "\"\"}\n",
                            NULL);
    const struct config *c = loaded.config;
    const struct config_rule *rule = &c->rules[0];
    ck_assert_uint_eq(rule->list_name_count, 1);
    ck_assert_uint_eq(rule->list_count, 1);
    ck_assert(text_is(rule->lists[0].id, "") && !rule->lists[0].match_given);
    ck_assert(text_is(rule->lists[0].terms.at[0], "c"));
    ck_assert_uint_eq(rule->terms.count, 3);
    ck_assert(text_is(rule->terms.at[0], "no"));
    ck_assert(text_is(rule->terms.at[2], "12"));
    ck_assert(isnan(rule->score) && rule->severity == CONFIG_HIGH);
    ck_assert(rule->redaction.type == CONFIG_MASK && rule->redaction.from_end);
    ck_assert_int_eq(rule->redaction.chars_to_mask, 3);
    ck_assert(text_is(rule->redaction.masking_char, "*"));
    ck_assert_int_eq(rule->directions, CONFIG_INPUT | CONFIG_OUTPUT);
    ck_assert(rule->mode == CONFIG_MONITOR && rule->match == CONFIG_WORD);
    ck_assert(rule->robust == CONFIG_ROBUST_BASIC && rule->level == 1);
    ck_assert_int_eq(rule->min_chars, -1);
    ck_assert(rule->context.node == NULL);
    ck_assert_uint_eq(rule->tests[0].span_count, 2);
    ck_assert_int_eq(rule->tests[0].spans[3], 2);
    ck_assert(rule->tests[0].action_given);
    ck_assert(rule->tests[0].redacted.at == NULL);
    ck_assert(rule->tests[1].redacted.at != NULL);
    ck_assert(!rule->tests[1].action_given);
    ck_assert(c->lists[0].match_given && c->lists[0].match == CONFIG_WILDCARD);
    ck_assert_uint_eq(c->fallbacks[1].locale_count, 2);
    ck_assert(text_is(c->fallbacks[1].locales[1].locale, "no"));
    ck_assert(c->fallbacks[1].pick == CONFIG_FIRST);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(persona_inherits_drift_she_does_not_give)
{
    support_config_enter();
    struct support_config loaded =
        support_config_good(OK "drift: {alert_rate: 0.05, on_alert: block, "
                               "min_chars: 9}\n"
                               "personas:\n"
                               "- {id: a}\n"
                               "- {id: b, name: Bea, drift: {threshold: 0.4}}\n"
                               "- {id: c, drift: {min_chars: 7}}\n",
                            NULL);
    const struct config_persona *p = loaded.config->personas;
    ck_assert(p[0].drift.node == NULL && p[0].drift.alert_rate == 0.05);
    ck_assert(p[0].drift.on_alert == CONFIG_DRIFT_BLOCK);
    ck_assert(text_is(p[0].name, "a") && text_is(p[1].name, "Bea"));
    ck_assert(p[1].drift.threshold == 0.4 && isnan(p[1].drift.alert_rate));
    ck_assert_int_eq(p[1].drift.min_chars, 9);
    ck_assert(p[2].drift.alert_rate == 0.05);
    ck_assert_int_eq(p[2].drift.min_chars, 7);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(persona_inherits_the_trend_but_not_the_limits_of_another_statistic)
{
    support_config_enter();
    struct support_config loaded = support_config_good(
        OK "drift: {fuse_weight: 0.25, trend: {slipping_at: 2.5, lost_at: 3, "
           "calm: 0.4}}\n"
           "personas:\n"
           "- {id: a}\n"
           "- {id: b, drift: {trend: {lost_at: 4}}}\n"
           "- {id: c, drift: {trend: {statistic: ewma}}}\n"
           "- {id: d, drift: {trend: {statistic: cusum, lost_at: 5}}}\n",
        NULL);
    const struct config_persona *p = loaded.config->personas;
    ck_assert(p[0].drift.fuse_weight == 0.25);
    ck_assert(p[0].drift.trend.slipping_at == 2.5 &&
              p[0].drift.trend.lost_at == 3 && p[0].drift.trend.calm == 0.4);
    ck_assert(p[1].drift.trend.slipping_at == 2.5 &&
              p[1].drift.trend.lost_at == 4);
    ck_assert_int_eq((int)p[2].drift.trend.statistic, (int)CONFIG_TREND_EWMA);
    ck_assert(isnan(p[2].drift.trend.slipping_at) &&
              isnan(p[2].drift.trend.lost_at));
    ck_assert(isnan(p[3].drift.trend.slipping_at) &&
              p[3].drift.trend.lost_at == 5 && p[3].drift.trend.calm == 0.4);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(pattern_is_a_list_of_one)
{
    support_config_enter();
    struct support_config loaded = support_config_good(REGEX "}\n", NULL);
    ck_assert_uint_eq(loaded.config->rules[0].patterns.count, 1);
    ck_assert(text_is(loaded.config->rules[0].patterns.at[0], "x"));
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

TEST_MAIN(
    "bind", tcase_add_loop_test(tc, fault_is_told_with_its_place, 0,
                                (int)(sizeof(faults) / sizeof(faults[0])));
    tcase_add_test(tc, numbers_hold_at_their_limits);
    tcase_add_test(tc, defaults_are_those_of_the_limits_page);
    tcase_add_test(tc, rule_is_bound_whole);
    tcase_add_test(tc, persona_inherits_drift_she_does_not_give);
    tcase_add_test(
        tc, persona_inherits_the_trend_but_not_the_limits_of_another_statistic);
    tcase_add_test(tc, pattern_is_a_list_of_one);)
