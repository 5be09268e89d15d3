/* The schema of state machines. */
#include "config/schema.h"

#define AT(type, member) offsetof(struct type, member)
#define ARRAY_AT(type, member, number)                                         \
    .at = offsetof(struct type, member),                                       \
    .count_at = offsetof(struct type, number)
#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

enum {
    NAME_BYTES = 128,
    STATES = 256,
    TRANSITIONS = 4096,
    LINKS = 64,
    SCORE = 1000, /* of one step, and of a bound */
    COUNT = 10000
};

static const struct schema_name scorings[] = {
    {"scoring", CONFIG_SCORED}, {"pass_fail", CONFIG_PASS_FAIL}, {NULL, 0}};

const struct schema_name schema_decisions[] = {{"pass", CONFIG_PASS},
                                               {"redirect", CONFIG_REDIRECT},
                                               {"reject", CONFIG_REJECT},
                                               {"kick_out", CONFIG_KICK_OUT},
                                               {NULL, 0}};

static const struct schema_name endings[] = {{"pass", CONFIG_PASS},
                                             {"reject", CONFIG_REJECT},
                                             {"kick_out", CONFIG_KICK_OUT},
                                             {NULL, 0}};

static const struct schema_name verdict_decisions[] = {
    {"none", CONFIG_UNDECIDED},    {"pass", CONFIG_PASS},
    {"redirect", CONFIG_REDIRECT}, {"reject", CONFIG_REJECT},
    {"kick_out", CONFIG_KICK_OUT}, {NULL, 0}};

const struct schema_name schema_outcomes[] = {{"ACCEPT", CONFIG_ACCEPTED},
                                              {"REJECT", CONFIG_REJECTED},
                                              {"KICK_OUT", CONFIG_KICKED_OUT},
                                              {NULL, 0}};

static const struct schema_row state_rows[] = {
    {"id", "Its key, as current_state shows it.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_machine_state, id), .required = true},
    {"name", "For people.", SCHEMA_TEXT, .at = AT(config_machine_state, name),
     .min = 1, .max = NAME_BYTES, .preset = ""},
    {"initial", "The machine begins here; one state does.", SCHEMA_BOOLEAN,
     .at = AT(config_machine_state, initial), .preset = "false"},
    {"terminal", "The machine ends here.", SCHEMA_BOOLEAN,
     .at = AT(config_machine_state, terminal), .preset = "false"},
};

static const struct schema_table state = {
    .name = "state",
    .size = sizeof(struct config_machine_state),
    ROWS(state_rows),
    .keeps_node = true};

static const struct schema_row transition_rows[] = {
    {"from", "The state it leaves.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_machine_transition, from), .required = true},
    {"to",
     "The state it enters. A redirect stays where it is, a reject goes where "
     "a pass goes, a kick_out may stay.",
     SCHEMA_TEXT, SCHEMA_ID, .at = AT(config_machine_transition, to),
     .preset = ""},
    {"on", "The decision that takes it.", SCHEMA_CHOICE,
     .at = AT(config_machine_transition, on), .names = schema_decisions,
     .preset = "pass"},
    {"score", "Added to the score; two decimals.", SCHEMA_NUMBER,
     .at = AT(config_machine_transition, score), .min = -SCORE, .max = SCORE,
     .preset = "0"},
    {"score_gte",
     "A pass is taken only where the score before it is this or more.",
     SCHEMA_NUMBER, .at = AT(config_machine_transition, score_gte),
     .min = -SCORE, .max = SCORE},
    {"priority",
     "Of several passes that may be taken from a state the lowest is.",
     SCHEMA_INTEGER, .at = AT(config_machine_transition, priority), .min = 0,
     .max = COUNT, .preset = "0"},
};

static const struct schema_table transition = {
    .name = "transition",
    .size = sizeof(struct config_machine_transition),
    ROWS(transition_rows),
    .keeps_node = true};

static const struct schema_row link_rows[] = {
    {"to", "The machine that opens.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_machine_link, to), .required = true},
    {"outcome", "If this one ended so.", SCHEMA_CHOICE,
     .at = AT(config_machine_link, outcome), .names = schema_outcomes},
    {"score_gte", "If it ended with this score or more.", SCHEMA_NUMBER,
     .at = AT(config_machine_link, score_gte), .min = -SCORE, .max = SCORE},
    {"score_lte", "If it ended with this score or less.", SCHEMA_NUMBER,
     .at = AT(config_machine_link, score_lte), .min = -SCORE, .max = SCORE},
    {"always", "However it ended.", SCHEMA_BOOLEAN,
     .at = AT(config_machine_link, always), .preset = "false"},
    {"auto_advance", "The session goes on in it at once.", SCHEMA_BOOLEAN,
     .at = AT(config_machine_link, auto_advance), .preset = "false"},
};

static const struct schema_table link = {.name = "link",
                                         .size =
                                             sizeof(struct config_machine_link),
                                         ROWS(link_rows),
                                         .keeps_node = true};

static const struct schema_row verdict_rows[] = {
    {"pass", "Of a turn that passed.", SCHEMA_CHOICE,
     .at = AT(config_machine_verdicts, pass), .names = verdict_decisions,
     .preset = "none"},
    {"flag", "Of one that was flagged.", SCHEMA_CHOICE,
     .at = AT(config_machine_verdicts, flag), .names = verdict_decisions,
     .preset = "none"},
    {"redact", "Of one that was redacted.", SCHEMA_CHOICE,
     .at = AT(config_machine_verdicts, redact), .names = verdict_decisions,
     .preset = "none"},
    {"refuse", "Of one that was refused.", SCHEMA_CHOICE,
     .at = AT(config_machine_verdicts, refuse), .names = verdict_decisions,
     .preset = "none"},
};

static const struct schema_table verdicts = {
    .name = "on_verdict",
    .size = sizeof(struct config_machine_verdicts),
    ROWS(verdict_rows),
    .keeps_node = true};

static const struct schema_row machine_rows[] = {
    {"id", "The name that requests use.", SCHEMA_TEXT, SCHEMA_ID,
     .at = AT(config_machine, id), .required = true},
    {"key", "The front end's own key for it; else the id.", SCHEMA_TEXT,
     .at = AT(config_machine, key), .min = 1, .max = NAME_BYTES, .preset = ""},
    {"name", "For people; else the id.", SCHEMA_TEXT,
     .at = AT(config_machine, name), .min = 1, .max = NAME_BYTES, .preset = ""},
    {"entry", "Open from the start, without being unlocked.", SCHEMA_BOOLEAN,
     .at = AT(config_machine, entry), .preset = "true"},
    {"scoring",
     "scoring: decisions move a score; pass_fail: a terminal state is a "
     "success, a reject the end.",
     SCHEMA_CHOICE, .at = AT(config_machine, scoring), .names = scorings,
     .preset = "scoring"},
    {"accept_at", "At a terminal state: ACCEPT from this score on.",
     SCHEMA_NUMBER, .at = AT(config_machine, accept_at), .min = -SCORE,
     .max = SCORE, .preset = "3"},
    {"reject_at", "REJECT at once at this score and below.", SCHEMA_NUMBER,
     .at = AT(config_machine, reject_at), .min = -SCORE, .max = SCORE,
     .preset = "-3"},
    {"reject_penalty",
     "Added by a reject from a state without a reject transition.",
     SCHEMA_NUMBER, .at = AT(config_machine, reject_penalty), .min = -SCORE,
     .max = 0, .preset = "-1"},
    {"max_redirects",
     "Redirects in one state; the next one is on_max_redirects instead.",
     SCHEMA_INTEGER, .at = AT(config_machine, max_redirects), .min = 0,
     .max = COUNT},
    {"on_max_redirects", "What a redirect too many is taken for.",
     SCHEMA_CHOICE, .at = AT(config_machine, on_max_redirects),
     .names = endings, .preset = "reject"},
    {"max_follow_ups",
     "follow_up is true so often in one state, and then false.", SCHEMA_INTEGER,
     .at = AT(config_machine, max_follow_ups), .min = 0, .max = COUNT},
    {"on_verdict",
     "Decisions taken from the verdict on a turn, where the caller gives "
     "none.",
     SCHEMA_RECORD, .at = AT(config_machine, on_verdict), .table = &verdicts},
    {"states", "Its states.", SCHEMA_RECORDS,
     ARRAY_AT(config_machine, states, state_count), .min = 1, .max = STATES,
     .table = &state, .required = true},
    {"transitions", "What leads from one to another.", SCHEMA_RECORDS,
     ARRAY_AT(config_machine, transitions, transition_count),
     .max = TRANSITIONS, .table = &transition},
    {"links", "Machines that open when it ends.", SCHEMA_RECORDS,
     ARRAY_AT(config_machine, links, link_count), .max = LINKS, .table = &link},
};

const struct schema_table schema_machine = {.name = "machine",
                                            .size =
                                                sizeof(struct config_machine),
                                            ROWS(machine_rows),
                                            .keeps_node = true};
