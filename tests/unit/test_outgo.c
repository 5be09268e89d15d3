#include "sidecar/serve/outgo.h"

#include "tests/unit/harness.h"

static char
byte_at(size_t n)
{
    return (char)(unsigned char)(n * 13 % 251);
}

/* Adds `len` bytes of the endless text that starts at `*total`. */
static void
add(struct outgo *out, size_t *total, size_t len)
{
    char *bytes = malloc(len + 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = byte_at(*total + i);
    }
    ck_assert(outgo_add(out, (struct text){bytes, len}));
    *total += len;
    free(bytes);
}

/* Checks what is at the front, and says that `take` bytes of it have gone. */
static void
take(struct outgo *out, size_t *gone, size_t most)
{
    struct text pieces[OUTGO_PIECES];
    const size_t count = outgo_front(out, pieces);
    size_t seen = 0;

    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_gt(pieces[i].len, 0);
        for (size_t j = 0; j < pieces[i].len && seen + j < most; j++) {
            if (pieces[i].at[j] != byte_at(*gone + seen + j)) {
                ck_abort_msg("byte %zu", *gone + seen + j);
            }
        }
        seen += pieces[i].len;
    }
    ck_assert(seen <= out->bytes && (seen > 0) == (out->bytes > 0));
    const size_t len = seen < most ? seen : most;
    outgo_sent(out, len);
    *gone += len;
}

START_TEST(bytes_come_out_as_they_went_in)
{
    static const size_t adds[] = {8,          0,     213,     70000, 1,
                                  SLAB_BYTES, 65535, 3 << 16, 17,    100000};
    static const size_t takes[] = {1, 7, 100, 4096, 65536, 1 << 20};

    for (size_t t = 0; t < sizeof(takes) / sizeof(*takes); t++) {
        struct slab_pool *pool = slab_pool_new(0);
        struct outgo out;
        size_t total = 0, gone = 0;
        outgo_init(&out, pool);
        for (size_t i = 0; i < sizeof(adds) / sizeof(*adds); i++) {
            add(&out, &total, adds[i]);
            take(&out, &gone, takes[t]);
            ck_assert_uint_eq(out.bytes, total - gone);
        }
        // In steps that end soon, however small those above were.
        while (out.bytes > 0) {
            take(&out, &gone, takes[t] * 97);
        }
        ck_assert_uint_eq(gone, total);
        ck_assert_ptr_null(out.first);
        outgo_clear(&out);
        slab_pool_free(pool);
    }
}
END_TEST

START_TEST(one_send_takes_no_more_than_its_pieces)
{
    struct slab_pool *pool = slab_pool_new(0);
    struct text pieces[OUTGO_PIECES];
    struct outgo out;
    size_t total = 0, gone = 0;

    outgo_init(&out, pool);
    ck_assert_uint_eq(outgo_front(&out, pieces), 0);
    add(&out, &total, (OUTGO_PIECES + 2) * (size_t)SLAB_BYTES);
    ck_assert_uint_eq(outgo_front(&out, pieces), OUTGO_PIECES);
    take(&out, &gone, SIZE_MAX);
    ck_assert_uint_eq(out.bytes, 2 * SLAB_BYTES);
    outgo_clear(&out); // with bytes left: nothing leaks
    slab_pool_free(pool);
}
END_TEST

TEST_MAIN("outgo", tcase_add_test(tc, bytes_come_out_as_they_went_in);
          tcase_add_test(tc, one_send_takes_no_more_than_its_pieces);)
