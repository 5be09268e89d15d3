#include "sidecar/base/hash.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"

/*
 * One number for 65 lengths and three seeds: fingerprints hold feature buckets,
 * so the value is part of a file format and may never change.
 */
START_TEST(value_is_the_same_on_every_machine)
{
    uint64_t all = 0;
    char bytes[64];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(unsigned char)(i * 37 + 200);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            all = hash_mix(all ^ hash_bytes(bytes, len, seed));
        }
    }
    ck_assert_msg(all == 0xeadc7a67ffc49534u, "%#llx", (unsigned long long)all);
}
END_TEST

START_TEST(reads_only_its_own_bytes)
{
    char bytes[40];

    memset(bytes, 'x', sizeof(bytes));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        const struct text exact =
            support_bytes_exact((struct text){bytes, len});
        ck_assert_uint_eq(hash_text(exact, 7), hash_bytes(bytes, len, 7));
        support_bytes_free(exact);
    }
    ck_assert_uint_eq(hash_text((struct text){NULL, 0}, 1),
                      hash_bytes("", 0, 1));
}
END_TEST

START_TEST(every_byte_the_length_and_the_seed_count)
{
    char bytes[24] = {0};

    for (size_t len = 1; len <= sizeof(bytes); len++) {
        const uint64_t zeros = hash_bytes(bytes, len, 0);
        ck_assert_uint_ne(zeros, hash_bytes(bytes, len - 1, 0));
        ck_assert_uint_ne(zeros, hash_bytes(bytes, len, 1));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = 1;
            ck_assert_msg(hash_bytes(bytes, len, 0) != zeros, "byte %zu of %zu",
                          i, len);
            bytes[i] = 0;
        }
    }
}
END_TEST

/* Sequential names into 1,024 buckets: none may hold many times its share. */
START_TEST(buckets_fill_evenly)
{
    unsigned counts[1024] = {0};
    const unsigned names = 64 * 1024;

    for (unsigned i = 0; i < names; i++) {
        counts[hash_bytes(&i, sizeof(i), 0) % 1024]++;
    }
    for (size_t i = 0; i < 1024; i++) {
        ck_assert_msg(counts[i] > 20 && counts[i] < 120, "bucket %zu: %u", i,
                      counts[i]);
    }
}
END_TEST

TEST_MAIN("hash", {
    tcase_add_test(tc, value_is_the_same_on_every_machine);
    tcase_add_test(tc, reads_only_its_own_bytes);
    tcase_add_test(tc, every_byte_the_length_and_the_seed_count);
    tcase_add_test(tc, buckets_fill_evenly);
})
