#include "sidecar/tools/command.h"

#include <getopt.h>
#include <stdio.h>

#include "kernels/batch.h"
#include "sidecar/base/version.h"
#include "sidecar/engine/literals.h"
#include "sidecar/engine/pattern.h"

static int
run(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    char pattern[64];

    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        return o == 'h' ? command_help(&command_version) : COMMAND_USAGE;
    }
    if (optind < argc) {
        return command_usage(&command_version, "%s: no such argument",
                             argv[optind]);
    }
    const struct kernel_set *kernels = command_kernels();
    if (kernels == NULL) {
        return COMMAND_CONFIG;
    }
    pattern_library(pattern, sizeof(pattern));
    printf("leeway %s\n", VERSION_TEXT);
    printf("instruction set  %s\n", kernels->name);
    printf("blas             OpenBLAS, %s kernels, one thread\n", batch_core());
    printf("literals         Hyperscan %s\n", literals_library());
    printf("regex            PCRE2 %s\n", pattern);
    printf("not built in     HTTP gateway, Redis, webhooks (libcurl), "
           "sandbox\n");
    return command_finish();
}

const struct command command_version = {
    .name = "version",
    .summary = "version, instruction set in use, libraries",
    .help = "examples:\n"
            "  leeway version\n"
            "  LEEWAY_ISA=scalar leeway version\n\n"
            "LEEWAY_ISA forces the instruction set: scalar, avx2, avx512, "
            "neon.\n",
    .run = run};
