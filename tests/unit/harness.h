/*
 * What every check binary under tests/unit starts with: one suite of forked
 * cases, one closing line, exit 1 when anything failed.
 *
 *     TEST_MAIN("arena", tcase_add_test(tc, pieces_do_not_overlap);)
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <check.h>
#include <stdlib.h>

#define TEST_MAIN(name, body)                                                  \
    int main(void)                                                             \
    {                                                                          \
        Suite *suite = suite_create(name);                                     \
        TCase *tc = tcase_create(name);                                        \
        tcase_set_timeout(tc, 120);                                            \
        body suite_add_tcase(suite, tc);                                       \
        SRunner *runner = srunner_create(suite);                               \
        srunner_run_all(runner, CK_NORMAL);                                    \
        const int failed = srunner_ntests_failed(runner);                      \
        srunner_free(runner);                                                  \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                      \
    }

#endif
