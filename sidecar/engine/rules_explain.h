/*
 * Why a rule hit, where its detector is a model.
 */
#ifndef SIDECAR_ENGINE_RULES_EXPLAIN_H
#define SIDECAR_ENGINE_RULES_EXPLAIN_H

#include "proto/envelope.h"
#include "sidecar/engine/rules.h"

enum { RULES_REASONS = 5 /* for, and as many against */ };

/*
 * What weighed most in the rule's score of the text, heaviest first, in the
 * arena; none where the rule is not of a model. False: no memory.
 */
bool
rules_explain(const struct rules *rules, size_t rule, struct text raw,
              struct arena *arena, struct envelope_hit *out, struct err *err);

#endif
