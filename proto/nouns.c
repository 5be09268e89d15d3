#include "proto/envelope.h"
#include "proto/request.h"

const char *const request_op_names[REQUEST_OPS + 1] = {
    "score", "ping", "echo", "stats", "config.reload", NULL};
const char *const request_role_names[REQUEST_ROLES + 1] = {
    "assistant", "user", "tool", "system", NULL};

const char *const envelope_verdict_names[VERDICTS + 1] = {
    "pass", "flag", "redact", "refuse", NULL};
const char *const envelope_action_names[ACTIONS + 1] = {
    "ship", "redact", "regenerate", "fallback", "block", NULL};
const char *const envelope_drift_names[DRIFT_STATUSES + 1] = {"ok",
                                                              "not_applicable",
                                                              "no_fingerprint",
                                                              "low_evidence",
                                                              "model_mismatch",
                                                              "bad_vector",
                                                              "unavailable",
                                                              NULL};
const char *const envelope_via_names[] = {"raw",     "fold",  "leet", "squash",
                                          "decoded", "fuzzy", NULL};
