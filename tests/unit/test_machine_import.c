/* A front end's export becomes YAML that loads, or a message with a place. */
#include "sidecar/tools/machine_import.h"

#include "sidecar/engine/machine.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

enum { BYTES = 1 << 20 };

#define STATES                                                                 \
    "\"states\": [{\"state_key\": \"a\", \"is_initial\": true, \"prompt\": "   \
    "\"x\"}, {\"state_key\": \"b\", \"name\": \"The \\\"end\\\"\\n\", "        \
    "\"is_terminal\": true}]"
#define EXPORT                                                                 \
    "{\"persona\": {\"id\": \"psn_1\", \"name\": \"Ann\"}, \"variables\": "    \
    "[1], \"machines\": [{\"id\": 7, \"machine_key\": \"main\", \"name\": "    \
    "null, \"max_redirects\": 2, " STATES ", \"transitions\": ["               \
    "{\"from_state_key\": \"a\", \"to_state_key\": \"b\", \"decision_type\": " \
    "\"pass\", \"score_delta\": 3.5, \"priority\": 1}, {\"from_state_key\": "  \
    "\"a\", \"to_state_key\": \"b\", \"decision_type\": \"reject\", "          \
    "\"score_delta\": -4}, {\"from_state_key\": \"a\", \"to_state_key\": "     \
    "\"a\", \"decision_type\": \"redirect\"}]}, {\"id\": \"m2\", "             \
    "\"is_entry\": false, \"scoring_mode\": \"pass_fail\", " STATES            \
    ", \"transitions\": [{\"from_state_key\": \"a\", \"to_state_key\": "       \
    "\"b\"}]}], \"machine_links\": [{\"from_machine_id\": 7, "                 \
    "\"to_machine_id\": \"m2\", \"condition_type\": \"score_gte\", "           \
    "\"condition_value\": 3, \"is_auto_advance\": true}]}"

static const char wanted[] =
    "schema: 1\n"
    "\n"
    "machines:\n"
    "  - id: 7\n"
    "    key: \"main\"\n"
    "    max_redirects: 2\n"
    "    states:\n"
    "      - {id: a, initial: true}\n"
    "      - {id: b, name: \"The \\\"end\\\"\\x0a\", terminal: true}\n"
    "    transitions:\n"
    "      - {from: a, to: b, score: 3.5, priority: 1}\n"
    "      - {from: a, on: reject, score: -4}\n"
    "      - {from: a, on: redirect}\n"
    "    links:\n"
    "      - {to: m2, score_gte: 3, auto_advance: true}\n"
    "  - id: m2\n"
    "    entry: false\n"
    "    scoring: pass_fail\n"
    "    states:\n"
    "      - {id: a, initial: true}\n"
    "      - {id: b, name: \"The \\\"end\\\"\\x0a\", terminal: true}\n"
    "    transitions:\n"
    "      - {from: a, to: b}\n"
    "\n"
    "# Whose they are; where she stands in another file, say it there.\n"
    "personas:\n"
    "  - id: psn_1\n"
    "    machines: [7, m2]\n";

static const char noted[] =
    "variables: left out\n"
    "machines[0].states[0].prompt: left out\n"
    "machines[1].states[0].prompt: left out\n"
    "machine 7: the reject of a leads to b: left out, a reject goes where a "
    "pass goes\n";

static struct buffer yaml, notes;
static struct err err;

static bool
import(struct text json)
{
    buffer_init(&yaml, BYTES);
    buffer_init(&notes, BYTES);
    return machine_import(json, &yaml, &notes, &err);
}

static void
forget(void)
{
    buffer_clear(&yaml);
    buffer_clear(&notes);
}

START_TEST(an_export_becomes_yaml)
{
    ck_assert_msg(import(text_of(EXPORT)), "%s", err.message);
    buffer_add_byte(&yaml, '\0');
    buffer_add_byte(&notes, '\0');
    ck_assert_str_eq(yaml.at, wanted);
    ck_assert_str_eq(notes.at, noted);
    forget();
}
END_TEST

/* Ids may hold and end with a colon, and be a word that YAML takes for none. */
START_TEST(ids_that_yaml_would_misread_are_quoted)
{
    static const char json[] =
        "{\"persona\": \"p:\", \"machines\": [{\"id\": \"null\", \"states\": "
        "[{\"id\": \"a:\", \"initial\": true}, {\"id\": \"b:c\", \"terminal\": "
        "true}], \"transitions\": [{\"from\": \"a:\", \"to\": \"b:c\", "
        "\"score\": "
        "3}, {\"from\": \"a:\", \"on\": \"reject\", \"score\": -3}]}]}";

    ck_assert_msg(import(text_of(json)), "%s", err.message);
    buffer_add_text(&yaml, TEXT("allow_empty: true\n"));
    buffer_add_byte(&yaml, '\0');
    support_config_enter();
    struct support_config loaded = support_config_good(yaml.at, NULL);
    ck_assert_str_eq(loaded.config->personas[0].id.at, "p:");
    ck_assert_str_eq(loaded.config->machines[0].id.at, "null");
    ck_assert_str_eq(loaded.config->machines[0].states[0].id.at, "a:");
    ck_assert_str_eq(loaded.config->machines[0].transitions[0].to.at, "b:c");
    support_config_clear(&loaded);
    support_config_leave();
    forget();
}
END_TEST

START_TEST(notes_leave_the_terminal_alone)
{
    static const char json[] = "{\"\\u001b]0;x\\u0007\\u009b31m\": 1, "
                               "\"machines\": [{\"id\": \"m\"}]}";

    ck_assert_msg(import(text_of(json)), "%s", err.message);
    buffer_add_byte(&notes, '\0');
    ck_assert_str_eq(notes.at, "?]0;x???31m: left out\n");
    forget();
}
END_TEST

START_TEST(the_yaml_loads_and_plays)
{
    char file[sizeof(wanted) + 32];

    snprintf(file, sizeof(file), "allow_empty: true\n%s", wanted);
    support_config_enter();
    struct support_config loaded = support_config_good(file, NULL);
    struct machines *machines = machines_build(loaded.config);
    ck_assert_ptr_nonnull(machines);
    struct machine_play play = {.count = 0};
    const struct machine_move move = {.decision = CONFIG_PASS};
    struct machine_step step;
    ck_assert(
        machine_play_enter(&play, machines_find(machines, TEXT("7")), &err));
    ck_assert(machine_play_step(&play, &move, &step, &err));
    ck_assert_int_eq(step.after.outcome, CONFIG_ACCEPTED);
    ck_assert_ptr_eq(play.at[play.current].machine,
                     machines_find(machines, TEXT("m2")));
    machines_free(machines);
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

START_TEST(a_cut_export_is_refused)
{
    const struct text whole = TEXT(EXPORT);

    for (size_t n = 0; n < whole.len; n++) {
        ck_assert_msg(!import(text_part(whole, 0, n)), "%zu bytes", n);
        forget();
    }
}
END_TEST

static const struct {
    const char *json, *said;
} bad[] = {
    {"[]", "map"},
    {"{}", "machines: none in the export"},
    {"{\"machines\": []}", "machines: none in the export"},
    {"{\"machines\": {}}", "machines: "},
    {"{\"machines\": [{\"id\": \"a b\"}]}",
     "machines[0].id: an id has letters, digits and . _ : - only"},
    {"{\"machines\": [{\"id\": -1}]}", "machines[0].id: "},
    {"{\"machines\": [{\"states\": [{\"state_key\": \"}\"}]}]}",
     "machines[0].states[0].state_key: an id has"},
    {"{\"machines\": [{\"transitions\": [{\"score_delta\": \"1\"}]}]}",
     "machines[0].transitions[0].score_delta: "},
    {"{\"machines\": [{\"is_entry\": 1}]}", "machines[0].is_entry: "},
};

START_TEST(what_is_wrong_is_named_by_place)
{
    ck_assert(!import(text_of(bad[_i].json)));
    ck_assert_msg(strstr(err.message, bad[_i].said) != NULL, "%s", err.message);
    forget();
}
END_TEST

TEST_MAIN("machine_import", tcase_add_test(tc, an_export_becomes_yaml);
          tcase_add_test(tc, ids_that_yaml_would_misread_are_quoted);
          tcase_add_test(tc, notes_leave_the_terminal_alone);
          tcase_add_test(tc, the_yaml_loads_and_plays);
          tcase_add_test(tc, a_cut_export_is_refused);
          tcase_add_loop_test(tc, what_is_wrong_is_named_by_place, 0,
                              sizeof(bad) / sizeof(bad[0]));)
