#include "proto/fault.h"

struct fault
fault_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_BAD_REQUEST:
        return (struct fault){"bad_request", 400};
    case ERR_UNAUTHORIZED:
        return (struct fault){"unauthorized", 401};
    case ERR_FORBIDDEN:
        return (struct fault){"forbidden", 403};
    case ERR_NOT_FOUND:
        return (struct fault){"not_found", 404};
    case ERR_STATE:
        return (struct fault){"state_conflict", 409};
    case ERR_IDEMPOTENCY:
        return (struct fault){"idempotency_conflict", 409};
    case ERR_TOO_LARGE:
        return (struct fault){"too_large", 413};
    case ERR_VERSION:
        return (struct fault){"unsupported_version", 400};
    case ERR_UNKNOWN_OP:
        return (struct fault){"unknown_op", 400};
    case ERR_INVALID:
        return (struct fault){"validation_failed", 422};
    case ERR_OVERLOADED:
        return (struct fault){"overloaded", 429};
    case ERR_DRAINING:
        return (struct fault){"draining", 503};
    case ERR_DEADLINE:
        return (struct fault){"deadline_exceeded", 504};
    case ERR_NONE:
    case ERR_INTERNAL:
    case ERR_MEMORY:
    case ERR_CONFIG:
    case ERR_IO:
    case ERR_COUNT:
        break;
    }
    return (struct fault){"internal_error", 500};
}
