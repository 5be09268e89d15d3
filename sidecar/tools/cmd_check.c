#include "sidecar/tools/command.h"

#include <getopt.h>
#include <stdio.h>

#include "config/explain.h"
#include "sidecar/engine/engine.h"

enum { ARENA_BYTES = 1 << 30 };

struct options {
    struct command_settings settings;
    bool json, effective, explain;
};

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"format", required_argument, NULL, 'f'},
        {"print-effective", no_argument, NULL, 'e'},
        {"explain", no_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};

    *out = (struct options){.json = false};
    for (int o; (o = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c':
            out->settings.path = optarg;
            break;
        case 's':
            if (!command_override(&out->settings, optarg)) {
                return command_usage(&command_check, "too many --set");
            }
            break;
        case 'f':
            out->json = strcmp(optarg, "json") == 0;
            if (!out->json && strcmp(optarg, "human") != 0) {
                return command_usage(&command_check,
                                     "--format %s: human or json", optarg);
            }
            break;
        case 'e':
            out->effective = true;
            break;
        case 'x':
            out->explain = true;
            break;
        case 'h':
            return command_help(&command_check);
        default:
            return COMMAND_USAGE;
        }
    }
    return -1;
}

/* As `serve` would load it. */
static int
check_file(const char *path, const struct options *options,
           const struct kernel_set *kernels)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct problems problems;

    if (arena == NULL) {
        fprintf(stderr, "leeway check: out of memory\n");
        return COMMAND_INTERNAL;
    }
    place_problems_init(&problems, arena);
    struct engine *engine =
        engine_load(path, options->settings.overrides,
                    options->settings.override_count, kernels, &problems);
    place_problems_print(&problems, stdout, options->json);
    if (engine != NULL && options->effective) {
        explain_effective(engine->config, stdout);
    } else if (engine != NULL && !options->json) {
        printf("%s: fine: %zu rules, %zu personas, %zu categories, engine "
               "%.12s\n",
               path, engine->config->rule_count, engine->config->persona_count,
               engine->config->category_count, engine->hash);
    }
    const bool fine = engine != NULL;
    engine_drop(engine);
    arena_free(arena);
    return fine ? COMMAND_DONE : COMMAND_CONFIG;
}

static int
run(int argc, char **argv)
{
    struct options options;
    int worst = COMMAND_DONE;

    const int early = read_options(argc, argv, &options);
    if (early >= 0) {
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
        "  leeway check -c config/leeway.yaml --format json\n\n"
        "usage: leeway check [FILE...]\n"
        "  -c, --config FILE    the configuration (else $LEEWAY_CONFIG,\n"
        "                       config/leeway.yaml, /etc/leeway/leeway.yaml)\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n"
        "  --format F           human (file:line:column: path: message) or "
        "json\n"
        "  --print-effective    the merged result, each value with its origin\n"
        "  --explain            every setting: type, range, default, "
        "meaning\n\n"
        "exit: 0 fine, 78 problems\n",
    .run = run};
