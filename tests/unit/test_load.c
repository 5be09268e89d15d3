/* Files and what they include, lists of terms, and what becomes of them. */
#include "config/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define OK     "allow_empty: true\n"
#define A_RULE "{type: terms, terms: [x], action: flag, id: "

/* ---- files --------------------------------------------------------------- */

/* A file beside a.yaml: name and content in turn; NULL ends them. */
struct files {
    const char *yaml; /* a.yaml */
    const char *others[12];
    const char *said;
};

static const struct files files[] = {
    /* included, in the order of their names */
    {OK "include: [r/*.yaml, none/*.yaml]\n", {NULL}, ""},
    {"include: [r/*.yaml]\n",
     {"r/b.yaml", "rules:\n- " A_RULE "B}\n", "r/a.yaml",
      "schema: 1\npack: {id: p}\nrules:\n- " A_RULE "A}\n", NULL},
     ""},
    {"include: [r/b.yaml]\n",
     {"r/b.yaml", "include: [../c.yaml]\n", "c.yaml",
      "rules:\n- " A_RULE "C}\n", NULL},
     ""},

    /* not there, not a file, not YAML */
    {OK "include: [b.yaml]\n",
     {NULL},
     "a.yaml:2:11: include[0]: cannot open b.yaml: No such file or "
     "directory\n"},
    {OK "include: [d]\n",
     {"d/x.yaml", "", NULL},
     "a.yaml:2:11: include[0]: cannot open d: not a regular file\n"},
    {"include: [b.yaml]\n", {"b.yaml", "", NULL}, "b.yaml: empty\n"},
    {"include: [b.yaml]\n",
     {"b.yaml", "a: [\n", NULL},
     "b.yaml:2:1: did not find expected node content, while parsing a flow "
     "node that begins at line 2\n"},
    {"include: [b.yaml]\n",
     {"b.yaml", "- a\n", NULL},
     "b.yaml:1:1: expected a map, found a list\n"},
    {OK "include: b.yaml\n",
     {NULL},
     "a.yaml:2:10: include: expected a list of at most 64 files or globs\n"},
    {OK "include: [[b.yaml]]\n",
     {NULL},
     "a.yaml:2:11: include[0]: expected a file or glob, found a list\n"},
    {OK "include: [\"b\\0.yaml\"]\n",
     {NULL},
     "a.yaml:2:11: include[0]: expected a file or glob, found \"b\"\n"},

    /* loops and outside */
    {OK "include: [a.yaml]\n",
     {NULL},
     "a.yaml:2:11: include[0]: a.yaml: includes itself\n"},
    {OK "include: [\"*.yaml\"]\n",
     {NULL},
     "a.yaml:2:11: include[0]: a.yaml: includes itself\n"},
    {OK "include: [b.yaml]\n",
     {"b.yaml", "include: [./a.yaml]\n", NULL},
     "b.yaml:1:11: include[0]: a.yaml: includes itself\n"},
    {OK "include: [b.yaml, b.yaml]\n",
     {"b.yaml", "schema: 1\n", NULL},
     "a.yaml:2:19: include[1]: b.yaml: is included twice\n"},
    {OK "include: [/etc/passwd]\n",
     {NULL},
     "a.yaml:2:11: include[0]: /etc/passwd lies outside the configuration's "
     "folder FOLDER\n"},
    {OK "include: [\"/etc/passw?\"]\n",
     {NULL},
     "a.yaml:2:11: include[0]: /etc/passwd lies outside the configuration's "
     "folder FOLDER\n"},
    {OK "include: [../../etc/passwd]\n",
     {NULL},
     "a.yaml:2:11: include[0]: ../../etc/passwd lies outside the "
     "configuration's folder FOLDER\n"},
    {OK "include: [link.yaml]\n",
     {"link.yaml", NULL},
     "a.yaml:2:11: include[0]: link.yaml lies outside the configuration's "
     "folder FOLDER\n"},

    /* how deep */
    {"include: [1.yaml]\n",
     {"1.yaml", "include: [2.yaml]\n", "2.yaml", "include: [3.yaml]\n",
      "3.yaml", "include: [4.yaml]\n", "4.yaml", OK, NULL},
     ""},
    {"include: [0.yaml]\n",
     {"0.yaml", "include: [1.yaml]\n", "1.yaml", "include: [2.yaml]\n",
      "2.yaml", "include: [3.yaml]\n", "3.yaml", "include: [4.yaml]\n",
      "4.yaml", OK, NULL},
     "3.yaml:1:11: include[0]: 4.yaml: more than 4 files include one "
     "another\n"},

    /* version */
    {OK "schema: 2\n",
     {NULL},
     "a.yaml:2:9: schema: this build reads schema 1, found \"2\"\n"},
    {OK "schema: \"1\"\n",
     {NULL},
     "a.yaml:2:9: schema: this build reads schema 1, found \"1\"\n"},
    {OK "include: [b.yaml]\n",
     {"b.yaml", "schema: [1]\n", NULL},
     "b.yaml:1:9: schema: this build reads schema 1, found a list\n"},

    /* what stands in two files */
    {"include: [b.yaml]\nrules:\n- " A_RULE "A}\n",
     {"b.yaml", "rules:\n- " A_RULE "B}\n- " A_RULE "A}\n", NULL},
     "a.yaml:3:47: rules[0].id: \"A\" stands twice; first at b.yaml:3:47\n"},
    {OK "include: [b.yaml]\nlimits: {workers: 1, hits: 2}\n",
     {"b.yaml", "limits: {depth: 5, workers: 2}\n", NULL},
     "a.yaml:3:10: limits.workers: stands twice; first at b.yaml:1:20\n"},
    {OK "include: [b.yaml]\nlisten: [\"ipc://a\"]\n",
     {"b.yaml", "listen: [\"ipc://a\"]\n", NULL},
     "a.yaml:3:1: listen: stands twice; first at b.yaml:1:1\n"},
    {OK "include: [b.yaml]\nlists: {l: {terms: [x]}}\n",
     {"b.yaml", "lists: {l: {terms: [x]}}\n", NULL},
     "a.yaml:3:9: lists.l: stands twice; first at b.yaml:1:9\n"},
    {OK "include: [b.yaml]\nfallbacks: {default: {en: [x]}}\n",
     {"b.yaml", "fallbacks: {default: {en: [y]}}\n", NULL},
     "a.yaml:3:13: fallbacks.default: stands twice; first at b.yaml:1:13\n"},
    {OK "include: [b.yaml]\nengine: {severities: {low: 0.1}}\n",
     {"b.yaml", "severities: {high: 0.9, low: 0.2}\n", NULL},
     "a.yaml:3:23: engine.severities.low: stands twice; first at "
     "b.yaml:1:25\n"},
    {OK "include: [b.yaml]\nlists: []\n",
     {"b.yaml", "lists: {l: {terms: [x]}}\n", NULL},
     "a.yaml:3:8: lists: expected a map, found a list\n"},
    {OK "include: [b.yaml]\npack: {id: a, idd: 1}\n",
     {"b.yaml", "pack: {version: \"1\"}\n", NULL},
     "a.yaml:3:15: pack[0].idd: unknown key; did you mean \"id\"?\n"
     "b.yaml:1:7: pack[0].id: missing; every pack has one\n"},

    /* a file that cannot be read hides names: those are not told */
    {"include: [b.yaml]\nrules:\n- {id: A, type: terms, lists: [l], category: "
     "zz}\n",
     {NULL},
     "a.yaml:1:11: include[0]: cannot open b.yaml: No such file or "
     "directory\n"},

    /* paths in records */
    {OK "personas:\n- {id: m, samples: v.txt}\n",
     {NULL},
     "a.yaml:3:20: personas[0].samples: cannot open v.txt: No such file or "
     "directory\n"},
    {OK "include: [p/m.yaml]\n",
     {"p/m.yaml", "personas:\n- {id: m, samples: ../v/m.txt}\n", "v/m.txt",
      "x\n", NULL},
     ""},
    {OK "personas:\n- {id: m, samples: ../../etc/passwd}\n",
     {NULL},
     "a.yaml:3:20: personas[0].samples: ../../etc/passwd lies outside the "
     "configuration's folder FOLDER\n"},

    /* lists of terms */
    {"lists: {l: {file: l.txt}}\nrules:\n- {id: A, type: terms, lists: [l], "
     "action: flag}\n",
     {"l.txt", "\xef\xbb\xbf# c\r\n\r\n one \r\n#two\nth ree", NULL},
     ""},
    {OK "lists: {l: {file: l.txt}}\n",
     {"l.txt", "# none\n\n", NULL},
     "a.yaml:2:19: lists.l.file: l.txt holds no term\n"},
    {OK "lists: {l: {file: l.txt}}\n",
     {"l.txt", "a\n\xff\nb\x01\n*\n", NULL},
     "l.txt:2:1: not UTF-8\nl.txt:3:1: a control character\n"
     "l.txt:4:1: a term of stars or blanks would hit anything\n"},
    {"rules:\n- {id: A, type: terms, lists: [{file: m.txt}], action: flag}\n",
     {NULL},
     "a.yaml:2:39: rules[0].lists[0].file: cannot open m.txt: No such file or "
     "directory\n"},
    {"rules:\n- {id: A, type: terms, lists: [{file: m.txt}], action: flag}\n",
     {"m.txt", "", NULL},
     "a.yaml:2:39: rules[0].lists[0].file: m.txt holds no term\n"},
};

/* The expectation with the test's own folder for FOLDER. To be freed. */
static char *
with_folder(const char *said)
{
    char folder[256], *out = malloc(strlen(said) + sizeof(folder));
    const char *word = strstr(said, "FOLDER");

    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    if (word == NULL) {
        return strcpy(out, said);
    }
    snprintf(out, strlen(said) + sizeof(folder), "%.*s%s%s", (int)(word - said),
             said, folder, word + sizeof("FOLDER") - 1);
    return out;
}

START_TEST(files_are_joined_or_refused)
{
    support_config_enter();
    const struct files *f = &files[_i];
    for (size_t i = 0; i < 12 && f->others[i] != NULL; i += 2) {
        if (strcmp(f->others[i], "link.yaml") == 0) {
            ck_assert_int_eq(symlink("/etc/passwd", "link.yaml"), 0);
            break;
        }
        support_config_file(f->others[i], text_of(f->others[i + 1]));
    }
    char *said = with_folder(f->said);
    support_config_expect(f->yaml, NULL, said);
    free(said);
    support_config_leave();
}
END_TEST

START_TEST(main_file_that_cannot_be_opened_is_told)
{
    static const struct {
        const char *name;
        const char *said;
    } cases[] = {
        {"none.yaml", "none.yaml: cannot open: No such file or directory\n"},
        {"no/a.yaml", "no/a.yaml: cannot open: No such file or directory\n"},
        {".", ".: cannot open: not a regular file\n"},
    };

    support_config_enter();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct support_config loaded;
        support_config_load(&loaded, cases[i].name, NULL);
        char *said = support_config_problems(&loaded, false);
        ck_assert_str_eq(said, cases[i].said);
        ck_assert_ptr_null(loaded.config);
        free(said);
        support_config_clear(&loaded);
    }
    support_config_leave();
}
END_TEST

START_TEST(file_that_all_may_write_is_warned_of)
{
    struct support_config loaded;

    support_config_enter();
    support_config_file("a.yaml", TEXT(OK));
    ck_assert_int_eq(chmod("a.yaml", 0666), 0);
    support_config_load(&loaded, "a.yaml", NULL);
    char *said = support_config_problems(&loaded, false);
    ck_assert_str_eq(said, "a.yaml: warning: every user of this machine may "
                           "change this file (mode 0666)\n");
    ck_assert(!place_problems_any(&loaded.problems));
    free(said);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(thresholds_of_a_category_may_be_changed)
{
    support_config_enter();
    support_config_file("b.yaml", TEXT("categories:\n  c: {aliases: {x: "
                                       "y}, thresholds: {flag: "
                                       "0.2, block: 0.9}}\n  hate: "
                                       "{thresholds: {flag: 0.1}}"));
    struct support_config loaded =
        support_config_good(OK "include: [b.yaml]\n"
                               "categories: {c: {thresholds: {flag: 0.3, "
                               "redact: 0.4}}}\n",
                            NULL);
    const struct config *config = loaded.config;
    const struct config_category *c =
        &config->categories[config->category_count - 1];
    ck_assert(text_is(c->id, "c") && text_is(c->aliases.at[0], "x=y"));
    ck_assert(c->thresholds.flag == 0.3 && c->thresholds.redact == 0.4);
    ck_assert(c->thresholds.block == 0.9);
    // A file's category takes the place of the built-in one,
    // whole.
    for (size_t i = 0; i < config->category_count; i++) {
        if (text_is(config->categories[i].id, "hate")) {
            ck_assert(config->categories[i].thresholds.flag == 0.1);
            ck_assert(!(config->categories[i].thresholds.fallback > 0));
            ck_assert_uint_eq(config->categories[i].aliases.count, 0);
        }
    }
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(paths_are_absolute_and_files_are_named)
{
    char folder[256], path[300];

    support_config_enter();
    ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
    support_config_file("p/m.yaml",
                        TEXT("personas:\n- {id: m, samples: ../v/m.txt}\n"));
    support_config_file("v/m.txt", TEXT("x\n"));
    support_config_file("l.txt", TEXT("x\n"));
    struct support_config loaded =
        support_config_good(OK "include: [p/*.yaml]\nlists: {l: {terms: "
                               "[w], file: l.txt}}\n",
                            NULL);
    const struct config *c = loaded.config;
    snprintf(path, sizeof(path), "%s/v/m.txt", folder);
    ck_assert(text_is(c->personas[0].samples, path));
    ck_assert_uint_eq(c->files.count, 3);
    ck_assert(text_is(c->files.at[0], "a.yaml"));
    ck_assert(text_is(c->files.at[1], "p/m.yaml"));
    ck_assert(text_is(c->files.at[2], "l.txt"));
    ck_assert_uint_eq(c->lists[0].terms.count, 2);
    ck_assert(text_is(c->lists[0].terms.at[1], "x"));
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(digest_changes_with_any_file_or_override)
{
    static const char *const set[] = {"limits.workers=1", NULL};
    struct digest digests[5];
    const struct {
        const char *yaml, *terms;
        const char *const *overrides;
    } cases[] = {
        {OK "lists: {l: {file: l.txt}}\n", "x\n", NULL},
        {OK "lists: {l: {file: l.txt}}\n#\n", "x\n", NULL},
        {OK "lists: {l: {file: l.txt}}\n", "y\n", NULL},
        {OK "lists: {l: {file: l.txt}}\n", "x\n", set},
        {OK "lists: {l: {file: l.txt}}\n", "x\n", NULL},
    };

    support_config_enter();
    for (size_t i = 0; i < 5; i++) {
        support_config_file("l.txt", text_of(cases[i].terms));
        struct support_config loaded =
            support_config_good(cases[i].yaml, cases[i].overrides);
        digests[i] = loaded.config->digest;
        support_config_clear(&loaded);
        for (size_t j = 0; j < i; j++) {
            const bool same =
                memcmp(&digests[i], &digests[j], sizeof(digests[i])) == 0;
            ck_assert_msg(same == (i == 4 && j == 0), "%zu and %zu", i, j);
        }
    }
    support_config_leave();
}
END_TEST

START_TEST(every_truncation_is_loaded_or_refused)
{
    support_config_enter();
    for (size_t len = 0; len < strlen(support_config_whole); len++) {
        struct support_config loaded;
        support_config_file("a.yaml", (struct text){support_config_whole, len});
        support_config_load(&loaded, "a.yaml", NULL);
        ck_assert_msg(loaded.config != NULL ||
                          place_problems_any(&loaded.problems),
                      "%zu bytes", len);
        free(support_config_problems(&loaded, true));
        support_config_clear(&loaded);
    }
    support_config_leave();
}
END_TEST

START_TEST(without_memory_there_is_no_configuration)
{
    static const char *const overrides[] = {"listen=ipc://"
                                            "a,ipc://b"};
    struct config *config = NULL;
    size_t nth = 1;

    support_config_enter();
    support_config_file("l.txt", TEXT("one\ntwo\n"));
    support_config_file("b.yaml", TEXT("lists: {k: {file: "
                                       "l.txt}}\n"));
    support_config_file("c.yaml", text_of(support_config_whole));
    support_config_file("a.yaml", TEXT("include: [b.yaml, "
                                       "\"c*.yaml\"]\n"));
    for (; config == NULL; nth++) {
        struct problems problems;
        struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
        ck_assert_ptr_nonnull(arena);
        place_problems_init(&problems, arena);
        arena_fail_at(arena, nth);
        config = load_config("a.yaml", overrides, 1, arena, &problems);
        ck_assert_msg((config == NULL) == place_problems_any(&problems),
                      "allocation %zu", nth);
        if (config == NULL) {
            arena_free(arena);
        }
    }
    ck_assert_uint_gt(nth, 500);
    load_free(config);
    support_config_leave();
}
END_TEST

START_TEST(default_path_is_the_first_that_is_there)
{
    support_config_enter();
    ck_assert_int_eq(setenv("LE"
                            "EW"
                            "AY"
                            "_C"
                            "ON"
                            "FI"
                            "G",
                            "x."
                            "ya"
                            "m"
                            "l",
                            1),
                     0);
    ck_assert_str_eq(load_default_path(), "x."
                                          "yaml");
    ck_assert_int_eq(setenv("LE"
                            "EW"
                            "AY"
                            "_C"
                            "ON"
                            "FI"
                            "G",
                            "", 1),
                     0);
    support_config_file("config"
                        "/leewa"
                        "y."
                        "yaml",
                        TEXT(OK));
    ck_assert_str_eq(load_default_path(), "config"
                                          "/leewa"
                                          "y."
                                          "yaml");
    support_config_leave();
}
END_TEST

#define LOOP(test, table)                                                      \
    tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

TEST_MAIN("load", LOOP(files_are_joined_or_refused, files);
          tcase_add_test(tc, main_file_that_cannot_be_opened_is_told);
          tcase_add_test(tc, file_that_all_may_write_is_warned_of);
          tcase_add_test(tc, thresholds_of_a_category_may_be_changed);
          tcase_add_test(tc, paths_are_absolute_and_files_are_named);
          tcase_add_test(tc, digest_changes_with_any_file_or_override);
          tcase_add_test(tc, every_truncation_is_loaded_or_refused);
          tcase_add_test(tc, without_memory_there_is_no_configuration);
          tcase_add_test(tc, default_path_is_the_first_that_is_there);)
