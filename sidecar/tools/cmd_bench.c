#include "sidecar/tools/command.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "kernels/batch.h"
#include "sidecar/tools/bench_kernels.h"
#include "sidecar/tools/bench_pipeline.h"

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
run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    struct command_settings settings = {.override_count = 0};

    if (!command_override(&settings, "admin.listen=none")) {
        return COMMAND_INTERNAL;
    }
    for (int o; (o = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c':
            settings.path = optarg;
            break;
        case 's':
            if (!command_override(&settings, optarg)) {
                return command_usage(&command_bench, "too many --set");
            }
            break;
        case 'h':
            return command_help(&command_bench);
        default:
            return COMMAND_USAGE;
        }
    }
    const char *what = optind + 1 == argc ? argv[optind] : "";
    if (strcmp(what, "kernels") == 0) {
        const int code = bench_kernels_run(stdout);
        return code != COMMAND_DONE ? code : command_finish();
    }
    if (strcmp(what, "pipeline") == 0) {
        return run_pipeline(&settings);
    }
    return command_usage(&command_bench, "expected kernels or pipeline");
}

const struct command command_bench = {
    .name = "bench",
    .summary = "measure kernels and the whole pipeline on this machine",
    .help =
        "examples:\n"
        "  leeway bench kernels\n"
        "  leeway bench pipeline\n\n"
        "kernels    ours beside OpenBLAS and this machine's memory "
        "bandwidth\n"
        "pipeline   the stages of one verdict; requests a second over "
        "ipc beside an echo\n\n"
        "  -c, --config FILE    the configuration whose rules and "
        "personas are used\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n",
    .run = run};
