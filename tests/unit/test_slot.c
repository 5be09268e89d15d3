/* The engine of now, taken and swapped while others use it. */
#include "sidecar/serve/slot.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"
#include "tests/unit/support_word.h"

enum { TAKERS = 3, SWAPS = 40 };

START_TEST(gives_the_engine_it_was_given)
{
    struct engine *engine = support_word_engine("zorblax", "");
    struct slot *slot = slot_new(engine_keep(engine));

    ck_assert_ptr_nonnull(slot);
    struct engine *taken = slot_take(slot);
    ck_assert_ptr_eq(taken, engine);
    ck_assert_uint_eq(taken->generation, 1);
    engine_drop(taken);
    slot_free(slot);
    // The slot's reference is gone, ours is not.
    ck_assert_uint_eq(engine->config->rule_count, 1);
    engine_drop(engine);
}
END_TEST

START_TEST(a_swap_counts_up_and_leaves_takers_their_engine)
{
    struct slot *slot = slot_new(support_word_engine("zorblax", ""));
    struct engine *first = slot_take(slot);

    for (uint64_t i = 2; i < 6; i++) {
        slot_swap(slot, support_word_engine("other", ""));
        struct engine *now = slot_take(slot);
        ck_assert_uint_eq(now->generation, i);
        ck_assert_str_ne(now->hash, first->hash);
        engine_drop(now);
    }
    ck_assert_uint_eq(first->generation, 1);
    ck_assert_uint_eq(first->config->rule_count, 1);
    slot_free(slot);
    ck_assert_uint_eq(first->config->rule_count, 1);
    engine_drop(first);
}
END_TEST

START_TEST(nothing_is_freed_twice_where_there_is_nothing)
{
    slot_free(NULL);
}
END_TEST

static atomic_bool enough;

/* Takes again and again; generations never go back. */
static void *
take_all_the_time(void *context)
{
    struct slot *slot = context;
    uint64_t last = 0;

    while (!atomic_load(&enough)) {
        struct engine *engine = slot_take(slot);
        ck_assert_uint_ge(engine->generation, last);
        ck_assert_uint_eq(engine->config->rule_count, 1);
        last = engine->generation;
        engine_drop(engine);
    }
    return NULL;
}

START_TEST(takers_and_swaps_at_the_same_time)
{
    struct slot *slot = slot_new(support_word_engine("zorblax", ""));
    pthread_t takers[TAKERS];

    for (int i = 0; i < TAKERS; i++) {
        ck_assert_int_eq(
            pthread_create(&takers[i], NULL, take_all_the_time, slot), 0);
    }
    for (int i = 0; i < SWAPS; i++) {
        slot_swap(slot, support_word_engine("zorblax", ""));
    }
    atomic_store(&enough, true);
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(takers[i], NULL);
    }
    struct engine *engine = slot_take(slot);
    ck_assert_uint_eq(engine->generation, SWAPS + 1);
    engine_drop(engine);
    slot_free(slot);
}
END_TEST

TEST_MAIN("slot", tcase_add_checked_fixture(tc, support_config_enter,
                                            support_config_leave);
          tcase_add_test(tc, gives_the_engine_it_was_given);
          tcase_add_test(tc, a_swap_counts_up_and_leaves_takers_their_engine);
          tcase_add_test(tc, nothing_is_freed_twice_where_there_is_nothing);
          tcase_add_test(tc, takers_and_swaps_at_the_same_time);)
