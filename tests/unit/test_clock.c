#include "sidecar/base/clock.h"

#include <time.h>

#include "tests/unit/harness.h"

START_TEST(pinned_clocks_stand_still)
{
    clock_pin(123, -456);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(clock_ns(), 123);
        ck_assert_int_eq(clock_wall_ms(), -456);
    }
    clock_pin(UINT64_MAX, INT64_MAX);
    ck_assert_uint_eq(clock_ns(), UINT64_MAX);
    ck_assert_int_eq(clock_wall_ms(), INT64_MAX);
    clock_unpin();
    ck_assert_uint_ne(clock_ns(), UINT64_MAX);
    ck_assert_int_ne(clock_wall_ms(), INT64_MAX);
}
END_TEST

START_TEST(monotonic_never_goes_back)
{
    uint64_t before = clock_ns();

    for (int i = 0; i < 10000; i++) {
        const uint64_t now = clock_ns();
        ck_assert_uint_ge(now, before);
        before = now;
    }
}
END_TEST

START_TEST(units_are_nanoseconds_and_milliseconds)
{
    struct timespec monotonic, wall;

    const uint64_t ns_before = clock_ns();
    const int64_t ms_before = clock_wall_ms();
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &wall);
    const uint64_t ns =
        (uint64_t)monotonic.tv_sec * 1000000000u + (uint64_t)monotonic.tv_nsec;
    const int64_t ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
    ck_assert_uint_le(ns_before, ns);
    ck_assert_uint_le(ns, clock_ns());
    ck_assert_int_le(ms_before, ms);
    ck_assert_int_le(ms, clock_wall_ms());
}
END_TEST

TEST_MAIN("clock", {
    tcase_add_test(tc, pinned_clocks_stand_still);
    tcase_add_test(tc, monotonic_never_goes_back);
    tcase_add_test(tc, units_are_nanoseconds_and_milliseconds);
})
