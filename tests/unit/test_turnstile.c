#include "sidecar/store/turnstile.h"

#include <pthread.h>
#include <time.h>

#include "tests/unit/harness.h"

enum { THREADS = 4, ROUNDS = 2000 };

static struct turnstile *turnstile;
static int inside, entered; /* what the turnstile guards */

static int64_t
in_ms(int64_t ms)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((int64_t)now.tv_sec * 1000 + ms) * 1000000 + now.tv_nsec;
}

static void *
go_through(void *context)
{
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert(turnstile_enter(turnstile, 7, in_ms(60 * 1000)));
        inside++;
        ck_assert_int_eq(inside, 1);
        entered++;
        inside--;
        turnstile_leave(turnstile, 7);
    }
    return context;
}

START_TEST(one_is_in_at_a_time)
{
    pthread_t threads[THREADS];

    turnstile = turnstile_new();
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, go_through, NULL),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_int_eq(entered, THREADS * ROUNDS);
    turnstile_free(turnstile);
}
END_TEST

START_TEST(who_waits_too_long_is_not_in)
{
    turnstile = turnstile_new();
    ck_assert(turnstile_enter(turnstile, 1, in_ms(0)));
    ck_assert(!turnstile_enter(turnstile, 1, in_ms(5)));
    ck_assert(turnstile_enter(turnstile, 2, in_ms(0)));
    turnstile_leave(turnstile, 1);
    ck_assert(turnstile_enter(turnstile, 1, in_ms(0)));
    turnstile_free(turnstile);
}
END_TEST

TEST_MAIN("turnstile", tcase_add_test(tc, one_is_in_at_a_time);
          tcase_add_test(tc, who_waits_too_long_is_not_in);)
