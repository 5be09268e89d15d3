/* The shipped example played through, and plays as records. */
#include "sidecar/engine/machine.h"

#include "config/load.h"
#include "tests/unit/harness.h"

enum { ARENA_BYTES = 64 << 20, RECORD_BYTES = 1 << 20 };

static struct arena *arena;
static struct config *config;
static struct machines *machines;
static struct machine_play play;

static void
set_up(void)
{
    static struct problems problems;

    arena = arena_new(ARENA_BYTES);
    place_problems_init(&problems, arena);
    config = load_config("config/leeway.yaml", NULL, 0, arena, &problems);
    if (place_problems_any(&problems)) {
        place_problems_print(&problems, stderr, false);
    }
    ck_assert(config != NULL && !place_problems_any(&problems));
    machines = machines_build(config);
    ck_assert_ptr_nonnull(machines);
    play = (struct machine_play){.count = 0};
}

static void
tear_down(void)
{
    machines_free(machines);
    load_free(config);
}

static const struct machine *
named(const char *id)
{
    return machines_find(machines, text_of(id));
}

static struct machine_step
step(enum config_decision decision)
{
    const struct machine_move move = {.decision = decision};
    struct machine_step out;
    struct err err;

    ck_assert_msg(machine_play_step(&play, &move, &out, &err), "%s",
                  err.message);
    return out;
}

static void
expect_at(const char *machine, const char *state, double score)
{
    const struct machine_state *now = &play.at[play.current];

    ck_assert_str_eq(machine_config(now->machine)->id.at, machine);
    ck_assert_str_eq(machine_state_name(now).at, state);
    ck_assert_double_eq((double)now->score / MACHINE_SCORE_ONE, score);
}

static void
enter(const char *id)
{
    struct err err;

    ck_assert_msg(machine_play_enter(&play, named(id), &err), "%s",
                  err.message);
}

START_TEST(a_good_haggler_ends_in_the_back_room)
{
    enter("hollow_market");
    expect_at("hollow_market", "greeting", 0);
    step(CONFIG_PASS);
    step(CONFIG_REDIRECT);
    expect_at("hollow_market", "interest", 0.75);
    step(CONFIG_PASS);
    expect_at("hollow_market", "negotiation", 1.75);
    step(CONFIG_PASS); // short of the two that the quick way takes
    expect_at("hollow_market", "terms", 2.75);
    const struct machine_step last = step(CONFIG_PASS);
    ck_assert_int_eq(last.after.outcome, CONFIG_ACCEPTED);
    ck_assert_uint_eq(last.opened_count, 1);
    ck_assert_ptr_eq(machine_opened(&last, 0), named("back_room"));
    expect_at("back_room", "whisper", 0); // it advances by itself
    step(CONFIG_PASS);
    const struct machine_step sworn = step(CONFIG_PASS);
    ck_assert_int_eq(sworn.after.outcome, CONFIG_ACCEPTED);
    expect_at("back_room", "sworn", 0);
}
END_TEST

START_TEST(a_trusted_one_takes_the_short_way)
{
    enter("hollow_market");
    step(CONFIG_PASS);
    step(CONFIG_PASS);
    const struct machine_step last = step(CONFIG_PASS);
    ck_assert_str_eq(machine_state_name(&last.after).at, "deal");
    ck_assert_int_eq(last.after.score, 400);
    ck_assert_int_eq(last.after.outcome, CONFIG_ACCEPTED);
}
END_TEST

START_TEST(a_bad_one_is_sent_away_in_debt)
{
    enter("hollow_market");
    step(CONFIG_REJECT);
    step(CONFIG_REJECT);
    const struct machine_step last = step(CONFIG_REJECT);
    ck_assert_int_eq(last.after.outcome, CONFIG_REJECTED);
    ck_assert_int_eq(last.ended_by, MACHINE_EARLY_FAIL);
    ck_assert_uint_eq(last.opened_count, 1);
    ck_assert_ptr_eq(machine_opened(&last, 0), named("debt"));
    expect_at("hollow_market", "terms", -4); // debt waits until it is entered
    enter("debt");
    expect_at("debt", "demand", 0);
    enter("hollow_market");
    expect_at("hollow_market", "terms", -4);
}
END_TEST

START_TEST(what_nothing_opened_is_not_entered)
{
    struct err err;

    ck_assert(!machine_play_enter(&play, named("back_room"), &err));
    ck_assert_int_eq(err.kind, ERR_STATE);
    ck_assert_str_eq(err.message, "machine: back_room is not open: another "
                                  "machine has to end first");
    ck_assert_uint_eq(play.count, 0);
}
END_TEST

static void
write_play(struct buffer *out)
{
    buffer_init(out, RECORD_BYTES);
    machine_play_write(&play, out);
    ck_assert(!out->failed);
}

START_TEST(a_record_reads_back_as_it_was)
{
    struct buffer one, two;
    struct machine_play back;
    struct err err;

    enter("hollow_market");
    step(CONFIG_REDIRECT);
    for (int i = 0; i < 3; i++) {
        step(CONFIG_PASS);
    }
    write_play(&one);
    ck_assert_msg(machine_play_read(machines, buffer_text(&one), &back, &err),
                  "%s", err.message);
    play = back;
    write_play(&two);
    ck_assert(text_equal(buffer_text(&one), buffer_text(&two)));
    step(CONFIG_PASS);
    expect_at("back_room", "oath", 0);
    buffer_clear(&one);
    buffer_clear(&two);
}
END_TEST

START_TEST(a_record_that_is_cut_or_bent_is_refused)
{
    struct buffer whole;
    struct machine_play back;
    struct err err;

    enter("hollow_market");
    step(CONFIG_PASS);
    write_play(&whole);
    const struct text text = buffer_text(&whole);
    for (size_t n = 0; n < text.len; n++) {
        ck_assert_msg(
            !machine_play_read(machines, text_part(text, 0, n), &back, &err),
            "the first %zu bytes", n);
    }
    for (size_t i = 0; i < text.len; i++) {
        char bent[256];
        ck_assert_uint_lt(text.len, sizeof(bent));
        memcpy(bent, text.at, text.len);
        bent[i] = '!';
        ck_assert_msg(!machine_play_read(
                          machines, (struct text){bent, text.len}, &back, &err),
                      "byte %zu", i);
    }
    buffer_clear(&whole);
}
END_TEST

static const struct {
    const char *record;
    enum err_kind kind;
    const char *said;
} bad[] = {
    {"", ERR_INVALID, "the record is no state of machines"},
    {"play 2 0\nat debt demand 0 0 0 0\n", ERR_INVALID,
     "the record is no state of machines"},
    {"play 1 1\nat debt demand 0 0 0 0\n", ERR_INVALID,
     "the record is no state of machines"},
    {"play 1 0\nat debt demand 0 0 0 4\n", ERR_INVALID,
     "the record is no state of machines"},
    {"play 1 0\nat debt demand 0 0 0 0 0\n", ERR_INVALID,
     "the record is no state of machines"},
    {"play 1 0\nat debt demand 999999999 0 0 0\n", ERR_INVALID,
     "the record is no state of machines"},
    {"play 1 0\nat debts demand 0 0 0 0\n", ERR_STATE,
     "machine: debts is not in the configuration any more"},
    {"play 1 0\nat debt demands 0 0 0 0\n", ERR_STATE,
     "machine: debt has no state demands any more"},
    {"play 1 0\nat debt demand 0 0 0 0\nopen x\n", ERR_STATE,
     "machine: x is not in the configuration any more"},
};

START_TEST(a_bad_record_is_named)
{
    struct machine_play back;
    struct err err;

    ck_assert(
        !machine_play_read(machines, text_of(bad[_i].record), &back, &err));
    ck_assert_int_eq(err.kind, bad[_i].kind);
    ck_assert_str_eq(err.message, bad[_i].said);
}
END_TEST

TEST_MAIN("machine_play", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_test(tc, a_good_haggler_ends_in_the_back_room);
          tcase_add_test(tc, a_trusted_one_takes_the_short_way);
          tcase_add_test(tc, a_bad_one_is_sent_away_in_debt);
          tcase_add_test(tc, what_nothing_opened_is_not_entered);
          tcase_add_test(tc, a_record_reads_back_as_it_was);
          tcase_add_test(tc, a_record_that_is_cut_or_bent_is_refused);
          tcase_add_loop_test(tc, a_bad_record_is_named, 0,
                              sizeof(bad) / sizeof(bad[0]));)
