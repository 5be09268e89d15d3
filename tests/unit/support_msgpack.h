/*
 * The second opinion: msgpack-c's own unpacker.
 */
#ifndef TESTS_UNIT_SUPPORT_MSGPACK_H
#define TESTS_UNIT_SUPPORT_MSGPACK_H

#include "sidecar/base/text.h"

enum support_msgpack {
    SUPPORT_MSGPACK_TAKEN,
    SUPPORT_MSGPACK_TRUNCATED,
    SUPPORT_MSGPACK_WRONG, /* no such type, or deeper than its 32 */
    SUPPORT_MSGPACK_DIFFERENT
};

/*
 * What msgpack-c makes of the bytes; *used is how many it took. TAKEN says too,
 * where `compare` is set, that our reader finds the same values in them: then
 * the message must be one that wire_scan passed, and DIFFERENT is a bug.
 * Claims of great lengths must not get here: it believes them.
 */
enum support_msgpack
support_msgpack_ask(struct text message, bool compare, size_t *used);

#endif
