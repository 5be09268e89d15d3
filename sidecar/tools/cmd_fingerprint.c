#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config/form.h"
#include "sidecar/base/clock.h"
#include "sidecar/engine/engine.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/sample.h"
#include "sidecar/tools/cmd_fingerprint_compare.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/vectors.h"

enum {
    ARENA_BYTES = 1 << 30,
    WARNING_BYTES = 256,
    PATH_BYTES = 128 + sizeof(".fingerprint") /* an id is at most 128 */
};

struct options {
    struct command_settings settings;
    const char *persona, *source, *output, *model, *vectors;
};

static int
fail(const struct err *err, int code)
{
    fprintf(stderr, "leeway fingerprint: %s\n", err->message);
    return code;
}

static int
read_option(int letter, void *context)
{
    struct options *out = context;

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
    }
    return OPTIONS_GO_ON;
}

static int
read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"persona", required_argument, NULL, 'p'},
        {"source", required_argument, NULL, 'n'},
        {"output", required_argument, NULL, 'o'},
        {"model", required_argument, NULL, 'm'},
        {"vectors", required_argument, NULL, 'v'},
        OPTIONS_COMMON};
    const struct options_table table = {.command = &command_fingerprint,
                                        .rows = rows,
                                        .letters = "c:s:p:o:h",
                                        .read = read_option};

    *out = (struct options){.persona = NULL};
    return options_read(&table, argc, argv, &out->settings, out);
}

/* ------------------------------------------------------------- what is needed
 */

struct workshop {
    struct voice_model *model;
    const struct kernel_set *kernels;
    size_t min_samples;
};

/* The voice model that the configuration names. */
static bool
workshop_open(const struct options *options, struct workshop *out)
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
            (void)fail(&err, 0);
        }
    }
    load_free(config);
    if (config == NULL) {
        arena_free(arena); // the configuration would have kept it
    }
    arena_free(notes);
    return out->model != NULL;
}

/* --------------------------------------------------------------------- build
 */

/* Bytes of a left-out sample that are shown: whole characters. */
enum { SHOWN_BYTES = 60 };

static size_t
shown_bytes(struct text line)
{
    size_t len = line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES;

    while (len > 0 && len < line.len &&
           ((unsigned char)line.at[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

static struct fingerprint *
build_lines(const struct workshop *shop, const struct options *options,
            const char *path, struct err *err)
{
    struct samples samples;

    if (!samples_read(path, &samples, err)) {
        return NULL;
    }
    const struct fingerprint_request request = {
        .persona = text_of(options->persona),
        .source = text_of(options->source != NULL ? options->source : path),
        .created = clock_wall_ms() / 1000,
        .lines = samples.lines,
        .line_count = samples.count,
        .least = shop->min_samples};
    struct fingerprint *print =
        fingerprint_build(shop->model, shop->kernels, &request, err);
    for (size_t i = 0; print != NULL && i < print->lost.outliers; i++) {
        const struct text line = samples.lines[print->outliers[i]];
        fprintf(stderr, "left out: sample %" PRIu32 ": %.*s%s\n",
                print->outliers[i] + 1,
                TEXT_ARGS(text_part(line, 0, shown_bytes(line))),
                shown_bytes(line) < line.len ? "..." : "");
    }
    samples_free(&samples);
    return print;
}

/* Puts the caller's own vectors into it. Frees `print` where that fails. */
static struct fingerprint *
add_vectors(const struct workshop *shop, const struct options *options,
            struct fingerprint *print, struct err *err)
{
    struct vectors vectors;

    if (!vectors_read(options->vectors, &vectors, err)) {
        fingerprint_free(print);
        return NULL;
    }
    const struct fingerprint_source source = {.model = text_of(options->model),
                                              .at = vectors.at,
                                              .rows = vectors.rows,
                                              .dim = vectors.dim};
    struct fingerprint *both =
        fingerprint_with(print, shop->model, shop->kernels,
                         text_of(options->persona), &source, err);
    vectors_free(&vectors);
    fingerprint_free(print);
    return both;
}

static int
save(const struct fingerprint *print, const struct options *options)
{
    char path[PATH_BYTES], warning[WARNING_BYTES];
    struct err err;

    snprintf(path, sizeof(path), "%s.fingerprint", options->persona);
    const char *to = options->output != NULL ? options->output : path;
    if (!fingerprint_write(print, to, &err)) {
        return fail(&err, COMMAND_CANNOT_CREATE);
    }
    fprintf(stderr,
            "%s: %zu lines (%zu given, %zu twice, %zu without words, %zu not "
            "like the others), %zu models of vectors\n",
            to, print->line_count, print->lost.given, print->lost.duplicates,
            print->lost.unusable, print->lost.outliers, print->vector_count);
    if (fingerprint_warning(print, warning, sizeof(warning))) {
        fprintf(stderr, "warning: %s\n", warning);
    }
    return COMMAND_DONE;
}

static int
run_build(int argc, char **argv, const struct options *options)
{
    const bool lines = optind + 1 < argc;
    struct workshop shop;
    struct fingerprint *print = NULL;
    struct err err;

    if (options->persona == NULL || optind + 2 < argc ||
        (!lines && options->vectors == NULL)) {
        return command_usage(&command_fingerprint,
                             "build: expected --persona ID and one file of "
                             "sample lines, or --vectors");
    }
    const char *fault = form_fault(SCHEMA_ID, text_of(options->persona));
    if (fault != NULL) { // it becomes a file's name
        return command_usage(&command_fingerprint, "--persona %s: not %s",
                             options->persona, fault);
    }
    if ((options->vectors == NULL) != (options->model == NULL)) {
        return command_usage(&command_fingerprint,
                             "--model and --vectors belong together");
    }
    if (!workshop_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    int code;
    if (lines) {
        print = build_lines(&shop, options, argv[optind + 1], &err);
    }
    if (options->vectors != NULL && (print != NULL || !lines)) {
        print = add_vectors(&shop, options, print, &err);
    }
    if (print != NULL) {
        code = save(print, options);
    } else {
        code = fail(&err,
                    err.kind == ERR_IO ? COMMAND_NO_INPUT : COMMAND_BAD_DATA);
    }
    fingerprint_free(print);
    voice_model_free(shop.model);
    return code;
}

/* ---------------------------------------------------------------- show, list
 */

static void
show_losses(const struct fingerprint_losses *lost)
{
    if (lost->given > 0) { // else not known
        printf("given        %zu lines: %zu twice, %zu without words, %zu not "
               "like the others; %zu nearly alike\n",
               lost->given, lost->duplicates, lost->unusable, lost->outliers,
               lost->alike);
    }
}

static void
show_registers(const struct fingerprint_vectors *v)
{
    if (v->scale.count > 0) {
        printf("             cosine mean %.3f, sd %.3f, each row left out\n",
               v->scale.mean, v->scale.sd);
    }
    for (size_t g = 0; g < v->register_count && v->register_count > 1; g++) {
        size_t rows = 0;
        for (size_t r = 0; r < v->rows; r++) {
            rows += v->register_of[r] == g;
        }
        printf("             register %zu: %zu rows\n", g, rows);
    }
}

static void
show_print(const struct fingerprint *print)
{
    char hex[DIGEST_HEX], made[32] = "unknown", warning[WARNING_BYTES];
    const time_t created = (time_t)print->created;
    struct tm utc;

    if (created > 0 && gmtime_r(&created, &utc) != NULL) {
        strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    digest_hex(&print->digest, hex);
    printf("persona      %.*s\n", TEXT_ARGS(print->persona));
    printf("digest       %s\n", hex);
    printf("source       %.*s\n", TEXT_ARGS(print->source));
    printf("created      %s\n", made);
    printf("lines        %zu\n", print->line_count);
    if (print->line_count > 0) {
        printf("voice model  %.*s\n", TEXT_ARGS(print->model));
        printf("calibration  mean %.3f, sd %.3f over %zu lines, left out in "
               "blocks\n",
               print->scale.mean, print->scale.sd, print->scale.count);
        show_losses(&print->lost);
    }
    for (size_t i = 0; i < print->vector_count; i++) {
        const struct fingerprint_vectors *v = &print->vectors[i];
        printf("vectors      %.*s: %zu rows of %zu\n", TEXT_ARGS(v->model),
               v->rows, v->dim);
        show_registers(v);
    }
    if (fingerprint_warning(print, warning, sizeof(warning))) {
        printf("warning      %s\n", warning);
    }
}

static int
run_show(int argc, char **argv, const struct options *options)
{
    struct workshop shop;
    struct err err;

    if (optind + 2 != argc) {
        return command_usage(&command_fingerprint,
                             "show: expected one fingerprint file");
    }
    if (!workshop_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    struct fingerprint *print =
        fingerprint_read(argv[optind + 1], shop.model, shop.kernels, &err);
    int code;
    if (print != NULL) {
        show_print(print);
        code = command_finish();
    } else {
        code = fail(&err,
                    err.kind == ERR_IO ? COMMAND_NO_INPUT : COMMAND_BAD_DATA);
    }
    fingerprint_free(print);
    voice_model_free(shop.model);
    return code;
}

static void
list_persona(const struct persona *p)
{
    const struct fingerprint *print = p->print;
    char hex[DIGEST_HEX] = "-", warning[WARNING_BYTES];

    if (print != NULL) {
        digest_hex(&print->digest, hex);
    }
    printf("%-20.*s %6zu %8zu %10.4f  %.12s\n", TEXT_ARGS(p->config->id),
           print != NULL ? print->line_count : 0,
           print != NULL ? print->vector_count : 0, p->threshold, hex);
    if (print != NULL && fingerprint_warning(print, warning, sizeof(warning))) {
        printf("%20s warning: %s\n", "", warning);
    }
}

static int
run_list(const struct options *options)
{
    struct engine *engine =
        command_engine(&options->settings, command_kernels());

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    printf("%-20s %6s %8s %10s  %s\n", "persona", "lines", "vectors",
           "threshold", "digest");
    for (size_t i = 0; i < personas_count(engine->personas); i++) {
        list_persona(personas_at(engine->personas, i));
    }
    engine_drop(engine);
    return command_finish();
}

/* ------------------------------------------------------------------- compare
 */

enum { MOST_COMPARED = 4096 };

static int
finish_compare(const struct kernel_set *kernels,
               const struct voice_model *model,
               const struct fingerprint *const *prints, size_t count)
{
    struct err err;

    if (count < 2) {
        err_set(&err, ERR_INVALID,
                "compare takes two fingerprints with lines or more; there %s "
                "%zu",
                count == 1 ? "is" : "are", count);
        return fail(&err, COMMAND_BAD_DATA);
    }
    if (!cmd_fingerprint_compare(kernels, model, prints, count, &err)) {
        return fail(&err, COMMAND_INTERNAL);
    }
    return command_finish();
}

/* The personas of the configuration. */
static int
compare_personas(const struct options *options,
                 const struct fingerprint **prints)
{
    const struct kernel_set *kernels = command_kernels();
    struct engine *engine = command_engine(&options->settings, kernels);
    size_t count = 0;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    for (size_t i = 0; i < personas_count(engine->personas); i++) {
        const struct fingerprint *print =
            personas_at(engine->personas, i)->print;
        if (print != NULL && print->line_count > 0 && count < MOST_COMPARED) {
            prints[count++] = print;
        }
    }
    const int code = finish_compare(kernels, personas_model(engine->personas),
                                    prints, count);
    engine_drop(engine);
    return code;
}

static int
compare_files(int argc, char **argv, const struct options *options,
              const struct fingerprint **prints)
{
    struct fingerprint *owned[MOST_COMPARED];
    struct workshop shop;
    size_t count = 0, compared = 0;
    struct err err;
    int code = COMMAND_DONE;

    if (!workshop_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    for (int i = optind + 1; i < argc && code == COMMAND_DONE; i++) {
        owned[count] =
            fingerprint_read(argv[i], shop.model, shop.kernels, &err);
        if (owned[count] == NULL) {
            code = fail(&err, err.kind == ERR_IO ? COMMAND_NO_INPUT
                                                 : COMMAND_BAD_DATA);
        } else if (owned[count++]->line_count > 0) {
            prints[compared++] = owned[count - 1];
        }
    }
    if (code == COMMAND_DONE) {
        code = finish_compare(shop.kernels, shop.model, prints, compared);
    }
    for (size_t i = 0; i < count; i++) {
        fingerprint_free(owned[i]);
    }
    voice_model_free(shop.model);
    return code;
}

static int
run_compare(int argc, char **argv, const struct options *options)
{
    const struct fingerprint *prints[MOST_COMPARED];

    if (argc - optind - 1 > MOST_COMPARED) {
        return command_usage(&command_fingerprint, "compare: above %d files",
                             MOST_COMPARED);
    }
    return optind + 1 < argc ? compare_files(argc, argv, options, prints)
                             : compare_personas(options, prints);
}

static int
run(int argc, char **argv)
{
    struct options options;

    const int early = read_options(argc, argv, &options);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const char *what = optind < argc ? argv[optind] : "";
    if (strcmp(what, "build") == 0) {
        return run_build(argc, argv, &options);
    }
    if (strcmp(what, "show") == 0) {
        return run_show(argc, argv, &options);
    }
    if (strcmp(what, "list") == 0 && optind + 1 == argc) {
        return run_list(&options);
    }
    if (strcmp(what, "compare") == 0) {
        return run_compare(argc, argv, &options);
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
        "usage: leeway fingerprint build --persona ID [options] SAMPLES\n"
        "       leeway fingerprint show FILE\n"
        "       leeway fingerprint compare [FILE ...]\n"
        "       leeway fingerprint list\n\n"
        "compare shows who could be taken for whom: the personas of the\n"
        "configuration, or the fingerprints in files.\n\n"
        "SAMPLES are lines of hers: .txt one a line, or .jsonl with "
        "\"text\".\n"
        "  -p, --persona ID     whose they are\n"
        "  -o, --output FILE    where to (ID.fingerprint)\n"
        "  --source NAME        where the lines are from (the file's name)\n"
        "  --model NAME         name of your own embedding model, and\n"
        "  --vectors FILE       its vectors: .jsonl with \"embedding\"\n"
        "  -c, --config FILE    the configuration: its voice model, its "
        "personas\n"
        "  -s, --set KEY=VALUE  override one setting; may stand many times\n\n"
        "exit: 0 done, 65 too few or bad samples, 66 no such file,\n"
        "      73 cannot write, 78 configuration\n",
    .run = run};
