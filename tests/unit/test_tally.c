/* What is counted, and under which name it is told. */
#include "sidecar/serve/tally.h"

#include "proto/fault.h"
#include "tests/unit/harness.h"

enum { ROOM = 64 };

static uint64_t
stat(const struct tally *tally, const char *name)
{
    struct encode_stat stats[ROOM];
    const size_t count = tally_stats(tally, stats, ROOM);
    uint64_t value = UINT64_MAX;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(stats[i].name, name) == 0) {
            ck_assert_msg(value == UINT64_MAX, "%s stands twice", name);
            value = stats[i].value;
        }
    }
    ck_assert_msg(value != UINT64_MAX, "no %s", name);
    return value;
}

START_TEST(every_outcome_has_its_number)
{
    static const struct {
        struct handle_outcome outcome;
        const char *name;
    } rows[] = {
        {{.ok = true, .op = REQUEST_PING}, "ping"},
        {{.ok = true, .op = REQUEST_RELOAD}, "config.reload"},
        {{.ok = true, .judged = true, .verdict = VERDICT_REFUSE}, "refuse"},
        {{.ok = true, .judged = true, .drift_alert = true}, "drift_alerts"},
        {{.kind = ERR_BAD_REQUEST}, "bad_request"},
        {{.kind = ERR_OVERLOADED}, "overloaded"},
        {{.kind = ERR_DEADLINE}, "deadline_exceeded"},
        {{.kind = ERR_INTERNAL}, "internal_error"},
        {{.kind = ERR_MEMORY}, "internal_error"},
        {{.kind = ERR_IO}, "internal_error"},
        {{.kind = ERR_CONFIG}, "internal_error"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tally tally = {0};
        tally_outcome(&tally, &rows[i].outcome, 0);
        ck_assert_msg(stat(&tally, rows[i].name) == 1, "%zu: %s", i,
                      rows[i].name);
    }
}
END_TEST

START_TEST(an_error_counts_as_nothing_else)
{
    const struct handle_outcome failed = {.kind = ERR_NOT_FOUND,
                                          .op = REQUEST_SCORE};
    struct encode_stat stats[ROOM];
    struct tally tally = {0};
    uint64_t sum = 0;

    tally_outcome(&tally, &failed, 5);
    const size_t count = tally_stats(&tally, stats, ROOM);
    for (size_t i = 0; i < count; i++) {
        sum += stats[i].value;
    }
    ck_assert_uint_eq(sum, 1);
    ck_assert_uint_eq(stat(&tally, "not_found"), 1);
}
END_TEST

START_TEST(reloads_are_told_apart)
{
    struct tally tally = {0};

    tally_reload(&tally, true);
    tally_reload(&tally, false);
    tally_reload(&tally, false);
    ck_assert_uint_eq(stat(&tally, "reloads"), 1);
    ck_assert_uint_eq(stat(&tally, "reloads_failed"), 2);
}
END_TEST

START_TEST(the_mean_follows_what_was_judged_and_nothing_else)
{
    const struct handle_outcome judged = {.ok = true, .judged = true};
    const struct handle_outcome ping = {.ok = true, .op = REQUEST_PING};
    struct tally tally = {0};

    ck_assert_uint_eq(tally_mean_us(&tally), 0);
    for (int i = 0; i < 200; i++) {
        tally_outcome(&tally, &judged, 8000000);
        tally_outcome(&tally, &ping, 10);
    }
    ck_assert_uint_ge(tally_mean_us(&tally), 7900);
    ck_assert_uint_le(tally_mean_us(&tally), 8000);
    for (int i = 0; i < 200; i++) {
        tally_outcome(&tally, &judged, 1000000);
    }
    ck_assert_uint_le(tally_mean_us(&tally), 1010);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
    struct tally tally = {0};
    struct encode_stat stats[ROOM];
    const size_t all = tally_stats(&tally, stats, ROOM);

    ck_assert_uint_lt(all, ROOM);
    for (size_t room = 0; room <= all + 1; room++) {
        struct encode_stat *exact = calloc(room + 1, sizeof(*exact));
        ck_assert_uint_eq(tally_stats(&tally, exact, room),
                          room < all ? room : all);
        ck_assert_ptr_null(exact[room].name);
        free(exact);
    }
}
END_TEST

TEST_MAIN("tally", tcase_add_test(tc, every_outcome_has_its_number);
          tcase_add_test(tc, an_error_counts_as_nothing_else);
          tcase_add_test(tc, reloads_are_told_apart);
          tcase_add_test(tc, the_mean_follows_what_was_judged_and_nothing_else);
          tcase_add_test(tc, no_more_than_there_is_room_for);)
