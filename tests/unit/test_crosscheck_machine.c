/* One small YAML for each way in which a machine can be no machine. */
#include "config/crosscheck.h"

#include "sidecar/base/buffer.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define OK "allow_empty: true\n"
#define STATES                                                                 \
    "states: [{id: a, initial: true}, {id: b}, {id: c, terminal: true}]"
#define WAYS  "{from: a, to: b, score: 2}, {from: b, to: c, score: 2}"
#define BADLY "{from: b, on: reject, score: -4}"
#define M(more)                                                                \
    OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS ", " BADLY    \
       "]\n" more

static const struct {
    const char *yaml;
    const char *said;
} cases[] = {
    {M(""), ""},

    /* states */
    {OK "machines:\n- {id: m, states: [{id: a}, {id: c, terminal: true}]}\n",
     "a.yaml:3:19: machines[0].states: none of them is initial: true\n"},
    {OK "machines:\n- {id: m, states: [{id: a, initial: true}, {id: b, "
        "initial: true}, {id: c, terminal: true}]}\n",
     "a.yaml:3:61: machines[0].states[1].initial: a machine has one initial "
     "state; first at a.yaml:3:37\n"},
    {OK "machines:\n- {id: m, states: [{id: a, initial: true}, {id: b}]}\n",
     "a.yaml:3:19: machines[0].states: none of them is terminal: true, so the "
     "machine never ends\n"},
    {OK "machines:\n- {id: m, states: [{id: a, initial: true, terminal: "
        "true}]}\n",
     "a.yaml:3:37: machines[0].states[0].initial: a terminal state: the "
     "machine "
     "would have ended before it began\n"},
    {OK "machines:\n- {id: m, states: [{id: a, initial: true}, {id: a, "
        "terminal: true}]}\n",
     "a.yaml:3:49: machines[0].states[1].id: \"a\" stands twice; first at "
     "a.yaml:3:25\n"},

    /* ways */
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [{from: a, to: c, "
        "score: 4}, {from: a, on: reject, score: -4}]\n",
     "a.yaml:4:36: machines[0].states[1]: an orphan: no pass leads to \"b\" "
     "from the initial state\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [{from: a, to: b}]\n",
     "a.yaml:4:12: machines[0].states[0]: a dead end: no passes lead from "
     "\"a\" to a terminal state\n"
     "a.yaml:4:36: machines[0].states[1]: \"b\" has no pass without a "
     "condition, which a reject takes too: the machine would be stuck\n"
     "a.yaml:4:45: machines[0].states[2]: an orphan: no pass leads to \"c\" "
     "from the initial state\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [{from: a, to: b}, "
        "{from: b, to: a}, {from: b, to: c, priority: 1}]\n",
     "a.yaml:5:53: machines[0].transitions[2]: never taken: the one at "
     "a.yaml:5:35 comes first\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [{from: a, to: b}, "
        "{from: b, to: a, score_gte: 1, priority: 1}, {from: b, to: c, "
        "score_gte: 2, priority: 2}, {from: b, to: c, score: 9, priority: "
        "3}]\n",
     "a.yaml:5:80: machines[0].transitions[2]: never taken: the one at "
     "a.yaml:5:35 comes first\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [{from: a, to: b}, "
        "{from: b, to: c, score_gte: 1}]\n",
     "a.yaml:4:36: machines[0].states[1]: \"b\" has no pass without a "
     "condition, which a reject takes too: the machine would be stuck\n"},

    /* transitions */
    {M("  # none\n- id: n\n  " STATES "\n  transitions: [" WAYS
       ", {from: z, to: c}, {from: a, to: cc, on: kick_out}]\n"),
     "a.yaml:9:80: machines[1].transitions[2].from: there is no state \"z\"\n"
     "a.yaml:9:105: machines[1].transitions[3].to: there is no state \"cc\"\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS
        ", {from: c, to: a}]\n",
     "a.yaml:5:80: machines[0].transitions[2].from: \"c\" is terminal: nothing "
     "leaves it\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS
        ", {from: a, to: b, on: redirect}]\n",
     "a.yaml:5:87: machines[0].transitions[2].to: a redirect stays in its "
     "state, \"a\"\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS
        ", {from: a, to: b, on: reject}]\n",
     "a.yaml:5:87: machines[0].transitions[2].to: a reject goes where the "
     "state's pass goes; leave it out\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS
        ", {from: a, on: reject, score_gte: 1}]\n",
     "a.yaml:5:106: machines[0].transitions[2].score_gte: only a pass has a "
     "condition\n"},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS
        ", {from: a, on: reject, score: -1.255}]\n",
     "a.yaml:5:102: machines[0].transitions[2].score: -1.255 has more than two "
     "decimals\n"},
    {OK "machines:\n- id: m\n  " STATES
        "\n  transitions: [{from: a}, {from: b, "
        "to: c}]\n",
     "a.yaml:5:17: machines[0].transitions[0].to: a pass moves; say to which "
     "state\n"},

    /* scores */
    {M("  accept_at: 5\n"),
     "a.yaml:6:14: warning: machines[0].accept_at: ACCEPT cannot be reached: "
     "no "
     "way to a terminal state scores more than 4, and it takes 5\n"},
    {M("  accept_at: 4\n"), ""},
    {OK "machines:\n- id: m\n  " STATES "\n  transitions: [" WAYS "]\n",
     "a.yaml:3:3: warning: machines[0].reject_at: an early REJECT cannot be "
     "reached: no way scores less than -2, and it takes -3\n"},
    {M("  accept_at: -3\n"),
     "a.yaml:6:14: machines[0].accept_at: -3 is not above reject_at, -3\n"},
    // A way round adds without end.
    {OK "machines:\n- id: m\n  accept_at: 900\n  reject_at: -900\n  " STATES
        "\n  transitions: [{from: a, to: b, score: 1}, {from: b, to: a, "
        "score_gte: 0, score: 1}, {from: b, to: c, priority: 1}]\n",
     ""},
    // So do redirects where there is no limit to them.
    {M("  accept_at: 900\n"
       "- id: n\n  accept_at: 900\n  reject_at: -4\n  " STATES
       "\n  transitions: [" WAYS ", " BADLY
       ", {from: a, on: redirect, score: 1}]\n"),
     "a.yaml:6:14: warning: machines[0].accept_at: ACCEPT cannot be reached: "
     "no "
     "way to a terminal state scores more than 4, and it takes 900\n"},

    /* links */
    {M("  links: [{to: mm, always: true}, {to: m, outcome: ACCEPT}, {to: m, "
       "outcome: ACCEPT, always: true}, {to: m}]\n"),
     "a.yaml:6:16: machines[0].links[0].to: there is no machine \"mm\"\n"
     "a.yaml:6:40: machines[0].links[1]: opens itself\n"
     "a.yaml:6:61: machines[0].links[2]: has several conditions; give one of "
     "outcome, score_gte, score_lte, always: true\n"
     "a.yaml:6:66: machines[0].links[2]: opens itself\n"
     "a.yaml:6:101: machines[0].links[3]: has no condition; give one of "
     "outcome, score_gte, score_lte, always: true\n"
     "a.yaml:6:106: machines[0].links[3]: opens itself\n"},
    {M("  entry: false\n"),
     "a.yaml:6:10: machines[0].entry: nothing opens it: it is no entry and no "
     "link leads to it\n"},

    /* what could not be bound is told once, and nothing is made of the rest */
    {OK "machines:\n- {id: m, states: [{initial: true}, {id: c, terminal: "
        "true}, 5], transitions: [{to: c}]}\n",
     "a.yaml:3:20: machines[0].states[0].id: missing; every state has one\n"
     "a.yaml:3:62: machines[0].states[2]: expected a map, found \"5\"\n"
     "a.yaml:3:80: machines[0].transitions[0].from: missing; every transition "
     "has one\n"},
    {M("  links: [{always: true}, 7]\n"),
     "a.yaml:6:11: machines[0].links[0].to: missing; every link has one\n"
     "a.yaml:6:27: machines[0].links[1]: expected a map, found \"7\"\n"},
    {OK "machines: [7, {id: m}, {id: n, states: []}]\n",
     "a.yaml:2:12: machines[0]: expected a map, found \"7\"\n"
     "a.yaml:2:15: machines[1].states: missing; every machine has one\n"
     "a.yaml:2:40: machines[2].states: is empty; give at least one, or leave "
     "the key out\n"},

    /* who has them */
    {M("- id: m\n  " STATES "\n  transitions: [" WAYS ", " BADLY "]\n"),
     "a.yaml:6:7: machines[1].id: \"m\" stands twice; first at a.yaml:3:7\n"},
    {M("personas: [{id: p, machines: [m, n]}]\n"),
     "a.yaml:6:34: personas[0].machines[1]: there is no machine \"n\"\n"},
};

START_TEST(a_machine_is_checked)
{
    support_config_enter();
    support_config_expect(cases[_i].yaml, NULL, cases[_i].said);
    support_config_leave();
}
END_TEST

/* A name that does not exist is one even where no problem has room any more. */
START_TEST(beyond_the_problems_kept_machines_are_checked_too)
{
    struct buffer yaml;
    struct support_config loaded;

    buffer_init(&yaml, SIZE_MAX);
    buffer_format(&yaml, OK "machines:\n");
    for (int i = 0; i <= PROBLEMS_KEPT; i++) {
        buffer_format(&yaml,
                      "- {id: m%d, " STATES ", transitions: [{from: a, to: z}, "
                      "{from: z, on: reject, score: -1}]}\n",
                      i);
    }
    support_config_enter();
    support_config_file("a.yaml", buffer_text(&yaml));
    support_config_load(&loaded, "a.yaml", NULL);
    ck_assert_uint_eq(loaded.problems.count, PROBLEMS_KEPT);
    ck_assert_uint_eq(place_problems_told(&loaded.problems),
                      2 * (PROBLEMS_KEPT + 1));
    support_config_clear(&loaded);
    support_config_leave();
    buffer_clear(&yaml);
}
END_TEST

TEST_MAIN("crosscheck_machine",
          tcase_add_test(tc, beyond_the_problems_kept_machines_are_checked_too);
          tcase_add_loop_test(tc, a_machine_is_checked, 0,
                              sizeof(cases) / sizeof(cases[0]));)
