#include "sidecar/engine/hold_stretch.h"

#include "tests/unit/harness.h"

START_TEST(bytes_keep_their_places)
{
    struct arena *arena = arena_new(1 << 20);
    struct hold_stretch stretch = {.arena = arena};

    for (size_t i = 0; i < 1000; i++) {
        const struct span raw = {3 * i, 3 * i + 2};
        ck_assert(hold_stretch_add(&stretch, (char)('a' + i % 26), raw));
        if (i % 100 == 99) {
            hold_stretch_drop(&stretch, i % 7 + 10);
            hold_stretch_drop(&stretch, 0);
        }
    }
    ck_assert_uint_gt(stretch.len, 800);
    const struct text text = hold_stretch_text(&stretch);
    for (size_t i = 0; i < text.len; i++) {
        const size_t was = 1000 - text.len + i;
        // What was dropped stood before the rest.
        if (i + 1 == text.len) {
            ck_assert_uint_eq(stretch.raw_from[i], 3 * was);
            ck_assert_uint_eq(stretch.raw_to[i], 3 * was + 2);
        }
        ck_assert_int_eq(text.at[i], (int)('a' + stretch.raw_from[i] / 3 % 26));
    }
    hold_stretch_drop(&stretch, stretch.len);
    ck_assert_uint_eq(stretch.len, 0);
    arena_free(arena);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
    struct arena *arena = arena_new(1 << 20);
    struct hold_stretch stretch = {.arena = arena};
    const struct span raw = {1, 2};
    size_t len = 0;

    while (len < 64) {
        ck_assert(hold_stretch_add(&stretch, 'x', raw));
        len++;
    }
    arena_fail_at(arena, 2);
    ck_assert(!hold_stretch_add(&stretch, 'y', raw));
    ck_assert_uint_eq(stretch.len, len);
    ck_assert_int_eq(stretch.at[len - 1], 'x');
    arena_free(arena);
}
END_TEST

TEST_MAIN("hold_stretch", {
    tcase_add_test(tc, bytes_keep_their_places);
    tcase_add_test(tc, without_memory_nothing_changes);
})
