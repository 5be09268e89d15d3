/* The configuration printed back, and what ships. */
#include "config/explain.h"

#include <unistd.h>

#include "config/schema.h"
#include "sidecar/base/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define OK "allow_empty: true\n"

/* Cuts the comments, which say where and
 * therefore differ. */
static void
cut_comments(char *yaml)
{
    char *to = yaml;

    for (char *line = strtok(yaml, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        char *comment = strstr(line, "  # ");
        if (comment != NULL) {
            *comment = '\0';
        }
        if (line[0] != '#') {
            const size_t len = strlen(line);
            memmove(to, line, len);
            to += len;
            *to++ = '\n';
        }
    }
    *to = '\0';
}

START_TEST(effective_configuration_loads_again_to_the_same)
{
    static const char *const overrides[] = {"limits.workers=3",
                                            "listen=ipc://a,ipc://b", NULL};
    struct support_config again;

    support_config_enter();
    struct support_config loaded =
        support_config_good(support_config_whole, overrides);
    char *first = support_config_effective(loaded.config);
    ck_assert_ptr_nonnull(strstr(first, "\n  workers: 3  # --set\n"));
    ck_assert_ptr_nonnull(strstr(first, "\n  text_bytes: 32KiB  # "
                                        "a.yaml:6\n"));
    ck_assert_ptr_nonnull(strstr(first, "\n  depth: 8  # default\n"));
    ck_assert_ptr_nonnull(strstr(first, "\n# pack p (layer pack, mode "
                                        "monitor): a.yaml\n"));
    ck_assert_ptr_nonnull(strstr(first, "\n    score: -0.5  "
                                        "# a.yaml:23\n"));
    support_config_file("b.yaml", text_of(first));
    support_config_load(&again, "b.yaml", NULL);
    char *said = support_config_problems(&again, false);
    ck_assert_str_eq(said, "");
    char *second = support_config_effective(again.config);
    cut_comments(first);
    cut_comments(second);
    ck_assert_str_eq(first, second);
    ck_assert_uint_eq(again.config->rule_count, 15);
    free(first);
    free(second);
    free(said);
    support_config_clear(&again);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(secret_is_not_printed)
{
    support_config_enter();
    struct support_config loaded =
        support_config_good(OK "token: hunter2\n", NULL);
    char *said = support_config_effective(loaded.config);
    ck_assert_ptr_null(strstr(said, "hunter2"));
    ck_assert_ptr_nonnull(strstr(said, "\n# token: given, and "
                                       "not shown\n"));
    free(said);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

/* ---- what ships ---------------------------------------------------------- */

static char shipped_folder[4096];

/* The shipped file, and with it the rules and personas that are there. */
START_TEST(shipped_configuration_has_no_problem)
{
    static const char *const overrides[] = {"allow_empty=true", NULL};
    struct support_config loaded;

    ck_assert_int_eq(chdir(shipped_folder), 0);
    support_config_load(&loaded, "config/leeway.yaml", overrides);
    char *said = support_config_problems(&loaded, false);
    ck_assert_str_eq(said, "");
    free(said);
    support_config_clear(&loaded);
}
END_TEST

/* Comments and line breaks out, so that a sentence can be found. */
static void
unwrap(char *text)
{
    char *to = text;
    bool blank = true;

    for (const char *at = text; *at != '\0'; at++) {
        const bool space = *at == ' ' || *at == '\n' || *at == '#';
        if (!space || !blank) {
            *to++ = space ? ' ' : *at;
        }
        blank = space;
    }
    *to = '\0';
}

static char *
explained(void)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);

    ck_assert_ptr_nonnull(to);
    explain_schema(to);
    ck_assert_int_eq(fclose(to), 0);
    return said;
}

/* Keys with a table of their own in the shipped file; the rest is content. */
static bool
is_setting(const char *key)
{
    static const char *const own[] = {
        "tls.",   "admin.",    "http.",  "log.",     "limits.", "engine.",
        "drift.", "sessions.", "store.", "journal.", "alerts."};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strncmp(key, own[i], strlen(own[i])) == 0) {
            return true;
        }
    }
    return strcspn(key, ".[") >= strcspn(key, ":");
}

START_TEST(shipped_configuration_tells_every_setting)
{
    struct buffer content;
    struct err err;

    ck_assert_int_eq(chdir(shipped_folder), 0);
    ck_assert(file_read("config/leeway.yaml", 1 << 20, &content, &err));
    buffer_add_byte(&content, '\0');
    unwrap(content.at);
    char *help = explained();
    for (char *line = strtok(help, "\n"); line != NULL;) {
        char key[128], sentence[1024] = "";
        snprintf(key, sizeof(key), "%s", line);
        for (line = strtok(NULL, "\n"); line != NULL && line[0] == ' ';
             line = strtok(NULL, "\n")) {
            const size_t len = strlen(sentence);
            snprintf(sentence + len, sizeof(sentence) - len, "%s%s",
                     len > 0 ? " " : "", line + 4);
        }
        if (is_setting(key)) {
            ck_assert_msg(strstr(content.at, sentence) != NULL, "%s: %s", key,
                          sentence);
        }
    }
    free(help);
    buffer_clear(&content);
}
END_TEST

static void
check_engines_equal(const struct config_engine *a,
                    const struct config_engine *b)
{
    ck_assert_int_eq(a->enforcement, b->enforcement);
    ck_assert_int_eq(a->level, b->level);
    ck_assert_int_eq(a->blocking_level, b->blocking_level);
    ck_assert_int_eq(a->on_error, b->on_error);
    for (size_t i = 0; i < CONFIG_SEVERITIES; i++) {
        ck_assert(a->severities[i] == b->severities[i]);
    }
    ck_assert(a->obfuscation_bonus == b->obfuscation_bonus);
    ck_assert(a->sampling_percentage == b->sampling_percentage);
    ck_assert(text_equal(a->cache, b->cache));
    ck_assert_int_eq(a->on_deny, b->on_deny);
    ck_assert_int_eq(a->on_length, b->on_length);
    ck_assert_int_eq(a->on_language, b->on_language);
    ck_assert_uint_eq(a->votes.of.count, b->votes.of.count);
    ck_assert_int_eq(a->votes.k, b->votes.k);
    ck_assert_int_eq(a->votes.quorum, b->votes.quorum);
    ck_assert(a->votes.count_self == b->votes.count_self);
    ck_assert(a->votes.threshold == b->votes.threshold);
    ck_assert_int_eq(a->votes.action, b->votes.action);
    ck_assert_int_eq(a->votes.on_too_few, b->votes.on_too_few);
}

/* What the shipped file says of its settings is what they are without it. */
START_TEST(shipped_settings_are_the_defaults)
{
    static const char *const overrides[] = {"allow_empty=true", NULL};
    struct support_config shipped, bare;

    ck_assert_int_eq(chdir(shipped_folder), 0);
    support_config_load(&shipped, "config/leeway.yaml", overrides);
    support_config_enter();
    support_config_file("a.yaml", TEXT(OK));
    support_config_load(&bare, "a.yaml", NULL);
    struct config *a = shipped.config, *b = bare.config;
    a->limits.node = b->limits.node = NULL;
    ck_assert(memcmp(&a->limits, &b->limits, sizeof(a->limits)) == 0);
    check_engines_equal(&a->engine, &b->engine);
    ck_assert(a->drift.threshold == b->drift.threshold);
    ck_assert(a->drift.on_alert == b->drift.on_alert);
    ck_assert(a->drift.scale == b->drift.scale);
    ck_assert(a->drift.vector_scale == b->drift.vector_scale);
    ck_assert_int_eq(a->drift.min_chars, b->drift.min_chars);
    ck_assert_int_eq(a->drift.min_samples, b->drift.min_samples);
    ck_assert_int_eq(a->log.level, b->log.level);
    ck_assert_uint_eq(a->listen.count, b->listen.count);
    for (size_t i = 0; i < a->listen.count; i++) {
        ck_assert(text_equal(a->listen.at[i], b->listen.at[i]));
    }
    ck_assert(text_equal(a->admin_listen, b->admin_listen));
    ck_assert(text_equal(a->http_listen, b->http_listen));
    ck_assert(a->admin_on_serving == b->admin_on_serving);
    ck_assert(a->allow_remote == b->allow_remote);
    support_config_clear(&shipped);
    support_config_clear(&bare);
    support_config_leave();
}
END_TEST

TEST_MAIN(
    "explain",
    if (getcwd(shipped_folder, sizeof(shipped_folder)) == NULL) {
        return EXIT_FAILURE;
    } tcase_add_test(tc, effective_configuration_loads_again_to_the_same);
    tcase_add_test(tc, secret_is_not_printed);
    tcase_add_test(tc, shipped_configuration_has_no_problem);
    tcase_add_test(tc, shipped_configuration_tells_every_setting);
    tcase_add_test(tc, shipped_settings_are_the_defaults);)
