/*
 * Prints the known answers of every kernel set that runs here and of
 * kernels/stable.h, and those of the drift engine, which tests/arm/run compares
 * among builds; exits 1 where one is not what all machines give, or depends on
 * the kernel set. Without check, so that it builds for machines where that is
 * not installed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"
#include "tests/unit/support_drift_answers.h"
#include "tests/unit/support_stable.h"

static int
report(const char *name, uint64_t got, uint64_t known)
{
    printf("  %-8s 0x%016" PRIx64 "%s\n", name, got,
           got == known ? "" : "  WRONG");
    return got == known ? 0 : 1;
}

/* The drift engine's, by the first set that runs here; 1 where others differ.
 */
static int
report_drift(void)
{
    struct support_drift_answers first, other;
    bool any = false;

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if (!(*set)->usable()) {
            continue;
        }
        if (!support_drift_answers(*set, any ? &other : &first)) {
            return 1;
        }
        if (any && memcmp(&first, &other, sizeof(first)) != 0) {
            printf("  drift: %s differs  WRONG\n", (*set)->name);
            return 1;
        }
        any = true;
    }
    for (int p = 0; p < SUPPORT_DRIFT_PARTS; p++) {
        printf("  drift %-8s 0x%016" PRIx64 "\n",
               support_drift_part_name((enum support_drift_part)p),
               first.parts[p]);
    }
    return 0;
}

int
main(void)
{
    int wrong = 0;

    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((*set)->usable()) {
            wrong |= report((*set)->name, kernels_answers(*set), KERNELS_KNOWN);
        }
    }
    wrong |= report("stable", support_stable_answers(), SUPPORT_STABLE_KNOWN);
    return wrong | report_drift();
}
