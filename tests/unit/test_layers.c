/* Files of several layers as one configuration: config/merge.h. */
#include "config/merge.h"

#include <stdio.h>

#include "config/explain.h"
#include "sidecar/base/buffer.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define ALL "include: [\"[b-z].yaml\"]\n"
#define BASE                                                                   \
    "pack: {id: base}\n"                                                       \
    "engine: {level: 2, severities: {low: 0.2, high: 0.7}}\n"                  \
    "drift: {threshold: 0.2}\n"                                                \
    "categories:\n"                                                            \
    "  c:\n"                                                                   \
    "    aliases: {openai: c}\n"                                               \
    "    thresholds: {flag: 0.3, fallback: 0.6}\n"                             \
    "groups: {g: {max_score: 0.6}}\n"                                          \
    "lists: {l: {terms: [one, two]}}\n"                                        \
    "rules:\n"                                                                 \
    "- id: A\n"                                                                \
    "  type: terms\n"                                                          \
    "  lists: [l]\n"                                                           \
    "  category: c\n"                                                          \
    "  action: flag\n"                                                         \
    "- id: R\n"                                                                \
    "  type: regex\n"                                                          \
    "  pattern: one\n"                                                         \
    "  category: c\n"                                                          \
    "guardrails: {s: {rules: {A: {action: block}}}}\n"                         \
    "profiles:\n"                                                              \
    "- id: p\n"                                                                \
    "  match: {tags: [t]}\n"                                                   \
    "  apply: {level: 3}\n"                                                    \
    "fallbacks: {q: {pick: first, en: [One.], de: [Eins.]}}\n"                 \
    "personas:\n"                                                              \
    "- {id: m, name: M, tags: [t]}\n"
#define SITE "pack: {id: here, layer: site}\n"
#define RULE "type: terms, terms: [x], category: hate"
#define PACK "pack: {id: middle, layer: pack}\n"

/* The files b.yaml, c.yaml, ... in turn, read in that order. */
static struct support_config
load(const char *const *files)
{
    struct support_config loaded;
    char name[] = "b.yaml";

    support_config_file("a.yaml", TEXT(ALL));
    for (size_t i = 0; files[i] != NULL; i++) {
        name[0] = (char)('b' + i);
        support_config_file(name, text_of(files[i]));
    }
    support_config_load(&loaded, "a.yaml", NULL);
    return loaded;
}

/* ---- what wins, and where it came from ------------------------------------
 */

static const struct {
    const char *files[4];
    const char *has[6]; /* lines of the effective configuration */
    const char * not ;  /* NULL: anything */
} merged[] = {
    /* nothing changed: every value with its own place */
    {{BASE},
     {"  level: 2  # b.yaml:2\n", "    low: 0.2  # b.yaml:2\n",
      "      flag: 0.3  # b.yaml:7\n", "    action: flag  # b.yaml:15\n"},
     "site"},
    /* a rule, key by key; the rest stays as it was */
    {{BASE, SITE "rules:\n- id: A\n  action: block\n  level: 2\n"},
     {"    action: block  # c.yaml:4\n", "    level: 2  # c.yaml:5\n",
      "    category: \"c\"  # b.yaml:14\n"},
     "action: flag  # b"},
    /* a list is replaced, not joined */
    {{BASE, SITE "rules: [{id: A, lists: [{terms: [three]}]}]\n"},
     {"        - \"three\"  # c.yaml:2\n"},
     "      - \"l\""},
    {{BASE, SITE "lists: {l: {terms: [three]}}\n"},
     {"      - \"three\"  # c.yaml:2\n"},
     "\"two\""},
    /* thresholds one by one, the category's other keys left */
    {{BASE,
      SITE "categories: {c: {thresholds: {fallback: 0.5, block: 0.9}}}\n"},
     {"      flag: 0.3  # b.yaml:7\n", "      fallback: 0.5  # c.yaml:2\n",
      "      block: 0.9  # c.yaml:2\n", "      openai: \"c\"  # b.yaml:6\n"},
     "0.6  # b.yaml:7"},
    {{BASE, SITE "categories: {c: {aliases: {azure: C}}}\n"},
     {"      azure: \"C\"  # c.yaml:2\n", "      flag: 0.3  # b.yaml:7\n"},
     "openai: \"c\""},
    /* settings, those inside records too */
    {{BASE, SITE "engine: {level: 3, severities: {low: 0.1}}\n"},
     {"  level: 3  # c.yaml:2\n", "    low: 0.1  # c.yaml:2\n",
      "    high: 0.7  # b.yaml:2\n"},
     NULL},
    /* the short name of severities */
    {{BASE, SITE "severities: {low: 0.1}\n"},
     {"    low: 0.1  # c.yaml:2\n", "    high: 0.7  # b.yaml:2\n"},
     NULL},
    /* groups, sets, profiles, pools, personas */
    {{BASE, SITE "groups: {g: {max_score: 0.4}}\n"},
     {"    max_score: 0.4  # c.yaml:2\n"},
     "max_score: 0.6"},
    {{BASE, SITE "guardrails: {s: {rules: {R: {action: flag}}}}\n"},
     {"        action: flag  # c.yaml:2\n"},
     "action: block"},
    {{BASE, SITE "profiles: [{id: p, priority: 5}]\n"},
     {"    priority: 5  # c.yaml:2\n", "      level: 3  # b.yaml:24\n"},
     NULL},
    {{BASE, SITE "fallbacks: {q: {en: [Two.]}}\n"},
     {"      - \"Two.\"  # c.yaml:2\n", "      - \"Eins.\"  # b.yaml:25\n"},
     "\"One.\""},
    {{BASE, SITE "personas: [{id: m, name: N}]\n"},
     {"    name: \"N\"  # c.yaml:2\n", "      - \"t\"  # b.yaml:27\n"},
     "\"M\""},
    /* a key takes the place of one that must not stand beside it */
    {{BASE, SITE "rules: [{id: R, patterns: [two, three]}]\n"},
     {"      - \"two\"  # c.yaml:2\n"},
     "pattern:"},
    {{BASE, SITE "drift: {alert_rate: 0.05}\n"},
     {"  alert_rate: 0.05  # c.yaml:2\n"},
     "threshold: 0.2 "},
    /* base < pack < site, in whatever order they are read */
    {{SITE "rules: [{id: A, action: block}]\n",
      PACK "rules: [{id: A, action: fallback, level: 2}]\n", BASE},
     {"    action: block  # b.yaml:2\n", "    level: 2  # c.yaml:2\n",
      "    category: \"c\"  # d.yaml:14\n"},
     NULL},
    /* a higher layer may have its own, too */
    {{BASE, SITE "rules: [{id: Z, type: terms, terms: [z], action: flag}]\n"},
     {"    id: \"Z\"  # c.yaml:2\n", "    id: \"A\"  # b.yaml:11\n"},
     NULL},
    /* in one layer, a category's thresholds may be given again */
    {{BASE, "pack: {id: more}\ncategories: {c: {thresholds: {flag: 0.2}}}\n"},
     {"      flag: 0.2  # c.yaml:2\n", "      fallback: 0.6  # b.yaml:7\n"},
     NULL},
    /* what is built in gives way whole */
    {{BASE "  # no more\n", "categories: {hate: {thresholds: {flag: 0.9}}}\n"},
     {"      flag: 0.9  # c.yaml:1\n"},
     "      azure: \"Hate\"  # default\n    thresholds:  # default\n      "
     "flag: 0.3  # default\n      fallback: 0.6"},
};

START_TEST(higher_layer_changes_key_by_key)
{
    support_config_enter();
    struct support_config loaded = load(merged[_i].files);
    char *problems = support_config_problems(&loaded, false);
    ck_assert_msg(problems[0] == '\0', "%s\n%s", merged[_i].files[1], problems);
    char *said = support_config_effective(loaded.config);
    // What is built in comes before, and would bury it.
    const char *lists = strstr(said, "\nlists:");
    ck_assert_ptr_nonnull(lists);
    const size_t start = (size_t)(lists - said);
    for (size_t i = 0; i < 6 && merged[_i].has[i] != NULL; i++) {
        ck_assert_msg(strstr(said, merged[_i].has[i]) != NULL,
                      "%s\nnot in\n%.3000s", merged[_i].has[i], said + start);
    }
    ck_assert_msg(merged[_i].not == NULL ||
                      strstr(said, merged[_i].not ) == NULL,
                  "%s\nis in\n%.3000s", merged[_i].not, said + start);
    free(said);
    free(problems);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

/* ---- what stands twice -----------------------------------------------------
 */

static const struct {
    const char *files[4];
    const char *said;
} twice[] = {
    {{BASE, "rules: [{id: A, " RULE "}]\n"},
     "c.yaml:1:14: rules[0].id: \"A\" stands twice; first at b.yaml:11:7\n"},
    {{BASE, SITE "rules: [{id: A, action: block}]\n",
      SITE "rules: [{id: A, " RULE "}]\n"},
     "d.yaml:2:14: rules[0].id: \"A\" stands twice; first at c.yaml:2:14\n"},
    {{BASE, SITE "engine: {level: 3}\n", SITE "engine: {level: 4}\n"},
     "d.yaml:2:10: engine.level: stands twice; first at c.yaml:2:10\n"},
    {{BASE, SITE "engine: {severities: {low: 0.1}}\n",
      SITE "severities: {low: 0.15}\n"},
     "d.yaml:2:14: engine.severities.low: stands twice; first at c.yaml:2:23"
     "\n"},
    {{BASE, "severities: {low: 0.1}\n"},
     "c.yaml:1:14: engine.severities.low: stands twice; first at b.yaml:2:33"
     "\n"},
    {{BASE, PACK "engine: {severities: {info: 0.1}}\n",
      PACK "engine: {severities: {info: 0.2}}\n"},
     "d.yaml:2:23: engine.severities.info: stands twice; first at c.yaml:2:23"
     "\n"},
    {{BASE, SITE "categories: {c: {aliases: {a: b}}}\n",
      SITE "categories: {c: {aliases: {a: d}}}\n"},
     "d.yaml:2:14: categories.c: stands twice; first at b.yaml:5:3\n"},
    {{BASE, "groups: {g: {max_score: 0.1}}\n"},
     "c.yaml:1:10: groups.g: stands twice; first at b.yaml:8:10\n"},
    {{BASE, SITE "profiles:\n- {id: p, priority: 1}\n"
                 "- {id: p, match: {tags: [t]}, apply: {level: 4}}\n"},
     "c.yaml:4:8: profiles[1].id: \"p\" stands twice; first at c.yaml:3:8\n"},
    {{BASE, "guardrails: {s: {rules: {A: {action: flag}}}}\n"},
     "c.yaml:1:14: guardrails.s: stands twice; first at b.yaml:20:14\n"},
    {{BASE, "allow_empty: true\n", "allow_empty: false\n"},
     "d.yaml:1:1: allow_empty: stands twice; first at c.yaml:1:1\n"},
    /* both of two keys that must not stand together, in one layer */
    {{BASE, SITE "rules: [{id: R, pattern: x, patterns: [y]}]\n"},
     "c.yaml:2:26: rules[1].pattern: stands beside patterns; give one of "
     "them\n"},
    /* no such layer */
    {{BASE, "pack: {id: x, layer: top}\n"},
     "c.yaml:1:22: pack[0].layer: \"top\" is not one of base, pack, site\n"},
};

START_TEST(one_layer_says_a_thing_once)
{
    support_config_enter();
    struct support_config loaded = load(twice[_i].files);
    char *problems = support_config_problems(&loaded, false);
    ck_assert_msg(strcmp(problems, twice[_i].said) == 0,
                  "%s\nis said\n%sexpected\n%s", twice[_i].files[1], problems,
                  twice[_i].said);
    free(problems);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

/* PACK changes every one of many personas, SITE every other one again. */
START_TEST(each_of_many_is_found_by_its_id)
{
    enum { MANY = 100 };
    struct buffer base, pack, site;

    buffer_init(&base, SIZE_MAX);
    buffer_init(&pack, SIZE_MAX);
    buffer_init(&site, SIZE_MAX);
    buffer_format(&base, "allow_empty: true\npersonas:\n");
    buffer_format(&pack, PACK "personas:\n");
    buffer_format(&site, SITE "personas:\n");
    for (int i = 0; i < MANY; i++) {
        const int last = MANY - 1 - i; // changed from the end
        buffer_format(&base, "- {id: p%d, name: base}\n", i);
        buffer_format(&pack, "- {id: p%d, name: pack}\n", last);
        if (last % 2 == 0) {
            buffer_format(&site, "- {id: p%d, name: site}\n", last);
        }
    }
    buffer_format(&site, "- {id: new, name: site}\n");
    support_config_enter();
    support_config_file("c.yaml", buffer_text(&pack));
    support_config_file("d.yaml", buffer_text(&site));
    support_config_file("b.yaml", buffer_text(&base));
    support_config_file("a.yaml", TEXT(ALL));
    struct support_config loaded;
    support_config_load(&loaded, "a.yaml", NULL);
    char *problems = support_config_problems(&loaded, false);
    ck_assert_str_eq(problems, "");
    ck_assert_uint_eq(loaded.config->persona_count, MANY + 1);
    for (int i = 0; i < MANY; i++) {
        const struct config_persona *p = &loaded.config->personas[i];
        char id[16];
        snprintf(id, sizeof(id), "p%d", i);
        ck_assert_str_eq(p->id.at, id);
        ck_assert_msg(text_is(p->name, i % 2 == 0 ? "site" : "pack"), "%s: %s",
                      id, p->name.at);
    }
    ck_assert_str_eq(loaded.config->personas[MANY].id.at, "new");
    free(problems);
    support_config_clear(&loaded);
    support_config_leave();
    buffer_clear(&base);
    buffer_clear(&pack);
    buffer_clear(&site);
}
END_TEST

/* ---- packs that are only watched -------------------------------------------
 */

static enum config_mode
mode_of(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->rule_count; i++) {
        if (text_is(config->rules[i].id, id)) {
            return config->rules[i].mode;
        }
    }
    ck_abort_msg("no rule %s", id);
    return CONFIG_DISABLED;
}

START_TEST(pack_that_is_watched_watches_its_rules)
{
    static const char *const files[] = {
        "pack: {id: new, mode: monitor}\n"
        "rules:\n"
        "- {id: PLAIN, " RULE "}\n"
        "- {id: OFF, mode: disabled, " RULE "}\n"
        "- {id: CHANGED, " RULE "}\n"
        "composites:\n"
        "- {id: BOTH, when: PLAIN, category: hate}\n"
        "guardrails:\n"
        "  s: {add: [{id: ADDED, " RULE "}]}\n",
        "rules: [{id: OTHER, " RULE "}]\n",
        SITE "rules: [{id: CHANGED, action: block, mode: enforce}]\n", NULL};

    support_config_enter();
    struct support_config loaded = load(files);
    char *problems = support_config_problems(&loaded, false);
    ck_assert_str_eq(problems, "");
    ck_assert_int_eq(mode_of(loaded.config, "PLAIN"), CONFIG_MONITOR);
    ck_assert_int_eq(mode_of(loaded.config, "OFF"), CONFIG_DISABLED);
    ck_assert_int_eq(mode_of(loaded.config, "BOTH"), CONFIG_MONITOR);
    ck_assert_int_eq(mode_of(loaded.config, "ADDED"), CONFIG_MONITOR);
    ck_assert_int_eq(mode_of(loaded.config, "OTHER"), CONFIG_ENFORCE);
    // It is still the pack's, whoever changed it.
    ck_assert_int_eq(mode_of(loaded.config, "CHANGED"), CONFIG_MONITOR);
    char *said = support_config_effective(loaded.config);
    ck_assert_ptr_nonnull(
        strstr(said, "\n# pack new (layer base, mode monitor): b.yaml\n"));
    ck_assert_ptr_nonnull(
        strstr(said, "\n# pack here (layer site, mode enforce): d.yaml\n"));
    free(said);
    free(problems);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

TEST_MAIN("layers", tcase_add_loop_test(tc, higher_layer_changes_key_by_key, 0,
                                        sizeof(merged) / sizeof(merged[0]));
          tcase_add_loop_test(tc, one_layer_says_a_thing_once, 0,
                              sizeof(twice) / sizeof(twice[0]));
          tcase_add_test(tc, each_of_many_is_found_by_its_id);
          tcase_add_test(tc, pack_that_is_watched_watches_its_rules);)
