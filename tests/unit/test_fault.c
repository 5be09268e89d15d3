#include "proto/fault.h"

#include "tests/unit/harness.h"

/* The wire's names and numbers: clients switch on them. */
static const struct {
    enum err_kind kind;
    const char *code;
    int http;
} rows[] = {
    {ERR_BAD_REQUEST, "bad_request", 400},
    {ERR_UNAUTHORIZED, "unauthorized", 401},
    {ERR_FORBIDDEN, "forbidden", 403},
    {ERR_NOT_FOUND, "not_found", 404},
    {ERR_STATE, "state_conflict", 409},
    {ERR_IDEMPOTENCY, "idempotency_conflict", 409},
    {ERR_TOO_LARGE, "too_large", 413},
    {ERR_VERSION, "unsupported_version", 400},
    {ERR_UNKNOWN_OP, "unknown_op", 400},
    {ERR_INVALID, "validation_failed", 422},
    {ERR_OVERLOADED, "overloaded", 429},
    {ERR_DRAINING, "draining", 503},
    {ERR_DEADLINE, "deadline_exceeded", 504},
    {ERR_INTERNAL, "internal_error", 500},
    {ERR_MEMORY, "internal_error", 500},
    {ERR_CONFIG, "internal_error", 500},
    {ERR_IO, "internal_error", 500},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

_Static_assert(ROWS == ERR_COUNT - 1, "a kind has no row");

START_TEST(kind_has_its_name_and_number)
{
    const struct fault fault = fault_of(rows[_i].kind);

    ck_assert_str_eq(fault.code, rows[_i].code);
    ck_assert_int_eq(fault.http, rows[_i].http);
}
END_TEST

TEST_MAIN("fault",
          { tcase_add_loop_test(tc, kind_has_its_name_and_number, 0, ROWS); })
