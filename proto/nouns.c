#include "proto/envelope.h"
#include "proto/request.h"

#define NAME(op, name, admin)  name,
#define ADMIN(op, name, admin) admin,

const char *const request_op_names[REQUEST_OPS + 1] = {REQUEST_OPERATIONS(NAME)
                                                           NULL};
const bool request_op_admin[REQUEST_OPS] = {REQUEST_OPERATIONS(ADMIN)};
const char *const request_role_names[REQUEST_ROLES + 1] = {
    "assistant", "user", "tool", "system", NULL};

const char *const request_mode_names[REQUEST_MODES + 1] = {"gate", "shadow",
                                                           "final", NULL};

const char *const request_decision_names[REQUEST_DECISIONS + 1] = {
    "pass", "redirect", "reject", "kick_out", NULL};
const char *const request_outcome_names[REQUEST_OUTCOMES + 1] = {
    "", "ACCEPT", "REJECT", "KICK_OUT", NULL};

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
