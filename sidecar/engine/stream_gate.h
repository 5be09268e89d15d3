/*
 * The hold-back of one stream in gate mode: how much of a text that is still
 * coming no enforced rule can change any more.
 *
 * Promises, whatever is still to come and however it is cut:
 *
 *   - the joined `emit`s are the beginning of what judge_request makes of the
 *     whole text, where that ships it or redacts it;
 *   - they hold no byte of a span that an enforced rule hits in the whole
 *     text, but as its redaction, nor of one that it hits in the redacted
 *     text, from the first redaction on;
 *   - `stop` is said only where judge_request refuses the whole text, whatever
 *     it will be.
 *
 * hold.h says how.
 */
#ifndef SIDECAR_ENGINE_STREAM_GATE_H
#define SIDECAR_ENGINE_STREAM_GATE_H

#include "sidecar/engine/judge.h"

struct stream_gate;

/*
 * Keeps the engine and the request, which has no candidate yet. NULL:
 * ERR_MEMORY, or what judge_request would fail with.
 */
struct stream_gate *
stream_gate_new(const struct engine *engine, const struct request *request,
                struct err *err);
void stream_gate_free(struct stream_gate *gate); /* NULL is fine */

/* Memory that it holds. */
size_t stream_gate_bytes(const struct stream_gate *gate);

struct stream_gate_text {
    struct text text; /* all of it so far, whole characters; may have moved */
    size_t before;    /* bytes of it that the last call has seen */
};

struct stream_gate_answer {
    struct text
        emit;    /* to show now; valid until judge_begin or the next call */
    size_t safe; /* bytes of the text that all emits so far stand for */
    bool stop;   /* from now on nothing is emitted */
    enum envelope_verdict verdict; /* so far, never milder than before */
};

/*
 * Takes the new bytes. The judge (after judge_begin with this engine) lends
 * its memory. Fails with ERR_MEMORY or ERR_INTERNAL, and then it is not called
 * again: the stream emits nothing before its close. One thread at a time.
 */
bool stream_gate_advance(struct stream_gate *gate, struct judge *judge,
                         const struct stream_gate_text *text,
                         struct stream_gate_answer *out, struct err *err);

#endif
