#include "sidecar/serve/message_digest.h"

#include <math.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_store.h"

static struct store *store;
static struct arena *arena;

static void
set_up(void)
{
    struct store_options options = support_store_options();

    support_store_enter();
    options.path = NULL;
    store = support_store_open(&options);
    arena = arena_new(1 << 20);
}

static void
tear_down(void)
{
    store_close(store);
    arena_free(arena);
    support_store_leave();
}

static struct digest
digest(const struct request *request)
{
    struct digest out;
    struct err err;

    arena_reset(arena);
    ck_assert(message_digest(store, request, arena, &out, &err));
    return out;
}

#define T(words)                                                               \
    {                                                                          \
        words, sizeof(words) - 1                                               \
    }
#define WITH(...)                                                              \
    {                                                                          \
        .candidates = ab, .candidate_count = 1, __VA_ARGS__                    \
    }

static const float some[] = {1, 2}, others[] = {1, 3};
static const struct request_vector vector = {T("m"), some, 2},
                                   other_vector = {T("m"), others, 2};
static const struct request_candidate ab[] = {{.text = T("a")},
                                              {.text = T("b")}},
                                      joined[] = {{.text = T("ab")}},
                                      measured[] = {{T("a"), &vector, 1}},
                                      otherwise[] = {
                                          {T("a"), &other_vector, 1}};
static const struct text words[] = {T("x"), T("y")};
static const struct request_score score = {T("hate"), 0.5},
                                  other_score = {T("hate"), 0.6};
static const struct request_classifier classifier = {T("c"), &score, 1},
                                       other_classifier = {T("c"), &other_score,
                                                           1};

/* All are different messages. */
static const struct request apart[] = {
    WITH(.explain = false),
    {.candidates = ab, .candidate_count = 2},
    {.candidates = joined, .candidate_count = 1},
    {.candidates = measured, .candidate_count = 1},
    {.candidates = otherwise, .candidate_count = 1},
    WITH(.persona = T("p")),
    WITH(.locale = T("p")),
    WITH(.system_prompt = T("p")),
    WITH(.role = REQUEST_USER),
    WITH(.attempt = 1),
    WITH(.explain = true),
    WITH(.drift_threshold = 0.5),
    WITH(.guardrails = {words, 1}),
    WITH(.guardrails = {words, 2}),
    WITH(.canaries = {words, 1}),
    WITH(.cast = {words, 1}),
    WITH(.classifiers = &classifier, .classifier_count = 1),
    WITH(.classifiers = &other_classifier, .classifier_count = 1),
};

START_TEST(what_judging_reads_tells_messages_apart)
{
    const struct digest this = digest(&apart[_i]);

    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        const struct digest that = digest(&apart[i]);
        ck_assert_msg((memcmp(&this, &that, sizeof(this)) == 0) ==
                          (i == (size_t)_i),
                      "%d and %zu", _i, i);
    }
}
END_TEST

START_TEST(what_travels_with_it_does_not)
{
    static const struct request same[] = {
        WITH(.id = T("i")),
        WITH(.token = T("t")),
        WITH(.metadata = T("m")),
        WITH(.deadline_ms = 7),
        WITH(.turn = 7),
        WITH(.session = T("s")),
        WITH(.op = REQUEST_STREAM_OPEN, .mode = REQUEST_FINAL),
    };
    const struct digest this = digest(&apart[0]);

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const struct digest that = digest(&same[i]);
        ck_assert_msg(memcmp(&this, &that, sizeof(this)) == 0, "%zu", i);
    }
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct digest out;
    struct err err;

    arena_reset(arena);
    arena_fail_at(arena, 1);
    ck_assert(!message_digest(store, &apart[0], arena, &out, &err));
    ck_assert_int_eq(err.kind, ERR_MEMORY);
}
END_TEST

TEST_MAIN("message_digest", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc, what_judging_reads_tells_messages_apart, 0,
                              sizeof(apart) / sizeof(apart[0]));
          tcase_add_test(tc, what_travels_with_it_does_not);
          tcase_add_test(tc, no_memory_is_an_error);)
