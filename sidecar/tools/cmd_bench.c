#include <stdio.h>
#include <unistd.h>

#include "kernels/batch.h"
#include "sidecar/tools/bench_kernels.h"
#include "sidecar/tools/bench_pipeline.h"
#include "sidecar/tools/bench_rules.h"
#include "sidecar/tools/options.h"

static int
run_pipeline(const struct command_settings *settings)
{
    const struct kernel_set *kernels = command_kernels();
    const char *path = command_path(settings);
    // The bench's socket is its own; the operator's stays free.
    const struct bench_setup setup = {.path = path,
                                      .overrides = settings->overrides,
                                      .override_count =
                                          settings->override_count,
                                      .kernels = kernels};
    struct engine *engine =
        kernels != NULL ? command_engine(settings, kernels) : NULL;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    int code = bench_pipeline_run(engine, &setup, stdout);
    if (code == COMMAND_DONE) {
        code = command_finish();
    }
    fflush(stdout);
    _exit(code); // the transport's threads still run
}

static int
run_rules(const struct command_settings *settings)
{
    const struct kernel_set *kernels = command_kernels();
    struct engine *engine =
        kernels != NULL ? command_engine(settings, kernels) : NULL;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    const int code = bench_rules_run(engine, kernels, stdout);
    engine_drop(engine);
    return code != COMMAND_DONE ? code : command_finish();
}

static int
run(int argc, char **argv)
{
    static const struct option rows[] = {OPTIONS_COMMON};
    const struct options_table table = {
        .command = &command_bench, .rows = rows, .letters = "c:s:h"};
    struct command_settings settings = {.override_count = 0};

    if (!command_override(&settings, "admin.listen=none")) {
        return COMMAND_INTERNAL;
    }
    const int early = options_read(&table, argc, argv, &settings, NULL);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const char *what = optind + 1 == argc ? argv[optind] : "";
    if (strcmp(what, "kernels") == 0) {
        const int code = bench_kernels_run(stdout);
        return code != COMMAND_DONE ? code : command_finish();
    }
    if (strcmp(what, "pipeline") == 0) {
        return run_pipeline(&settings);
    }
    if (strcmp(what, "rules") == 0) {
        return run_rules(&settings);
    }
    return command_usage(&command_bench, "expected kernels, pipeline or rules");
}

const struct command command_bench = {
    .name = "bench",
    .summary = "measure kernels and the whole pipeline on this machine",
    .help =
        "examples:\n"
        "  leeway bench pipeline\n"
        "  leeway bench rules -c my.yaml\n\n"
        "kernels    ours beside OpenBLAS and this machine's memory "
        "bandwidth\n"
        "pipeline   the stages of one verdict; requests a second over "
        "ipc beside an echo\n"
        "rules      the time for a reply, by how many rules there are, and "
        "for a byte, by\n           how long the text is and how hostile\n\n"
        "  -c, --config FILE    the configuration whose rules and "
        "personas are used\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n",
    .run = run};
