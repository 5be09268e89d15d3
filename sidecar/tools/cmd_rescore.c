#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/wire.h"
#include "sidecar/base/file.h"
#include "sidecar/serve/rotation.h"
#include "sidecar/tools/rescore_flow.h"
#include "sidecar/tools/rescore_judge.h"
#include "sidecar/tools/rescore_labels.h"
#include "sidecar/tools/rescore_options.h"
#include "sidecar/tools/rescore_resume.h"
#include "sidecar/tools/rescore_stop.h"
#include "sidecar/tools/rescore_summary.h"

enum { ROW_BYTES = 768 << 20 /* msgpack of one row */ };

struct options {
    struct rescore_options common;
    int format; /* enum rescore_row_format */
    bool texts;
    const char *resume, *summary, *labels;
};

/* A run, from its first row to its last. */
struct run {
    const struct options *options;
    struct rescore_judge_terms terms;
    struct rotation *rotation;     /* where no line was shown yet */
    struct rescore_labels *labels; /* NULL: none are given */
    uint64_t labelled;             /* rows with one of them */
    struct rescore_flow flow;
    struct rescore_resume resume;
    struct rescore_summary summary;
    struct err tally_err; /* of joining the threads' tallies */
    bool tallied;         /* the summary has every row */
};

/* What a thread has. */
struct worker {
    const struct run *run;
    struct rescore_judge *judge;
    struct rescore_tally tally;
    uint64_t labelled;
    struct buffer wire;
};

/* ------------------------------------------------------------------ options
 */

static int
read_option(int letter, void *context)
{
    struct options *out = context;

    switch (letter) {
    case 'f':
        return options_choice(&command_rescore, "--format", rescore_row_formats,
                              &out->format);
    case 't':
        out->texts = true;
        break;
    case 'r':
        out->resume = optarg;
        break;
    case 'm':
        out->summary = optarg;
        break;
    case 'l':
        out->labels = optarg;
        break;
    default:
        return rescore_options_take(&out->common, letter);
    }
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"format", required_argument, NULL, 'f'},
        {"with-text", no_argument, NULL, 't'},
        {"resume", required_argument, NULL, 'r'},
        {"summary", required_argument, NULL, 'm'},
        {"labels", required_argument, NULL, 'l'},
        RESCORE_OPTIONS_ROWS,
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_rescore,
                                        .rows = rows,
                                        .letters = "c:s:h",
                                        .read = read_option};

    *out =
        (struct options){.common = rescore_options_default(&command_rescore)};
    return options_read(&table, argc, argv, &out->common.settings, out);
}

/* ------------------------------------------------------------ in the threads
 */

static void
free_worker(struct worker *worker)
{
    rescore_judge_free(worker->judge);
    rescore_tally_clear(&worker->tally);
    buffer_clear(&worker->wire);
    free(worker);
}

static void *
open_worker(void *context, struct err *err)
{
    const struct run *run = context;
    struct worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL) {
        err_memory(err, "a thread");
        return NULL;
    }
    worker->run = run;
    rescore_tally_init(&worker->tally);
    buffer_init(&worker->wire, ROW_BYTES);
    worker->judge = rescore_judge_new(&run->terms, err);
    if (worker->judge == NULL) {
        free_worker(worker);
        return NULL;
    }
    return worker;
}

static void
close_worker(void *context, void *state)
{
    struct run *run = context;
    struct worker *worker = state;

    if (run->tallied && !rescore_tally_join(&run->summary.tally, &worker->tally,
                                            &run->tally_err)) {
        run->tallied = false;
    }
    run->labelled += worker->labelled;
    free_worker(worker);
}

/* Puts labels that were given in the place of the file's own. */
static bool
label_reply(struct worker *w, struct rescore_reply *reply, struct err *err)
{
    const struct rescore_labels_entry *entry = NULL;

    if (w->run->labels == NULL || reply->kind != TRANSCRIPT_TURN) {
        return true;
    }
    if (!rescore_labels_find(w->run->labels, reply->row, reply->turn.text,
                             &entry, err)) {
        return false;
    }
    if (entry != NULL) {
        reply->turn.labels = entry->labels;
        reply->turn.label_count = entry->label_count;
        w->labelled++;
    }
    return true;
}

static bool
judge_reply(struct worker *w, struct rescore_batch *batch,
            const struct rescore_reply *reply, struct err *err)
{
    const struct options *options = w->run->options;
    struct err why;
    struct rescore_row row = {.reply = reply,
                              .persona =
                                  rescore_judge_persona(&w->run->terms, reply),
                              .err = &why,
                              .texts = options->texts};

    if (reply->kind == TRANSCRIPT_TURN) {
        row.envelope = rescore_judge_reply(w->judge, reply, &why);
    }
    if (row.envelope == NULL && !reply->checked_again) {
        rescore_notes_add(batch, reply, &why);
    }
    buffer_reset(&w->wire);
    rescore_row_put(&w->wire, &row);
    if (w->wire.failed) {
        err_memory(err, "a row");
        return false;
    }
    return rescore_tally_add(&w->tally, buffer_text(&w->wire), err) &&
           rescore_row_line(buffer_text(&w->wire),
                            (enum rescore_row_format)options->format,
                            options->texts, &batch->out, err);
}

static bool
judge_batch(void *state, struct rescore_batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!label_reply(state, &batch->at[i], err) ||
            !judge_reply(state, batch, &batch->at[i], err)) {
            return false;
        }
    }
    return true;
}

static bool
write_batch(void *context, const struct rescore_batch *batch, struct err *err)
{
    struct run *run = context;

    return rescore_flow_write(&run->flow, batch, err);
}

/* -------------------------------------------------------------------- a run
 */

/* What decides about every byte of the output. */
static struct digest
digest_options(const struct options *o)
{
    const struct digest common = rescore_options_digest(&o->common);
    char rest[96];

    snprintf(rest, sizeof(rest), "%d %d %" PRIu64 "/%" PRIu64, o->format,
             o->texts, o->common.shard, o->common.shards);
    const struct text parts[] = {{(const char *)common.bytes, DIGEST_BYTES},
                                 text_of(rest),
                                 text_of(o->labels)};
    return digest_of_parts(parts, 3);
}

static bool
open_output(struct run *run, char *const *paths, size_t count, struct err *err)
{
    const struct options *o = run->options;
    struct rescore_resume_run record = {
        .configuration = run->terms.engine->hash, .options = digest_options(o)};

    run->flow.output = rescore_output_standard();
    run->tallied = true;
    if (o->labels != NULL) {
        run->labels = rescore_labels_open(o->labels, err);
        if (run->labels == NULL) {
            // What is wrong is what was read, not what is written.
            err->kind = err->kind == ERR_MEMORY ? ERR_MEMORY : ERR_STATE;
            return false;
        }
    }
    if (o->resume == NULL) {
        return true;
    }
    if (!rescore_resume_input(paths, count, &record.input, err) ||
        !rescore_resume_open(o->resume, (enum rescore_row_format)o->format,
                             &record, &run->flow.output, &run->resume, err)) {
        return false;
    }
    if (o->format == RESCORE_ROW_JSONL) {
        return rescore_resume_tally(&run->flow.output, &run->resume,
                                    &run->summary.tally, err);
    }
    run->tallied = run->resume.skip == 0;
    return true;
}

static bool
write_header(struct run *run, struct err *err)
{
    struct buffer line;
    bool fine = true;

    if (run->options->format == RESCORE_ROW_CSV && !run->resume.header) {
        buffer_init(&line, 4096);
        rescore_row_header(&line, run->options->texts);
        fine = rescore_output_write(&run->flow.output, buffer_text(&line), err);
        buffer_clear(&line);
    }
    return fine;
}

static bool
judge_all(struct run *run, char *const *paths, size_t count, struct err *err)
{
    const struct rescore_options *common = &run->options->common;
    const struct rescore_work work = {.context = run,
                                      .open = open_worker,
                                      .close = close_worker,
                                      .judge = judge_batch,
                                      .write = write_batch};
    struct rescore_input_options options =
        rescore_options_input(common, paths, count);

    options.skip = run->resume.skip;
    options.again = run->resume.again;
    return rescore_flow_open(&run->flow, &options, err) &&
           write_header(run, err) &&
           rescore_flow_run(&run->flow, &work, common->jobs, err) &&
           rescore_output_end(&run->flow.output, !rescore_stop_asked(), err);
}

/* ------------------------------------------------------------------ its end
 */

static bool
fill_summary(struct run *run, struct err *err)
{
    const struct rescore_options *o = &run->options->common;
    const struct digest options = rescore_options_digest(o);
    size_t count;
    const struct rescore_input_file *files =
        rescore_input_files(run->flow.input, &count);

    memcpy(run->summary.configuration, run->terms.engine->hash, DIGEST_HEX);
    digest_hex(&options, run->summary.options);
    for (size_t i = 0; i < count; i++) {
        const struct rescore_input_file *file = &files[i];
        char *path = rescore_notes_words(file->path);
        char format[64];
        snprintf(format, sizeof(format), "%s",
                 file->format != NULL ? file->format : "");
        struct rescore_summary_part part = {.source = path,
                                            .format = format,
                                            .whole = file->whole,
                                            .shard = o->shard,
                                            .shards = o->shards,
                                            .records = file->counts.records,
                                            .turns = file->counts.turns,
                                            .bad = file->counts.bad,
                                            .wordless = file->counts.wordless};
        digest_hex(&file->digest, part.digest);
        const bool fine =
            path != NULL && rescore_summary_part(&run->summary, &part, err);
        if (path == NULL) {
            err_memory(err, "the summary");
        }
        free(path);
        if (!fine) {
            return false;
        }
    }
    return true;
}

static void
tell_labels(const struct run *run)
{
    if (run->labels != NULL) {
        fprintf(stderr,
                "leeway rescore: %" PRIu64 " rows with a label, of %zu that "
                "were given\n",
                run->labelled, rescore_labels_count(run->labels));
    }
}

/* On stderr for a person, and into the file that is asked for. */
static bool
tell_summary(struct run *run, struct err *err)
{
    const char *path = run->options->summary;
    struct buffer text;
    bool fine = true;

    if (!run->tallied) {
        fprintf(stderr, "leeway rescore: rows added: %" PRIu64 "\n",
                run->flow.progress.rows - run->resume.again);
        return true;
    }
    buffer_init(&text, RESCORE_SUMMARY_BYTES);
    rescore_summary_show(&run->summary, &text);
    const double seconds = rescore_progress_seconds(&run->flow.progress);
    fprintf(stderr, "leeway rescore: %.*s  speed      %.1f s, %.0f rows/s\n",
            TEXT_ARGS(buffer_text(&text)), seconds,
            seconds > 0 ? (double)run->flow.progress.rows / seconds : 0.0);
    if (path != NULL) {
        buffer_reset(&text);
        fine = rescore_summary_write(&run->summary, &text, err) &&
               file_write(path, buffer_text(&text), err);
    }
    buffer_clear(&text);
    return fine;
}

static int
finish(struct run *run)
{
    struct err err;

    rescore_flow_end(&run->flow);
    tell_labels(run);
    if (!run->tallied && run->tally_err.kind != ERR_NONE) {
        return rescore_flow_fail(&run->flow, &run->tally_err);
    }
    if (!fill_summary(run, &err) || !tell_summary(run, &err)) {
        return rescore_flow_fail(&run->flow, &err);
    }
    if (rescore_stop_asked()) {
        return rescore_stop_code();
    }
    return rescore_notes_code(&run->flow.notes, run->flow.input,
                              run->flow.progress.rows,
                              run->options->common.strict);
}

static int
rescore(const struct options *options, struct engine *engine,
        char *const *paths, size_t count)
{
    struct run run = {.options = options,
                      .flow = {.notes = {.command = "rescore"}},
                      .terms =
                          {
                              .engine = engine,
                              .persona = text_of(options->common.persona),
                          },
                      .rotation = rotation_new()};
    struct err err;
    int code;

    rescore_summary_init(&run.summary);
    run.terms.rotation = run.rotation;
    if (run.rotation == NULL) {
        err_memory(&err, "the fallback lines");
        code = rescore_flow_fail(&run.flow, &err);
    } else if (!open_output(&run, paths, count, &err)) {
        code = rescore_flow_fail(&run.flow, &err);
    } else {
        code = judge_all(&run, paths, count, &err)
                   ? finish(&run)
                   : rescore_flow_fail(&run.flow, &err);
    }
    rescore_output_close(&run.flow.output);
    rescore_input_close(run.flow.input);
    rescore_summary_clear(&run.summary);
    rotation_free(run.rotation);
    rescore_labels_close(run.labels);
    return code;
}

static int
run(int argc, char **argv)
{
    struct options options;

    int code = read_options(argc, argv, &options);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    char *const *paths = argv + optind;
    const size_t count = (size_t)(argc - optind);
    code = rescore_options_paths(&options.common, paths, count, options.resume);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    if (options.resume != NULL && options.summary != NULL &&
        options.format == RESCORE_ROW_CSV) {
        return command_usage(&command_rescore, "--summary with --resume counts "
                                               "rows of --format jsonl only");
    }
    rescore_stop_watch();
    struct engine *engine =
        command_engine(&options.common.settings, command_kernels());
    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    code = rescore(&options, engine, paths, count);
    engine_drop(engine);
    return code;
}

const struct command command_rescore = {
    .name = "rescore",
    .summary = "judge transcripts: one JSON row for each reply",
    .help =
        "  leeway rescore --persona falstaff chats.jsonl.gz > rows.jsonl\n"
        "  leeway rescore --role all --format csv --with-text - < chat.json\n"
        "\n"
        "Replies are judged as a sidecar would judge each by itself; rows "
        "come\n"
        "in the order of the input, the same bytes for any --jobs. Of request\n"
        "logs, which repeat what was said before, only what is new is judged.\n"
        "A line that is no reply, or a reply that cannot be judged, gets a "
        "row\n"
        "with \"error\".\n"
        "\n"
        "  --format FORMAT   jsonl (default) or csv\n"
        "  --with-text       rows with the text, and what would be shown\n"
        "  --summary FILE    counts and digests as JSON; `leeway merge` joins\n"
        "  --resume OUT      write to OUT; go on where it "
        "ends\n" RESCORE_OPTIONS_HELP "\n"
        "Ends with 0; 65 where a file could not be read to its end, no reply\n"
        "could be judged, or with --strict any row has an error; 66 without\n"
        "input; 74 where the output fails; 130 or 143 after Ctrl-C or "
        "SIGTERM:\n"
        "what was written by then is whole, and --resume goes on with it.\n",
    .run = run,
};
