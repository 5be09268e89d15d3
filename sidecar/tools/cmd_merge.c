#include <stdio.h>

#include "sidecar/base/file.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/rescore_summary.h"

enum format { FORMAT_JSON, FORMAT_HUMAN };

struct options {
    struct command_settings settings; /* none is used */
    int format;                       /* enum format */
};

static int
read_option(int letter, void *context)
{
    static const char *const formats[] = {"json", "human", NULL};
    struct options *out = context;

    return letter == 'f' ? options_choice(&command_merge, "--format", formats,
                                          &out->format)
                         : OPTIONS_GO_ON;
}

static int
fail(const char *path, const struct err *err, int code)
{
    // file_read's messages name the path already.
    if (err->kind == ERR_IO) {
        fprintf(stderr, "leeway merge: %s\n", err->message);
    } else {
        fprintf(stderr, "leeway merge: %s: %s\n", path, err->message);
    }
    return code;
}

/* Adds one file's summary to what there is; the first one is what there is. */
static int
join_file(struct rescore_summary *all, const char *path, bool first)
{
    struct rescore_summary one;
    struct buffer json;
    struct err err;
    int code = COMMAND_DONE;

    if (!file_read(path, RESCORE_SUMMARY_BYTES, &json, &err)) {
        return fail(path, &err, COMMAND_NO_INPUT);
    }
    rescore_summary_init(&one);
    if (!rescore_summary_read(first ? all : &one, buffer_text(&json), &err) ||
        (!first && !rescore_summary_join(all, &one, &err))) {
        code =
            fail(path, &err,
                 err.kind == ERR_MEMORY ? COMMAND_INTERNAL : COMMAND_BAD_DATA);
    }
    rescore_summary_clear(&one);
    buffer_clear(&json);
    return code;
}

static int
print(struct rescore_summary *all, enum format format)
{
    struct buffer text;
    struct err err;
    int code;

    buffer_init(&text, RESCORE_SUMMARY_BYTES);
    if (format == FORMAT_HUMAN) {
        rescore_summary_show(all, &text);
    } else if (!rescore_summary_write(all, &text, &err)) {
        buffer_clear(&text);
        return fail("the sum", &err, COMMAND_INTERNAL);
    }
    fwrite(text.at, 1, text.len, stdout);
    code = command_finish();
    buffer_clear(&text);
    return code;
}

static int
run(int argc, char **argv)
{
    static const struct option rows[] = {
        {"format", required_argument, NULL, 'f'}, OPTIONS_COMMON};
    const struct options_table table = {.command = &command_merge,
                                        .rows = rows,
                                        .letters = "h",
                                        .read = read_option};
    struct options options = {.format = FORMAT_JSON};
    struct rescore_summary all;

    int code = options_read(&table, argc, argv, &options.settings, &options);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    if (optind == argc) {
        return command_usage(&command_merge, "expected summaries");
    }
    rescore_summary_init(&all);
    code = COMMAND_DONE;
    for (int i = optind; code == COMMAND_DONE && i < argc; i++) {
        code = join_file(&all, argv[i], i == optind);
    }
    if (code == COMMAND_DONE) {
        code = print(&all, (enum format)options.format);
    }
    rescore_summary_clear(&all);
    return code;
}

const struct command command_merge = {
    .name = "merge",
    .summary = "join the summaries of several runs of rescore, exactly",
    .help =
        "  leeway merge part-1.json part-2.json > all.json\n"
        "  leeway merge --format human part-*.json\n"
        "\n"
        "Summaries are what `leeway rescore --summary FILE` writes. Their\n"
        "counts add up to those of one run over all of it. Refused, with 65,\n"
        "where they are of different configurations or options, or count the\n"
        "same replies twice.\n"
        "\n"
        "  --format FORMAT   json (default) or human\n"
        "  --help\n",
    .run = run,
};
