#include "tests/unit/support_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

enum { ARENA_BYTES = 256 << 20, NAME_BYTES = 4096 };

const char support_config_whole[] = "schema: 1\n"
                                    "pack: {id: p, version: \"1\", "
                                    "description: d}\n"
                                    "listen: [\"ipc:///tmp/x\"]\n"
                                    "tls: {cert: a.yaml, key: a.yaml}\n"
                                    "log: {level: warn}\n"
                                    "limits: {text_bytes: 32KiB, send_ms: 2s}\n"
                                    "severities: {low: 0.3}\n"
                                    "drift: {alert_rate: 0.05}\n"
                                    "categories:\n"
                                    "  c/d: {aliases: {openai: c}, thresholds: "
                                    "{flag: 0.25, block: 1}}\n"
                                    "  e: {}\n"
                                    "groups: {g: {max_score: 0.5}}\n"
                                    "lists: {l: {terms: [a, \"b: "
                                    "\\\"#\\u0000\\u2028\"]}}\n"
                                    "rules:\n"
                                    "- id: A\n"
                                    "  type: terms\n"
                                    "  lists: [l, {terms: [c], match: "
                                    "substring}]\n"
                                    "  category: c/d\n"
                                    "  group: g\n"
                                    "  tags: [t]\n"
                                    "  score: -0.5\n"
                                    "  operator: {type: replace, new_value: "
                                    "\"\"}\n"
                                    "  directions: [input]\n"
                                    "  languages: [en, no]\n"
                                    "  tests:\n"
                                    "  - {text: \"c\\n\", expect_ids: [A], "
                                    "spans: [[0, 1]], span_unit: byte}\n"
                                    "- {id: B, type: regex, pattern: 'x\\d', "
                                    "action: block}\n"
                                    "- {id: C, type: pii, entity: "
                                    "EMAIL_ADDRESS, action: flag,\n"
                                    "   context: {words: [mail], floor: 0.1}}\n"
                                    "- {id: D, type: persona_break, patterns: "
                                    "[y], skip: [code, quoted],\n"
                                    "   unless: persona.is_ai, action: flag}\n"
                                    "- {id: E, type: prompt_leak, min_ratio: "
                                    "0.5, action: flag}\n"
                                    "- {id: F, type: length, max_chars: 9, "
                                    "action: flag}\n"
                                    "fallbacks:\n"
                                    "  q: {pick: hash, en: "
                                    "[\"{persona_name}\", \"no\"], no: "
                                    "[\"\xc3\xa4\"]}\n"
                                    "personas:\n"
                                    "- {id: m, name: M, samples: a.yaml, tags: "
                                    "[is_ai], fallbacks: q,\n"
                                    "   drift: {threshold: 0.2, on_alert: "
                                    "block}}\n"
                                    "tests:\n"
                                    "- {text: hello, action: allow, persona: "
                                    "m, role: user, locale: en-GB}\n";

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
    ck_assert_msg((expected[0] != '\0') == place_problems_any(&loaded.problems),
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
