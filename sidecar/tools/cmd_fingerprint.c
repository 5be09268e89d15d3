#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/tools/cmd_fingerprint.h"
#include "sidecar/tools/options.h"

enum { ARENA_BYTES = 1 << 30, MOST_CHARS = 1 << 20 };

int
cmd_fingerprint_fail(const struct err *err, int code)
{
    fprintf(stderr, "leeway fingerprint: %s\n", err->message);
    return code;
}

int
cmd_fingerprint_code(const struct err *err)
{
    return err->kind == ERR_IO ? COMMAND_NO_INPUT : COMMAND_BAD_DATA;
}

/* ------------------------------------------------------------------ options
 */

static int
read_min_chars(struct cmd_fingerprint_options *out)
{
    char *end;

    errno = 0;
    const long chars = strtol(optarg, &end, 10);
    if (errno != 0 || end == optarg || *end != '\0' || chars < 0 ||
        chars > MOST_CHARS) {
        return command_usage(&command_fingerprint,
                             "--min-chars %s: 0 to %d characters", optarg,
                             MOST_CHARS);
    }
    out->min_chars = (size_t)chars;
    return OPTIONS_GO_ON;
}

static int
read_map(struct cmd_fingerprint_options *out)
{
    struct err err;

    if (out->transcript.map_count == TRANSCRIPT_MAPPINGS) {
        return command_usage(&command_fingerprint, "too many --map");
    }
    if (!transcript_mapping_read(optarg, &out->map[out->transcript.map_count],
                                 &err)) {
        return command_usage(&command_fingerprint, "--map %s", err.message);
    }
    out->transcript.map_count++;
    return OPTIONS_GO_ON;
}

/* The options with a value among a few, or a number. */
static int
read_chosen(int letter, struct cmd_fingerprint_options *out)
{
    static const char *const formats[] = {"human", "json", NULL};
    static const char *const roles[] = {"assistant", "user", "tool",
                                        "system",    "all",  NULL};

    struct err err;

    switch (letter) {
    case 'F':
        out->transcript.from = optarg;
        return transcript_from_check(optarg, &err)
                   ? OPTIONS_GO_ON
                   : command_usage(&command_fingerprint, "--from %s",
                                   err.message);
    case 'f':
        return options_choice(&command_fingerprint, "--format", formats,
                              &out->format);
    case 'r':
        return options_choice(&command_fingerprint, "--role", roles,
                              &out->role);
    case 'M':
        return read_map(out);
    case 'l':
        return read_min_chars(out);
    }
    return OPTIONS_GO_ON;
}

static int
read_option(int letter, void *context)
{
    struct cmd_fingerprint_options *out = context;

    switch (letter) {
    case 'p':
        out->persona = optarg;
        break;
    case 'n':
        out->source = optarg;
        break;
    case 'o':
        out->output = optarg;
        break;
    case 'm':
        out->model = optarg;
        break;
    case 'v':
        out->vectors = optarg;
        break;
    case 'w':
        out->speaker = optarg;
        break;
    case 't':
        out->show_text = true;
        break;
    default:
        return read_chosen(letter, out);
    }
    return OPTIONS_GO_ON;
}

_Static_assert((int)REQUEST_ASSISTANT == 0 && (int)REQUEST_USER == 1 &&
                   (int)REQUEST_TOOL == 2 && (int)REQUEST_SYSTEM == 3 &&
                   (int)CMD_FINGERPRINT_ANY_ROLE == 4,
               "the names of --role are in their order");

static int
read_options(int argc, char **argv, struct cmd_fingerprint_options *out)
{
    static const struct option rows[] = {
        {"persona", required_argument, NULL, 'p'},
        {"source", required_argument, NULL, 'n'},
        {"output", required_argument, NULL, 'o'},
        {"model", required_argument, NULL, 'm'},
        {"vectors", required_argument, NULL, 'v'},
        {"speaker", required_argument, NULL, 'w'},
        {"role", required_argument, NULL, 'r'},
        {"from", required_argument, NULL, 'F'},
        {"map", required_argument, NULL, 'M'},
        {"min-chars", required_argument, NULL, 'l'},
        {"show-text", no_argument, NULL, 't'},
        {"format", required_argument, NULL, 'f'},
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_fingerprint,
                                        .rows = rows,
                                        .letters = "c:s:p:o:h",
                                        .read = read_option};

    *out = (struct cmd_fingerprint_options){.role = REQUEST_ASSISTANT};
    out->transcript.map = out->map;
    return options_read(&table, argc, argv, &out->settings, out);
}

/* ------------------------------------------------------------- what is needed
 */

bool
cmd_fingerprint_open(const struct cmd_fingerprint_options *options,
                     struct cmd_fingerprint_shop *out)
{
    const char *path = command_path(&options->settings);
    struct problems problems;
    struct err err;

    out->kernels = command_kernels();
    struct arena *arena =
        path != NULL && out->kernels != NULL ? arena_new(ARENA_BYTES) : NULL;
    struct arena *notes = arena_new(ARENA_BYTES);
    if (arena == NULL || notes == NULL) {
        arena_free(arena);
        arena_free(notes);
        return false;
    }
    place_problems_init(&problems, notes);
    struct config *config =
        load_config(path, options->settings.overrides,
                    options->settings.override_count, arena, &problems);
    place_problems_print(&problems, stderr, false);
    out->model = NULL;
    if (config != NULL && !place_problems_any(&problems)) {
        out->min_samples = (size_t)config->drift.min_samples;
        out->model = voice_model_open(
            config->drift.background.len > 0 ? config->drift.background.at : "",
            &err);
        if (out->model == NULL) {
            (void)cmd_fingerprint_fail(&err, 0);
        }
    }
    load_free(config);
    if (config == NULL) {
        arena_free(arena); // the configuration would have kept it
    }
    arena_free(notes);
    return out->model != NULL;
}

/* ------------------------------------------------------------------ command
 */

static int
run(int argc, char **argv)
{
    struct cmd_fingerprint_options options;

    const int early = read_options(argc, argv, &options);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const char *what = optind < argc ? argv[optind] : "";
    const int count = optind < argc ? argc - optind - 1 : 0;
    char **operands = argv + argc - count;
    if (strcmp(what, "build") == 0) {
        return cmd_fingerprint_build(count, operands, &options);
    }
    if (strcmp(what, "show") == 0) {
        return cmd_fingerprint_show(count, operands, &options);
    }
    if (strcmp(what, "list") == 0) {
        return cmd_fingerprint_list(count, operands, &options);
    }
    if (strcmp(what, "compare") == 0) {
        return cmd_fingerprint_compare(count, operands, &options);
    }
    return command_usage(&command_fingerprint,
                         "expected build, show FILE, compare or list");
}

const struct command command_fingerprint = {
    .name = "fingerprint",
    .summary = "build, show, compare and list voice fingerprints",
    .help =
        "examples:\n"
        "  leeway fingerprint build --persona mira -o mira.fingerprint "
        "mira.jsonl\n"
        "  leeway fingerprint list\n\n"
        "usage: leeway fingerprint build --persona ID [options] FILE ...\n"
        "       leeway fingerprint show FILE|ID\n"
        "       leeway fingerprint compare [FILE|FOLDER ...]\n"
        "       leeway fingerprint list [FILE|FOLDER ...]\n\n"
        "build takes her lines from plain text (one a line), .jsonl with "
        "\"text\",\n"
        "and transcripts, which it knows by their content: Leeway's rows, "
        "OpenAI's\n"
        "messages, ShareGPT, SillyTavern, Open WebUI, LiteLLM's logs, CSV; "
        "plain or\n"
        "packed; - is standard input. What it leaves out it names on stderr; a "
        "bad\n"
        "line does not stop it.\n"
        "  -p, --persona ID     whose they are; of lines that name a persona,\n"
        "                       only hers are taken\n"
        "  --speaker NAME       only the lines of whom the file calls that\n"
        "  --role ROLE          assistant (unless asked), user, tool, system, "
        "all\n"
        "  --min-chars N        only lines of N characters and more\n"
        "  --from FORMAT        rows, messages, sharegpt, sillytavern, "
        "openwebui,\n"
        "                       litellm, csv or text\n"
        "  --map FIELD=PATH     where a field lies, for anything else: text, "
        "role,\n"
        "                       persona, speaker, session; a column, or keys "
        "with\n"
        "                       dots between; turns=PATH, the list they are "
        "in\n"
        "  --show-text          show the beginning of lines left out\n"
        "  -o, --output FILE    where to (ID.fingerprint)\n"
        "  --source NAME        where the lines are from (the file's name)\n"
        "  --model NAME         name of your own embedding model, and\n"
        "  --vectors FILE       its vectors: .jsonl with \"embedding\"\n\n"
        "show and list speak of files, or of the personas of the "
        "configuration.\n"
        "compare shows who could be taken for whom: the personas of the\n"
        "configuration, or the fingerprints in files.\n"
        "  --format FORMAT      human or json (show, list; list: one a "
        "line)\n\n"
        "  -c, --config FILE    the configuration: its voice model, its "
        "personas\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n\n"
        "exit: 0 done, 65 too few or bad samples, 66 no such file,\n"
        "      73 cannot write, 78 configuration\n",
    .run = run};
