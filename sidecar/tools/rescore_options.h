/*
 * The options of the commands that judge transcripts, and what they mean.
 */
#ifndef SIDECAR_TOOLS_RESCORE_OPTIONS_H
#define SIDECAR_TOOLS_RESCORE_OPTIONS_H

#include "sidecar/base/digest.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/rescore_input.h"

struct rescore_options {
    struct command_settings settings;
    const struct command *command;
    const char *from, *persona;
    struct transcript_mapping map[TRANSCRIPT_MAPPINGS];
    const char *map_arguments[TRANSCRIPT_MAPPINGS];
    size_t map_count;
    int role;               /* as rescore_input's */
    size_t jobs;            /* 0: as many as there are processors */
    uint64_t shard, shards; /* 1..shards */
    bool strict;
};

// clang-format off
#define RESCORE_OPTIONS_ROWS                      \
    {"from", required_argument, NULL, 'F'},       \
    {"map", required_argument, NULL, 'M'},        \
    {"role", required_argument, NULL, 'R'},       \
    {"persona", required_argument, NULL, 'P'},    \
    {"jobs", required_argument, NULL, 'J'},       \
    {"shard", required_argument, NULL, 'S'},      \
    {"strict", no_argument, NULL, 'T'}
// clang-format on

/* What the help of each of these commands says of them. */
#define RESCORE_OPTIONS_HELP                                                   \
    "  --from FORMAT     the input's format, instead of looking\n"             \
    "  --map NAME=PATH   where a field lies: text=reply.body\n"                \
    "  --role ROLE       assistant (default), user or all\n"                   \
    "  --persona ID      of replies that name none\n"                          \
    "  --jobs N          threads (default: one for each processor)\n"          \
    "  --shard I/N       the I-th of N parts, 1 to N, cut by session; auto:\n" \
    "                    from SLURM_ARRAY_TASK_ID and _COUNT, or\n"            \
    "                    JOB_COMPLETION_INDEX and JOB_COMPLETIONS; auto/N:\n"  \
    "                    from these or PARALLEL_SEQ, of N parts\n"             \
    "  --strict          exit 65 where any row has an error\n"                 \
    "  -c FILE, --set KEY=VALUE, --help\n"

struct rescore_options rescore_options_default(const struct command *command);

/*
 * Takes one of the rows above: OPTIONS_GO_ON, or the exit code to end with
 * after a message.
 */
int rescore_options_take(struct rescore_options *options, int letter);

/*
 * The inputs [count], all of which must be there, and none be the output, a
 * path, or NULL for standard output. OPTIONS_GO_ON, or the exit code to end
 * with.
 */
int rescore_options_paths(const struct rescore_options *options,
                          char *const *paths, size_t count, const char *output);

struct rescore_input_options
rescore_options_input(const struct rescore_options *options, char *const *paths,
                      size_t count);

/* Of everything here that decides what a row says of a reply. */
struct digest rescore_options_digest(const struct rescore_options *options);

#endif
