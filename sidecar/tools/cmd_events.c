/*
 * `events`: the alerts of the outbox, as JSON lines.
 */
#include "sidecar/tools/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sidecar/tools/stored.h"
#include "sidecar/tools/options.h"
#include "sidecar/tools/show_json.h"

enum {
    PAGE = 100,                 /* alerts read at once */
    ARENA_BYTES = 64 << 20,     /* for one page */
    POLL_NS = 200 * 1000 * 1000 /* between two looks, with --follow */
};

struct events_options {
    const char *file;
    unsigned long long after;
    bool follow;
};

static int
read_option(int letter, void *context)
{
    struct events_options *options = context;
    char *end = NULL;

    switch (letter) {
    case 'F':
        options->follow = true;
        break;
    case 'f':
        options->file = optarg;
        break;
    default:
        errno = 0;
        options->after = strtoull(optarg, &end, 10);
        if (errno != 0 || end == optarg || *end != '\0' || optarg[0] == '-' ||
            options->after > INT64_MAX) {
            return command_usage(&command_events, "--after %s: a whole number",
                                 optarg);
        }
        break;
    }
    return OPTIONS_GO_ON;
}

static bool
print_alert(const struct store_outbox_row *row)
{
    const struct store_alert *a = &row->alert;
    struct show_json json;

    show_json_open(&json);
    show_json_uint(&json, "number", row->number);
    show_json_text(&json, "id", a->id);
    show_json_text(&json, "type", a->type);
    show_json_text(&json, "reason", a->reason);
    show_json_text(&json, "severity", a->severity);
    show_json_text(&json, "dedupKey", a->dedup_key);
    show_json_key(&json, "at");
    wire_put_int(&json.wire, a->at_ms);
    show_json_text(&json, "persona", a->persona);
    show_json_text(&json, "session", a->session);
    show_json_text(&json, "messageId", a->message_id);
    show_json_text(&json, "workspace", a->workspace);
    show_json_text(&json, "requestId", a->request_id);
    show_json_double(&json, "driftScore", a->drift_score);
    show_json_double(&json, "driftThreshold", a->drift_threshold);
    show_json_uint(&json, "repeats", row->repeats);
    show_json_metadata(&json, "metadata", a->metadata);
    return show_json_close(&json, stdout) && putchar('\n') != EOF;
}

/* Prints what there is after *after; COMMAND_DONE, or what went wrong. */
static int
print_page(struct stored *stored, struct arena *arena, uint64_t *after,
           size_t *count)
{
    static struct store_outbox_row rows[PAGE];
    struct err err;

    arena_reset(arena);
    *count = store_file_outbox(stored->file, *after, PAGE, rows, arena, &err);
    if (err.kind != ERR_NONE) {
        return stored_fail(&command_events, &err);
    }
    for (size_t i = 0; i < *count; i++) {
        if (!print_alert(&rows[i]) && ferror(stdout) == 0) {
            fprintf(stderr, "leeway events: an alert that is not UTF-8\n");
            return COMMAND_BAD_DATA;
        }
        *after = rows[i].number;
    }
    return command_finish();
}

static int
print_all(struct stored *stored, const struct events_options *options)
{
    static const struct timespec pause = {0, POLL_NS};
    struct arena *arena = arena_new(ARENA_BYTES);
    uint64_t after = options->after;
    int code = COMMAND_DONE;
    size_t count = PAGE;

    if (arena == NULL) {
        fprintf(stderr, "leeway events: out of memory\n");
        return COMMAND_INTERNAL;
    }
    while (code == COMMAND_DONE && (count > 0 || options->follow)) {
        code = print_page(stored, arena, &after, &count);
        if (code == COMMAND_DONE && count == 0 && options->follow) {
            (void)nanosleep(&pause, NULL);
        }
    }
    arena_free(arena);
    return code;
}

static int
run(int argc, char **argv)
{
    static const struct option rows[] = {
        {"file", required_argument, NULL, 'f'},
        {"after", required_argument, NULL, 'a'},
        {"follow", no_argument, NULL, 'F'},
        OPTIONS_COMMON};
    static const struct options_table table = {&command_events, rows,
                                               "c:s:hf:a:", read_option};
    struct events_options options = {.file = NULL};
    struct command_settings settings = {.path = NULL};
    struct stored stored;

    int code = options_read(&table, argc, argv, &settings, &options);
    if (code != OPTIONS_GO_ON) {
        return code;
    }
    if (optind < argc) {
        return command_usage(&command_events, "%s: no such argument",
                             argv[optind]);
    }
    code = stored_open(&command_events, &settings, options.file, &stored);
    if (code != COMMAND_DONE) {
        return code;
    }
    code = print_all(&stored, &options);
    stored_close(&stored);
    return code;
}

const struct command command_events = {
    .name = "events",
    .summary = "the alerts, as JSON lines",
    .help = "examples:\n"
            "  leeway events\n"
            "  leeway events --follow | kcat -P -b broker -t leeway\n\n"
            "  -c, --config FILE      the configuration: store.path\n"
            "      --set KEY=VALUE    override a scalar of it\n"
            "      --file FILE        this store, whatever store.path says\n"
            "      --after NUMBER     the alerts after this one\n"
            "      --follow           go on with those that come, until "
            "interrupted\n",
    .run = run};
