/*
 * How `leeway test` tells what came of each test: for people, as TAP 14 with
 * YAML diagnostics (testanything.org), or as JSON lines.
 */
#ifndef SIDECAR_TOOLS_CMD_TEST_REPORT_H
#define SIDECAR_TOOLS_CMD_TEST_REPORT_H

#include <stdio.h>

#include "sidecar/engine/selftest.h"

enum cmd_test_format { CMD_TEST_HUMAN, CMD_TEST_TAP, CMD_TEST_JSON };

enum { CMD_TEST_ID_BYTES = 65 }; /* a rule's id and a NUL: config/form.h */

/* Of one rule, or of the tests that are of none. */
struct cmd_test_row {
    char rule[CMD_TEST_ID_BYTES]; /* a copy: engines come and go; "" of none */
    size_t ways[SELFTEST_WAYS];   /* run, by selftest_way */
    size_t failed, skipped;
    uint64_t ns;
};

struct cmd_test_report {
    enum cmd_test_format format;
    bool failed_only; /* tell only of what failed, but count all */
    FILE *to;
    struct cmd_test_row *rows; /* [row_count], owned; in order of first test */
    size_t row_count, row_cap;
    struct selftest_counts counts; /* over all runs */
    size_t told;                   /* TAP: test points printed */
    bool short_of_memory;
};

/* The beginning: TAP's version line. `to` is kept. */
void
cmd_test_report_begin(struct cmd_test_report *report,
                      enum cmd_test_format format, bool failed_only, FILE *to);

/* One outcome; `context` is the report. For selftest_plan. */
void
cmd_test_report_told(void *context, const struct selftest_outcome *outcome);

/* The summary; frees what the report holds. */
void cmd_test_report_end(struct cmd_test_report *report);

/* One outcome as a JSON object, without a newline. false: no memory. */
bool cmd_test_json(const struct selftest_outcome *outcome, FILE *to);

/* The diagnostics of one failed outcome as YAML that is JSON value by value. */
bool cmd_test_yaml(const struct selftest_outcome *outcome, FILE *to);

#endif
