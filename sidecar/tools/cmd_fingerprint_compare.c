#include "sidecar/tools/cmd_fingerprint_compare.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernels/batch.h"
#include "sidecar/engine/fingerprint_compare.h"

enum { ROW_WIDTH = 20, COLUMN_WIDTH = 10 };

/* At most `width` bytes of a name, whole characters only. */
static struct text
shortened(struct text name, size_t width)
{
    size_t len = name.len < width ? name.len : width;

    while (len > 0 && len < name.len &&
           ((unsigned char)name.at[len] & 0xC0) == 0x80) {
        len--;
    }
    return text_part(name, 0, len);
}

static void
print_matrix(const struct fingerprint *const *prints, size_t count,
             const double *matrix)
{
    printf("%-*s", ROW_WIDTH, "a line of");
    for (size_t p = 0; p < count; p++) {
        const struct text id = shortened(prints[p]->persona, COLUMN_WIDTH - 1);
        printf(" %*.*s", COLUMN_WIDTH - 1, TEXT_ARGS(id));
    }
    printf("\n");
    for (size_t q = 0; q < count + FINGERPRINT_BASELINES; q++) {
        const struct text id =
            q < count ? prints[q]->persona
                      : text_of(fingerprint_baseline_name(
                            (enum fingerprint_baseline)(q - count)));
        printf("%-*.*s", ROW_WIDTH, TEXT_ARGS(shortened(id, ROW_WIDTH - 1)));
        for (size_t p = 0; p < count; p++) {
            if (p == q) {
                printf("%*s", COLUMN_WIDTH, "-");
            } else {
                printf("%*.2f", COLUMN_WIDTH, matrix[q * count + p]);
            }
        }
        printf("\n");
    }
    printf("\nlies so many standard deviations below the mean of the "
           "persona's own lines.\n");
}

static void
print_warnings(const struct fingerprint *const *prints, size_t count,
               const double *matrix)
{
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            const double apart = fingerprint_compare_pair(matrix, count, a, b);
            if (apart < FINGERPRINT_SAME_VOICE) {
                printf("warning: %.*s and %.*s are nearly the same voice "
                       "(%.2f, below %.2f): one's replies will pass for the "
                       "other's\n",
                       TEXT_ARGS(prints[a]->persona),
                       TEXT_ARGS(prints[b]->persona), apart,
                       FINGERPRINT_SAME_VOICE);
            }
        }
    }
}

bool
cmd_fingerprint_compare(const struct kernel_set *kernels,
                        const struct voice_model *model,
                        const struct fingerprint *const *prints, size_t count,
                        struct err *err)
{
    double *matrix =
        calloc((count + FINGERPRINT_BASELINES) * count + 1, sizeof(*matrix));
    bool done = false;

    (void)batch_init(); // without BLAS it is slower and no worse
    if (matrix == NULL) {
        err_memory(err, "a comparison of personas");
    } else if (fingerprint_compare(kernels, model, prints, count, matrix,
                                   err)) {
        print_matrix(prints, count, matrix);
        print_warnings(prints, count, matrix);
        done = true;
    }
    free(matrix);
    return done;
}
