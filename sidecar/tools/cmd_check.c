#include <stdio.h>

#include "config/explain.h"
#include "sidecar/engine/audit.h"
#include "sidecar/engine/kept.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/show_rules.h"

enum { ARENA_BYTES = 1 << 30 };

enum format { FORMAT_HUMAN, FORMAT_JSON };

struct options {
    struct command_settings settings;
    int format;
    bool effective, explain;
    bool rules, notes;
    bool strict; /* remarks of `least` and above are findings */
    enum audit_level least;
};

/* --strict, --strict=warning, --strict=note */
static int
read_strict(const char *word, struct options *out)
{
    out->strict = true;
    out->least = AUDIT_WARNING;
    if (word != NULL && strcmp(word, "note") == 0) {
        out->least = AUDIT_NOTE;
        out->notes = true;
    } else if (word != NULL && strcmp(word, "warning") != 0) {
        return command_usage(&command_check, "--strict=%s: warning or note",
                             word);
    }
    return OPTIONS_GO_ON;
}

static int
read_option(int letter, void *context)
{
    static const char *const formats[] = {"human", "json", NULL};
    struct options *out = context;

    switch (letter) {
    case 'f':
        return options_choice(&command_check, "--format", formats,
                              &out->format);
    case 'e':
        out->effective = true;
        break;
    case 'x':
        out->explain = true;
        break;
    case 'r':
        out->rules = true;
        break;
    case 'n':
        out->notes = true;
        break;
    case 't':
        return read_strict(optarg, out);
    }
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"format", required_argument, NULL, 'f'},
        {"print-effective", no_argument, NULL, 'e'},
        {"explain", no_argument, NULL, 'x'},
        {"rules", no_argument, NULL, 'r'},
        {"notes", no_argument, NULL, 'n'},
        {"strict", optional_argument, NULL, 't'},
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_check,
                                        .rows = rows,
                                        .letters = "c:s:h",
                                        .read = read_option};

    *out = (struct options){.format = FORMAT_HUMAN};
    return options_read(&table, argc, argv, &out->settings, out);
}

static void
print_counts(const struct audit *audit, const struct options *options)
{
    const size_t notes = audit->count - audit->warnings;

    if (options->format == FORMAT_HUMAN && audit->count > 0) {
        printf("%zu warning%s, %zu note%s%s\n", audit->warnings,
               audit->warnings == 1 ? "" : "s", notes, notes == 1 ? "" : "s",
               notes > 0 && !options->notes ? " (--notes shows them)" : "");
    }
}

/* The sense of what works. */
static int
audit_rules(const struct engine *engine, const struct options *options,
            struct arena *arena)
{
    struct audit audit;
    struct err err;

    if (!audit_engine(engine, arena, &audit, &err) ||
        (options->rules && !audit_costs(engine, &audit, &err))) {
        fprintf(stderr, "leeway check: %s\n", err.message);
        return COMMAND_INTERNAL;
    }
    const bool shown =
        show_rules_remarks(&audit, options->notes ? AUDIT_NOTE : AUDIT_WARNING,
                           options->format == FORMAT_JSON, stdout) &&
        (!options->rules ||
         show_rules_table(&audit, options->format == FORMAT_JSON, stdout));
    print_counts(&audit, options);
    if (!shown) {
        return COMMAND_INTERNAL;
    }
    const size_t findings =
        options->least == AUDIT_NOTE ? audit.count : audit.warnings;
    return options->strict && findings > 0 ? COMMAND_FINDINGS : COMMAND_DONE;
}

static int
check_engine(const char *path, const struct engine *engine,
             const struct options *options, struct arena *arena)
{
    if (options->effective) {
        explain_effective(engine->config, stdout);
        return COMMAND_DONE;
    }
    const int code = audit_rules(engine, options, arena);
    if (options->format == FORMAT_HUMAN) {
        printf("%s: fine: %zu rules, %zu personas, %zu categories, engine "
               "%.12s\n",
               path, engine->config->rule_count, engine->config->persona_count,
               engine->config->category_count, engine->hash);
    }
    return code;
}

/* As `serve` would load it. */
static int
check_file(const char *path, const struct options *options,
           const struct kernel_set *kernels)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct problems problems;
    int code = COMMAND_CONFIG;

    if (arena == NULL) {
        fprintf(stderr, "leeway check: out of memory\n");
        return COMMAND_INTERNAL;
    }
    place_problems_init(&problems, arena);
    struct engine *engine =
        engine_load(path, options->settings.overrides,
                    options->settings.override_count, kernels, &problems);
    if (engine != NULL) {
        engine = kept_load(engine, &problems);
    }
    place_problems_print(&problems, stdout, options->format == FORMAT_JSON);
    if (engine != NULL) {
        code = check_engine(path, engine, options, arena);
    } else if (place_problems_only_findings(&problems)) {
        code = COMMAND_FINDINGS;
    }
    engine_drop(engine);
    arena_free(arena);
    return code;
}

static int
run(int argc, char **argv)
{
    struct options options;
    int worst = COMMAND_DONE;

    const int early = read_options(argc, argv, &options);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    if (options.explain) {
        explain_schema(stdout);
        return command_finish();
    }
    const struct kernel_set *kernels = command_kernels();
    const char *path =
        optind < argc ? argv[optind] : command_path(&options.settings);
    if (kernels == NULL || path == NULL) {
        return COMMAND_CONFIG;
    }
    for (int i = optind; i < argc || i == optind; i++) {
        const int code =
            check_file(i < argc ? argv[i] : path, &options, kernels);
        worst = code > worst ? code : worst;
    }
    const int finished = command_finish();
    return worst != COMMAND_DONE ? worst : finished;
}

const struct command command_check = {
    .name = "check",
    .summary = "load everything as serve would, run the rule tests",
    .help =
        "examples:\n"
        "  leeway check\n"
        "  leeway check -c config/leeway.yaml --rules --notes\n\n"
        "usage: leeway check [FILE...]\n"
        "  -c, --config FILE    the configuration (else $LEEWAY_CONFIG,\n"
        "                       config/leeway.yaml, /etc/leeway/leeway.yaml)\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n"
        "  --format F           human (file:line:column: path: message) or "
        "json\n"
        "  --print-effective    the merged result, each value with its origin\n"
        "  --explain            every setting: type, range, default, "
        "meaning\n"
        "  --rules              a table of the rules: tests, cost alone on a\n"
        "                       page of chat, what a stream holds back for "
        "them\n"
        "                       (characters; + word: to a word's end), how\n"
        "                       the matcher's work grows on hostile text\n"
        "  --notes              notes too, not only warnings\n"
        "  --strict[=note]      warnings (and notes) are findings: exit 1\n\n"
        "Warnings and notes are about rules that work and are hardly meant:\n"
        "unreachable, threshold (can never be reached), overlap (a term in "
        "two\n"
        "lists), covered (by an earlier rule), untested, backtracks, "
        "unbounded.\n\n"
        "exit: 0 fine, 1 a rule's test failed, or findings with --strict, 78\n"
        "problems\n",
    .run = run};
