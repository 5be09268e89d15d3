#include "sidecar/tools/rescore_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sidecar/tools/rescore_pipeline.h"

enum { SHARDS_MOST = 1000000 };

struct rescore_options
rescore_options_default(const struct command *command)
{
    return (struct rescore_options){
        .command = command, .role = REQUEST_ASSISTANT, .shard = 1, .shards = 1};
}

/* Digits alone, up to *end. false: none, or above `most`. */
static bool
read_number(const char *string, const char **end, uint64_t most, uint64_t *out)
{
    const char *at = string;
    uint64_t number = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
        if (number > most) {
            return false;
        }
    }
    *end = at;
    *out = number;
    return at > string;
}

/* The number that a variable holds, all of it. */
static bool
read_variable(const char *name, uint64_t *out)
{
    const char *value = getenv(name);
    const char *end;

    return value != NULL && read_number(value, &end, UINT32_MAX, out) &&
           *end == '\0';
}

/* ------------------------------------------------------------------- shards
 */

/* Slurm's arrays may begin anywhere, and go in steps. From 0. */
static bool
slurm_index(uint64_t *index)
{
    uint64_t id, least = 0, step = 1;

    if (!read_variable("SLURM_ARRAY_TASK_ID", &id)) {
        return false;
    }
    (void)read_variable("SLURM_ARRAY_TASK_MIN", &least);
    (void)read_variable("SLURM_ARRAY_TASK_STEP", &step);
    if (id < least || step == 0) {
        return false;
    }
    *index = (id - least) / step;
    return true;
}

/* From 0, and how many there are where the variables say so. */
static bool
auto_shard(uint64_t *index, uint64_t *count)
{
    *count = 0;
    if (slurm_index(index)) {
        (void)read_variable("SLURM_ARRAY_TASK_COUNT", count);
        return true;
    }
    if (read_variable("JOB_COMPLETION_INDEX", index)) {
        (void)read_variable("JOB_COMPLETIONS", count);
        return true;
    }
    if (read_variable("PARALLEL_SEQ", index) && *index > 0) {
        --*index; // GNU parallel counts from 1, and has no count of all
        return true;
    }
    return false;
}

static int
take_auto(struct rescore_options *o)
{
    const char *end;
    uint64_t index, count, given = 0;

    if (optarg[4] != '\0' &&
        (optarg[4] != '/' ||
         !read_number(optarg + 5, &end, SHARDS_MOST, &given) || *end != '\0')) {
        return command_usage(o->command, "--shard %s: auto or auto/N", optarg);
    }
    if (!auto_shard(&index, &count)) {
        return command_usage(o->command,
                             "--shard %s: none of SLURM_ARRAY_TASK_ID, "
                             "JOB_COMPLETION_INDEX, PARALLEL_SEQ is set",
                             optarg);
    }
    o->shards = given > 0 ? given : count;
    o->shard = index + 1;
    if (o->shards == 0) {
        return command_usage(o->command,
                             "--shard auto: no variable says of how many: "
                             "--shard auto/N does");
    }
    if (o->shard > o->shards) {
        return command_usage(o->command, "--shard %s: part %llu of %llu",
                             optarg, (unsigned long long)o->shard,
                             (unsigned long long)o->shards);
    }
    return OPTIONS_GO_ON;
}

static int
take_shard(struct rescore_options *o)
{
    const char *end = "";

    if (strncmp(optarg, "auto", 4) == 0) {
        return take_auto(o);
    }
    if (!read_number(optarg, &end, SHARDS_MOST, &o->shard) || *end != '/' ||
        !read_number(end + 1, &end, SHARDS_MOST, &o->shards) || *end != '\0' ||
        o->shard < 1 || o->shard > o->shards) {
        return command_usage(o->command,
                             "--shard %s: I/N, with I of 1 to N, N at most %d",
                             optarg, SHARDS_MOST);
    }
    return OPTIONS_GO_ON;
}

/* ------------------------------------------------------------------- others
 */

static int
take_jobs(struct rescore_options *o)
{
    const char *end;
    uint64_t jobs;

    if (!read_number(optarg, &end, RESCORE_JOBS_MOST, &jobs) || *end != '\0' ||
        jobs == 0) {
        return command_usage(o->command, "--jobs %s: 1 to %d", optarg,
                             RESCORE_JOBS_MOST);
    }
    o->jobs = (size_t)jobs;
    return OPTIONS_GO_ON;
}

static int
take_map(struct rescore_options *o)
{
    struct err err;

    if (o->map_count == TRANSCRIPT_MAPPINGS) {
        return command_usage(o->command, "too many --map");
    }
    if (!transcript_mapping_read(optarg, &o->map[o->map_count], &err)) {
        return command_usage(o->command, "--map %s", err.message);
    }
    o->map_arguments[o->map_count++] = optarg;
    return OPTIONS_GO_ON;
}

static int
take_role(struct rescore_options *o)
{
    static const char *const names[] = {"assistant", "user", "all", NULL};
    static const int roles[] = {REQUEST_ASSISTANT, REQUEST_USER,
                                RESCORE_INPUT_ALL};
    int role;

    const int code = options_choice(o->command, "--role", names, &role);
    if (code == OPTIONS_GO_ON) {
        o->role = roles[role];
    }
    return code;
}

int
rescore_options_take(struct rescore_options *options, int letter)
{
    struct err err;

    switch (letter) {
    case 'F':
        options->from = optarg;
        return transcript_from_check(optarg, &err)
                   ? OPTIONS_GO_ON
                   : command_usage(options->command, "--from %s", err.message);
    case 'M':
        return take_map(options);
    case 'R':
        return take_role(options);
    case 'P':
        options->persona = optarg;
        break;
    case 'J':
        return take_jobs(options);
    case 'S':
        return take_shard(options);
    case 'T':
        options->strict = true;
        break;
    }
    return OPTIONS_GO_ON;
}

/* -------------------------------------------------------------------- input
 */

/* Would the rows go into the file that is read? */
static bool
is_output(const struct stat *input, const char *path)
{
    struct stat output;
    const int found =
        path != NULL ? stat(path, &output) : fstat(STDOUT_FILENO, &output);

    return found == 0 && S_ISREG(output.st_mode) &&
           output.st_dev == input->st_dev && output.st_ino == input->st_ino;
}

int
rescore_options_paths(const struct rescore_options *options, char *const *paths,
                      size_t count, const char *output)
{
    bool standard = false;

    if (count == 0) {
        return command_usage(options->command, "expected a file, or -");
    }
    for (size_t i = 0; i < count; i++) {
        struct stat about;
        if (strcmp(paths[i], "-") == 0) {
            if (standard) {
                return command_usage(options->command, "- twice");
            }
            standard = true;
            continue;
        }
        if (stat(paths[i], &about) != 0 || access(paths[i], R_OK) != 0) {
            fprintf(stderr, "leeway %s: %s: %s\n", options->command->name,
                    paths[i], strerror(errno));
            return COMMAND_NO_INPUT;
        }
        if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode)) {
            fprintf(stderr, "leeway %s: %s: not a regular file\n",
                    options->command->name, paths[i]);
            return COMMAND_NO_INPUT;
        }
        if (is_output(&about, output)) {
            return command_usage(options->command,
                                 "%s: the output is an input, too", paths[i]);
        }
    }
    return OPTIONS_GO_ON;
}

struct rescore_input_options
rescore_options_input(const struct rescore_options *options, char *const *paths,
                      size_t count)
{
    return (struct rescore_input_options){
        .paths = paths,
        .count = count,
        .transcript = {.from = options->from,
                       .map = options->map,
                       .map_count = options->map_count},
        .role = options->role,
        .index = options->shard - 1,
        .shards = options->shards};
}

struct digest
rescore_options_digest(const struct rescore_options *options)
{
    struct text parts[TRANSCRIPT_MAPPINGS + 3];
    char role[16];
    size_t count = 0;

    snprintf(role, sizeof(role), "%d", options->role);
    parts[count++] = text_of(role);
    parts[count++] = text_of(options->persona);
    parts[count++] = text_of(options->from);
    for (size_t i = 0; i < options->map_count; i++) {
        parts[count++] = text_of(options->map_arguments[i]);
    }
    return digest_of_parts(parts, count);
}
