/*
 * Mutated messages, judged by wire_scan and the reader and by msgpack-c. They
 * may differ in three ways only, and each is checked: extension types, which
 * have no place in our messages; bytes after the value; and limits, where
 * a length that cannot fit is refused before anything believes it. What lies
 * behind an extension or a limit is not shown to msgpack-c, which would go on
 * and allocate what the next length claims.
 */
#include <stdio.h>

#include "proto/wire.h"
#include "tests/unit/harness.h"
#include "tests/unit/support_bytes.h"
#include "tests/unit/support_msgpack.h"
#include "tests/unit/support_request.h"
#include "tests/unit/support_wire.h"

enum { ROUNDS = 20, MESSAGES = 10000, MOST = 1200 };

/* msgpack-c's own depth is 32; a value inside the deepest counts there. */
static const struct wire_limits limits = {30, 1 << 20};

static unsigned char bytes[MOST * 2];
static size_t len;
static uint64_t state;

static size_t
below(size_t most)
{
    return (size_t)(support_bytes_random(&state) % (most > 0 ? most : 1));
}

static struct text seeds[SUPPORT_WIRE_GOOD + 1];

static void
make_seeds(void)
{
    for (size_t i = 0; i < SUPPORT_WIRE_GOOD; i++) {
        seeds[i] = support_bytes_hex(support_wire_good[i]);
    }
    seeds[SUPPORT_WIRE_GOOD] = support_request_message(support_request_full);
}

static void
drop_seeds(void)
{
    for (size_t i = 0; i <= SUPPORT_WIRE_GOOD; i++) {
        support_bytes_free(seeds[i]);
    }
}

/* Every third is a whole request. */
static void
start(void)
{
    const struct text seed =
        seeds[below(3) == 0 ? SUPPORT_WIRE_GOOD : below(SUPPORT_WIRE_GOOD)];

    len = seed.len;
    memcpy(bytes, seed.at, len);
}

static void
insert(size_t at, const unsigned char *what, size_t count)
{
    unsigned char copy[MOST * 2];

    if (len + count > MOST) {
        return;
    }
    memcpy(copy, what, count); // it may lie in `bytes`
    memmove(bytes + at + count, bytes + at, len - at);
    memcpy(bytes + at, copy, count);
    len += count;
}

static void
mutate(void)
{
    static const unsigned char types[] = {
        0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcf,
        0xd0, 0xd3, 0xd4, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x80,
        0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xff, 0xe0, 0x00, 0x7f};
    const size_t at = below(len);
    const unsigned char type = types[below(sizeof(types))];

    switch (below(6)) {
    case 0:
        bytes[at] = (unsigned char)support_bytes_random(&state);
        break;
    case 1:
        bytes[at] = type;
        break;
    case 2:
        bytes[at] ^= (unsigned char)(1u << below(8));
        break;
    case 3:
        insert(at, &type, 1);
        break;
    case 4:
        insert(at, bytes + at, below(len - at) % 64);
        break;
    default:
        if (len > 1) {
            const size_t count = 1 + below(len - at) % 16;
            const size_t cut = count < len - at ? count : len - at;
            memmove(bytes + at, bytes + at + cut, len - at - cut);
            len -= cut;
        }
        break;
    }
}

enum verdict { TAKEN, TRUNCATED, CLAIM, UNUSED, EXTENSION, TRAILING, DEEP };
enum { VERDICTS = DEEP + 1 };

static enum verdict
our_verdict(struct text message)
{
    struct err err;

    if (wire_scan(message, &limits, &err)) {
        return TAKEN;
    }
    const size_t at = strtoul(strrchr(err.message, ' '), NULL, 10);
    if (strstr(err.message, "type") != NULL) {
        return (unsigned char)message.at[at] == 0xc1 ? UNUSED : EXTENSION;
    }
    return strstr(err.message, "length beyond") != NULL    ? CLAIM
           : strstr(err.message, "trailing bytes") != NULL ? TRAILING
           : strstr(err.message, "too deep") != NULL       ? DEEP
                                                           : TRUNCATED;
}

static bool
agrees(struct text message, enum verdict ours)
{
    size_t used = 0;

    if (ours == CLAIM || ours == EXTENSION || ours == DEEP) {
        return true;
    }
    const enum support_msgpack theirs =
        support_msgpack_ask(message, ours == TAKEN, &used);
    if (ours == TAKEN || ours == TRAILING) {
        return theirs == SUPPORT_MSGPACK_TAKEN &&
               (used == message.len) == (ours == TAKEN);
    }
    return theirs ==
           (ours == UNUSED ? SUPPORT_MSGPACK_WRONG : SUPPORT_MSGPACK_TRUNCATED);
}

START_TEST(mutated_messages_get_the_same_answer)
{
    unsigned counts[VERDICTS] = {0};

    make_seeds();
    state = (uint64_t)_i;
    for (int i = 0; i < MESSAGES; i++) {
        start();
        for (size_t m = below(4) + (i % 50 != 0); m > 0; m--) {
            mutate();
        }
        const struct text exact =
            support_bytes_exact((struct text){(char *)bytes, len});
        const enum verdict ours = our_verdict(exact);
        if (!agrees(exact, ours)) {
            ck_abort_msg("seed %d, message %d: verdict %d: %s", _i, i, ours,
                         support_bytes_show(exact));
        }
        counts[ours]++;
        support_bytes_free(exact);
    }
    drop_seeds();
    // The mutations must reach both sides, or this proves nothing.
    ck_assert_uint_gt(counts[TAKEN], MESSAGES / 20);
    ck_assert_uint_gt(counts[TRUNCATED], MESSAGES / 50);
    ck_assert_uint_gt(counts[UNUSED], 0);
    ck_assert_uint_gt(counts[TRAILING], MESSAGES / 50);
}
END_TEST

TEST_MAIN("wire_differential", {
    tcase_add_loop_test(tc, mutated_messages_get_the_same_answer, 0, ROUNDS);
})
