#include "proto/encode_stream.h"
#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"
#include "sidecar/serve/remember.h"
#include "sidecar/serve/turn.h"

/*
 * Every operation on a stream takes it out of the table, works on it alone and
 * gives it back, also where it fails. What a failed one leaves behind is the
 * stream as it was before.
 */
enum {
    RETRY_MS = 1000,      // streams end by the second, not by the millisecond
    LONG_BYTES = 8 * 1024 // more text takes a thread that may be held up
};

static bool
refuse(struct turn *t)
{
    t->retry_after_ms = t->err.kind == ERR_OVERLOADED ? RETRY_MS : -1;
    return false;
}

bool
handle_stream_open(struct turn *t)
{
    struct stream_table *table = t->server->streams;
    const uint64_t client = t->message->client;
    struct remember r = {.turn = t, .engine = t->engine};
    char id[STREAM_TABLE_ID];
    uint64_t deadline_ns;

    if (!turn_deadline(t, &deadline_ns) || !remember_find(&r, &t->request)) {
        return t->outcome.later != HANDLE_DONE || refuse(t);
    }
    if (!stream_table_room(table, client, &t->err)) {
        return refuse(t);
    }
    struct stream *stream = stream_open(t->engine, &t->request, &t->err);
    if (stream == NULL ||
        !stream_table_add(table, stream, client, id, &t->err)) {
        return refuse(t);
    }
    turn_stop_watch(t);
    encode_stream_open(&t->desk->reply, &t->answer, text_of(id),
                       t->request.mode);
    return true;
}

/* ---------------------------------------------------------------- taking it */

/* A short message may ask for much work: the text is in the stream. */
static bool
is_long(const struct stream *stream)
{
    return stream_request(stream)->candidates[0].text.len > LONG_BYTES;
}

/*
 * The stream that the request names; NULL: t->err says why there is none, or
 * t->outcome.later that another thread should do it.
 */
static struct stream_entry *
take(struct turn *t, uint64_t deadline_ns, enum stream_table_answer *answer)
{
    const struct stream_table_query query = {
        .id = t->request.stream,
        .client = t->message->client,
        .wait_until_ns = t->message->may_block ? deadline_ns : 0};
    struct stream_entry *entry = NULL;

    *answer = stream_table_take(t->server->streams, &query, &entry);
    switch (*answer) {
    case STREAM_TABLE_TAKEN:
        if (!t->message->may_block && is_long(entry->stream)) {
            stream_table_put(t->server->streams, entry);
            t->outcome.later = HANDLE_BY_BLOCK;
            return NULL;
        }
        turn_answered_by(t, stream_engine(entry->stream));
        return entry;
    case STREAM_TABLE_BUSY:
        if (!t->message->may_block) {
            t->outcome.later = HANDLE_BY_BLOCK;
            return NULL;
        }
        err_set(&t->err, ERR_DEADLINE,
                "the deadline passed behind another message to the stream");
        return NULL;
    case STREAM_TABLE_UNKNOWN:
        err_at(&t->err, ERR_NOT_FOUND, "stream",
               "stream: no such stream is open");
        return NULL;
    case STREAM_TABLE_CLOSED:
    case STREAM_TABLE_ABORTED:
        break;
    }
    err_at(&t->err, ERR_STATE, "stream", "stream: it was %s",
           *answer == STREAM_TABLE_CLOSED ? "closed" : "aborted");
    return NULL;
}

/*
 * The stream may be gone with its engine as soon as it is given back, and an
 * error is encoded after that.
 */
static void
give_back(struct turn *t, struct stream_entry *entry, bool answered)
{
    if (!answered) {
        turn_answered_by(t, t->engine);
    }
    stream_table_put(t->server->streams, entry);
}

/* ------------------------------------------------------------------- feeding
 */

static void
put_step(struct turn *t, const struct stream_entry *entry,
         const struct stream_step *step)
{
    const struct encode_stream_step out = {.seq = t->request.seq,
                                           .emit = step->emit,
                                           .held = step->held,
                                           .stop = step->stop,
                                           .retract = step->retract,
                                           .content = step->content,
                                           .verdict = step->verdict,
                                           .drift_status = step->drift_status,
                                           .drift_score = step->drift_score,
                                           .drift_threshold =
                                               step->drift_threshold,
                                           .drift_alert = step->drift_alert};

    turn_stop_watch(t);
    encode_stream_feed(&t->desk->reply, &t->answer, text_of(entry->id), &out);
}

static bool
feed_next(struct turn *t, struct stream_entry *entry, uint64_t deadline_ns)
{
    struct stream *stream = entry->stream;
    const struct text delta = t->request.delta;
    struct stream_step step;

    if (!stream_table_may_grow(t->server->streams,
                               stream_bytes_more(stream, delta.len), &t->err) ||
        !judge_begin(t->desk->judge, stream_engine(stream), &t->err) ||
        !stream_add(stream, delta, &t->err)) {
        return refuse(t);
    }
    const struct judge_terms terms = {
        .rotation = rotation_next(t->server->rotation, stream_request(stream)),
        .deadline_ns = deadline_ns,
        .now_ns = t->message->arrived_ns};
    stream_advance(stream, t->desk->judge, &terms, &step);
    entry->next_seq++;
    put_step(t, entry, &step);
    return true;
}

/* A client that had no reply asks again. */
static bool
feed_again(struct turn *t, const struct stream_entry *entry)
{
    struct stream_step step;

    if (!stream_repeats(entry->stream, t->request.delta)) {
        err_at(&t->err, ERR_IDEMPOTENCY, "text",
               "text: seq %lld was fed with another text", t->request.seq);
        return false;
    }
    stream_last(entry->stream, &step);
    put_step(t, entry, &step);
    return true;
}

static bool
feed(struct turn *t, struct stream_entry *entry, uint64_t deadline_ns)
{
    const long long seq = t->request.seq;

    if (seq == entry->next_seq) {
        return feed_next(t, entry, deadline_ns);
    }
    if (seq + 1 == entry->next_seq) {
        return feed_again(t, entry);
    }
    t->expected_seq = entry->next_seq;
    t->answer.expected_seq = &t->expected_seq;
    err_at(&t->err, ERR_STATE, "seq", "seq: %lld, expected %lld", seq,
           entry->next_seq);
    return false;
}

bool
handle_stream_feed(struct turn *t)
{
    enum stream_table_answer answer;
    uint64_t deadline_ns;

    if (!turn_deadline(t, &deadline_ns)) {
        return false;
    }
    struct stream_entry *entry = take(t, deadline_ns, &answer);
    if (entry == NULL) {
        return t->outcome.later != HANDLE_DONE;
    }
    const bool fed = feed(t, entry, deadline_ns);
    give_back(t, entry, fed);
    return fed;
}

/* ------------------------------------------------------------------- closing
 */

/*
 * What is shown is decided by the text of this stream, whatever became of its
 * message before; the envelope is then the one of before.
 */
static bool
close_it(struct turn *t, const struct stream_entry *entry,
         struct judge_terms *terms)
{
    struct stream *stream = entry->stream;
    struct request request = *stream_request(stream);
    struct remember r = {.turn = t, .engine = stream_engine(stream)};
    struct stream_end end;

    if (!judge_begin(t->desk->judge, stream_engine(stream), &t->err) ||
        !remember_find(&r, &request)) {
        return false;
    }
    turn_terms(t, &r, &request, terms);
    if (!stream_close(stream, t->desk->judge, terms, &end, &t->err) ||
        !remember_turn(&r, &request, &end.result, terms->rotation)) {
        return false;
    }
    const struct envelope *envelope = &end.result.envelopes[0];
    const struct encode_stream_end out = {.emit = end.emit,
                                          .retract = end.retract,
                                          .content = end.content,
                                          .envelope = envelope,
                                          .results = r.results};
    turn_shown(t, &r, &request, envelope, terms->rotation);
    if (end.defect) {
        log_event(LOG_ERROR, "stream_defect", "stream=%s rule=%.*s", entry->id,
                  TEXT_ARGS(envelope->decided_by.id));
        stream_table_defect(t->server->streams);
    }
    t->answer.timing = end.result.timing;
    turn_stop_watch(t);
    encode_stream_close(&t->desk->reply, &t->answer, text_of(entry->id), &out);
    if (t->desk->reply.failed) {
        err_memory(&t->err, "the reply"); // and the stream stays
    }
    return !t->desk->reply.failed;
}

bool
handle_stream_close(struct turn *t)
{
    struct judge_terms terms = {.now_ns = t->message->arrived_ns};
    enum stream_table_answer answer;

    if (!turn_deadline(t, &terms.deadline_ns)) {
        return false;
    }
    struct stream_entry *entry = take(t, terms.deadline_ns, &answer);
    if (entry == NULL) {
        return t->outcome.later != HANDLE_DONE;
    }
    const bool closed = close_it(t, entry, &terms);
    if (closed) {
        stream_table_end(t->server->streams, entry, true);
    } else {
        give_back(t, entry, false);
    }
    return closed || t->outcome.later != HANDLE_DONE;
}

bool
handle_stream_abort(struct turn *t)
{
    enum stream_table_answer answer;
    uint64_t deadline_ns;

    if (!turn_deadline(t, &deadline_ns)) {
        return false;
    }
    struct stream_entry *entry = take(t, deadline_ns, &answer);
    if (entry == NULL && answer != STREAM_TABLE_ABORTED) {
        return t->outcome.later != HANDLE_DONE;
    }
    turn_stop_watch(t);
    encode_stream_abort(&t->desk->reply, &t->answer, t->request.stream);
    if (entry != NULL) {
        stream_table_end(t->server->streams, entry, false);
    }
    return true;
}
