#include "tests/unit/support_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "config/explain.h"

enum { ARENA_BYTES = 256 << 20, NAME_BYTES = 4096 };

const char support_config_whole[] =
    "schema: 1\n"
    "pack: {id: p, version: \"1\", description: d, layer: pack, mode: "
    "monitor}\n"
    "listen: [\"ipc:///tmp/x\"]\n"
    "tls: {cert: a.yaml, key: a.yaml}\n"
    "log: {level: warn}\n"
    "limits: {text_bytes: 32KiB, send_ms: 2s}\n"
    "engine: {obfuscation_bonus: 0.1, sampling_percentage: 50, cache: none,\n"
    "  on_deny: block, votes: {of: [v, w], k: 2, quorum: 2, on_too_few: "
    "flag}}\n"
    "severities: {low: 0.3}\n"
    "drift: {alert_rate: 0.05}\n"
    "categories:\n"
    "  c/d: {aliases: {openai: c}, thresholds: {flag: 0.25, block: 1}}\n"
    "  e: {votes: {of: [v], action: block, threshold: 0.9, count_self: true}}\n"
    "groups: {g: {max_score: 0.5}}\n"
    "lists: {l: {terms: [a, \"b: \\\"#\\u0000\\u2028\"]}, h: {terms: "
    "[x.org]}}\n"
    "rules:\n"
    "- id: A\n"
    "  type: terms\n"
    "  lists: [l, {terms: [c], match: substring}]\n"
    "  category: c/d\n"
    "  group: g\n"
    "  tags: [t]\n"
    "  score: -0.5\n"
    "  operator: {type: replace, new_value: \"\"}\n"
    "  directions: [input]\n"
    "  languages: [en, no]\n"
    "  overrides: [{terms: [c], id: x, score: 0.5}, {terms: [a], severity: "
    "low, action: flag}]\n"
    "  mutate: [casing, leet]\n"
    "  suppressible: true\n"
    "  tests:\n"
    "  - {text: \"c\\n\", expect_ids: [A], spans: [[0, 1]], span_unit: byte, "
    "would_action: block,\n"
    "     category_scores: {c/d: \">= 0.5\"}, extra_guardrails: [\"@brief\"]}\n"
    "- {id: B, type: regex, pattern: 'x\\d', action: block, robust: strong}\n"
    "- {id: C, type: pii, entity: EMAIL_ADDRESS, action: flag,\n"
    "   context: {words: [mail], floor: 0.1}}\n"
    "- {id: D, type: persona_break, patterns: [y], skip: [code, quoted],\n"
    "   unless: persona.is_ai, action: flag}\n"
    "- {id: E, type: prompt_leak, min_ratio: 0.5, action: flag}\n"
    "- {id: F, type: length, max_chars: 9, action: flag}\n"
    "- {id: G, type: secret, providers: [github], entropy: {anywhere: true}, "
    "action: flag}\n"
    "- {id: H, type: url, allow_domains: [h, y.org], max_urls: 2, action: "
    "flag}\n"
    "- {id: I, type: repetition, max_char_run: 5, max_ngram_share: 0.5, "
    "action: flag}\n"
    "- {id: J, type: flood, key: persona, window: 30s, max_messages: 5, "
    "action: flag}\n"
    "- {id: K, type: unicode, forbid: [control, tag_chars], max_invisible: 3, "
    "action: flag}\n"
    "- {id: L, type: language, allowed: [en], min_chars: 40, action: "
    "flag}\n"
    "- {id: M, type: linear, weights: a.yaml, head: x, preset: balanced, "
    "action: flag}\n"
    "composites:\n"
    "- {id: N, when: \"A & !B\", policy: remove_all, category: e, severity: "
    "high}\n"
    "guardrails:\n"
    "  brief: {rules: {B: {action: block}, C: {mode: monitor}},\n"
    "    add: [{id: P, type: length, max_chars: 5, action: flag}]}\n"
    "profiles:\n"
    "- id: kids\n"
    "  priority: 7\n"
    "  match: {persona: \"m*\", tags: [is_ai], languages: [en], roles: "
    "[user]}\n"
    "  apply: {level: 3, blocking_level: 2, thresholds: {c/d: {flag: 0.3}}, "
    "rules: {B: {mode: disabled}},\n"
    "    groups_disabled: [g], guardrails: [brief], fallback: q}\n"
    "fallbacks:\n"
    "  q: {pick: hash, en: [\"{persona_name}\", \"no\"], no: [\"\xc3\xa4"
    "\"]}\n"
    "personas:\n"
    "- {id: m, name: M, samples: a.yaml, tags: [is_ai], fallbacks: q,\n"
    "   machines: [n],\n"
    "   drift: {threshold: 0.2, on_alert: block}}\n"
    "machines:\n"
    "- id: n\n"
    "  key: k\n"
    "  name: N\n"
    "  entry: true\n"
    "  scoring: scoring\n"
    "  accept_at: 2.5\n"
    "  reject_at: -2\n"
    "  reject_penalty: -1.5\n"
    "  max_redirects: 2\n"
    "  on_max_redirects: kick_out\n"
    "  max_follow_ups: 0\n"
    "  on_verdict: {pass: none, flag: pass, redact: redirect, refuse: reject}\n"
    "  states: [{id: a, name: A, initial: true}, {id: b, terminal: true}]\n"
    "  transitions: [{from: a, to: b, on: pass, score: 3, score_gte: 0, "
    "priority: 0},\n"
    "    {from: a, to: b, priority: 1}, {from: a, on: reject, score: -2}]\n"
    "  links: [{to: o, outcome: ACCEPT, auto_advance: true}, {to: o, "
    "score_gte: 1},\n"
    "    {to: o, score_lte: 1}, {to: o, always: true}]\n"
    "- id: o\n"
    "  entry: false\n"
    "  scoring: pass_fail\n"
    "  states: [{id: a, initial: true}, {id: b, terminal: true}]\n"
    "  transitions: [{from: a, to: b}]\n"
    "tests:\n"
    "- {text: hello, action: allow, persona: m, role: user, locale: en-GB}\n";

static char folder[] = "/tmp/leeway-config-XXXXXX";

void
support_config_enter(void)
{
    umask(022); // a file that all may write is warned of
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

void
support_config_leave(void)
{
    char command[sizeof(folder) + 16];

    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    memset(strrchr(folder, '-') + 1, 'X', 6); // it may be entered again
}

void
support_config_file(const char *name, struct text content)
{
    char path[NAME_BYTES];

    snprintf(path, sizeof(path), "%s", name);
    for (char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(name, "wb");
    ck_assert_msg(file != NULL, "%s", name);
    if (content.len > 0) {
        ck_assert_uint_eq(fwrite(content.at, 1, content.len, file),
                          content.len);
    }
    ck_assert_int_eq(fclose(file), 0);
}

void
support_config_load(struct support_config *loaded, const char *name,
                    const char *const *overrides)
{
    size_t count = 0;

    while (overrides != NULL && overrides[count] != NULL) {
        count++;
    }
    loaded->arena = arena_new(ARENA_BYTES);
    ck_assert_ptr_nonnull(loaded->arena);
    place_problems_init(&loaded->problems, loaded->arena);
    loaded->config =
        load_config(name, overrides, count, loaded->arena, &loaded->problems);
}

void
support_config_clear(struct support_config *loaded)
{
    if (loaded->config != NULL) {
        load_free(loaded->config);
    } else {
        arena_free(loaded->arena);
    }
}

char *
support_config_problems(struct support_config *loaded, bool json)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    place_problems_print(&loaded->problems, to, json);
    ck_assert_int_eq(fclose(to), 0);
    return said;
}

char *
support_config_effective(const struct config *config)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    explain_effective(config, to);
    ck_assert_int_eq(fclose(to), 0);
    return said;
}

/* Is any line of this more than a warning? */
static bool
refuses(const char *said)
{
    while (*said != '\0') {
        const size_t line = strcspn(said, "\n");
        const char *warning = strstr(said, ": warning: ");
        if (warning == NULL || warning >= said + line) {
            return true;
        }
        said += line + (said[line] == '\n');
    }
    return false;
}

void
support_config_expect(const char *yaml, const char *const *overrides,
                      const char *expected)
{
    struct support_config loaded;

    support_config_file("a.yaml", text_of(yaml));
    support_config_load(&loaded, "a.yaml", overrides);
    char *said = support_config_problems(&loaded, false);
    ck_assert_msg(strcmp(said, expected) == 0,
                  "of\n%s--set %s\nis said\n%sexpected\n%s", yaml,
                  overrides != NULL ? overrides[0] : "nothing", said, expected);
    ck_assert_msg(refuses(expected) == place_problems_any(&loaded.problems),
                  "%s: said, and yet no problem, or the other way round", said);
    free(said);
    support_config_clear(&loaded);
}

struct support_config
support_config_good(const char *yaml, const char *const *overrides)
{
    struct support_config loaded;

    support_config_file("a.yaml", text_of(yaml));
    support_config_load(&loaded, "a.yaml", overrides);
    char *said = support_config_problems(&loaded, false);
    ck_assert_str_eq(said, "");
    free(said);
    return loaded;
}
