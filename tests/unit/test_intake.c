#include "sidecar/serve/intake.h"

#include "tests/unit/harness.h"

enum { SOFT = 1 << 20, LARGE = 4 << 20 };

static const char req[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

/* One wire and what must come out of it. */
struct wire {
    char *at;
    size_t len;
    size_t bodies[64]; /* bytes of each message's body */
    size_t count;
};

static char
byte_of(size_t message, size_t at)
{
    return (char)(unsigned char)((message * 31 + at * 7 + at / 251) & 0xff);
}

static void
wire_init(struct wire *wire, const size_t *bodies, size_t count)
{
    size_t len = sizeof(req);

    for (size_t i = 0; i < count; i++) {
        len += 13 + bodies[i];
        wire->bodies[i] = bodies[i];
    }
    wire->at = calloc(1, len);
    wire->len = len;
    wire->count = count;
    ck_assert_ptr_nonnull(wire->at);
    memcpy(wire->at, req, sizeof(req));
    char *at = wire->at + sizeof(req);
    for (size_t i = 0; i < count; i++) {
        const size_t payload = bodies[i] + 4;
        at[0] = 1;
        for (int b = 0; b < 8; b++) {
            at[8 - b] =
                (char)(unsigned char)((uint64_t)payload >> 8 * b & 0xff);
        }
        at[9] = (char)(unsigned char)0x80;
        for (size_t b = 0; b < bodies[i]; b++) {
            at[13 + b] = byte_of(i, b);
        }
        at += 13 + bodies[i];
    }
}

static void
check_body(const struct wire *wire, size_t n, struct text body)
{
    ck_assert_uint_eq(body.len, wire->bodies[n]);
    for (size_t i = 0; i < body.len; i++) {
        if (body.at[i] != byte_of(n, i)) {
            ck_abort_msg("message %zu, byte %zu", n, i);
        }
    }
}

/*
 * Feeds the wire in reads of at most `read` bytes, and keeps each message's
 * block until `hold` later ones have come.
 */
static void
feed(const struct wire *wire, size_t read, size_t hold)
{
    struct slab_pool *pool = slab_pool_new(LARGE);
    struct slab *kept[64] = {NULL};
    struct text bodies[64];
    struct framing_message message;
    struct intake in;
    size_t next = 0;

    intake_init(&in, pool, true, SOFT);
    for (size_t at = 0; at < wire->len;) {
        char *room;
        size_t len;
        ck_assert(intake_room(&in, &room, &len));
        ck_assert_uint_gt(len, 0);
        len = len < read ? len : read;
        len = len < wire->len - at ? len : wire->len - at;
        memcpy(room, wire->at + at, len);
        intake_took(&in, len);
        at += len;
        enum framing_event event;
        while ((event = intake_next(&in, &message)) != FRAMING_MORE) {
            ck_assert_int_ne(event, FRAMING_BAD);
            if (event == FRAMING_MESSAGE) {
                kept[next] = slab_keep(in.slab);
                bodies[next] = message.body;
                check_body(wire, next, message.body);
                if (next >= hold) {
                    check_body(wire, next - hold, bodies[next - hold]);
                    slab_drop(kept[next - hold]);
                    kept[next - hold] = NULL;
                }
                next++;
            }
        }
    }
    ck_assert_uint_eq(next, wire->count);
    ck_assert(!intake_midway(&in));
    for (size_t i = 0; i < next; i++) {
        if (kept[i] != NULL) {
            check_body(wire, i, bodies[i]);
            slab_drop(kept[i]);
        }
    }
    intake_clear(&in);
    slab_pool_free(pool);
}

static const size_t around_the_block[] = {
    0,        1,     200,    SLAB_BYTES - 14, SLAB_BYTES - 13, SLAB_BYTES - 12,
    5,        70000, 131059, 131060,          200000,          3,
    65000,    600,   1000,   40000,           40000,           40000,
    SOFT - 4, 9};

START_TEST(bodies_stay_whole_however_they_are_read_and_held)
{
    static const size_t reads[] = {1000, 4096, 9973, 65536, 1 << 22};
    static const size_t holds[] = {0, 1, 5, 63};
    struct wire wire;

    wire_init(&wire, around_the_block,
              sizeof(around_the_block) / sizeof(*around_the_block));
    for (size_t r = 0; r < sizeof(reads) / sizeof(*reads); r++) {
        for (size_t h = 0; h < sizeof(holds) / sizeof(*holds); h++) {
            feed(&wire, reads[r], holds[h]);
        }
    }
    free(wire.at);
}
END_TEST

START_TEST(small_messages_byte_by_byte)
{
    static const size_t bodies[] = {0, 1, 2, 300, 5000, 7};
    struct wire wire;

    wire_init(&wire, bodies, sizeof(bodies) / sizeof(*bodies));
    for (size_t read = 1; read < 20; read++) {
        feed(&wire, read, 2);
    }
    free(wire.at);
}
END_TEST

START_TEST(a_claim_takes_no_memory)
{
    // 1 MiB is claimed, with no budget for even one large block.
    static const size_t body[] = {SOFT - 4};
    struct slab_pool *pool = slab_pool_new(0);
    struct framing_message message;
    struct intake in;
    struct wire wire;
    char *room;
    size_t len;

    wire_init(&wire, body, 1);
    intake_init(&in, pool, true, SOFT);
    ck_assert(intake_room(&in, &room, &len));
    memcpy(room, wire.at, 1000);
    intake_took(&in, 1000);
    ck_assert_int_eq(intake_next(&in, &message), FRAMING_GREETED);
    ck_assert_int_eq(intake_next(&in, &message), FRAMING_MORE);
    ck_assert(intake_room(&in, &room, &len));
    ck_assert_uint_eq(in.slab->cap, SLAB_BYTES);
    ck_assert(intake_midway(&in));
    intake_clear(&in);
    slab_pool_free(pool);
    free(wire.at);
}
END_TEST

/* The budget lasts for none, or for the first doubling only. */
START_TEST(a_message_without_room_is_dropped_and_the_next_is_served)
{
    static const size_t bodies[] = {300000, 77};
    static const size_t budgets[] = {0, SLAB_BYTES * 2 - 1, SLAB_BYTES * 2,
                                     SLAB_BYTES * 3};
    struct wire wire;

    wire_init(&wire, bodies, 2);
    for (size_t i = 0; i < sizeof(budgets) / sizeof(*budgets); i++) {
        struct slab_pool *pool = slab_pool_new(budgets[i]);
        struct framing_message message;
        struct intake in;
        size_t dropped = 0, served = 0;
        intake_init(&in, pool, true, SOFT);
        for (size_t at = 0; at < wire.len;) {
            char *room;
            size_t len;
            ck_assert(intake_room(&in, &room, &len));
            ck_assert_uint_gt(len, 0);
            len = len < wire.len - at ? len : wire.len - at;
            memcpy(room, wire.at + at, len);
            intake_took(&in, len);
            at += len;
            enum framing_event event;
            while ((event = intake_next(&in, &message)) != FRAMING_MORE) {
                ck_assert_int_ne(event, FRAMING_BAD);
                dropped += event == FRAMING_DROPPED;
                served += event == FRAMING_MESSAGE;
            }
        }
        ck_assert_msg(dropped == 1 && served == 1,
                      "budget %zu: %zu dropped, %zu served", budgets[i],
                      dropped, served);
        check_body(&wire, 1, message.body);
        intake_clear(&in);
        slab_pool_free(pool);
    }
    free(wire.at);
}
END_TEST

TEST_MAIN("intake",
          tcase_add_test(tc, bodies_stay_whole_however_they_are_read_and_held);
          tcase_add_test(tc, small_messages_byte_by_byte);
          tcase_add_test(tc, a_claim_takes_no_memory); tcase_add_test(
              tc, a_message_without_room_is_dropped_and_the_next_is_served);)
