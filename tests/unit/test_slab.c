#include "sidecar/serve/slab.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/harness.h"

START_TEST(the_pool_of_large_blocks_is_limited)
{
    struct slab_pool *pool = slab_pool_new(3 * SLAB_BYTES);
    struct slab *first = slab_new_large(pool, 2 * SLAB_BYTES);

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(slab_new_large(pool, SLAB_BYTES + 1));
    slab_drop(first);
    first = slab_new_large(pool, 3 * SLAB_BYTES);
    ck_assert_ptr_nonnull(first);
    ck_assert(slab_sole(first));
    slab_keep(first);
    ck_assert(!slab_sole(first));
    slab_drop(first);
    slab_drop(first);
    ck_assert_ptr_null(slab_new_large(pool, 3 * SLAB_BYTES + 1));
    ck_assert_ptr_null(slab_new_large(pool, SIZE_MAX / 2));
    slab_pool_free(pool);
}
END_TEST

START_TEST(a_block_comes_back_empty_and_alone)
{
    struct slab_pool *pool = slab_pool_new(0);

    for (int round = 0; round < 200; round++) {
        struct slab *slab = slab_new(pool);
        ck_assert_ptr_nonnull(slab);
        ck_assert_uint_eq(slab->cap, SLAB_BYTES);
        ck_assert_uint_eq(slab->used, 0);
        ck_assert_ptr_null(slab->next);
        ck_assert(slab_sole(slab));
        memset(slab->bytes, round, SLAB_BYTES);
        slab->used = SLAB_BYTES;
        slab_drop(slab);
    }
    slab_drop(NULL);
    slab_pool_free(pool);
}
END_TEST

enum { THREADS = 4, ROUNDS = 5000 };

static void *
take_and_drop(void *arg)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct slab *slab = slab_new(arg);
        slab->bytes[round % SLAB_BYTES] = 1;
        slab_keep(slab);
        slab_drop(slab);
        slab_drop(slab);
    }
    return NULL;
}

START_TEST(threads_share_a_pool)
{
    struct slab_pool *pool = slab_pool_new(0);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, take_and_drop, pool);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    slab_pool_free(pool);
}
END_TEST

TEST_MAIN("slab", tcase_add_test(tc, the_pool_of_large_blocks_is_limited);
          tcase_add_test(tc, a_block_comes_back_empty_and_alone);
          tcase_add_test(tc, threads_share_a_pool);)
