#include <stdio.h>
#include <stdlib.h>

#include "kernels/batch.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fingerprint_compare.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/tools/cmd_fingerprint.h"
#include "sidecar/tools/cmd_fingerprint_files.h"
#include "sidecar/tools/show_json.h"

enum { MOST_COMPARED = 4096, ROW_WIDTH = 20, COLUMN_WIDTH = 10 };

static void
print_matrix(const struct fingerprint *const *prints, size_t count,
             const double *matrix)
{
    printf("%-*s", ROW_WIDTH, "a line of");
    for (size_t p = 0; p < count; p++) {
        const struct text id = utf8_cut(prints[p]->persona, COLUMN_WIDTH - 1);
        printf(" %*.*s", COLUMN_WIDTH - 1, TEXT_ARGS(id));
    }
    printf("\n");
    for (size_t q = 0; q < count + FINGERPRINT_BASELINES; q++) {
        const struct text id =
            q < count ? prints[q]->persona
                      : text_of(fingerprint_baseline_name(
                            (enum fingerprint_baseline)(q - count)));
        printf("%-*.*s", ROW_WIDTH, TEXT_ARGS(utf8_cut(id, ROW_WIDTH - 1)));
        for (size_t p = 0; p < count; p++) {
            if (p == q) {
                printf("%*s", COLUMN_WIDTH, "-");
            } else {
                printf("%*.2f", COLUMN_WIDTH, matrix[q * count + p]);
            }
        }
        printf("\n");
    }
    printf("\nlies so many standard deviations below the mean of the "
           "persona's own lines.\n");
}

static void
print_warnings(const struct fingerprint *const *prints, size_t count,
               const double *matrix)
{
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            const double apart = fingerprint_compare_pair(matrix, count, a, b);
            if (apart < FINGERPRINT_SAME_VOICE) {
                printf("warning: %.*s and %.*s are nearly the same voice "
                       "(%.2f, below %.2f): one's replies will pass for the "
                       "other's\n",
                       TEXT_ARGS(prints[a]->persona),
                       TEXT_ARGS(prints[b]->persona), apart,
                       FINGERPRINT_SAME_VOICE);
            }
        }
    }
}

/* --------------------------------------------------------------------- JSON
 */

static void
put_names(struct buffer *to, const struct fingerprint *const *prints,
          size_t count)
{
    wire_put_array(to, count + FINGERPRINT_BASELINES);
    for (size_t q = 0; q < count; q++) {
        wire_put_str(to, prints[q]->persona);
    }
    for (int b = 0; b < FINGERPRINT_BASELINES; b++) {
        wire_put_str(to, text_of(fingerprint_baseline_name(
                             (enum fingerprint_baseline)b)));
    }
}

static void
put_matrix(struct buffer *to, size_t count, const double *matrix)
{
    wire_put_array(to, count + FINGERPRINT_BASELINES);
    for (size_t q = 0; q < count + FINGERPRINT_BASELINES; q++) {
        wire_put_array(to, count);
        for (size_t p = 0; p < count; p++) {
            wire_put_double(to, matrix[q * count + p]);
        }
    }
}

static void
put_alike(struct buffer *to, const struct fingerprint *const *prints,
          size_t count, const double *matrix)
{
    const struct wire_open pairs = wire_open_array(to);
    size_t alike = 0;

    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            const double apart = fingerprint_compare_pair(matrix, count, a, b);
            if (apart >= FINGERPRINT_SAME_VOICE) {
                continue;
            }
            wire_put_map(to, 2);
            wire_put_str(to, TEXT("personas"));
            wire_put_array(to, 2);
            wire_put_str(to, prints[a]->persona);
            wire_put_str(to, prints[b]->persona);
            wire_put_str(to, TEXT("apart"));
            wire_put_double(to, apart);
            alike++;
        }
    }
    wire_close_array(to, pairs, alike);
}

/*
 * rows: whose mean line; columns: whose voice it is judged by, the personas
 * among the rows in their order.
 */
static bool
print_json(const struct fingerprint *const *prints, size_t count,
           const double *matrix)
{
    struct show_json json;

    show_json_open(&json);
    show_json_key(&json, "rows");
    put_names(&json.wire, prints, count);
    show_json_uint(&json, "columns", count);
    show_json_key(&json, "deviationsBelow");
    put_matrix(&json.wire, count, matrix);
    show_json_key(&json, "nearlyTheSame");
    put_alike(&json.wire, prints, count, matrix);
    const bool fine = show_json_close(&json, stdout);
    putchar('\n');
    return fine;
}

/* ------------------------------------------------------------------ command
 */

static int
print_comparison(const struct cmd_fingerprint_options *options,
                 const struct fingerprint *const *prints, size_t count,
                 const double *matrix)
{
    if (options->format == CMD_FINGERPRINT_JSON) {
        return print_json(prints, count, matrix) ? command_finish()
                                                 : COMMAND_INTERNAL;
    }
    print_matrix(prints, count, matrix);
    print_warnings(prints, count, matrix);
    return command_finish();
}

static int
compare(const struct cmd_fingerprint_options *options,
        const struct voice_model *model,
        const struct fingerprint *const *prints, size_t count)
{
    struct err err;

    if (count < 2) {
        err_set(&err, ERR_INVALID,
                "compare takes two fingerprints with lines or more; there %s "
                "%zu",
                count == 1 ? "is" : "are", count);
        return cmd_fingerprint_fail(&err, COMMAND_BAD_DATA);
    }
    (void)batch_init(); // without BLAS it is slower and no worse
    double *matrix =
        calloc((count + FINGERPRINT_BASELINES) * count, sizeof(*matrix));
    int code;
    if (matrix == NULL) {
        err_memory(&err, "a comparison of personas");
        code = cmd_fingerprint_fail(&err, COMMAND_INTERNAL);
    } else if (!fingerprint_compare(model, prints, count, matrix, &err)) {
        code = cmd_fingerprint_fail(&err, COMMAND_INTERNAL);
    } else {
        code = print_comparison(options, prints, count, matrix);
    }
    free(matrix);
    return code;
}

/* The personas of the configuration. */
static int
compare_personas(const struct cmd_fingerprint_options *options)
{
    const struct fingerprint *prints[MOST_COMPARED];
    struct engine *engine =
        command_engine(&options->settings, command_kernels());
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
    const int code =
        compare(options, personas_model(engine->personas), prints, count);
    engine_drop(engine);
    return code;
}

/* Fingerprints out of files. */
struct shelf {
    struct cmd_fingerprint_shop shop;
    struct fingerprint *owned[MOST_COMPARED];
    size_t count;
    int code; /* of the first thing that went wrong */
};

static void
add_file(void *context, const char *path)
{
    struct shelf *const shelf = context;
    struct fingerprint *print = NULL;
    struct err err;

    if (shelf->code != COMMAND_DONE) {
        return;
    }
    if (shelf->count == MOST_COMPARED) {
        err_set(&err, ERR_INVALID, "compare: above %d files", MOST_COMPARED);
    } else {
        print = fingerprint_read(path, shelf->shop.model, shelf->shop.kernels,
                                 &err);
    }
    if (print == NULL) {
        shelf->code = cmd_fingerprint_fail(&err, cmd_fingerprint_code(&err));
    } else {
        shelf->owned[shelf->count++] = print;
    }
}

static int
compare_files(int argc, char **argv,
              const struct cmd_fingerprint_options *options)
{
    const struct fingerprint *prints[MOST_COMPARED];
    struct shelf shelf = {.code = COMMAND_DONE};
    size_t count = 0;
    struct err err;

    if (!cmd_fingerprint_open(options, &shelf.shop)) {
        return COMMAND_CONFIG;
    }
    for (int i = 0; i < argc && shelf.code == COMMAND_DONE; i++) {
        if (!cmd_fingerprint_files_visit(argv[i], add_file, &shelf, &err)) {
            shelf.code = cmd_fingerprint_fail(&err, COMMAND_NO_INPUT);
        }
    }
    for (size_t i = 0; i < shelf.count; i++) {
        if (shelf.owned[i]->line_count > 0) { // not vectors alone
            prints[count++] = shelf.owned[i];
        }
    }
    const int code = shelf.code != COMMAND_DONE
                         ? shelf.code
                         : compare(options, shelf.shop.model, prints, count);
    for (size_t i = 0; i < shelf.count; i++) {
        fingerprint_free(shelf.owned[i]);
    }
    voice_model_free(shelf.shop.model);
    return code;
}

int
cmd_fingerprint_compare(int argc, char **argv,
                        const struct cmd_fingerprint_options *options)
{
    return argc > 0 ? compare_files(argc, argv, options)
                    : compare_personas(options);
}
