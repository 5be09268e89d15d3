/*
 * `machine`: state machines for people: a front end's export as YAML, and a
 * machine played on the command line.
 */
#include <stdio.h>

#include "config/schema.h"
#include "sidecar/base/file.h"
#include "sidecar/engine/machine.h"
#include "sidecar/tools/machine_import.h"
#include "sidecar/tools/options.h"

enum { EXPORT_BYTES = 16 << 20, YAML_BYTES = 64 << 20, NOTES_BYTES = 4 << 20 };

/* ---------------------------------------------------------------- importing */

static int
import_file(const char *path)
{
    struct buffer json, yaml, notes;
    struct err err;
    int code = COMMAND_DONE;

    if (!file_read(path, EXPORT_BYTES, &json, &err)) {
        fprintf(stderr, "leeway machine: %s\n", err.message);
        return COMMAND_NO_INPUT;
    }
    buffer_init(&yaml, YAML_BYTES);
    buffer_init(&notes, NOTES_BYTES);
    if (machine_import(buffer_text(&json), &yaml, &notes, &err)) {
        fwrite(yaml.at, 1, yaml.len, stdout);
        fwrite(notes.len > 0 ? notes.at : "", 1, notes.len, stderr);
        code = command_finish();
    } else {
        fprintf(stderr, "leeway machine: %s: %s\n", path, err.message);
        code = COMMAND_BAD_DATA;
    }
    buffer_clear(&json);
    buffer_clear(&yaml);
    buffer_clear(&notes);
    return code;
}

/* ------------------------------------------------------------------ playing */

static void
print_step(const struct machine_step *step, const char *word)
{
    const char *outcome = machine_outcome_name(step->after.outcome);
    const char *ended = machine_cause_name(step->ended_by);

    printf("%-9s %s -> %s  score %g", word,
           machine_state_name(&step->before).at,
           machine_state_name(&step->after).at,
           (double)step->after.score / MACHINE_SCORE_ONE);
    if (step->moved_by == MACHINE_MAX_REDIRECTS) {
        printf("  taken for %s", machine_decision_name(step->decision));
    }
    if (outcome != NULL) {
        printf("  %s (%s)", outcome, ended);
    }
    for (size_t i = 0; i < step->opened_count; i++) {
        printf("  opens %s", machine_config(machine_opened(step, i))->id.at);
    }
    printf("\n");
}

static bool
decision_of(const char *word, enum config_decision *out)
{
    for (const struct schema_name *n = schema_decisions; n->name; n++) {
        if (strcmp(n->name, word) == 0) {
            *out = (enum config_decision)n->value;
            return true;
        }
    }
    return false;
}

static int
play_words(struct machine_play *play, int argc, char **argv)
{
    struct machine_step step;
    struct err err;

    for (int i = 0; i < argc; i++) {
        struct machine_move move = {.decision = CONFIG_UNDECIDED};
        if (!decision_of(argv[i], &move.decision)) {
            return command_usage(&command_machine,
                                 "%s: pass, redirect, reject or kick_out",
                                 argv[i]);
        }
        if (!machine_play_step(play, &move, &step, &err)) {
            fprintf(stderr, "leeway machine: %s\n", err.message);
            return COMMAND_BAD_DATA;
        }
        print_step(&step, argv[i]);
    }
    return command_finish();
}

static int
play(const struct command_settings *settings, int argc, char **argv)
{
    struct engine *engine = command_engine(settings, command_kernels());
    struct machine_play play = {.count = 0};
    struct err err;
    int code = COMMAND_BAD_DATA;

    if (engine == NULL) {
        return COMMAND_CONFIG;
    }
    const struct machine *machine =
        machines_find(engine->machines, text_of(argv[0]));
    if (machine == NULL) {
        fprintf(stderr, "leeway machine: there is no machine \"%s\"\n",
                argv[0]);
    } else if (!machine_play_enter(&play, machine, &err)) {
        fprintf(stderr, "leeway machine: %s\n", err.message);
    } else {
        code = play_words(&play, argc - 1, argv + 1);
    }
    engine_drop(engine);
    return code;
}

static int
run(int argc, char **argv)
{
    static const struct option rows[] = {OPTIONS_COMMON};
    const struct options_table table = {
        .command = &command_machine, .rows = rows, .letters = "c:s:h"};
    struct command_settings settings = {.path = NULL};

    const int early = options_read(&table, argc, argv, &settings, NULL);
    if (early != OPTIONS_GO_ON) {
        return early;
    }
    const int words = argc - optind;
    if (words == 2 && strcmp(argv[optind], "import") == 0) {
        return import_file(argv[optind + 1]);
    }
    if (words >= 2 && strcmp(argv[optind], "play") == 0) {
        return play(&settings, words - 1, argv + optind + 1);
    }
    return command_usage(&command_machine,
                         "import FILE, or play MACHINE DECISION...");
}

const struct command command_machine = {
    .name = "machine",
    .summary = "import a front end's state machines, play one",
    .help =
        "examples:\n"
        "  leeway machine play hollow_market pass redirect pass reject\n"
        "  leeway machine import export.json > config/machines/mine.yaml\n\n"
        "usage: leeway machine play MACHINE DECISION...\n"
        "         steps it: pass, redirect, reject, kick_out\n"
        "       leeway machine import FILE\n"
        "         an exported JSON (persona, machines, variables,\n"
        "         machine_links) as YAML on stdout; what is left out is said\n"
        "         on stderr; `leeway check` proves the machines sane\n"
        "  -c, --config FILE    the configuration\n"
        "  -s, --set KEY=VALUE  override one setting\n\n"
        "exit: 0 done, 64 usage, 65 bad data, 66 no input, 78 configuration\n",
    .run = run};
