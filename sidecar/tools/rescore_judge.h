/*
 * A reply of a transcript, judged as a sidecar would judge it: it becomes the
 * message that a caller would have sent, which is decoded and judged by the
 * same functions.
 *
 * A reply is judged by itself, so that its row is the same in any thread,
 * shard or resumed run. What a sidecar knows of a session beside it is not
 * used: floods are not counted (transcripts do not say when), there is no trend
 * and no machine, and of a rotated pool it is the line that the session would
 * have been shown first.
 */
#ifndef SIDECAR_TOOLS_RESCORE_JUDGE_H
#define SIDECAR_TOOLS_RESCORE_JUDGE_H

#include "sidecar/engine/judge.h"
#include "sidecar/tools/rescore_batch.h"

struct rotation; /* sidecar/serve/rotation.h */

/* What all threads share; all of it outlives them. */
struct rescore_judge_terms {
    const struct engine *engine;
    struct text persona;             /* of replies that name none; or "" */
    const struct rotation *rotation; /* that nobody writes to */
};

/* A thread's own. */
struct rescore_judge;

/* Keeps the terms. NULL: no memory. */
struct rescore_judge *
rescore_judge_new(const struct rescore_judge_terms *terms, struct err *err);
void rescore_judge_free(struct rescore_judge *judge);

/* What is asked about a reply: a view, valid until the next call. */
struct text rescore_judge_message(struct rescore_judge *judge,
                                  const struct rescore_reply *reply);

/*
 * The envelope, valid until the next call. NULL: it could not be judged, and
 * err says why, as an error reply would.
 */
const struct envelope *
rescore_judge_reply(struct rescore_judge *judge,
                    const struct rescore_reply *reply, struct err *err);

/* The persona that a reply is judged as, or "". */
struct text rescore_judge_persona(const struct rescore_judge_terms *terms,
                                  const struct rescore_reply *reply);

#endif
