#include "sidecar/store/session_record.h"

#include <math.h>

#include "tests/unit/harness.h"

enum { ROOM = 4096 };

static struct buffer room;
static struct err err;

static struct store_session
full_session(void)
{
    struct store_session session = {
        .id = TEXT("s1"),
        .persona = TEXT("mira"),
        .user = TEXT("u"),
        .workspace = TEXT("w"),
        .title = TEXT("A walk"),
        .metadata = TEXT("{\"a\":1}"),
        .machine = TEXT("hollow_market"),
        .machine_state = TEXT("\x81\x00\xff"),
        .status = STORE_SESSION_ENDED,
        .message_count = 7,
        .started_ms = 1700000000000,
        .last_active_ms = 1700000001000,
        .ended_ms = 1700000002000,
        .place = 9,
        .revision = UINT64_C(1) << 47,
    };
    const struct trend_options options = trend_defaults(TREND_JOINT);

    for (uint64_t i = 1; i <= 7; i++) {
        const struct trend_turn turn = {i, 1.0 / (double)i, 100 + i};
        (void)trend_add(&session.trend, &options, &turn);
    }
    return session;
}

static struct store_turn
full_turn(void)
{
    return (struct store_turn){.message = {.id = TEXT("m1"),
                                           .content = digest_of(TEXT("x")),
                                           .attempt = 2},
                               .at_ms = 1700000001000,
                               .role = TEXT("assistant"),
                               .verdict = TEXT("pass"),
                               .action = TEXT("regenerate"),
                               .drift_score = 0.25,
                               .deviations = (double)NAN,
                               .chars = 12};
}

static void
begin(void)
{
    buffer_init(&room, ROOM);
}

static void
finish(void)
{
    buffer_clear(&room);
}

static void
seal(const struct store_session *session)
{
    session_record_seal(&room, session, &(struct trend_reading){.since = 3});
}

static void
seal_turn(const struct store_session *session, const struct store_turn *turn)
{
    session_record_seal_turn(
        &room, turn, session, 5,
        &(struct store_answer){TEXT("envelope"), TEXT("reply")});
}

START_TEST(session_is_read_as_it_was_written)
{
    const struct store_session in = full_session();
    struct store_session out;

    begin();
    seal(&in);
    ck_assert_msg(session_record_read(buffer_text(&room), &out, &err), "%s",
                  err.message);
    ck_assert(text_equal(out.id, in.id));
    ck_assert(text_equal(out.persona, in.persona));
    ck_assert(text_equal(out.user, in.user));
    ck_assert(text_equal(out.workspace, in.workspace));
    ck_assert(text_equal(out.title, in.title));
    ck_assert(text_equal(out.metadata, in.metadata));
    ck_assert(text_equal(out.machine, in.machine));
    ck_assert(text_equal(out.machine_state, in.machine_state));
    ck_assert_int_eq(out.status, in.status);
    ck_assert_uint_eq(out.message_count, in.message_count);
    ck_assert_int_eq(out.started_ms, in.started_ms);
    ck_assert_int_eq(out.last_active_ms, in.last_active_ms);
    ck_assert_int_eq(out.ended_ms, in.ended_ms);
    ck_assert_uint_eq(out.place, in.place);
    ck_assert_uint_eq(out.revision, in.revision);
    ck_assert(memcmp(out.trend.recent, in.trend.recent,
                     sizeof(in.trend.recent)) == 0);
    ck_assert(out.trend.ewma == in.trend.ewma);
    ck_assert_uint_eq(out.trend.count, in.trend.count);
    finish();
}
END_TEST

START_TEST(turn_is_read_as_it_was_written)
{
    const struct store_session session = full_session();
    const struct store_turn in = full_turn();
    struct session_past out;

    begin();
    seal_turn(&session, &in);
    ck_assert_msg(session_record_read_turn(buffer_text(&room), &out, &err),
                  "%s", err.message);
    ck_assert_uint_eq(out.past.place, session.place);
    ck_assert_uint_eq(out.past.turn, 5);
    ck_assert_int_eq(out.past.at_ms, in.at_ms);
    ck_assert(text_equal(out.past.message_id, in.message.id));
    ck_assert(text_equal(out.past.role, in.role));
    ck_assert(text_is(out.past.envelope, "envelope"));
    ck_assert(out.message.known);
    ck_assert(out.message.regenerated);
    ck_assert_uint_eq(out.message.attempt, 2);
    ck_assert_uint_eq(out.message.turn, 5);
    ck_assert(text_is(out.message.reply, "reply"));
    ck_assert(memcmp(&out.message.content, &in.message.content,
                     sizeof(in.message.content)) == 0);
    finish();
}
END_TEST

/* No start of a record is one, nor is one with something after it. */
START_TEST(cut_record_is_none)
{
    const struct store_session session = full_session();
    const struct store_turn turn = full_turn();
    struct store_session out;
    struct session_past past;

    begin();
    seal(&session);
    buffer_add_byte(&room, 0);
    for (size_t len = 0; len <= room.len; len++) {
        // In a piece of its own, so that reading beyond its end shows.
        char *copy = malloc(len + 1);
        memcpy(copy, room.at, len);
        ck_assert_int_eq(
            session_record_read((struct text){copy, len}, &out, &err),
            len == room.len - 1);
        free(copy);
    }
    buffer_reset(&room);
    seal_turn(&session, &turn);
    buffer_add_byte(&room, 0);
    for (size_t len = 0; len <= room.len; len++) {
        char *copy = malloc(len + 1);
        memcpy(copy, room.at, len);
        ck_assert_int_eq(
            session_record_read_turn((struct text){copy, len}, &past, &err),
            len == room.len - 1);
        free(copy);
    }
    finish();
}
END_TEST

/* Each byte of a record, changed to what hurts most: no more than refused. */
START_TEST(changed_record_is_refused_or_another)
{
    static const unsigned char bytes[] = {0x00, 0x7f, 0x80, 0x90, 0xc0, 0xc6,
                                          0xcb, 0xcf, 0xd3, 0xdb, 0xdd, 0xff};
    const struct store_session session = full_session();
    struct store_session out;

    begin();
    seal(&session);
    for (size_t at = 0; at < room.len; at++) {
        const char was = room.at[at];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            room.at[at] = (char)bytes[i];
            if (session_record_read(buffer_text(&room), &out, &err)) {
                ck_assert_uint_le(out.place, INT64_MAX);
                ck_assert_int_lt(out.status, STORE_SESSION_STATUSES);
                ck_assert_int_lt(out.trend.state, TREND_STATES);
            }
        }
        room.at[at] = was;
    }
    finish();
}
END_TEST

START_TEST(newer_version_is_refused)
{
    const struct store_session session = full_session();
    struct store_session out;

    begin();
    seal(&session);
    room.at[3] = SESSION_RECORD_VERSION + 1; // after the array's header
    ck_assert(!session_record_read(buffer_text(&room), &out, &err));
    finish();
}
END_TEST

TEST_MAIN("session_record",
          tcase_add_test(tc, session_is_read_as_it_was_written);
          tcase_add_test(tc, turn_is_read_as_it_was_written);
          tcase_add_test(tc, cut_record_is_none);
          tcase_add_test(tc, changed_record_is_refused_or_another);
          tcase_add_test(tc, newer_version_is_refused);)
