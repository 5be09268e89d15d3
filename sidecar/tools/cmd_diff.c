#include <stdio.h>
#include <stdlib.h>

#include "proto/fault.h"
#include "proto/json.h"
#include "sidecar/serve/rotation.h"
#include "sidecar/tools/diff_groups.h"
#include "sidecar/tools/diff_show.h"
#include "sidecar/tools/rescore_flow.h"
#include "sidecar/tools/rescore_judge.h"
#include "sidecar/tools/rescore_options.h"
#include "sidecar/tools/rescore_row.h"
#include "sidecar/tools/rescore_stop.h"

enum { ROW_BYTES = 768 << 20, SAMPLES = 3, SIDES = 2 };

enum format { FORMAT_HUMAN, FORMAT_JSON, FORMAT_JSONL };

struct options {
    struct rescore_options common; /* its settings are for both sides */
    struct command_settings sides[SIDES];
    int format; /* enum format */
    bool texts;
    bool untested;
    size_t samples;
};

struct run {
    const struct options *options;
    struct engine *engines[SIDES];
    struct rescore_judge_terms terms[SIDES];
    struct rotation *rotation;
    struct rescore_flow flow;
    struct diff_groups groups;
    struct err join_err;
    bool joined; /* all threads' groups */
};

struct worker {
    const struct run *run;
    struct rescore_judge *judges[SIDES];
    struct diff_groups groups;
    struct buffer wire;
};

/* ------------------------------------------------------------------ options
 */

static int
read_samples(struct options *out)
{
    char *end = NULL;
    const long samples = strtol(optarg, &end, 10);

    if (end == optarg || *end != '\0' || samples < 0 ||
        samples > DIFF_GROUPS_SAMPLES_MOST) {
        return command_usage(&command_diff, "--samples %s: 0 to %d", optarg,
                             DIFF_GROUPS_SAMPLES_MOST);
    }
    out->samples = (size_t)samples;
    return OPTIONS_GO_ON;
}

static int
read_option(int letter, void *context)
{
    static const char *const formats[] = {"human", "json", "jsonl", NULL};
    struct options *out = context;

    switch (letter) {
    case 'a':
    case 'b':
        out->sides[letter - 'a'].path = optarg;
        break;
    case 'x':
    case 'y':
        if (!command_override(&out->sides[letter - 'x'], optarg)) {
            return command_usage(&command_diff, "too many --set-a or --set-b");
        }
        break;
    case 'f':
        return options_choice(&command_diff, "--format", formats, &out->format);
    case 't':
        out->texts = true;
        break;
    case 'u':
        out->untested = true;
        break;
    case 'n':
        return read_samples(out);
    default:
        return rescore_options_take(&out->common, letter);
    }
    return OPTIONS_GO_ON;
}

/* What is said of both sides is said of each, before its own. */
static bool
settle_sides(struct options *out)
{
    const struct command_settings *both = &out->common.settings;

    for (size_t i = 0; i < SIDES; i++) {
        struct command_settings side = *both;
        const struct command_settings *own = &out->sides[i];
        side.path = own->path != NULL ? own->path : both->path;
        for (size_t k = 0; k < own->override_count; k++) {
            if (!command_override(&side, own->overrides[k])) {
                return false;
            }
        }
        out->sides[i] = side;
    }
    return true;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"a", required_argument, NULL, 'a'},
        {"b", required_argument, NULL, 'b'},
        {"set-a", required_argument, NULL, 'x'},
        {"set-b", required_argument, NULL, 'y'},
        {"format", required_argument, NULL, 'f'},
        {"with-text", no_argument, NULL, 't'},
        {"samples", required_argument, NULL, 'n'},
        {"untested", no_argument, NULL, 'u'},
        RESCORE_OPTIONS_ROWS,
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_diff,
                                        .rows = rows,
                                        .letters = "c:s:h",
                                        .read = read_option};

    *out = (struct options){.common = rescore_options_default(&command_diff),
                            .samples = SAMPLES};
    const int code =
        options_read(&table, argc, argv, &out->common.settings, out);
    return code == OPTIONS_GO_ON && !settle_sides(out)
               ? command_usage(&command_diff, "too many --set")
               : code;
}

/* ------------------------------------------------------------ in the threads
 */

static void
free_worker(struct worker *worker)
{
    for (size_t i = 0; i < SIDES; i++) {
        rescore_judge_free(worker->judges[i]);
    }
    diff_groups_clear(&worker->groups);
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
    diff_groups_init(&worker->groups, run->options->samples);
    buffer_init(&worker->wire, ROW_BYTES);
    for (size_t i = 0; i < SIDES; i++) {
        worker->judges[i] = rescore_judge_new(&run->terms[i], err);
        if (worker->judges[i] == NULL) {
            free_worker(worker);
            return NULL;
        }
    }
    return worker;
}

static void
close_worker(void *context, void *state)
{
    struct run *run = context;
    struct worker *worker = state;

    if (run->joined &&
        !diff_groups_join(&run->groups, &worker->groups, &run->join_err)) {
        run->joined = false;
    }
    free_worker(worker);
}

/* "fallback by rule SLURS", "ship", "no verdict: not_found" */
static void
name_side(const struct rescore_row *row, char out[DIFF_GROUPS_NAME])
{
    const struct envelope *e = row->envelope;

    if (e == NULL) {
        snprintf(out, DIFF_GROUPS_NAME, "no verdict: %s",
                 fault_of(row->err->kind).code);
    } else if (e->decided_by.kind.len == 0) {
        snprintf(out, DIFF_GROUPS_NAME, "%s", envelope_action_names[e->action]);
    } else {
        snprintf(out, DIFF_GROUPS_NAME, "%s by %.*s %.*s",
                 envelope_action_names[e->action],
                 TEXT_ARGS(e->decided_by.kind), TEXT_ARGS(e->decided_by.id));
    }
}

static bool
same_action(const struct rescore_row *a, const struct rescore_row *b)
{
    if (a->envelope == NULL || b->envelope == NULL) {
        return a->envelope == b->envelope;
    }
    return a->envelope->action == b->envelope->action;
}

static void
count_unchanged(struct diff_groups *groups, const struct envelope *a,
                const struct envelope *b)
{
    if (a == NULL || b == NULL) {
        return;
    }
    if (a->verdict != b->verdict) {
        groups->other_verdict++;
    } else if (!text_equal(a->decided_by.kind, b->decided_by.kind) ||
               !text_equal(a->decided_by.id, b->decided_by.id)) {
        groups->other_decision++;
    }
}

static bool
tell_change(struct worker *w, struct rescore_batch *batch,
            const struct rescore_row rows[SIDES], struct err *err)
{
    char names[SIDES][DIFF_GROUPS_NAME];

    for (size_t i = 0; i < SIDES; i++) {
        name_side(&rows[i], names[i]);
    }
    buffer_reset(&w->wire);
    rescore_row_put_both(&w->wire, &rows[0], &rows[1]);
    if (w->wire.failed) {
        err_memory(err, "a row");
        return false;
    }
    return diff_groups_add(&w->groups, names[0], names[1], rows[0].reply->row,
                           buffer_text(&w->wire), err) &&
           (w->run->options->format != FORMAT_JSONL ||
            rescore_row_line(buffer_text(&w->wire), RESCORE_ROW_JSONL, false,
                             &batch->out, err));
}

static bool
judge_reply(struct worker *w, struct rescore_batch *batch,
            const struct rescore_reply *reply, struct err *err)
{
    struct err why[SIDES];
    struct rescore_row rows[SIDES];
    bool failed = false;

    w->groups.rows++;
    for (size_t i = 0; i < SIDES; i++) {
        rows[i] = (struct rescore_row){
            .reply = reply,
            .persona = rescore_judge_persona(&w->run->terms[i], reply),
            .err = &why[i],
            .texts = w->run->options->texts};
        if (reply->kind == TRANSCRIPT_TURN) {
            rows[i].envelope =
                rescore_judge_reply(w->judges[i], reply, &why[i]);
        }
        if (rows[i].envelope == NULL && !failed) {
            failed = true;
            rescore_notes_add(batch, reply, &why[i]);
        }
    }
    w->groups.errors += failed;
    if (!same_action(&rows[0], &rows[1])) {
        return tell_change(w, batch, rows, err);
    }
    count_unchanged(&w->groups, rows[0].envelope, rows[1].envelope);
    return true;
}

static bool
judge_batch(void *state, struct rescore_batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!judge_reply(state, batch, &batch->at[i], err)) {
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

static bool
judge_all(struct run *run, char *const *paths, size_t count, struct err *err)
{
    const struct rescore_options *common = &run->options->common;
    const struct rescore_work work = {.context = run,
                                      .open = open_worker,
                                      .close = close_worker,
                                      .judge = judge_batch,
                                      .write = write_batch};
    const struct rescore_input_options options =
        rescore_options_input(common, paths, count);

    return rescore_flow_open(&run->flow, &options, err) &&
           rescore_flow_run(&run->flow, &work, common->jobs, err);
}

static bool
tell(struct run *run, struct err *err)
{
    const struct diff_show show = {
        .groups = &run->groups,
        .configurations = {run->engines[0]->hash, run->engines[1]->hash},
        .complete = !rescore_stop_asked()};
    struct buffer text;
    bool fine = true;

    diff_groups_sort(&run->groups);
    buffer_init(&text, ROW_BYTES);
    if (run->options->format == FORMAT_JSON) {
        fine = diff_show_json(&show, &text, err);
    } else {
        diff_show_human(&show, &text);
    }
    if (fine && text.failed) {
        err_memory(err, "the summary");
        fine = false;
    }
    if (fine && run->options->format == FORMAT_JSONL) {
        fwrite(text.at, 1, text.len, stderr);
    } else if (fine) {
        fine = rescore_output_write(&run->flow.output, buffer_text(&text), err);
    }
    buffer_clear(&text);
    return fine;
}

static int
finish(struct run *run)
{
    struct err err;

    rescore_flow_end(&run->flow);
    if (!run->joined) {
        return rescore_flow_fail(&run->flow, &run->join_err);
    }
    if (!tell(run, &err)) {
        return rescore_flow_fail(&run->flow, &err);
    }
    if (rescore_stop_asked()) {
        return rescore_stop_code();
    }
    return rescore_notes_code(&run->flow.notes, run->flow.input,
                              run->groups.rows, run->options->common.strict);
}

static int
diff(struct run *run, char *const *paths, size_t count)
{
    struct err err;
    int code;

    for (size_t i = 0; i < SIDES; i++) {
        run->terms[i] = (struct rescore_judge_terms){
            .engine = run->engines[i],
            .persona = text_of(run->options->common.persona),
            .rotation = run->rotation};
    }
    diff_groups_init(&run->groups, run->options->samples);
    if (run->rotation == NULL) {
        err_memory(&err, "the fallback lines");
        code = rescore_flow_fail(&run->flow, &err);
    } else {
        code = judge_all(run, paths, count, &err)
                   ? finish(run)
                   : rescore_flow_fail(&run->flow, &err);
    }
    rescore_input_close(run->flow.input);
    diff_groups_clear(&run->groups);
    return code;
}

static bool
load_sides(struct run *run)
{
    const struct kernel_set *kernels = command_kernels();

    for (size_t i = 0; i < SIDES; i++) {
        const struct command_settings *side = &run->options->sides[i];
        run->engines[i] = run->options->untested
                              ? command_engine_untested(side, kernels)
                              : command_engine(side, kernels);
        if (run->engines[i] == NULL) {
            return false;
        }
    }
    return true;
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
    code = rescore_options_paths(&options.common, paths, count, NULL);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    rescore_stop_watch();
    struct run run = {.options = &options,
                      .flow = {.output = rescore_output_standard(),
                               .notes = {.command = "diff"}},
                      .rotation = rotation_new(),
                      .joined = true};
    code = load_sides(&run) ? diff(&run, paths, count) : COMMAND_CONFIG;
    engine_drop(run.engines[1]);
    engine_drop(run.engines[0]);
    rotation_free(run.rotation);
    return code;
}

const struct command command_diff = {
    .name = "diff",
    .summary = "which replies two configurations act on differently, and why",
    .help =
        "  leeway diff --b new/leeway.yaml chats.jsonl\n"
        "  leeway diff --set-b drift.threshold=0.25 --samples 5 "
        "chats.jsonl.gz\n"
        "\n"
        "Judges every reply twice, as `leeway rescore` does, and groups those\n"
        "whose action changes by what decided on either side.\n"
        "\n"
        "  --a CONFIG, --b CONFIG   the configurations (default: as -c has "
        "it)\n"
        "  --set-a KEY=VALUE, --set-b KEY=VALUE   for one side only\n"
        "  --format FORMAT   human (default) or json: the groups; jsonl: the\n"
        "                    changed rows, and the groups on stderr\n"
        "  --samples N       replies told of each group (default 3)\n"
        "  --untested        do not run the rules' own tests, which a\n"
        "                    configuration that is tried out may fail\n"
        "  --with-text       and what they say, and what would be "
        "shown\n" RESCORE_OPTIONS_HELP,
    .run = run,
};
