/*
 * Composites: hits that are made of other hits, of scores, of drift.
 */
#ifndef SIDECAR_ENGINE_COMPOSE_H
#define SIDECAR_ENGINE_COMPOSE_H

#include "sidecar/engine/decide.h"

struct compose_subject {
    const struct decide_evidence *evidence; /* its hits are `hits` */
    const struct rules_request *request;
    struct text text; /* the candidate */
};

/*
 * Adds a hit for every composite that holds, in file order: a later one sees
 * the hits of earlier ones, but scores as they were before all of them. One
 * that holds only because of rules that are merely watched is itself only
 * watched. What a request asks for makes none of them undone. Applies each
 * one's policy to the hits of the rules that it names. The hits of composites
 * concern the text as a whole.
 *
 * In the arena. false: no memory.
 */
bool compose_run(const struct compose_subject *subject, struct hits *hits,
                 struct arena *arena, struct err *err);

#endif
