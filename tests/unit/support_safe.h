/*
 * Streams against the whole: is what is let go free of every hit that the
 * rules find in the whole text?
 */
#ifndef TESTS_UNIT_SUPPORT_SAFE_H
#define TESTS_UNIT_SUPPORT_SAFE_H

#include "sidecar/engine/engine.h"
#include "sidecar/engine/hold.h"

struct support_safe {
    struct engine *engine;
    struct hold_scratch *scratch[2]; /* of two threads */
    struct rules_scratch *rules;
    struct arena *request, *whole;
    struct guardrail_cache_entry *lease;
    struct rules_request prepared;
    struct hits hits;          /* of the whole text */
    size_t redactions, let_go; /* that were announced; bytes, in all checks */
};

/* Takes the engine; a request of no persona, with these guardrails (NULL). */
struct support_safe
support_safe(struct engine *engine, const char *const *guardrails);
void support_safe_clear(struct support_safe *s);

/*
 * Feeds the text in deltas that end at the offsets `next` returns (always on
 * to a character's end), changing threads, and fails where a promise of hold.h
 * is broken. Returns what was safe before the text's end.
 */
size_t support_safe_check(struct support_safe *s, struct text text,
                          size_t (*next)(void *context, size_t at),
                          void *context, struct hold_work *work);

/* By one character, by four bytes, and some lengths at random. */
void support_safe_check_all(struct support_safe *s, struct text text);

/* Every two-way split. */
void support_safe_check_splits(struct support_safe *s, struct text text);

/*
 * The text fed by characters: for each byte how many were held once it had
 * come, "+" for more than nine, blanks inside a character. To be freed.
 */
char *support_safe_held(struct support_safe *s, const char *text);

#endif
