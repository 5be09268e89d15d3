/* mmap's MAP_ANONYMOUS, for guard pages. */
#define _DEFAULT_SOURCE 1

#include "kernels/kernels.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sidecar/base/hash.h"
#include "tests/unit/harness.h"

enum { LAST_LENGTH = 1100, SEED = 20240607 };

/* n floats in -1..1 with 24 bits each, in a heap block of exactly that size. */
static float *
random_floats(size_t n, uint64_t seed)
{
    float *const values = malloc(n > 0 ? n * sizeof(*values) : 1);

    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < n; i++) {
        const uint64_t random = hash_mix((SEED + seed) * LAST_LENGTH + i);

        values[i] = (float)((int32_t)(random >> 39) - (1 << 24)) * 0x1p-24F;
    }
    return values;
}

static bool
same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* All functions of all usable sets on a[n], b[n], against the scalar set. */
static void
compare_sets(const float *a, const float *b, size_t n, const char *what)
{
    const struct kernel_set *const want = &kernel_scalar;
    const float dot = want->dot(a, b, n);
    const float norm = want->norm(a, n);
    const float cosine = want->cosine(a, b, n);

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if (!(*set)->usable()) {
            continue;
        }
        const float got[] = {(*set)->dot(a, b, n), (*set)->norm(a, n),
                             (*set)->cosine(a, b, n)};

        ck_assert_msg(same_bits(got[0], dot), "%s, %s dot, n = %zu: %a not %a",
                      what, (*set)->name, n, (double)got[0], (double)dot);
        ck_assert_msg(same_bits(got[1], norm),
                      "%s, %s norm, n = %zu: %a not %a", what, (*set)->name, n,
                      (double)got[1], (double)norm);
        ck_assert_msg(same_bits(got[2], cosine) ||
                          (isnan(got[2]) && isnan(cosine)),
                      "%s, %s cosine, n = %zu: %a not %a", what, (*set)->name,
                      n, (double)got[2], (double)cosine);
    }
}

START_TEST(known_answers_are_the_same_everywhere)
{
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((*set)->usable()) {
            const uint64_t got = kernels_answers(*set);

            ck_assert_msg(got == UINT64_C(0x218df38342856270),
                          "%s: 0x%016" PRIx64, (*set)->name, got);
        }
    }
    ck_assert_uint_eq(KERNELS_KNOWN, UINT64_C(0x218df38342856270));
}
END_TEST

START_TEST(every_length_gives_the_scalar_bits)
{
    for (size_t n = 0; n <= LAST_LENGTH; n++) {
        float *const a = random_floats(n, 2 * n);
        float *const b = random_floats(n, 2 * n + 1);

        compare_sets(a, b, n, "exact block");
        free(a);
        free(b);
    }
}
END_TEST

START_TEST(every_start_gives_the_scalar_bits)
{
    enum { STARTS = 17 };
    float *const a = random_floats(300 + STARTS, 1);
    float *const b = random_floats(300 + STARTS, 2);

    for (size_t start = 0; start < STARTS; start++) {
        for (size_t n = 190; n <= 300; n++) {
            compare_sets(a + start, b + (STARTS - start), n, "odd start");
        }
    }
    free(a);
    free(b);
}
END_TEST

/* [2 * floats_per_page] of memory between two pages that may not be
 * touched. */
static float *
guarded_pages(size_t *floats)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *const base =
        mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert(base != MAP_FAILED);
    ck_assert_int_eq(mprotect(base + page, 2 * page, PROT_READ | PROT_WRITE),
                     0);
    *floats = 2 * page / sizeof(float);
    return (float *)(void *)(base + page);
}

START_TEST(nothing_outside_the_arrays_is_read)
{
    size_t room;
    float *const a = guarded_pages(&room);
    float *const b = guarded_pages(&room);

    for (size_t i = 0; i < room; i++) {
        a[i] = (float)(i % 17) - 8;
        b[i] = (float)(i % 13) - 6;
    }
    for (size_t n = 0; n <= 300; n++) {
        compare_sets(a, b + room - n, n, "guarded");
        compare_sets(a + room - n, b, n, "guarded");
    }
}
END_TEST

/* One value in every place of n = 200, others ordinary. */
START_TEST(special_values_give_the_scalar_bits)
{
    static const float special[] = {
        0.0F,     -0.0F,   FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MIN, 0x1p-75F,
        0x1p-63F, 1.8e19F, -FLT_MAX,     FLT_MAX,       1e30F,
    };
    float *const a = random_floats(200, 3);
    float *const b = random_floats(200, 4);

    for (size_t v = 0; v < sizeof(special) / sizeof(special[0]); v++) {
        for (size_t place = 0; place < 200; place++) {
            const float kept = a[place];

            a[place] = special[v];
            compare_sets(a, b, 200, "special value");
            a[place] = kept;
        }
    }
    free(a);
    free(b);
}
END_TEST

START_TEST(arrays_of_one_value_give_the_scalar_bits)
{
    static const float value[] = {0.0F,     -0.0F,    FLT_TRUE_MIN, 0x1p-70F,
                                  0x1p-74F, 0x1p-75F, 1e15F,        -1.0F};
    float a[LAST_LENGTH], b[LAST_LENGTH];

    for (size_t v = 0; v < sizeof(value) / sizeof(value[0]); v++) {
        for (size_t i = 0; i < LAST_LENGTH; i++) {
            a[i] = value[v];
            b[i] = i % 2 == 0 ? value[v] : -value[v];
        }
        for (size_t n = 0; n <= LAST_LENGTH; n += 7) {
            compare_sets(a, a, n, "one value");
            compare_sets(a, b, n, "one value, both signs");
        }
    }
}
END_TEST

START_TEST(not_finite_is_never_below_a_threshold)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        for (size_t n = 1; (*set)->usable() && n <= 130; n++) {
            float *const a = random_floats(n, 5);
            float *const b = random_floats(n, 6);

            for (size_t v = 0; v < 3; v++) {
                a[n / 2] = bad[v];
                const double cosine = (double)(*set)->cosine(a, b, n);

                ck_assert_msg(isnan(cosine), "%s, n = %zu, %a: cosine %a",
                              (*set)->name, n, (double)bad[v], cosine);
                ck_assert(!isfinite((*set)->norm(a, n)));
                ck_assert(!isfinite((*set)->dot(a, b, n)));
            }
            free(a);
            free(b);
        }
    }
}
END_TEST

START_TEST(dots_have_the_bits_of_dot)
{
    static const size_t dims[] = {0, 1, 5, 16, 63, 64, 65, 100, 256, 300};
    static const size_t counts[] = {0, 1, 2, 3, 4, 7, 33};

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        for (size_t i = 0; (*set)->usable() && i < 70; i++) {
            const size_t dim = dims[i % 10], count = counts[i / 10];
            float *const rows = random_floats(count * dim, 7);
            float *const query = random_floats(dim, 8);
            float *const out = random_floats(count, 9);

            (*set)->dots(rows, count, query, dim, out);
            for (size_t r = 0; r < count; r++) {
                const float want =
                    kernel_scalar.dot(rows + r * dim, query, dim);

                ck_assert_msg(same_bits(out[r], want),
                              "%s, %zu rows of %zu, row "
                              "%zu: %a not %a",
                              (*set)->name, count, dim, r, (double)out[r],
                              (double)want);
            }
            free(rows);
            free(query);
            free(out);
        }
    }
}
END_TEST

START_TEST(dot_is_symmetric_and_scales_by_powers_of_two)
{
    for (size_t n = 0; n <= 300; n++) {
        float *const a = random_floats(n, 10);
        float *const b = random_floats(n, 11);
        const float dot = kernel_scalar.dot(a, b, n);

        ck_assert(same_bits(kernel_scalar.dot(b, a, n), dot));
        for (size_t i = 0; i < n; i++) {
            a[i] *= 0x1p-20F;
        }
        ck_assert_msg(same_bits(kernel_scalar.dot(a, b, n), dot * 0x1p-20F),
                      "n = %zu", n);
        free(a);
        free(b);
    }
}
END_TEST

/* Against sums in double, which are exact
 * enough to be the truth here. */
START_TEST(dot_and_norm_are_within_their_stated_error)
{
    for (size_t n = 0; n <= LAST_LENGTH; n++) {
        float *const a = random_floats(n, 12 + n);
        float *const b = random_floats(n, 13 + n);
        double dot = 0, bound = 0, squares = 0;

        for (size_t i = 0; i < n; i++) {
            const double product = (double)a[i] * (double)b[i];

            dot += product;
            bound += fabs(product);
            squares += (double)a[i] * (double)a[i];
        }
        bound *= ((double)n / 64 + 8) * 0x1p-24;
        const double off = fabs((double)kernel_scalar.dot(a, b, n) - dot);

        ck_assert_msg(off <= bound, "n = %zu: off by %g of %g", n, off, bound);
        ck_assert_double_le(
            fabs((double)kernel_scalar.norm(a, n) - sqrt(squares)),
            1e-6 * sqrt(squares));
        free(a);
        free(b);
    }
}
END_TEST

START_TEST(cosine_knows_its_landmarks)
{
    const float x[] = {3, 0, 4}, y[] = {0, 2, 0}, minus[] = {-6, 0, -8};
    const float zero[] = {0, 0, 0}, huge[] = {2e19F, 0, 0};
    const struct kernel_set *const set = kernels_pick(NULL);

    ck_assert(set->norm(x, 3) == 5);
    ck_assert(set->cosine(x, x, 3) == 1);
    ck_assert(set->cosine(x, y, 3) == 0);
    ck_assert(set->cosine(x, minus, 3) == -1);
    ck_assert(isnan(set->cosine(x, zero, 3)));
    ck_assert(isnan(set->cosine(zero, x, 3)));
    ck_assert(isnan(set->cosine(huge, x, 3)));
    ck_assert(isnan(set->cosine(NULL, NULL, 0)));
}
END_TEST

START_TEST(cosine_of_one_direction_never_leaves_its_range)
{
    for (size_t n = 1; n <= LAST_LENGTH; n++) {
        float *const a = random_floats(n, 14 + n);
        float *const b = random_floats(n, 14 + n);

        for (size_t i = 0; i < n; i++) {
            b[i] *= 1.7F;
        }
        const float cosine = kernel_scalar.cosine(a, b, n);

        ck_assert_msg(cosine <= 1 && cosine > 0.99999F, "n = %zu: %a", n,
                      (double)cosine);
        free(a);
        free(b);
    }
}
END_TEST

START_TEST(pick_takes_a_name_or_nothing)
{
    ck_assert_ptr_nonnull(kernels_pick(NULL));
    ck_assert_ptr_eq(kernels_pick(""), kernels_pick(NULL));
    ck_assert_ptr_eq(kernels_pick("scalar"), &kernel_scalar);
    ck_assert_ptr_null(kernels_pick("avx"));
    ck_assert_ptr_null(kernels_pick("AVX2"));
    ck_assert_ptr_null(kernels_pick("scalar "));
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        ck_assert_ptr_eq(kernels_pick((*set)->name),
                         (*set)->usable() ? *set : NULL);
    }
}
END_TEST

/* A flag that went missing
 * would leave a set out
 * without a word. */
START_TEST(this_build_holds_the_sets_of_its_processor)
{
#if defined(__x86_64__)
    ck_assert(kernel_avx2.dot != NULL && kernel_avx512.dot != NULL);
#elif defined(__aarch64__)
    ck_assert(kernel_neon.dot != NULL && kernel_neon.usable());
#endif
    ck_assert(kernel_scalar.usable());
}
END_TEST

/* The last element is
 * dropped: a mistake
 * that most inputs
 * would not show. */
static float
forgetful_dot(const float *a, const float *b, size_t n)
{
    return kernel_scalar.dot(a, b, n == 1037 ? n - 1 : n);
}

START_TEST(self_test_passes_every_set_and_notices_one_wrong_length)
{
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        ck_assert(!(*set)->usable() || kernels_self_test(*set));
    }
    struct kernel_set wrong = kernel_scalar;

    wrong.dot = forgetful_dot;
    ck_assert(!kernels_self_test(&wrong));
}
END_TEST

TEST_MAIN("kernels", tcase_add_test(tc, known_answers_are_the_same_everywhere);
          tcase_add_test(tc, every_length_gives_the_scalar_bits);
          tcase_add_test(tc, every_start_gives_the_scalar_bits);
          tcase_add_test(tc, nothing_outside_the_arrays_is_read);
          tcase_add_test(tc, special_values_give_the_scalar_bits);
          tcase_add_test(tc, arrays_of_one_value_give_the_scalar_bits);
          tcase_add_test(tc, not_finite_is_never_below_a_threshold);
          tcase_add_test(tc, dots_have_the_bits_of_dot);
          tcase_add_test(tc, dot_is_symmetric_and_scales_by_powers_of_two);
          tcase_add_test(tc, dot_and_norm_are_within_their_stated_error);
          tcase_add_test(tc, cosine_knows_its_landmarks);
          tcase_add_test(tc, cosine_of_one_direction_never_leaves_its_range);
          tcase_add_test(tc, pick_takes_a_name_or_nothing);
          tcase_add_test(tc, this_build_holds_the_sets_of_its_processor);
          tcase_add_test(
              tc, self_test_passes_every_set_and_notices_one_wrong_length);)
