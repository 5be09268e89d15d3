#include "tests/unit/harness.h"

#include "sidecar/engine/alert.h"

static struct arena *arena;

static void
open_arena(void)
{
    arena = arena_new(1 << 16);
    ck_assert_ptr_nonnull(arena);
}

static void
close_arena(void)
{
    arena_free(arena);
}

/* An envelope that moderation flagged and that drifted. */
static struct envelope
troubled(void)
{
    static const struct envelope_hit hits[] = {{.severity = {"low", 3}},
                                               {.severity = {"high", 4}},
                                               {.severity = {"info", 4}}};

    return (struct envelope){.verdict = VERDICT_FLAG,
                             .decided_by = {TEXT("rule"), TEXT("R")},
                             .hits = hits,
                             .hit_count = 3,
                             .drift = {.status = DRIFT_OK, .alert = true}};
}

static void
fill(const struct request *request, const char *candidate, struct envelope *e)
{
    const struct alert_subject subject = {request, text_of(candidate),
                                          TEXT("R")};
    struct err err;

    ck_assert(alert_fill(&subject, arena, e, &err));
}

START_TEST(each_kind_of_trouble_is_one_alert)
{
    const struct request request = {.turn = -1};
    struct envelope e = troubled();

    fill(&request, "x", &e);
    ck_assert_uint_eq(e.alert_count, 2);
    ck_assert(text_is(e.alerts[0].type, "moderation.flagged"));
    ck_assert(text_is(e.alerts[0].reason, "R"));
    ck_assert(text_is(e.alerts[0].severity, "high"));
    ck_assert(text_is(e.alerts[1].type, "persona.audit_failed"));
    ck_assert(text_is(e.alerts[1].reason, "voice_drift"));
    ck_assert(text_is(e.alerts[1].severity, "medium"));
    e.action = ACTION_REGENERATE;
    fill(&request, "x", &e);
    ck_assert(text_is(e.alerts[1].severity, "high"));
    e.verdict = VERDICT_PASS;
    fill(&request, "x", &e);
    ck_assert_uint_eq(e.alert_count, 1);
    e.drift.alert = false;
    fill(&request, "x", &e);
    ck_assert_uint_eq(e.alert_count, 0);
    e.drift.alert = true;
    e.drift.status = DRIFT_LOW_EVIDENCE;
    fill(&request, "x", &e);
    ck_assert_uint_eq(e.alert_count, 0);
    e.verdict = VERDICT_REFUSE; /* by an error: there is no hit */
    e.hit_count = 0;
    fill(&request, "x", &e);
    ck_assert(text_is(e.alerts[0].severity, "info"));
}
END_TEST

/* What is the same request and what is the same trouble. */
START_TEST(ids_follow_from_what_they_are_about)
{
    const struct request base = {.id = TEXT("i"),
                                 .message_id = TEXT("m"),
                                 .workspace = TEXT("w"),
                                 .session = TEXT("s"),
                                 .persona = TEXT("p"),
                                 .turn = 3};
    struct request other[6] = {base, base, base, base, base, base};
    static const struct {
        bool same_id, same_key;
    } want[6] = {{true, true},  {false, true},  {false, true},
                 {false, true}, {false, false}, {false, false}};
    struct envelope first = troubled();

    other[1].id = TEXT("j");
    other[2].message_id = TEXT("n");
    other[3].turn = 4;
    other[4].workspace = TEXT("v");
    other[5].session = TEXT("t");
    fill(&base, "x", &first);
    ck_assert_uint_eq(first.alerts[0].id.len, 16);
    ck_assert_uint_eq(first.alerts[0].dedup_key.len, 16);
    ck_assert(
        !text_equal(first.alerts[0].dedup_key, first.alerts[1].dedup_key));
    for (size_t i = 0; i < 6; i++) {
        struct envelope e = troubled();
        fill(&other[i], "x", &e);
        for (size_t k = 0; k < 2; k++) {
            ck_assert_int_eq(text_equal(e.alerts[k].id, first.alerts[k].id),
                             want[i].same_id);
            ck_assert_int_eq(
                text_equal(e.alerts[k].dedup_key, first.alerts[k].dedup_key),
                want[i].same_key);
        }
    }
    struct envelope e = troubled();
    fill(&base, "y", &e); /* another candidate */
    ck_assert(!text_equal(e.alerts[0].id, first.alerts[0].id));
    ck_assert(text_equal(e.alerts[0].dedup_key, first.alerts[0].dedup_key));
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    const struct request request = {.turn = -1};
    const struct alert_subject subject = {&request, TEXT("x"), TEXT("R")};
    struct err err;

    for (size_t n = 1; n <= 5; n++) {
        struct envelope e = troubled();
        arena_reset(arena);
        arena_fail_at(arena, n);
        ck_assert_int_eq(alert_fill(&subject, arena, &e, &err), n == 5);
    }
}
END_TEST

TEST_MAIN("alert", tcase_add_checked_fixture(tc, open_arena, close_arena);
          tcase_add_test(tc, each_kind_of_trouble_is_one_alert);
          tcase_add_test(tc, ids_follow_from_what_they_are_about);
          tcase_add_test(tc, no_memory_is_an_error);)
