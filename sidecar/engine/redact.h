/*
 * Taking spans out of a text: replace, mask, hash or remove.
 */
#ifndef SIDECAR_ENGINE_REDACT_H
#define SIDECAR_ENGINE_REDACT_H

#include "sidecar/engine/rules.h"

/* One place where the new text differs. In order, never overlapping. */
struct redact_edit {
    struct span raw;         /* bytes taken out of the old text */
    struct span now;         /* bytes put into the new one */
    struct text replacement; /* those bytes */
    bool masked;             /* they may hold some of those taken out */
};

struct redaction {
    struct text text;          /* the new text, valid UTF-8 */
    struct redact_edit *edits; /* [count] */
    size_t count;
};

/*
 * Replaces the spans of the hits for which chosen[i] is set, [hits->count].
 * Overlapping spans become one, with the operator of the rule whose action is
 * strongest, then of the longer span, then of the earlier rule. Everything in
 * `out` is in the arena or the rule set. false: no memory.
 */
bool redact_apply(const struct rules *rules, struct text raw,
                  const struct hits *hits, const bool *chosen,
                  struct arena *arena, struct redaction *out, struct err *err);

/* The edit that covers hit i's span, or NULL. */
const struct redact_edit *
redact_find(const struct redaction *redaction, struct span raw);

/*
 * Of hits in the new text, drops those that lie inside a replacement which
 * holds nothing of the old text: "[EMAIL_ADDRESS]" is ours, though it looks
 * like a forgotten template. Hits of the whole text stay.
 */
void redact_forgive(const struct redaction *redaction, struct hits *hits);

/* Where a span of the new text came from in the old one. */
struct span redact_origin(const struct redaction *redaction, struct span now);

#endif
