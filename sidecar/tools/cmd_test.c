#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/nearest.h"
#include "sidecar/tools/cmd_test_paths.h"
#include "sidecar/tools/cmd_test_report.h"
#include "sidecar/tools/options.h"

enum { PROBLEMS_BYTES = 64 << 20, NAMES = 4096 };

struct options {
    struct command_settings settings;
    int format;       /* enum cmd_test_format */
    const char *rule; /* NULL: all */
    unsigned mutations;
    bool usual, failed_only;
};

/* One engine's tests, narrowed down. */
struct narrowing {
    const struct options *options;
    const struct cmd_test_paths *paths; /* NULL: all files */
    struct cmd_test_report *report;
};

static int
read_option(int letter, void *context)
{
    static const char *const formats[] = {"human", "tap", "json", NULL};
    struct options *out = context;
    struct err err;

    switch (letter) {
    case 'f':
        return options_choice(&command_test, "--format", formats, &out->format);
    case 'm':
        out->usual = false;
        return mutate_parse(text_of(optarg), &out->mutations, &err)
                   ? OPTIONS_GO_ON
                   : command_usage(&command_test, "--mutate: %s", err.message);
    case 'r':
        out->rule = optarg;
        break;
    case 'o':
        out->failed_only = true;
        break;
    }
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"format", required_argument, NULL, 'f'},
        {"mutate", required_argument, NULL, 'm'},
        {"rule", required_argument, NULL, 'r'},
        {"failed-only", no_argument, NULL, 'o'},
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_test,
                                        .rows = rows,
                                        .letters = "c:s:h",
                                        .read = read_option};

    *out = (struct options){.usual = true};
    return options_read(&table, argc, argv, &out->settings, out);
}

/* Compiled, but not tested yet: a failed test is what is looked for here. */
static struct engine *
load_engine(const char *path, const struct command_settings *settings,
            const struct kernel_set *kernels)
{
    struct arena *arena = arena_new(LOAD_MEMORY_BYTES);
    struct arena *messages = arena_new(PROBLEMS_BYTES);
    struct engine *engine = NULL;
    struct problems problems;

    if (arena == NULL || messages == NULL) {
        fprintf(stderr, "leeway test: out of memory\n");
        arena_free(arena);
        arena_free(messages);
        return NULL;
    }
    place_problems_init(&problems, messages);
    struct config *config = load_config(
        path, settings->overrides, settings->override_count, arena, &problems);
    if (config == NULL) {
        arena_free(arena);
    } else if (place_problems_any(&problems)) {
        load_free(config);
    } else {
        engine = engine_build(config, kernels, &problems);
    }
    place_problems_print(&problems, stderr, false);
    arena_free(messages);
    return engine;
}

static bool
is_wanted(void *context, const struct config_rule *rule,
          const struct node *node)
{
    const struct narrowing *n = context;

    if (n->options->rule != NULL &&
        (rule == NULL || !text_is(rule->id, n->options->rule))) {
        return false;
    }
    return n->paths == NULL || cmd_test_paths_hold(n->paths, rule, node);
}

static void
told(void *context, const struct selftest_outcome *outcome)
{
    cmd_test_report_told(((struct narrowing *)context)->report, outcome);
}

static int
run_engine(const struct engine *engine, const struct options *options,
           const struct cmd_test_paths *paths, struct cmd_test_report *report)
{
    struct narrowing narrowing = {options, paths, report};
    const struct selftest_plan plan = {.mutations = options->mutations,
                                       .usual = options->usual,
                                       .chunked = true,
                                       .lines = true,
                                       .wanted = is_wanted,
                                       .told = told,
                                       .context = &narrowing};
    struct selftest_counts counts;
    struct err err;

    if (!selftest_run(engine, &plan, &counts, &err)) {
        fprintf(stderr, "leeway test: %s\n", err.message);
        return COMMAND_INTERNAL;
    }
    return counts.failed > 0 ? COMMAND_FINDINGS : COMMAND_DONE;
}

static bool
has_rule(const struct engine *engine, struct text id)
{
    for (size_t i = 0; i < engine->config->rule_count; i++) {
        if (text_equal(engine->config->rules[i].id, id)) {
            return true;
        }
    }
    return false;
}

static int
unknown_rule(const struct engine *engine, const char *id)
{
    const char **names = calloc(engine->config->rule_count + 1, sizeof(*names));
    const char *near = NULL;

    for (size_t i = 0; names != NULL && i < engine->config->rule_count; i++) {
        // The text of a scalar is ended by a NUL.
        names[i] = engine->config->rules[i].id.at;
    }
    near = names != NULL ? nearest_name(text_of(id), names) : NULL;
    const int code =
        command_usage(&command_test, "--rule %s: no such rule%s%s%s", id,
                      near != NULL ? "; did you mean " : "",
                      near != NULL ? near : "", near != NULL ? "?" : "");
    free((void *)names);
    return code;
}

static int
run_alone(const char *path, const struct options *options,
          const struct kernel_set *kernels, struct cmd_test_report *report)
{
    struct engine *engine = load_engine(path, &options->settings, kernels);

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    const int code = run_engine(engine, options, NULL, report);
    engine_drop(engine);
    return code;
}

static int
run_paths(const struct options *options, const struct kernel_set *kernels,
          const struct engine *engine, struct cmd_test_paths *paths,
          struct cmd_test_report *report)
{
    int worst = COMMAND_DONE;

    if (engine != NULL && (paths->count == 0 || paths->inside > 0)) {
        worst = run_engine(engine, options, paths->count > 0 ? paths : NULL,
                           report);
    }
    for (size_t i = 0; i < paths->alone_count; i++) {
        const int code = run_alone(paths->alone[i], options, kernels, report);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static int
run(int argc, char **argv)
{
    struct options options;
    struct cmd_test_paths paths = {.count = 0};
    struct cmd_test_report report;
    struct engine *engine = NULL;
    struct err err;

    const int early = read_options(argc, argv, &options);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const struct kernel_set *kernels = command_kernels();
    const char *path = options.settings.path != NULL || optind == argc
                           ? command_path(&options.settings)
                           : load_default_path();
    if (kernels == NULL || (path == NULL && optind == argc)) {
        return COMMAND_CONFIG;
    }
    if (path != NULL) {
        engine = load_engine(path, &options.settings, kernels);
        if (engine == NULL) {
            return COMMAND_CONFIG;
        }
    }
    int code = COMMAND_DONE;
    if (!cmd_test_paths_read(&paths, argv + optind, (size_t)(argc - optind),
                             path, engine != NULL ? engine->config : NULL,
                             &err)) {
        fprintf(stderr, "leeway test: %s\n", err.message);
        code = COMMAND_NO_INPUT;
    } else if (options.rule != NULL && paths.alone_count == 0 &&
               !has_rule(engine, text_of(options.rule))) {
        code = unknown_rule(engine, options.rule);
    } else {
        cmd_test_report_begin(&report, (enum cmd_test_format)options.format,
                              options.failed_only, stdout);
        code = run_paths(&options, kernels, engine, &paths, &report);
        code = report.short_of_memory ? COMMAND_INTERNAL : code;
        cmd_test_report_end(&report);
    }
    cmd_test_paths_clear(&paths);
    engine_drop(engine);
    const int finished = command_finish();
    return code != COMMAND_DONE ? code : finished;
}

const struct command command_test = {
    .name = "test",
    .summary = "run the rule tests, each positive one also disguised",
    .help =
        "examples:\n"
        "  leeway test\n"
        "  leeway test config/rules/pii.yaml --format tap\n\n"
        "usage: leeway test [options] [PATH...]\n"
        "  PATH                 a file or folder that the configuration is "
        "made\n"
        "                       of (a rule file, a list): only the tests of "
        "its\n"
        "                       rules, judged by the whole configuration. Any\n"
        "                       other file is a configuration of its own, any\n"
        "                       other folder one for each *.yaml in it, or "
        "its\n"
        "                       leeway.yaml\n"
        "  --rule ID            only the tests of this rule\n"
        "  --mutate LIST        what positive tests are disguised by: none, "
        "all\n"
        "                       or some of casing, zero_width, confusable,\n"
        "                       fullwidth, diacritic, entity, leet, spaced,\n"
        "                       stretched. Without it, what the rule's "
        "`robust`\n"
        "                       promises: the first five for basic, for "
        "strong\n"
        "                       also leet, spaced, stretched; of numbers "
        "(pii)\n"
        "                       zero_width and fullwidth; none for robust: "
        "none\n"
        "  --failed-only        tell only of what failed\n"
        "  --format F           human, tap (version 14) or json (one object a\n"
        "                       test, then a summary)\n"
        "  -c, --config FILE    the configuration\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n\n"
        "A positive test is one with a hit of a rule that it expects. It is "
        "judged\n"
        "- plain: everything it states must come true;\n"
        "- mutated: the same rule must hit, and cover the disguised place;\n"
        "- chunked: no growing prefix may fail to be judged, and the whole "
        "must\n"
        "  then get the same envelope as from a judge without a past.\n"
        "Fallback lines are judged too, and must pass.\n\n"
        "exit: 0 all passed, 1 a test failed, 66 no such file,\n"
        "      78 the configuration has problems of another kind\n",
    .run = run};
