/*
 * What an inline test expects, held against the envelope that came.
 */
#ifndef SIDECAR_ENGINE_SELFTEST_EXPECT_H
#define SIDECAR_ENGINE_SELFTEST_EXPECT_H

#include "sidecar/engine/selftest.h"

/* The faults of one test; what is beyond SELFTEST_FAULTS is lost. */
struct selftest_faults {
    struct selftest_fault at[SELFTEST_FAULTS];
    size_t count;
};

/* Adds a fault; key and what are static. A long `shown` is cut. */
void selftest_expect_fault(struct selftest_faults *faults, const char *key,
                           const char *what, struct text shown);

/* Ids, isolation, action, redacted text and spans. */
void selftest_expect(const struct config_test *test, const struct envelope *e,
                     struct selftest_faults *faults);

/* The hit's span in that unit. */
struct envelope_span selftest_expect_span(const struct envelope_hit *hit,
                                          enum config_span_unit unit);

/* The rule's first hit, or NULL. */
const struct envelope_hit *
selftest_expect_hit(const struct envelope *e, struct text rule);

#endif
