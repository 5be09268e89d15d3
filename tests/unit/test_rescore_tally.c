#include "sidecar/tools/rescore_tally.h"

#include <stdio.h>

#include "proto/json.h"
#include "tests/unit/harness.h"

static struct rescore_tally tally;

static void
begin(void)
{
    rescore_tally_init(&tally);
}

static void
end(void)
{
    rescore_tally_clear(&tally);
}

/* A row out of JSON. */
static bool
add(struct rescore_tally *to, const char *json, struct err *err)
{
    struct buffer wire;

    buffer_init(&wire, 1 << 16);
    ck_assert_msg(json_to_wire(text_of(json), &wire, err), "%s", json);
    const bool fine = rescore_tally_add(to, buffer_text(&wire), err);
    buffer_clear(&wire);
    return fine;
}

/* Four replies of two personas: clean, refused, off the voice, not judged. */
static const char clean[] =
    "{\"persona\":\"mira\",\"action\":\"ship\",\"moderationVerdict\":\"pass\","
    "\"decidedBy\":null,\"rules\":[],\"categories\":{},\"driftScore\":0.02,"
    "\"driftAlert\":false,\"chars\":4}";
static const char refused[] =
    "{\"persona\":null,\"action\":\"fallback\",\"moderationVerdict\":"
    "\"refuse\",\"decidedBy\":{\"kind\":\"rule\",\"id\":\"R\"},\"rules\":"
    "[\"R\",\"S\"],\"categories\":{\"c\":{\"score\":1,\"threshold\":0.5,"
    "\"flagged\":true},\"d\":{\"score\":0.1,\"threshold\":0.5,\"flagged\":"
    "false}},\"driftScore\":null,\"driftAlert\":null,\"chars\":6}";
static const char drifted[] =
    "{\"persona\":\"mira\",\"action\":\"regenerate\",\"moderationVerdict\":"
    "\"pass\",\"decidedBy\":{\"kind\":\"drift\",\"id\":\"persona\"},\"rules\":"
    "[\"S\"],\"categories\":{},\"driftScore\":1,\"driftAlert\":true,"
    "\"chars\":10}";
static const char unjudged[] =
    "{\"persona\":\"mira\",\"action\":null,\"rules\":[],\"chars\":null,"
    "\"error\":{\"code\":\"bad_data\",\"path\":\"\",\"reason\":\"x\"}}";

static const char *const rows[] = {clean, refused, drifted, unjudged};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The kind's entries as "name rows/changed/alone, ". */
static const char *
told(enum rescore_tally_kind kind)
{
    static char out[1024];
    const struct rescore_tally_entry *list[64];
    size_t len = 0;

    ck_assert_uint_le(tally.count, 64);
    const size_t count = rescore_tally_list(&tally, kind, list);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s %d/%d/%d, ",
                                list[i]->name, (int)list[i]->rows,
                                (int)list[i]->changed, (int)list[i]->alone);
    }
    return out;
}

static void
check_rows(void)
{
    ck_assert_uint_eq(tally.rows, 4);
    ck_assert_uint_eq(tally.judged, 3);
    ck_assert_uint_eq(tally.errors, 1);
    ck_assert_uint_eq(tally.chars, 20);
    ck_assert_str_eq(told(RESCORE_TALLY_ACTION),
                     "fallback 1/0/0, regenerate 1/0/0, ship 1/0/0, ");
    ck_assert_str_eq(told(RESCORE_TALLY_VERDICT), "pass 2/0/0, refuse 1/0/0, ");
    ck_assert_str_eq(told(RESCORE_TALLY_DECIDED),
                     "drift:persona 1/0/0, rule:R 1/0/0, ");
    ck_assert_str_eq(told(RESCORE_TALLY_RULE), "R 1/1/0, S 2/2/1, ");
    ck_assert_str_eq(told(RESCORE_TALLY_CATEGORY), "c 1/0/0, ");
    ck_assert_str_eq(told(RESCORE_TALLY_PERSONA), " 1/1/0, mira 2/1/0, ");
    ck_assert_str_eq(told(RESCORE_TALLY_ERROR), "bad_data 1/0/0, ");
    ck_assert_uint_eq(tally.drift.measured, 2);
    ck_assert_uint_eq(tally.drift.alerts, 1);
    ck_assert_uint_eq(tally.drift.sum, 10200);
    ck_assert_uint_eq(tally.drift.bins[1], 1);
    ck_assert_uint_eq(tally.drift.bins[RESCORE_TALLY_BINS - 1], 1);
}

START_TEST(every_row_is_counted_once_under_each_name)
{
    struct err err;

    for (size_t i = 0; i < ROWS; i++) {
        ck_assert(add(&tally, rows[i], &err));
    }
    check_rows();
}
END_TEST

/* _i: bit i says which of two tallies counts row i. */
START_TEST(tallies_of_any_parts_add_up_to_that_of_the_whole)
{
    struct rescore_tally parts[2];
    struct err err;

    rescore_tally_init(&parts[0]);
    rescore_tally_init(&parts[1]);
    for (size_t i = 0; i < ROWS; i++) {
        ck_assert(add(&parts[(unsigned)_i >> i & 1], rows[i], &err));
    }
    ck_assert(rescore_tally_join(&tally, &parts[1], &err));
    ck_assert(rescore_tally_join(&tally, &parts[0], &err));
    check_rows();
    rescore_tally_clear(&parts[0]);
    rescore_tally_clear(&parts[1]);
}
END_TEST

START_TEST(scores_fall_into_the_bin_that_begins_with_them)
{
    static const struct {
        const char *score;
        size_t bin;
    } scores[] = {{"0", 0},       {"0.0199", 0},  {"0.02", 1},  {"0.2999", 14},
                  {"0.3", 15},    {"0.3001", 15}, {"0.58", 29}, {"0.98", 49},
                  {"0.9999", 49}, {"1", 49}};
    char row[256];
    struct err err;

    for (size_t i = 0; i < sizeof(scores) / sizeof(scores[0]); i++) {
        snprintf(row, sizeof(row),
                 "{\"action\":\"ship\",\"moderationVerdict\":\"pass\","
                 "\"driftScore\":%s}",
                 scores[i].score);
        const uint64_t before = tally.drift.bins[scores[i].bin];
        ck_assert(add(&tally, row, &err));
        ck_assert_msg(tally.drift.bins[scores[i].bin] == before + 1, "%s",
                      scores[i].score);
    }
}
END_TEST

START_TEST(what_is_no_row_is_refused)
{
    static const char *const bad[] = {"7", "[]", "{}", "{\"row\":1}",
                                      "{\"action\":7}"};
    struct err err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!add(&tally, bad[i], &err), "%s", bad[i]);
        ck_assert_int_eq(err.kind, ERR_INVALID);
    }
}
END_TEST

START_TEST(names_are_bounded)
{
    char name[600];
    struct err err;

    memset(name, 'x', sizeof(name));
    ck_assert_ptr_nonnull(rescore_tally_entry(&tally, RESCORE_TALLY_RULE,
                                              (struct text){name, 512}, &err));
    ck_assert_ptr_null(rescore_tally_entry(&tally, RESCORE_TALLY_RULE,
                                           (struct text){name, 513}, &err));
    ck_assert_ptr_null(rescore_tally_entry(&tally, RESCORE_TALLY_RULE,
                                           (struct text){"a\0b", 3}, &err));
    for (int i = 1; i < RESCORE_TALLY_NAMES; i++) {
        snprintf(name, sizeof(name), "r%d", i);
        ck_assert_ptr_nonnull(rescore_tally_entry(&tally, RESCORE_TALLY_RULE,
                                                  text_of(name), &err));
    }
    ck_assert_ptr_null(rescore_tally_entry(&tally, RESCORE_TALLY_RULE,
                                           TEXT("one more"), &err));
    ck_assert_int_eq(err.kind, ERR_INVALID);
}
END_TEST

TEST_MAIN("rescore_tally", tcase_add_checked_fixture(tc, begin, end);
          tcase_add_test(tc, every_row_is_counted_once_under_each_name);
          tcase_add_loop_test(tc,
                              tallies_of_any_parts_add_up_to_that_of_the_whole,
                              0, 1 << ROWS);
          tcase_add_test(tc, scores_fall_into_the_bin_that_begins_with_them);
          tcase_add_test(tc, what_is_no_row_is_refused);
          tcase_add_test(tc, names_are_bounded);)
