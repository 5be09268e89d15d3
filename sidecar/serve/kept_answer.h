/*
 * What is kept of an answer for the case that its message comes again: the
 * results as they were sent, where they hold no words of the text, and what the
 * session gave them.
 */
#ifndef SIDECAR_SERVE_KEPT_ANSWER_H
#define SIDECAR_SERVE_KEPT_ANSWER_H

#include "sidecar/engine/judge.h"

/* Texts are msgpack, as they stand in a reply; "": not kept, or none. */
struct kept_answer {
    size_t chosen;
    uint64_t rotation; /* of the fallback line */
    struct text results;
    struct envelope_written written;
};

/*
 * The results, if they may be kept: "" where they hold words of the reply or
 * of the caller, which are nobody's to keep, or are large.
 */
struct text
kept_answer_fit(const struct judge_result *result, struct text results);

void kept_answer_write(const struct kept_answer *answer, struct buffer *to);

/* Views into `written`; all empty where it is no answer. */
void kept_answer_read(struct text written, struct kept_answer *out);

#endif
