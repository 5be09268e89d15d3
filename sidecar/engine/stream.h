/*
 * One reply judged while it is being written: text in, in pieces of any kind;
 * text out that may be shown. The whole is judged once, at the close, by
 * judge_request, so that its envelope equals the one of a score.
 *
 * A stream keeps the engine that it began with. Not locked: one thread at a
 * time.
 */
#ifndef SIDECAR_ENGINE_STREAM_H
#define SIDECAR_ENGINE_STREAM_H

#include "sidecar/engine/judge.h"

struct stream;

/*
 * Begins one: copies the request (of stream.open) and takes a reference to the
 * engine. NULL: ERR_NOT_FOUND (persona) or ERR_MEMORY.
 */
struct stream *stream_open(struct engine *engine, const struct request *request,
                           struct err *err);

/* Without a verdict, if it has not been closed. NULL is fine. */
void stream_free(struct stream *stream);

const struct engine *stream_engine(const struct stream *stream);
enum request_mode stream_mode(const struct stream *stream);

/* What was asked, with the text so far as its one candidate. */
const struct request *stream_request(const struct stream *stream);

/* Memory that it holds, and the most that a delta of `len` bytes may add. */
size_t stream_bytes(const struct stream *stream);
size_t stream_bytes_more(const struct stream *stream, size_t len);

/* Bytes that were fed and not shown. */
size_t stream_held(const struct stream *stream);

/* What one delta came to. Texts are the stream's, until its next call. */
struct stream_step {
    struct text emit;    /* to show now, whole characters */
    size_t held;         /* bytes fed that were not shown */
    bool stop;           /* nothing more will be shown: end the generation */
    bool retract;        /* what was shown must go; `content` in its place */
    struct text content; /* at NULL: none, or show nothing */
    enum envelope_verdict verdict; /* so far */
    /* So far, of what was there when it was last looked at. */
    enum envelope_drift_status drift_status;
    double drift_score, drift_threshold; /* NAN: nil */
    bool drift_alert;                    /* only where the status is ok */
};

/*
 * Takes the next piece of the text, which may end inside a character: then the
 * rest of it must come next. Fails, and then nothing has changed, with
 * ERR_BAD_REQUEST (not UTF-8; the message says where), ERR_TOO_LARGE
 * (limits.text_bytes) or ERR_MEMORY.
 */
bool stream_add(struct stream *stream, struct text delta, struct err *err);

/* Is this, byte for byte, what stream_add took last? */
bool stream_repeats(const struct stream *stream, struct text delta);

/*
 * Decides what may be shown of the text so far (after stream_add and
 * judge_begin with the stream's engine). Cannot fail: where something goes
 * wrong, less is shown. The cost over all deltas is linear in the text.
 */
void stream_advance(struct stream *stream, struct judge *judge,
                    const struct judge_terms *terms, struct stream_step *out);

/* The last step once more. Before the first: one that shows nothing. */
void stream_last(const struct stream *stream, struct stream_step *out);

struct stream_end {
    struct judge_result result; /* one envelope, in the judge's arena */
    struct text emit;           /* to show behind the rest */
    bool retract; /* what was shown must go, `content` in its place */
    struct text content;
    bool defect; /* what was shown does not begin what it should have been */
};

/*
 * Judges the whole (after judge_begin with the stream's engine). Fails as
 * judge_request does, or with ERR_STATE where the text ends inside a
 * character; then there is no verdict, and the stream is as before.
 */
bool stream_close(struct stream *stream, struct judge *judge,
                  const struct judge_terms *terms, struct stream_end *out,
                  struct err *err);

#endif
