#include "sidecar/tools/command.h"

#include <getopt.h>
#include <stdio.h>

#include "kernels/batch.h"
#include "sidecar/base/version.h"
#include "sidecar/engine/literals.h"
#include "sidecar/engine/pattern.h"
#include "sidecar/store/store.h"
#include "sidecar/tools/unpack.h"

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
    printf("store            SQLite %s\n", store_library());
    if (store_redis_library() != NULL) {
        printf("shared sessions  hiredis %s\n", store_redis_library());
    }
    printf("gzip             zlib %s\n", unpack_gzip.library());
    if (unpack_zstd.library() != NULL) {
        printf("zstd             libzstd %s\n", unpack_zstd.library());
    }
    printf("not built in     %s%sHTTP gateway, webhooks (libcurl), sandbox\n",
           unpack_zstd.library() == NULL ? "zstd, " : "",
           store_redis_library() == NULL ? "Redis (hiredis), " : "");
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
