/* Desks are lent one by one. */
#include "sidecar/serve/desks.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"

START_TEST(each_desk_is_lent_once)
{
    struct engine *engine =
        support_engine(SUPPORT_ENGINE_HEAD "allow_empty: true\n");
    struct desk *taken[DESKS];
    struct desks desks;
    struct err err;

    desks_init(&desks);
    ck_assert_ptr_null(desks_take(&desks)); // there are none yet
    ck_assert(desks_set(&desks, engine->config, &err));
    for (size_t i = 0; i < DESKS; i++) {
        taken[i] = desks_take(&desks);
        ck_assert_ptr_nonnull(taken[i]);
        for (size_t k = 0; k < i; k++) {
            ck_assert_ptr_ne(taken[i], taken[k]);
        }
    }
    ck_assert_ptr_null(desks_take(&desks));
    desks_put(&desks, taken[3]);
    ck_assert_ptr_eq(desks_take(&desks), taken[3]);
    desks_clear(&desks);
    engine_drop(engine);
}
END_TEST

TEST_MAIN("desks", tcase_add_test(tc, each_desk_is_lent_once);)
