/* What a step does: sidecar/engine/machine.h, point by point. */
#include "sidecar/engine/machine.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

/* Two states before the end; every kind of transition. */
#define SCRIPT(more)                                                           \
    "allow_empty: true\n"                                                      \
    "machines:\n"                                                              \
    "- id: m\n"                                                                \
    "  max_redirects: 2\n"                                                     \
    "  max_follow_ups: 2\n" more "  states:\n"                                 \
    "  - {id: a, initial: true}\n"                                             \
    "  - {id: b}\n"                                                            \
    "  - {id: end, terminal: true}\n"                                          \
    "  - {id: out, terminal: true}\n"                                          \
    "  transitions:\n"                                                         \
    "  - {from: a, to: b, score: 1}\n"                                         \
    "  - {from: a, on: redirect, score: -0.25}\n"                              \
    "  - {from: a, on: reject, score: -2}\n"                                   \
    "  - {from: b, to: end, score: 5, score_gte: 1, priority: 1}\n"            \
    "  - {from: b, to: end, score: 2, priority: 2}\n"                          \
    "  - {from: b, on: kick_out, to: out}\n"

static struct support_config loaded;
static struct machines *machines;

static void
open_yaml(const char *yaml)
{
    support_config_enter();
    loaded = support_config_good(yaml, NULL);
    machines = machines_build(loaded.config);
    ck_assert_ptr_nonnull(machines);
}

static void
shut(void)
{
    machines_free(machines);
    support_config_clear(&loaded);
    support_config_leave();
}

static const struct machine *
named(const char *id)
{
    const struct machine *machine = machines_find(machines, text_of(id));

    ck_assert_msg(machine != NULL, "%s", id);
    return machine;
}

static enum config_decision
decision_of(char letter)
{
    switch (letter) {
    case 'p':
        return CONFIG_PASS;
    case 'r':
        return CONFIG_REDIRECT;
    case 'x':
        return CONFIG_REJECT;
    default:
        ck_assert_int_eq(letter, 'k');
        return CONFIG_KICK_OUT;
    }
}

static struct machine_step
step_all(const char *id, const char *decisions)
{
    struct machine_state state = machine_begin(named(id));
    struct machine_step step = {.after = state};
    struct err err;

    for (const char *d = decisions; *d != '\0'; d++) {
        const struct machine_move move = {.decision = decision_of(*d)};
        ck_assert_msg(machine_next(&state, &move, &step, &err), "%s at %s: %s",
                      decisions, d, err.message);
        state = step.after;
    }
    return step;
}

static const char *
or_nil(const char *name)
{
    return name != NULL ? name : "nil";
}

/* "b 1 0 nil decision nil": state, score, redirects, outcome, moved, ended. */
static void
expect(const char *id, const char *decisions, const char *wanted)
{
    const struct machine_step step = step_all(id, decisions);
    char got[128];

    snprintf(got, sizeof(got), "%s %g %u %s %s %s",
             machine_state_name(&step.after).at,
             (double)step.after.score / MACHINE_SCORE_ONE, step.after.redirects,
             or_nil(machine_outcome_name(step.after.outcome)),
             or_nil(machine_cause_name(step.moved_by)),
             or_nil(machine_cause_name(step.ended_by)));
    ck_assert_msg(strcmp(got, wanted) == 0, "%s: %s, wanted %s", decisions, got,
                  wanted);
}

static const struct {
    const char *decisions, *wanted;
} scored[] = {
    {"", "a 0 0 nil nil nil"},
    {"p", "b 1 0 nil decision nil"},
    // The conditioned pass comes first where its score is there.
    {"pp", "end 6 0 ACCEPT decision terminal"},
    // A reject costs its own penalty and moves along the pass.
    {"x", "b -2 0 nil decision nil"},
    {"xp", "end 0 0 REJECT decision terminal"},
    // The state without a reject transition has the machine's penalty.
    {"px", "end 0 0 REJECT decision terminal"},
    // The score falls to the bound on the way into a terminal state.
    {"xx", "end -3 0 REJECT decision early_fail"},
    {"r", "a -0.25 1 nil decision nil"},
    {"rr", "a -0.5 2 nil decision nil"},
    // The third is taken for a reject: -0.5 and -2.
    {"rrr", "b -2.5 0 nil max_redirects nil"},
    // A redirect without a transition costs nothing; counts begin anew.
    {"rrpr", "b 0.5 1 nil decision nil"},
    {"rrpp", "end 2.5 0 REJECT decision terminal"},
    {"k", "a 0 0 KICK_OUT decision decision"},
    {"pk", "out 1 0 KICK_OUT decision decision"},
};

START_TEST(a_scored_machine_steps_as_the_header_says)
{
    open_yaml(SCRIPT(""));
    expect("m", scored[_i].decisions, scored[_i].wanted);
    shut();
}
END_TEST

static const struct {
    const char *decisions, *wanted;
} pass_fail[] = {
    {"p", "b 1 0 nil decision nil"},
    {"pp", "end 6 0 ACCEPT decision terminal"},
    {"rrpp", "end 2.5 0 ACCEPT decision terminal"},
    {"x", "a 0 0 REJECT decision decision"},
    {"rrr", "a -0.5 2 REJECT max_redirects max_redirects"},
    {"pk", "out 1 0 KICK_OUT decision decision"},
};

START_TEST(a_pass_fail_machine_has_no_bounds_and_ends_with_a_reject)
{
    open_yaml(SCRIPT("  scoring: pass_fail\n"));
    expect("m", pass_fail[_i].decisions, pass_fail[_i].wanted);
    shut();
}
END_TEST

START_TEST(the_bounds_are_configured)
{
    open_yaml(SCRIPT("  accept_at: 0\n  reject_at: -2\n  reject_penalty: -0.5\n"
                     "  on_max_redirects: kick_out\n"));
    expect("m", "x", "b -2 0 REJECT decision early_fail");
    expect("m", "px", "end 0.5 0 ACCEPT decision terminal");
    expect("m", "rrr", "a -0.5 2 KICK_OUT max_redirects max_redirects");
    shut();
}
END_TEST

START_TEST(what_has_ended_is_not_stepped)
{
    const struct machine_move move = {.decision = CONFIG_PASS};
    struct machine_step step;
    struct err err;

    open_yaml(SCRIPT(""));
    const struct machine_state ended = step_all("m", "pp").after;
    ck_assert(!machine_next(&ended, &move, &step, &err));
    ck_assert_int_eq(err.kind, ERR_STATE);
    ck_assert_str_eq(err.message, "machine m has ended: ACCEPT");
    shut();
}
END_TEST

START_TEST(follow_ups_are_counted_in_each_state)
{
    static const struct {
        char decision;
        bool wanted, given;
    } steps[] = {{'r', true, true}, {'r', false, false}, {'p', true, true},
                 {'r', true, true}, {'r', true, false},  {'p', true, false}};
    struct machine_state state;
    struct machine_step step;
    struct err err;

    open_yaml(SCRIPT(""));
    state = machine_begin(named("m"));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct machine_move move = {.decision =
                                              decision_of(steps[i].decision),
                                          .follow_up = steps[i].wanted};
        ck_assert(machine_next(&state, &move, &step, &err));
        ck_assert_msg(step.follow_up == steps[i].given, "step %zu", i);
        state = step.after;
    }
    shut();
}
END_TEST

START_TEST(a_step_is_pure)
{
    open_yaml(SCRIPT(""));
    const struct machine_state before = machine_begin(named("m"));
    const struct machine_move move = {.decision = CONFIG_REJECT,
                                      .by_verdict = true};
    struct machine_step one, two;
    struct err err;

    ck_assert(machine_next(&before, &move, &one, &err));
    ck_assert(machine_next(&before, &move, &two, &err));
    ck_assert_int_eq(before.score, 0);
    ck_assert_int_eq(one.after.score, two.after.score);
    ck_assert_uint_eq(one.after.at, two.after.at);
    ck_assert_str_eq(machine_cause_name(one.moved_by), "verdict");
    shut();
}
END_TEST

START_TEST(a_score_stops_at_its_bound)
{
    struct machine_state state;
    struct machine_step step;
    const struct machine_move move = {.decision = CONFIG_REDIRECT};
    struct err err;

    open_yaml("allow_empty: true\nmachines:\n- id: m\n  states:\n"
              "  - {id: a, initial: true}\n  - {id: b, terminal: true}\n"
              "  transitions:\n  - {from: a, to: b}\n"
              "  - {from: a, on: reject, score: -9}\n"
              "  - {from: a, on: redirect, score: 1000}\n");
    state = machine_begin(named("m"));
    for (int i = 0; i < 1001; i++) {
        ck_assert(machine_next(&state, &move, &step, &err));
        state = step.after;
    }
    ck_assert_int_eq(state.score, MACHINE_SCORE_MOST);
    shut();
}
END_TEST

START_TEST(verdicts_become_decisions_where_configured)
{
    open_yaml(SCRIPT("  on_verdict: {redact: redirect, refuse: kick_out}\n"));
    const struct machine *m = named("m");
    ck_assert_int_eq(machine_on_verdict(m, VERDICT_PASS), CONFIG_UNDECIDED);
    ck_assert_int_eq(machine_on_verdict(m, VERDICT_FLAG), CONFIG_UNDECIDED);
    ck_assert_int_eq(machine_on_verdict(m, VERDICT_REDACT), CONFIG_REDIRECT);
    ck_assert_int_eq(machine_on_verdict(m, VERDICT_REFUSE), CONFIG_KICK_OUT);
    ck_assert_int_eq(machine_on_verdict(m, VERDICTS), CONFIG_UNDECIDED);
    shut();
    open_yaml(SCRIPT(""));
    for (int v = 0; v < VERDICTS; v++) {
        ck_assert_int_eq(
            machine_on_verdict(named("m"), (enum envelope_verdict)v),
            CONFIG_UNDECIDED);
    }
    shut();
}
END_TEST

START_TEST(machines_are_found_by_id)
{
    open_yaml("allow_empty: true\nmachines:\n"
#define MINI(id)                                                               \
    "- {id: " id ", states: [{id: a, initial: true}, {id: b, terminal: "       \
    "true}], transitions: [{from: a, to: b, score: 9}, {from: a, on: "         \
    "redirect, score: -1}]}\n"
              MINI("zeta") MINI("al") MINI("alpha") MINI("m"));
    ck_assert_str_eq(machine_config(named("al"))->id.at, "al");
    ck_assert_str_eq(machine_config(named("alpha"))->id.at, "alpha");
    ck_assert_str_eq(machine_config(named("zeta"))->id.at, "zeta");
    ck_assert_ptr_null(machines_find(machines, TEXT("alph")));
    ck_assert_ptr_null(machines_find(machines, TEXT("")));
    shut();
    open_yaml("allow_empty: true\n");
    ck_assert_ptr_null(machines_find(machines, TEXT("m")));
    shut();
}
END_TEST

TEST_MAIN("machine",
          tcase_add_loop_test(tc, a_scored_machine_steps_as_the_header_says, 0,
                              sizeof(scored) / sizeof(scored[0]));
          tcase_add_loop_test(
              tc, a_pass_fail_machine_has_no_bounds_and_ends_with_a_reject, 0,
              sizeof(pass_fail) / sizeof(pass_fail[0]));
          tcase_add_test(tc, the_bounds_are_configured);
          tcase_add_test(tc, what_has_ended_is_not_stepped);
          tcase_add_test(tc, follow_ups_are_counted_in_each_state);
          tcase_add_test(tc, a_step_is_pure);
          tcase_add_test(tc, a_score_stops_at_its_bound);
          tcase_add_test(tc, verdicts_become_decisions_where_configured);
          tcase_add_test(tc, machines_are_found_by_id);)
