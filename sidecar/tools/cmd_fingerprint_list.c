#include <stdio.h>

#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/tools/cmd_fingerprint.h"
#include "sidecar/tools/cmd_fingerprint_files.h"
#include "sidecar/tools/cmd_fingerprint_text.h"

enum { ID_WIDTH = 20, HEX_SHOWN = 12 };

/* ----------------------------------------------------------------- one line
 */

static void
print_head(const struct cmd_fingerprint_options *options)
{
    if (options->format == CMD_FINGERPRINT_HUMAN) {
        printf("%-*s %6s %8s %9s %10s  %-*s %s\n", ID_WIDTH, "persona", "lines",
               "vectors", "registers", "threshold", HEX_SHOWN, "digest",
               "created");
    }
}

/* A fingerprint as a row; print NULL: a persona without one. */
static void
print_row(struct text persona, const struct fingerprint *print,
          const char *threshold)
{
    char hex[DIGEST_HEX] = "-", made[CMD_FINGERPRINT_TEXT_TIME] = "";
    char warning[CMD_FINGERPRINT_TEXT_WARNING];

    if (print != NULL) {
        digest_hex(&print->digest, hex);
        cmd_fingerprint_text_time(print->created, made);
    }
    printf("%-*.*s %6zu %8zu %9zu %10s  %-*.*s %s\n", ID_WIDTH,
           TEXT_ARGS(persona), print != NULL ? print->line_count : 0,
           print != NULL ? print->vector_count : 0,
           print != NULL ? cmd_fingerprint_text_registers(print) : 0, threshold,
           HEX_SHOWN, HEX_SHOWN, hex, made[0] != '\0' ? made : "-");
    if (print != NULL && fingerprint_warning(print, warning, sizeof(warning))) {
        printf("%*s warning: %s\n", ID_WIDTH, "", warning);
    }
}

static bool
print_json(struct show_json *json)
{
    if (!show_json_close(json, stdout)) {
        fprintf(stderr, "leeway fingerprint: no memory, or no UTF-8\n");
        return false;
    }
    putchar('\n');
    return true;
}

/* ------------------------------------------------------------ configuration
 */

static bool
list_persona(const struct persona *p,
             const struct cmd_fingerprint_options *options)
{
    char threshold[16];
    struct show_json json;

    if (options->format == CMD_FINGERPRINT_HUMAN) {
        snprintf(threshold, sizeof(threshold), "%.4f", p->threshold);
        print_row(p->config->id, p->print, threshold);
        return true;
    }
    show_json_open(&json);
    if (p->print != NULL) {
        cmd_fingerprint_text_json(&json, p->print, NULL);
    } else {
        show_json_text(&json, "persona", p->config->id);
        show_json_key(&json, "digest");
        wire_put_nil(&json.wire);
        show_json_uint(&json, "lines", 0);
    }
    show_json_double(&json, "threshold", p->threshold);
    return print_json(&json);
}

static int
list_personas(const struct cmd_fingerprint_options *options)
{
    struct engine *engine =
        command_engine(&options->settings, command_kernels());
    bool fine = true;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    print_head(options);
    for (size_t i = 0; i < personas_count(engine->personas) && fine; i++) {
        fine = list_persona(personas_at(engine->personas, i), options);
    }
    engine_drop(engine);
    return fine ? command_finish() : COMMAND_INTERNAL;
}

/* -------------------------------------------------------------------- files
 */

struct listing {
    const struct cmd_fingerprint_options *options;
    const struct cmd_fingerprint_shop *shop;
    bool headed; /* the heading is printed: before the first row */
    int code;    /* of the first thing that went wrong */
};

static void
list_file(void *context, const char *path)
{
    struct listing *const l = context;
    struct show_json json;
    struct err err;

    struct fingerprint *print =
        fingerprint_read(path, l->shop->model, l->shop->kernels, &err);
    if (print == NULL) {
        const int code = cmd_fingerprint_fail(&err, cmd_fingerprint_code(&err));
        l->code = l->code == COMMAND_DONE ? code : l->code;
        return;
    }
    if (!l->headed) {
        print_head(l->options);
        l->headed = true;
    }
    if (l->options->format == CMD_FINGERPRINT_HUMAN) {
        print_row(print->persona, print, "-");
    } else {
        show_json_open(&json);
        cmd_fingerprint_text_json(&json, print, path);
        if (!print_json(&json)) {
            l->code = COMMAND_INTERNAL;
        }
    }
    fingerprint_free(print);
}

static int
list_files(int argc, char **argv, const struct cmd_fingerprint_options *options)
{
    struct cmd_fingerprint_shop shop;
    struct listing listing = {.options = options, .shop = &shop};
    struct err err;

    if (!cmd_fingerprint_open(options, &shop)) {
        return COMMAND_CONFIG;
    }
    for (int i = 0; i < argc; i++) {
        if (!cmd_fingerprint_files_visit(argv[i], list_file, &listing, &err)) {
            listing.code = cmd_fingerprint_fail(&err, COMMAND_NO_INPUT);
        }
    }
    voice_model_free(shop.model);
    const int finished = command_finish();
    return listing.code != COMMAND_DONE ? listing.code : finished;
}

int
cmd_fingerprint_list(int argc, char **argv,
                     const struct cmd_fingerprint_options *options)
{
    return argc > 0 ? list_files(argc, argv, options) : list_personas(options);
}
