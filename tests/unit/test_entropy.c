/* Bytes that nobody can guess. */
#include "sidecar/base/entropy.h"

#include "tests/unit/harness.h"

START_TEST(two_draws_differ)
{
    unsigned char a[32] = {0}, b[32] = {0};
    struct err err;

    ck_assert(entropy_fill(a, sizeof(a), &err));
    ck_assert(entropy_fill(b, sizeof(b), &err));
    ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

/* Each bit is 0 in a draw and 1 in another, but once in 2^250. */
START_TEST(every_bit_is_drawn)
{
    unsigned char ones[256] = {0}, zeros[256];
    struct err err;

    memset(zeros, 0xff, sizeof(zeros));
    for (int i = 0; i < 300; i++) {
        unsigned char draw[256];
        ck_assert(entropy_fill(draw, sizeof(draw), &err));
        for (size_t k = 0; k < sizeof(draw); k++) {
            ones[k] |= draw[k];
            zeros[k] &= draw[k];
        }
    }
    for (size_t k = 0; k < sizeof(ones); k++) {
        ck_assert_msg(ones[k] == 0xff && zeros[k] == 0, "byte %zu", k);
    }
}
END_TEST

START_TEST(nothing_is_written_behind_the_end)
{
    unsigned char bytes[8] = {0};
    struct err err;

    ck_assert(entropy_fill(bytes, 4, &err) && entropy_fill(bytes, 0, &err));
    ck_assert_mem_eq(bytes + 4, "\0\0\0\0", 4);
}
END_TEST

TEST_MAIN("entropy", {
    tcase_add_test(tc, two_draws_differ);
    tcase_add_test(tc, every_bit_is_drawn);
    tcase_add_test(tc, nothing_is_written_behind_the_end);
})
