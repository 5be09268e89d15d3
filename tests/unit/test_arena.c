#include "sidecar/base/arena.h"

#include "tests/unit/harness.h"

static const size_t sizes[] = {0,  1,  15,  16,   17,    31,    32,
                               33, 64, 255, 4096, 65536, 65537, 200000};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

START_TEST(pieces_are_aligned_and_do_not_overlap)
{
    struct arena *arena = arena_new(16 << 20);
    unsigned char *pieces[SIZES * 8];

    for (size_t i = 0; i < SIZES * 8; i++) {
        pieces[i] = arena_take(arena, sizes[i % SIZES]);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_msg((uintptr_t)pieces[i] % 16 == 0, "%zu bytes",
                      sizes[i % SIZES]);
        memset(pieces[i], (int)(i & 0xff), sizes[i % SIZES]);
    }
    for (size_t i = 0; i < SIZES * 8; i++) {
        for (size_t b = 0; b < sizes[i % SIZES]; b++) {
            if (pieces[i][b] != (i & 0xff)) {
                ck_abort_msg("piece %zu, byte %zu: %u", i, b, pieces[i][b]);
            }
        }
        for (size_t k = 0; k < i; k++) {
            ck_assert_ptr_ne(pieces[k], pieces[i]);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(limit_is_exact)
{
    struct arena *arena = arena_new(64);

    ck_assert_ptr_nonnull(arena_take(arena, 48));
    ck_assert_ptr_nonnull(arena_take(arena, 16));
    ck_assert_uint_eq(arena_used(arena), 64);
    ck_assert_ptr_null(arena_take(arena, 0));
    arena_free(arena);
}
END_TEST

/* Each of these must fail, and everything after it until a reset. */
static const size_t too_large[] = {65,
                                   SIZE_MAX / 2,
                                   SIZE_MAX - 33,
                                   SIZE_MAX - 32,
                                   SIZE_MAX - 16,
                                   SIZE_MAX - 15,
                                   SIZE_MAX - 1,
                                   SIZE_MAX};

START_TEST(failure_sticks_until_reset)
{
    struct arena *arena = arena_new(64);

    ck_assert_ptr_null(arena_take(arena, too_large[_i]));
    ck_assert_msg(arena_take(arena, 1) == NULL, "after %zu", too_large[_i]);
    arena_reset(arena);
    ck_assert_ptr_nonnull(arena_take(arena, 64));
    arena_free(arena);
}
END_TEST

START_TEST(product_that_overflows_fails_and_sticks)
{
    struct arena *arena = arena_new(SIZE_MAX);

    ck_assert_ptr_null(arena_zeroed(arena, SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(arena_take(arena, 1));
    arena_reset(arena);
    ck_assert_ptr_null(arena_zeroed(arena, 3, SIZE_MAX / 2));
    arena_reset(arena);
    ck_assert_ptr_nonnull(arena_zeroed(arena, SIZE_MAX, 0));
    ck_assert_ptr_nonnull(arena_zeroed(arena, 0, SIZE_MAX));
    arena_free(arena);
}
END_TEST

START_TEST(zeroed_memory_is_zero_after_reuse)
{
    struct arena *arena = arena_new(1 << 20);

    for (int round = 0; round < 3; round++) {
        unsigned char *piece = arena_zeroed(arena, 1000, 3);
        for (size_t i = 0; i < 3000; i++) {
            ck_assert_uint_eq(piece[i], 0);
        }
        memset(piece, 0xa5, 3000);
        arena_reset(arena);
    }
    arena_free(arena);
}
END_TEST

START_TEST(copy_is_its_own_and_ends_with_nul)
{
    struct arena *arena = arena_new(1000);
    char source[] = "a\0b";

    const struct text copy = arena_copy(arena, (struct text){source, 3});
    source[0] = 'x';
    ck_assert_mem_eq(copy.at, "a\0b", 4);
    ck_assert_uint_eq(copy.len, 3);
    const struct text empty = arena_copy(arena, (struct text){NULL, 0});
    ck_assert_ptr_nonnull(empty.at);
    ck_assert_int_eq(empty.at[0], '\0');
    arena_free(arena);
}
END_TEST

START_TEST(copy_that_does_not_fit_is_null)
{
    struct arena *arena = arena_new(16);

    const struct text copy = arena_copy(arena, TEXT("sixteen bytes..."));
    ck_assert_ptr_null(copy.at);
    ck_assert_uint_eq(copy.len, 0);
    arena_free(arena);
}
END_TEST

START_TEST(peak_outlives_a_reset)
{
    struct arena *arena = arena_new(1 << 20);

    (void)arena_take(arena, 100000);
    arena_reset(arena);
    ck_assert_uint_eq(arena_used(arena), 0);
    (void)arena_take(arena, 16);
    ck_assert_uint_eq(arena_used(arena), 16);
    ck_assert_uint_eq(arena_peak(arena), 100000);
    arena_free(arena);
}
END_TEST

START_TEST(nth_take_fails_and_all_after_it)
{
    struct arena *arena = arena_new(1 << 20);

    arena_fail_at(arena, 3);
    ck_assert_ptr_nonnull(arena_take(arena, 1));
    ck_assert_ptr_nonnull(arena_zeroed(arena, 1, 1));
    ck_assert_ptr_null(arena_take(arena, 1));
    ck_assert_ptr_null(arena_take(arena, 1));
    arena_reset(arena);
    ck_assert_ptr_nonnull(arena_take(arena, 1));
    arena_fail_at(arena, 1);
    arena_fail_at(arena, 0);
    ck_assert_ptr_nonnull(arena_take(arena, 1));
    arena_free(arena);
}
END_TEST

START_TEST(nothing_is_freed_without_complaint)
{
    arena_free(NULL);
}
END_TEST

START_TEST(small_arena_holds_little_more_than_is_taken)
{
    struct arena *arena = arena_new_small(1 << 20);
    size_t largest = 0;

    ck_assert_uint_lt(arena_held(arena), 128);
    for (size_t i = 0; i < 500; i++) {
        const size_t bytes = (i * 37) % 700;
        ck_assert_ptr_nonnull(arena_take(arena, bytes));
        largest = bytes > largest ? bytes : largest;
        ck_assert_uint_ge(arena_held(arena), arena_used(arena) - 16 * (i + 1));
    }
#ifndef LEEWAY_SANITIZED
    // At most a piece that did not fit is lost at the end of each block.
    ck_assert_uint_lt(arena_held(arena), arena_used(arena) * 3 / 2);
#endif
    arena_free(arena);
}
END_TEST

TEST_MAIN("arena", {
    tcase_add_test(tc, pieces_are_aligned_and_do_not_overlap);
    tcase_add_test(tc, limit_is_exact);
    tcase_add_loop_test(tc, failure_sticks_until_reset, 0,
                        sizeof(too_large) / sizeof(too_large[0]));
    tcase_add_test(tc, product_that_overflows_fails_and_sticks);
    tcase_add_test(tc, zeroed_memory_is_zero_after_reuse);
    tcase_add_test(tc, copy_is_its_own_and_ends_with_nul);
    tcase_add_test(tc, copy_that_does_not_fit_is_null);
    tcase_add_test(tc, peak_outlives_a_reset);
    tcase_add_test(tc, nth_take_fails_and_all_after_it);
    tcase_add_test(tc, nothing_is_freed_without_complaint);
    tcase_add_test(tc, small_arena_holds_little_more_than_is_taken);
})
