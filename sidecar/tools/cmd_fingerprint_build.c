#include <stdio.h>
#include <stdlib.h>

#include "config/form.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/tools/cmd_fingerprint.h"
#include "sidecar/tools/cmd_fingerprint_lines.h"
#include "sidecar/tools/show_text.h"
#include "sidecar/tools/vectors.h"

enum {
    WARNING_BYTES = 256,
    PATH_BYTES = 128 + sizeof(".fingerprint"), /* an id is at most 128 */
    LOST_TOLD = 10,  /* lines that are left out, told one by one */
    SHOWN_BYTES = 60 /* of a line that is left out */
};

/* ------------------------------------------------------------ what was lost
 */

static void
show_text(const struct cmd_fingerprint_line *line)
{
    const struct text part =
        utf8_cut((struct text){line->text, line->len}, SHOWN_BYTES);

    fputs(": ", stderr);
    show_text_plain(stderr, part);
    fputs(part.len < line->len ? "..." : "", stderr);
}

static void
tell_lost(const struct cmd_fingerprint_line *line, const char *why, bool text,
          size_t *told)
{
    if ((*told)++ >= LOST_TOLD) {
        return;
    }
    cmd_fingerprint_lines_place(line);
    fprintf(stderr, ": left out: %s", why);
    if (text) {
        show_text(line);
    }
    fputc('\n', stderr);
}

/*
 * Which lines the fingerprint did without. It names those that it kept and
 * those that are not hers, both ascending; the rest was said twice or has no
 * words.
 */
static void
tell_losses(const struct fingerprint *print,
            const struct cmd_fingerprint_sample *lines, bool text)
{
    size_t kept = 0, odd = 0, told_odd = 0, told_rest = 0;

    for (size_t i = 0; i < lines->count; i++) {
        if (kept < print->line_count && print->origins[kept] == i) {
            kept++;
        } else if (odd < print->lost.outliers && print->outliers[odd] == i) {
            odd++;
            tell_lost(&lines->at[i], "not like the others", text, &told_odd);
        } else {
            tell_lost(&lines->at[i], "said before, or without words", text,
                      &told_rest);
        }
    }
    if (told_odd > LOST_TOLD || told_rest > LOST_TOLD) {
        fprintf(stderr, "and %zu lines more left out\n",
                (told_odd > LOST_TOLD ? told_odd - LOST_TOLD : 0) +
                    (told_rest > LOST_TOLD ? told_rest - LOST_TOLD : 0));
    }
}

/* ----------------------------------------------------------------- building
 */

/* A file's name, cut from the front where it is longer than may be. */
static struct text
source_of(const char *name)
{
    struct text source = text_of(name);

    while (source.len > FINGERPRINT_NAME_BYTES ||
           (source.len > 0 && utf8_inside((unsigned char)*source.at))) {
        source = text_part(source, 1, source.len);
    }
    return source;
}

static struct fingerprint *
build_sample(const struct cmd_fingerprint_shop *shop,
             const struct cmd_fingerprint_options *options, const char *source,
             const struct cmd_fingerprint_sample *sample, struct err *err)
{
    struct text *texts = calloc(sample->count + 1, sizeof(*texts));

    if (texts == NULL) {
        err_memory(err, "sample lines");
        return NULL;
    }
    for (size_t i = 0; i < sample->count; i++) {
        texts[i] = (struct text){sample->at[i].text, sample->at[i].len};
    }
    const struct fingerprint_request request = {
        .persona = text_of(options->persona),
        .source = source_of(options->source != NULL ? options->source : source),
        .created = clock_wall_ms() / 1000,
        .lines = texts,
        .line_count = sample->count,
        .least = shop->min_samples};
    struct fingerprint *print =
        fingerprint_build(shop->model, shop->kernels, &request, err);
    free(texts);
    return print;
}

static struct fingerprint *
build_lines(const struct cmd_fingerprint_shop *shop,
            const struct cmd_fingerprint_options *options, const char *source,
            struct cmd_fingerprint_lines *lines, struct err *err)
{
    struct fingerprint *print;

    if (lines->hers.count == 0) {
        err_set(err, ERR_INVALID, "no lines of %s", options->persona);
        return NULL;
    }
    // Long lines may be more than a fingerprint holds although few.
    do {
        print = build_sample(shop, options, source, &lines->hers, err);
    } while (print == NULL && err->kind == ERR_TOO_LARGE &&
             cmd_fingerprint_lines_halve(&lines->hers));
    if (lines->hers.stride > 1) {
        fprintf(stderr,
                "%zu lines are more than a fingerprint holds: %zu taken, one "
                "run of neighbours in %zu\n",
                lines->hers.seen, lines->hers.count, lines->hers.stride);
    }
    if (print != NULL) {
        tell_losses(print, &lines->hers, options->show_text);
    }
    return print;
}

static struct fingerprint *
build_files(const struct cmd_fingerprint_shop *shop,
            const struct cmd_fingerprint_options *options, int count,
            char **paths, struct err *err)
{
    struct cmd_fingerprint_lines lines = {.several = false};
    struct fingerprint *print = NULL;
    bool fine = true;

    for (int i = 0; i < count && fine; i++) {
        fine = cmd_fingerprint_lines_read(&lines, paths[i], options, err);
    }
    if (fine && cmd_fingerprint_lines_settle(&lines, options, err)) {
        print = build_lines(shop, options, paths[0], &lines, err);
    }
    cmd_fingerprint_lines_clear(&lines);
    return print;
}

/* Puts the caller's own vectors into it. Frees `print` where that fails. */
static struct fingerprint *
add_vectors(const struct cmd_fingerprint_shop *shop,
            const struct cmd_fingerprint_options *options,
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

/* ------------------------------------------------------------------ command
 */

static int
save(const struct fingerprint *print,
     const struct cmd_fingerprint_options *options)
{
    char path[PATH_BYTES], warning[WARNING_BYTES];
    struct err err;

    snprintf(path, sizeof(path), "%s.fingerprint", options->persona);
    const char *to = options->output != NULL ? options->output : path;
    if (!fingerprint_write(print, to, &err)) {
        return cmd_fingerprint_fail(&err, COMMAND_CANNOT_CREATE);
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
check(int argc, const struct cmd_fingerprint_options *options)
{
    if (options->persona == NULL || (argc == 0 && options->vectors == NULL)) {
        return command_usage(&command_fingerprint,
                             "build: expected --persona ID and files of her "
                             "lines, or --vectors");
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
    return COMMAND_DONE;
}

int
cmd_fingerprint_build(int argc, char **argv,
                      const struct cmd_fingerprint_options *options)
{
    struct cmd_fingerprint_shop shop;
    struct fingerprint *print = NULL;
    struct err err;

    const int wrong = check(argc, options);
    if (wrong != COMMAND_DONE) {
        return wrong;
    }
    if (!cmd_fingerprint_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    if (argc > 0) {
        print = build_files(&shop, options, argc, argv, &err);
    }
    if (options->vectors != NULL && (print != NULL || argc == 0)) {
        print = add_vectors(&shop, options, print, &err);
    }
    const int code =
        print != NULL ? save(print, options)
                      : cmd_fingerprint_fail(&err, cmd_fingerprint_code(&err));
    fingerprint_free(print);
    voice_model_free(shop.model);
    return code;
}
