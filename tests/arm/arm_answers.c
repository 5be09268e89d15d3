/*
 * Prints the known answers of every kernel set that runs here and of
 * kernels/stable.h; exits 1 where one is not what all machines give. Plain C
 * and no library, so that it builds for machines where check is not installed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "kernels/kernels.h"
#include "tests/unit/support_stable.h"

static int
report(const char *name, uint64_t got, uint64_t known)
{
    printf("  %-8s 0x%016" PRIx64 "%s\n", name, got,
           got == known ? "" : "  WRONG");
    return got == known ? 0 : 1;
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
    return wrong;
}
