/*
 * A drift score does not depend on the machine: not on the kernel set, not on
 * how many threads there are. Compilers, optimisation and ARM: make arm.
 */
#include <pthread.h>

#include "kernels/batch.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_drift_answers.h"

static void
check_same(const struct support_drift_answers *got,
           const struct support_drift_answers *want, const char *who)
{
    for (int p = 0; p < SUPPORT_DRIFT_PARTS; p++) {
        ck_assert_msg(got->parts[p] == want->parts[p],
                      "%s, %s: 0x%016llx, scalar in one thread 0x%016llx", who,
                      support_drift_part_name((enum support_drift_part)p),
                      (unsigned long long)got->parts[p],
                      (unsigned long long)want->parts[p]);
    }
}

START_TEST(every_kernel_set_gives_the_same_bits)
{
    struct support_drift_answers want, got;

    ck_assert(batch_init());
    ck_assert(support_drift_answers(&kernel_scalar, &want));
    for (const struct kernel_set *const *set = kernel_sets; *set; set++) {
        if ((*set)->usable()) {
            ck_assert(support_drift_answers(*set, &got));
            check_same(&got, &want, (*set)->name);
        }
    }
}
END_TEST

struct job {
    pthread_t thread;
    bool done;
    struct support_drift_answers got;
};

static void *
answer(void *at)
{
    struct job *job = at;

    job->done = support_drift_answers(kernels_pick(NULL), &job->got);
    return NULL;
}

START_TEST(many_threads_give_the_same_bits_as_one)
{
    enum { THREADS = 4 };
    struct support_drift_answers want;
    struct job jobs[THREADS];

    ck_assert(batch_init());
    ck_assert(support_drift_answers(&kernel_scalar, &want));
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert(pthread_create(&jobs[i].thread, NULL, answer, &jobs[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert(pthread_join(jobs[i].thread, NULL) == 0);
        ck_assert(jobs[i].done);
        check_same(&jobs[i].got, &want, "many threads");
    }
}
END_TEST

TEST_MAIN("drift_bits",
          tcase_add_test(tc, every_kernel_set_gives_the_same_bits);
          tcase_add_test(tc, many_threads_give_the_same_bits_as_one);)
