#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "config/form.h"
#include "sidecar/base/file.h"
#include "sidecar/base/little.h"
#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/tools/cmd_fingerprint.h"
#include "sidecar/tools/cmd_fingerprint_text.h"
#include "sidecar/tools/show_json.h"

/* Alert rates that people ask for: shares of her own lines. */
static const double rates[] = {0.01, 0.05, 0.10};
enum { RATES = sizeof(rates) / sizeof(rates[0]), PER_WORDS = 100 };

/* A fingerprint, and what is known beside it. */
struct shown {
    const struct fingerprint *print;
    const char *path;          /* NULL: a persona of the configuration */
    unsigned version;          /* of the file's format; 0: no file */
    const struct persona *who; /* NULL: a file */
};

/* ------------------------------------------------------------------- people
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
show_thresholds(size_t count)
{
    struct err err;

    for (size_t i = 0; i < RATES; i++) {
        double threshold;
        printf("%s %2.0f %%: ", i == 0 ? "thresholds  " : "            ",
               rates[i] * 100.0);
        if (drift_scale_threshold(count, rates[i], &threshold, &err)) {
            printf("driftScore %.4f\n", threshold);
        } else {
            printf("not to be had: %s\n", err.message);
        }
    }
}

static void
show_traits(const struct voice_traits *traits)
{
    for (size_t t = 0; traits->words > 0 && t < VOICE_TRAITS; t++) {
        printf("%s %6.2f %s per %d words\n",
               t == 0 ? "traits      " : "            ",
               (double)traits->counts[t] * PER_WORDS / (double)traits->words,
               voice_trait_name((enum voice_trait)t), PER_WORDS);
    }
}

static void
show_lines(const struct fingerprint *print)
{
    printf("voice model  %.*s\n", TEXT_ARGS(print->model));
    printf("calibration  mean %.3f, sd %.3f over %zu lines, left out in "
           "blocks\n",
           print->scale.mean, print->scale.sd, print->scale.count);
    show_thresholds(print->scale.count);
    show_losses(&print->lost);
    show_traits(&print->traits);
}

static size_t
register_rows(const struct fingerprint_vectors *v, size_t which)
{
    size_t rows = 0;

    for (size_t r = 0; r < v->rows; r++) {
        rows += v->register_of[r] == which;
    }
    return rows;
}

static void
show_vectors(const struct fingerprint_vectors *v)
{
    printf("vectors      %.*s: %zu rows of %zu\n", TEXT_ARGS(v->model), v->rows,
           v->dim);
    if (v->scale.count > 0) {
        printf("             cosine mean %.3f, sd %.3f, each row left out\n",
               v->scale.mean, v->scale.sd);
    }
    for (size_t g = 0; g < v->register_count && v->register_count > 1; g++) {
        printf("             register %zu: %zu rows\n", g, register_rows(v, g));
    }
}

static void
show_human(const struct shown *shown)
{
    const struct fingerprint *print = shown->print;
    char hex[DIGEST_HEX], made[CMD_FINGERPRINT_TEXT_TIME];
    char warning[CMD_FINGERPRINT_TEXT_WARNING];

    cmd_fingerprint_text_time(print->created, made);
    digest_hex(&print->digest, hex);
    printf("persona      %.*s\n", TEXT_ARGS(print->persona));
    printf("digest       %s\n", hex);
    printf("source       %.*s\n", TEXT_ARGS(print->source));
    printf("created      %s\n", made[0] != '\0' ? made : "unknown");
    if (shown->version > 0) {
        printf("format       %u\n", shown->version);
    }
    printf("lines        %zu\n", print->line_count);
    if (shown->who != NULL) {
        printf("threshold    %.4f in force\n", shown->who->threshold);
    }
    if (print->line_count > 0) {
        show_lines(print);
    }
    for (size_t i = 0; i < print->vector_count; i++) {
        show_vectors(&print->vectors[i]);
    }
    if (fingerprint_warning(print, warning, sizeof(warning))) {
        printf("warning      %s\n", warning);
    }
}

/* --------------------------------------------------------------------- JSON
 */

static void
put_key(struct buffer *to, const char *key)
{
    wire_put_str(to, text_of(key));
}

static void
put_scale(struct buffer *to, const struct drift_scale *scale)
{
    wire_put_map(to, 3);
    put_key(to, "count");
    wire_put_uint(to, scale->count);
    put_key(to, "mean");
    wire_put_double(to, scale->count > 0 ? scale->mean : (double)NAN);
    put_key(to, "sd");
    wire_put_double(to, scale->count > 0 ? scale->sd : (double)NAN);
}

static void
put_thresholds(struct buffer *to, size_t count)
{
    struct err err;

    wire_put_array(to, RATES);
    for (size_t i = 0; i < RATES; i++) {
        double threshold = (double)NAN;
        if (!drift_scale_threshold(count, rates[i], &threshold, &err)) {
            threshold = (double)NAN; // too few lines: null
        }
        wire_put_map(to, 2);
        put_key(to, "alertRate");
        wire_put_double(to, rates[i]);
        put_key(to, "driftScore");
        wire_put_double(to, threshold);
    }
}

static void
put_traits(struct buffer *to, const struct voice_traits *traits)
{
    wire_put_map(to, VOICE_TRAITS);
    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        put_key(to, voice_trait_name((enum voice_trait)t));
        wire_put_double(to, traits->words > 0
                                ? (double)traits->counts[t] * PER_WORDS /
                                      (double)traits->words
                                : (double)NAN);
    }
}

static void
put_losses(struct buffer *to, const struct fingerprint_losses *lost)
{
    const struct {
        const char *key;
        size_t count;
    } rows[] = {{"given", lost->given},
                {"duplicates", lost->duplicates},
                {"unusable", lost->unusable},
                {"outliers", lost->outliers},
                {"alike", lost->alike}};
    const size_t count = sizeof(rows) / sizeof(rows[0]);

    wire_put_map(to, count);
    for (size_t i = 0; i < count; i++) {
        put_key(to, rows[i].key);
        wire_put_uint(to, rows[i].count);
    }
}

static void
put_vectors(struct buffer *to, const struct fingerprint *print)
{
    wire_put_array(to, print->vector_count);
    for (size_t i = 0; i < print->vector_count; i++) {
        const struct fingerprint_vectors *v = &print->vectors[i];
        wire_put_map(to, 5);
        put_key(to, "model");
        wire_put_str(to, v->model);
        put_key(to, "rows");
        wire_put_uint(to, v->rows);
        put_key(to, "dim");
        wire_put_uint(to, v->dim);
        put_key(to, "calibration");
        put_scale(to, &v->scale);
        put_key(to, "registers"); // how many rows each one has
        wire_put_array(to, v->register_count);
        for (size_t g = 0; g < v->register_count; g++) {
            wire_put_uint(to, register_rows(v, g));
        }
    }
}

static void
put_lines(struct show_json *json, const struct fingerprint *print)
{
    show_json_text(json, "voiceModel", print->model);
    show_json_key(json, "calibration");
    put_scale(&json->wire, &print->scale);
    show_json_key(json, "thresholds");
    put_thresholds(&json->wire, print->scale.count);
    show_json_key(json, "traitsPer100Words");
    put_traits(&json->wire, &print->traits);
    if (print->lost.given > 0) {
        show_json_key(json, "losses");
        put_losses(&json->wire, &print->lost);
    }
}

static int
show_as_json(const struct shown *shown)
{
    const struct fingerprint *print = shown->print;
    struct show_json json;

    show_json_open(&json);
    cmd_fingerprint_text_json(&json, print, shown->path);
    show_json_text(&json, "source", print->source);
    if (shown->version > 0) {
        show_json_uint(&json, "formatVersion", shown->version);
    }
    if (shown->who != NULL) {
        show_json_double(&json, "threshold", shown->who->threshold);
    }
    if (print->line_count > 0) {
        put_lines(&json, print);
    }
    show_json_key(&json, "vectors");
    put_vectors(&json.wire, print);
    if (!show_json_close(&json, stdout)) {
        fprintf(stderr, "leeway fingerprint: no memory, or no UTF-8\n");
        return COMMAND_INTERNAL;
    }
    putchar('\n');
    return COMMAND_DONE;
}

static int
show(const struct shown *shown, const struct cmd_fingerprint_options *options)
{
    int code = COMMAND_DONE;

    if (options->format == CMD_FINGERPRINT_JSON) {
        code = show_as_json(shown);
    } else {
        show_human(shown);
    }
    return code == COMMAND_DONE ? command_finish() : code;
}

/* ------------------------------------------------------------------ command
 */

enum { VERSION_AT = 8 }; // behind the magic: fingerprint_file.c

static int
show_file(const char *path, const struct cmd_fingerprint_options *options)
{
    struct cmd_fingerprint_shop shop;
    struct fingerprint *print = NULL;
    struct buffer file;
    struct err err;
    int code;

    if (!cmd_fingerprint_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    if (file_read(path, FINGERPRINT_FILE_BYTES, &file, &err)) {
        print = fingerprint_decode(buffer_text(&file), path, shop.model,
                                   shop.kernels, &err);
    }
    if (print != NULL) {
        const struct shown shown = {.print = print,
                                    .path = path,
                                    .version =
                                        little_u32(file.at + VERSION_AT)};
        code = show(&shown, options);
    } else {
        code = cmd_fingerprint_fail(&err, cmd_fingerprint_code(&err));
    }
    buffer_clear(&file);
    fingerprint_free(print);
    voice_model_free(shop.model);
    return code;
}

static int
show_persona(const char *id, const struct cmd_fingerprint_options *options)
{
    struct engine *engine =
        command_engine(&options->settings, command_kernels());
    struct shown shown = {.path = NULL};
    struct err err;
    int code;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    if (!persona_find(engine->personas, text_of(id), &shown.who, &err)) {
        err_under(&err, "%s is no file", id);
        code = cmd_fingerprint_fail(&err, COMMAND_NO_INPUT);
    } else if (shown.who->print == NULL) {
        err_set(&err, ERR_INVALID, "%s has no samples and no fingerprint", id);
        code = cmd_fingerprint_fail(&err, COMMAND_BAD_DATA);
    } else {
        shown.print = shown.who->print;
        code = show(&shown, options);
    }
    engine_drop(engine);
    return code;
}

int
cmd_fingerprint_show(int argc, char **argv,
                     const struct cmd_fingerprint_options *options)
{
    struct stat about;

    if (argc != 1) {
        return command_usage(&command_fingerprint,
                             "show: expected one fingerprint file, or a "
                             "persona of the configuration");
    }
    if (stat(argv[0], &about) != 0 &&
        form_fault(SCHEMA_ID, text_of(argv[0])) == NULL) {
        return show_persona(argv[0], options);
    }
    return show_file(argv[0], options);
}
