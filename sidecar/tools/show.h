/*
 * One verdict told to a person: the text with what was found in it, the views
 * it was judged in, every hit, how the scores came about, and the voice.
 */
#ifndef SIDECAR_TOOLS_SHOW_H
#define SIDECAR_TOOLS_SHOW_H

#include <stdio.h>

#include "proto/envelope.h"
#include "proto/request.h"
#include "sidecar/engine/engine.h"

struct show_subject {
    const struct engine *engine; /* that judged */
    const struct request *request;
    const struct request_candidate *candidate;
    const struct envelope *envelope; /* of it */
    bool coloured;
    FILE *to;
};

/* All of it. Fails with ERR_MEMORY; then less was printed. */
bool show_verdict(const struct show_subject *subject, struct err *err);

/*
 * The score of each category that has hits, step by step: what each hit of a
 * rule weighs, the caps of groups, rules that speak for the reply, thresholds.
 * The steps are taken anew from the listed hits as decide.h says; where they
 * do not come to the score that the envelope has, that is said.
 */
bool show_steps(const struct show_subject *subject, struct err *err);

/*
 * The voice: the score and what it means, its parts, what would bring it
 * nearer, the persona's own lines beside it, read from her samples where the
 * configuration names the file.
 */
void show_voice(const struct show_subject *subject);

#endif
