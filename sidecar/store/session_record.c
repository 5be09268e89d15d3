#include "sidecar/store/session_record.h"

#include <assert.h>
#include <limits.h>
#include <math.h>

enum {
    SESSION_VALUES = 19,
    TURN_VALUES = 16,
    NODES = 64, /* more than either has, and fewer than costs anything */
    DEPTH = 2
};

/* ---- the trend ----------------------------------------------------------- */

/*
 * All of it, number by number, so that a session goes on in another process
 * exactly where it was. [6 + 3 * TREND_WINDOW]
 */
enum { TREND_NUMBERS = 6 + 3 * TREND_WINDOW };

static void
put_trend(struct buffer *to, const struct trend *trend)
{
    wire_put_array(to, TREND_NUMBERS);
    wire_put_uint(to, trend->count);
    wire_put_double(to, trend->ewma);
    wire_put_double(to, trend->cusum);
    wire_put_uint(to, trend->rise);
    wire_put_uint(to, (unsigned long long)trend->state);
    wire_put_uint(to, trend->since);
    for (size_t i = 0; i < TREND_WINDOW; i++) {
        wire_put_double(to, trend->recent[i]);
        wire_put_uint(to, trend->chars[i]);
        wire_put_uint(to, trend->turns[i]);
    }
}

struct trend
session_record_trend(struct text bytes)
{
    static const struct wire_limits limits = {2, 2 * TREND_NUMBERS};
    const struct trend none = {.count = 0};
    struct trend trend = none;
    struct wire_reader r;
    struct err err;

    if (!wire_scan(bytes, &limits, &err)) {
        return none;
    }
    wire_read(&r, bytes, &err);
    if (wire_next(&r) != WIRE_ARRAY ||
        wire_read_array(&r) != (size_t)TREND_NUMBERS) {
        return none;
    }
    trend.count = (size_t)wire_read_uint(&r, INT64_MAX);
    trend.ewma = wire_read_number(&r, -HUGE_VAL, HUGE_VAL);
    trend.cusum = wire_read_number(&r, 0, HUGE_VAL);
    trend.rise = wire_read_uint(&r, INT64_MAX);
    trend.state = (enum trend_state)wire_read_uint(&r, TREND_STATES - 1);
    trend.since = wire_read_uint(&r, INT64_MAX);
    for (size_t i = 0; i < TREND_WINDOW; i++) {
        trend.recent[i] = wire_read_number(&r, -HUGE_VAL, HUGE_VAL);
        trend.chars[i] = (size_t)wire_read_uint(&r, INT64_MAX);
        trend.turns[i] = wire_read_uint(&r, INT64_MAX);
    }
    return r.failed ? none : trend;
}

static void
put_trend_bin(struct buffer *to, const struct trend *trend)
{
    enum { TREND_BYTES = 9 * TREND_NUMBERS + 5 }; // as msgpack, at most
    char room[TREND_BYTES];
    struct buffer bytes = {.at = room, .cap = sizeof(room)};

    // On the stack: a bin must know its length before its bytes.
    bytes.limit = sizeof(room);
    put_trend(&bytes, trend);
    assert(!bytes.failed && bytes.at == room);
    wire_put_bin(to, buffer_text(&bytes));
}

/* ---- writing ------------------------------------------------------------- */

void
session_record_put(struct buffer *to, const struct store_session *s,
                   const struct trend_reading *reading)
{
    wire_put_str(to, s->id);
    wire_put_str(to, s->persona);
    wire_put_str(to, s->user);
    wire_put_str(to, s->workspace);
    wire_put_str(to, s->title);
    wire_put_str(to, s->metadata);
    wire_put_str(to, s->machine);
    wire_put_bin(to, s->machine_state);
    wire_put_str(to, text_of(store_session_status_name(s->status)));
    wire_put_uint(to, s->message_count);
    wire_put_int(to, s->started_ms);
    wire_put_int(to, s->last_active_ms);
    if (s->ended_ms != 0) {
        wire_put_int(to, s->ended_ms);
    } else {
        wire_put_nil(to);
    }
    wire_put_str(to, text_of(trend_state_name(reading->state)));
    wire_put_double(to, s->trend.ewma);
    wire_put_uint(to, reading->since);
    put_trend_bin(to, &s->trend);
    wire_put_uint(to, s->place);
    wire_put_uint(to, s->revision);
}

void
session_record_put_turn(struct buffer *to, const struct store_turn *turn,
                        const struct store_session *session, uint64_t number,
                        const struct store_answer *answer)
{
    wire_put_str(to, session->id);
    wire_put_uint(to, session->place);
    wire_put_uint(to, number);
    wire_put_uint(to, session->revision);
    wire_put_int(to, turn->at_ms);
    wire_put_str(to, turn->message.id);
    wire_put_bin(to, (struct text){(const char *)turn->message.content.bytes,
                                   DIGEST_BYTES});
    wire_put_uint(to, turn->message.attempt);
    wire_put_str(to, turn->role);
    wire_put_str(to, turn->verdict);
    wire_put_str(to, turn->action);
    wire_put_double(to, turn->drift_score);
    wire_put_double(to, turn->deviations);
    wire_put_uint(to, turn->chars);
    wire_put_bin(to, answer->envelope);
    if (answer->reply.at != NULL) {
        wire_put_bin(to, answer->reply);
    } else {
        wire_put_nil(to);
    }
}

void
session_record_seal(struct buffer *to, const struct store_session *session,
                    const struct trend_reading *reading)
{
    wire_put_array(to, 1 + SESSION_VALUES);
    wire_put_uint(to, SESSION_RECORD_VERSION);
    session_record_put(to, session, reading);
}

void
session_record_seal_turn(struct buffer *to, const struct store_turn *turn,
                         const struct store_session *session, uint64_t number,
                         const struct store_answer *answer)
{
    wire_put_array(to, 1 + TURN_VALUES);
    wire_put_uint(to, SESSION_RECORD_VERSION);
    session_record_put_turn(to, turn, session, number, answer);
}

/* ---- reading ------------------------------------------------------------- */

enum store_session_status
session_record_status(struct text name)
{
    for (int s = 0; s < STORE_SESSION_STATUSES; s++) {
        const enum store_session_status status = (enum store_session_status)s;
        if (text_is(name, store_session_status_name(status))) {
            return status;
        }
    }
    return STORE_SESSION_ENDED; // of what is not ours nothing may be added to
}

/* Begins with a value of `count` values. */
static bool
open_record(struct wire_reader *r, struct text value, size_t count,
            struct err *err)
{
    static const struct wire_limits limits = {DEPTH, NODES};

    if (!wire_scan(value, &limits, err)) {
        return false;
    }
    wire_read(r, value, err);
    if (wire_next(r) != WIRE_ARRAY || wire_read_array(r) != 1 + count ||
        wire_next(r) != WIRE_INT ||
        wire_read_uint(r, UINT64_MAX) != SESSION_RECORD_VERSION) {
        err_set(err, ERR_INTERNAL, "a record of another version than %d",
                SESSION_RECORD_VERSION);
        return false;
    }
    return true;
}

/* The value where it is bytes; at NULL where it is nil. */
static struct text
read_bytes_or_nil(struct wire_reader *r)
{
    if (wire_next(r) == WIRE_NIL) {
        (void)wire_skip(r);
        return (struct text){NULL, 0};
    }
    return wire_read_bytes(r);
}

static int64_t
read_time(struct wire_reader *r)
{
    if (wire_next(r) == WIRE_NIL) {
        (void)wire_skip(r);
        return 0;
    }
    return wire_read_int(r, INT64_MIN, INT64_MAX);
}

bool
session_record_read(struct text value, struct store_session *out,
                    struct err *err)
{
    struct wire_reader r;

    memset(out, 0, sizeof(*out));
    if (!open_record(&r, value, SESSION_VALUES, err)) {
        return false;
    }
    out->id = wire_read_bytes(&r);
    out->persona = wire_read_bytes(&r);
    out->user = wire_read_bytes(&r);
    out->workspace = wire_read_bytes(&r);
    out->title = wire_read_bytes(&r);
    out->metadata = wire_read_bytes(&r);
    out->machine = wire_read_bytes(&r);
    out->machine_state = wire_read_bytes(&r);
    out->status = session_record_status(wire_read_bytes(&r));
    out->message_count = wire_read_uint(&r, INT64_MAX);
    out->started_ms = read_time(&r);
    out->last_active_ms = read_time(&r);
    out->ended_ms = read_time(&r);
    // For those who read the table: all of it is in the trend.
    for (int i = 0; i < 3; i++) {
        (void)wire_skip(&r);
    }
    out->trend = session_record_trend(wire_read_bytes(&r));
    out->place = wire_read_uint(&r, INT64_MAX);
    out->revision = wire_read_uint(&r, INT64_MAX);
    out->stored = true;
    return !r.failed;
}

bool
session_record_read_turn(struct text value, struct session_past *out,
                         struct err *err)
{
    struct wire_reader r;

    memset(out, 0, sizeof(*out));
    if (!open_record(&r, value, TURN_VALUES, err)) {
        return false;
    }
    (void)wire_skip(&r); // the session's id
    out->past.place = wire_read_uint(&r, INT64_MAX);
    out->past.turn = wire_read_uint(&r, INT64_MAX);
    (void)wire_skip(&r); // its revision
    out->past.at_ms = read_time(&r);
    out->past.message_id = wire_read_bytes(&r);
    const struct text content = wire_read_bytes(&r);
    if (content.len == DIGEST_BYTES) {
        memcpy(out->message.content.bytes, content.at, DIGEST_BYTES);
    }
    out->message.known = true;
    out->message.turn = out->past.turn;
    out->message.attempt = (unsigned)wire_read_uint(&r, UINT_MAX);
    out->past.role = wire_read_bytes(&r);
    (void)wire_skip(&r); // its verdict
    out->message.regenerated = text_is(wire_read_bytes(&r), "regenerate");
    // driftScore, deviations, chars: the envelope has them.
    for (int i = 0; i < 3; i++) {
        (void)wire_skip(&r);
    }
    out->past.envelope = wire_read_bytes(&r);
    out->message.reply = read_bytes_or_nil(&r);
    return !r.failed;
}
