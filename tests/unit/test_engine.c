#include "tests/unit/harness.h"

#include <pthread.h>
#include <stdio.h>

#include "config/load.h"
#include "sidecar/engine/limits.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_engine.h"

static const char good[] =
    SUPPORT_ENGINE_RULES "- {id: R, type: terms, terms: [x], category: c, "
                         "action: flag, tests: [{text: x, expect_ids: [R]}, "
                         "{text: y, no_expect_ids: [R]}]}\n";

/* engine_load of a.yaml in the current folder; what it says is to be freed. */
static struct engine *
load(const char *const *overrides, size_t count, char **said)
{
    struct support_config of = {.arena = arena_new(1 << 24)};

    place_problems_init(&of.problems, of.arena);
    struct engine *engine =
        engine_load("a.yaml", overrides, count, &kernel_scalar, &of.problems);
    *said = support_config_problems(&of, false);
    ck_assert_int_eq(engine == NULL, place_problems_any(&of.problems));
    arena_free(of.arena);
    return engine;
}

START_TEST(an_engine_is_what_its_files_say)
{
    const char *const overrides[] = {"rules.R.mode=monitor"};
    char *said;

    support_config_file("a.yaml", text_of(good));
    struct engine *first = load(NULL, 0, &said);
    ck_assert_msg(first != NULL, "%s", said);
    free(said);
    ck_assert_uint_eq(strlen(first->hash), 64);
    ck_assert_uint_eq(first->generation, 1);
    ck_assert_uint_eq(rules_count(first->rules), 1 + CONFIG_REQUEST_RULES);
    struct engine *again = load(NULL, 0, &said);
    free(said);
    ck_assert_str_eq(again->hash, first->hash);
    engine_drop(again);
    again = load(overrides, 1, &said);
    ck_assert_msg(again != NULL, "%s", said);
    free(said);
    ck_assert(!rules_at(again->rules, 0)->enforced);
    engine_drop(again);
    support_config_file("a.yaml",
                        text_of(SUPPORT_ENGINE_HEAD "allow_empty: true\n"));
    again = load(NULL, 0, &said);
    ck_assert_msg(again != NULL, "%s", said);
    free(said);
    ck_assert_str_ne(again->hash, first->hash);
    engine_drop(again);
    engine_drop(first);
}
END_TEST

/* Each way to fail gives no engine, says why, and leaves nothing behind. */
START_TEST(what_is_wrong_makes_no_engine)
{
    static const struct {
        const char *yaml, *said;
    } rows[] = {
        {NULL, "a.yaml"},
        {"schema: 1\n\tx", "a.yaml:2"},
        {"schema: 9\n", "schema"},
        {SUPPORT_ENGINE_RULES "- {id: R, type: regex, pattern: '(', category: "
                              "c, action: flag}\n",
         "closing parenthesis"},
        {SUPPORT_ENGINE_RULES "- {id: R, type: terms, terms: [x], category: c, "
                              "action: flag, tests: [{text: y, expect_ids: "
                              "[R]}]}\n",
         "test failed"},
        {SUPPORT_ENGINE_HEAD "allow_empty: true\ndrift: {background: "
                             "none.bin}\n",
         "none.bin"},
        {SUPPORT_ENGINE_HEAD "allow_empty: true\npersonas: [{id: m, samples: "
                             "none.txt}]\n",
         "none.txt"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *said;
        if (rows[i].yaml != NULL) {
            support_config_file("a.yaml", text_of(rows[i].yaml));
        }
        struct engine *engine = load(NULL, 0, &said);
        ck_assert_ptr_null(engine);
        ck_assert_msg(strstr(said, rows[i].said) != NULL, "row %zu: %s", i,
                      said);
        free(said);
    }
}
END_TEST

static void *
keep_and_drop(void *context)
{
    struct engine *engine = context;

    for (size_t i = 0; i < 10000; i++) {
        engine_drop(engine_keep(engine));
    }
    return NULL;
}

START_TEST(the_last_reference_frees)
{
    struct engine *engine = support_engine(good);
    pthread_t threads[3];

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, keep_and_drop, engine), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_ptr_eq(engine_keep(engine), engine);
    engine_drop(engine);
    ck_assert_uint_eq(rules_count(engine->rules),
                      1 + CONFIG_REQUEST_RULES); /* still there */
    engine_drop(engine);
}
END_TEST

START_TEST(limits_are_those_of_the_configuration)
{
    const char *const overrides[] = {"limits.depth=5",
                                     "limits.nodes=777",
                                     "limits.text_bytes=1KiB",
                                     "limits.prompt_bytes=2KiB",
                                     "limits.guardrails=3",
                                     "limits.guardrail_bytes=99",
                                     "limits.vector_dimensions=12",
                                     NULL};
    struct engine *engine = support_engine_set(good, overrides);
    const struct decode_limits l = limits_for_decoding(engine->config);

    ck_assert_uint_eq(l.wire.depth, 5);
    ck_assert_uint_eq(l.wire.nodes, 777);
    ck_assert_uint_eq(l.text_bytes, 1024);
    ck_assert_uint_eq(l.prompt_bytes, 2048);
    ck_assert_uint_eq(l.guardrails, 3);
    ck_assert_uint_eq(l.guardrail_bytes, 99);
    ck_assert_uint_eq(l.dimensions, 12);
    engine_drop(engine);
}
END_TEST

TEST_MAIN("engine", tcase_add_checked_fixture(tc, support_config_enter,
                                              support_config_leave);
          tcase_add_test(tc, an_engine_is_what_its_files_say);
          tcase_add_test(tc, what_is_wrong_makes_no_engine);
          tcase_add_test(tc, the_last_reference_frees);
          tcase_add_test(tc, limits_are_those_of_the_configuration);)
