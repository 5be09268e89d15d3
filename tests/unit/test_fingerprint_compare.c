#include "tests/unit/harness.h"

#include <math.h>

#include "kernels/batch.h"
#include "sidecar/engine/fingerprint_compare.h"
#include "tests/unit/support_voice.h"

enum { PRINTS = 4, ROWS = PRINTS + FINGERPRINT_BASELINES };

static struct fingerprint *
print_of(const struct voice_model *model, const char *id, size_t first,
         size_t step)
{
    struct support_lines lines = support_voice_lines("config/voices", id);
    struct text chosen[100];
    size_t count = 0;
    struct err err;

    for (size_t i = first; i < 100; i++) {
        // Runs of five stay together, as they stand in the book.
        if (i / 5 % step == first % step) {
            chosen[count++] = lines.at[i];
        }
    }
    const struct fingerprint_request request = {.persona = text_of(id),
                                                .source = TEXT("shipped"),
                                                .lines = chosen,
                                                .line_count = count};
    struct fingerprint *print =
        fingerprint_build(model, &kernel_scalar, &request, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    support_voice_lines_clear(&lines);
    return print;
}

START_TEST(matrix_holds_the_mean_of_what_drift_says_of_each_line)
{
    static const char *const ids[PRINTS] = {"judy", "hamlet", "huck", "pooter"};
    struct voice_model *model = support_voice_model();
    struct fingerprint *prints[PRINTS];
    double matrix[ROWS * PRINTS];
    struct err err;

    for (size_t p = 0; p < PRINTS; p++) {
        prints[p] = support_voice_print(model, ids[p], 50);
    }
    ck_assert(batch_init());
    ck_assert(fingerprint_compare(model,
                                  (const struct fingerprint *const *)prints,
                                  PRINTS, matrix, &err));
    for (size_t a = 0; a < PRINTS; a++) {
        for (size_t b = 0; b < PRINTS; b++) {
            const struct fingerprint *from = prints[a], *to = prints[b];
            double sum = 0;
            for (size_t i = 0; i < from->line_count; i++) {
                sum += voice_score(to->weights, &from->lines[i]);
            }
            const double want =
                a == b ? 0
                       : (to->scale.mean - sum / (double)from->line_count) /
                             to->scale.sd;
            ck_assert_double_eq_tol(matrix[a * PRINTS + b], want, 1e-5);
        }
    }
    for (size_t a = 0; a < PRINTS; a++) {
        fingerprint_free(prints[a]);
    }
    voice_model_free(model);
}
END_TEST

START_TEST(an_assistant_is_farther_than_everybody)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *huck = support_voice_print(model, "huck", 100);
    struct fingerprint *judy = support_voice_print(model, "judy", 100);
    const struct fingerprint *const prints[] = {huck, judy};
    double matrix[4 * 2];
    struct err err;

    ck_assert(fingerprint_compare(model, prints, 2, matrix, &err));
    for (size_t p = 0; p < 2; p++) {
        const double everybody = matrix[(2 + FINGERPRINT_EVERYBODY) * 2 + p];
        const double assistant = matrix[(2 + FINGERPRINT_ASSISTANT) * 2 + p];
        ck_assert_double_gt(everybody, 0.5);
        ck_assert_double_gt(assistant, everybody + 1);
    }
    fingerprint_free(huck);
    fingerprint_free(judy);
    voice_model_free(model);
}
END_TEST

START_TEST(two_halves_of_one_persona_are_the_same_voice)
{
    static const char *const ids[] = {"judy", "hamlet", "huck", "zarathustra"};
    struct voice_model *model = support_voice_model();

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct fingerprint *a = print_of(model, ids[i], 0, 2);
        struct fingerprint *b = print_of(model, ids[i], 5, 2);
        struct fingerprint *other = print_of(model, ids[(i + 1) % 4], 0, 2);
        const struct fingerprint *const prints[] = {a, b, other};
        double matrix[5 * 3];
        struct err err;
        ck_assert(fingerprint_compare(model, prints, 3, matrix, &err));
        const double same = fingerprint_compare_pair(matrix, 3, 0, 1);
        const double apart = fingerprint_compare_pair(matrix, 3, 0, 2);
        ck_assert_msg(same < FINGERPRINT_SAME_VOICE, "%s: %g", ids[i], same);
        ck_assert_msg(apart > 2 * FINGERPRINT_SAME_VOICE, "%s: %g", ids[i],
                      apart);
        fingerprint_free(a);
        fingerprint_free(b);
        fingerprint_free(other);
    }
    voice_model_free(model);
}
END_TEST

/*
 * More personas than fit into one product, and sizes around it; what BLAS adds
 * up in another order has the same bits.
 */
START_TEST(blocks_do_not_show)
{
    static const size_t counts[] = {1, 2, 62, 63, 64, 65, 66, 67, 70};
    struct voice_model *model = support_voice_model();
    struct fingerprint *two[] = {support_voice_print(model, "huck", 20),
                                 support_voice_print(model, "judy", 20)};
    const struct fingerprint *prints[70];
    static double small[4 * 2], matrix[72 * 70];
    struct err err;

    for (size_t i = 0; i < 70; i++) {
        prints[i] = two[i % 2];
    }
    ck_assert(fingerprint_compare(model, prints, 2, small, &err));
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        const size_t n = counts[c];
        ck_assert(fingerprint_compare(model, prints, n, matrix, &err));
        for (size_t q = 0; q < n; q++) {
            for (size_t p = 0; p < n; p++) {
                if (q % 2 != p % 2) {
                    ck_assert(matrix[q * n + p] == small[q % 2 * 2 + p % 2]);
                }
            }
        }
    }
    fingerprint_free(two[0]);
    fingerprint_free(two[1]);
    voice_model_free(model);
}
END_TEST

START_TEST(no_personas_are_no_matrix)
{
    struct voice_model *model = support_voice_model();
    struct err err;

    ck_assert(fingerprint_compare(model, NULL, 0, NULL, &err));
    ck_assert_str_eq(fingerprint_baseline_name(FINGERPRINT_EVERYBODY),
                     "everybody");
    ck_assert_str_eq(fingerprint_baseline_name(FINGERPRINT_ASSISTANT),
                     "assistant");
    voice_model_free(model);
}
END_TEST

TEST_MAIN("fingerprint_compare",
          tcase_add_test(tc,
                         matrix_holds_the_mean_of_what_drift_says_of_each_line);
          tcase_add_test(tc, an_assistant_is_farther_than_everybody);
          tcase_add_test(tc, two_halves_of_one_persona_are_the_same_voice);
          tcase_add_test(tc, blocks_do_not_show);
          tcase_add_test(tc, no_personas_are_no_matrix);)
