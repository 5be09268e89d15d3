/*
 * Moderation of a text that still grows: how much of it can be let go, because
 * no rule that counts can ever hit it any more.
 *
 * An automaton (hold_net.h) reads each character once and tells where hits may
 * have begun, and where there may be some. Only the latter are looked at by the
 * rules themselves, each once, with what stands before it.
 */
#ifndef SIDECAR_ENGINE_HOLD_H
#define SIDECAR_ENGINE_HOLD_H

#include "sidecar/engine/hold_plan.h"

enum {
    HOLD_CONTEXT = 512,  /* bytes before a hit that the rules look at, if there
                            are so many: the words of a context, what is looked
                            behind at, phrases that forgive */
    HOLD_GENERATIONS = 8 /* stretches of text of which is known apart whether
                            a match that began there lives */
};

/* One thread's working memory, fitted to one rule set at a time. */
struct hold_scratch;
struct hold_scratch *hold_scratch_new(size_t arena_bytes);
void hold_scratch_free(struct hold_scratch *scratch);
bool hold_scratch_fit(struct hold_scratch *scratch, const struct rules *rules,
                      struct err *err);

/* One growing text. One thread at a time, not always the same. */
struct hold;

/*
 * For a text judged as `request` says, which must outlive it with all that it
 * points to. NULL: no memory.
 */
struct hold *hold_new(const struct rules *rules,
                      const struct rules_request *request, struct err *err);
void hold_free(struct hold *hold);

/* Memory that it holds. */
size_t hold_bytes(const struct hold *hold);

/*
 * Reads what the text has grown by.
 *
 *   raw    all of it so far: valid UTF-8, whole characters; begins with what
 *          was given before
 *   rules  fitted to the same rules
 *   *safe  bytes that can be let go, never fewer than before, whole
 *          characters: whatever follows, no hit of a rule that counts in
 *          rules_scan of the whole has a byte in them, but for those of
 *          hold_redactions
 *
 * Time grows with what is new, but for at most a few times the whole over all
 * calls. False: no memory, or what rules_scan fails with; then nothing more may
 * be let go.
 */
bool hold_feed(struct hold *hold, struct hold_scratch *scratch,
               struct rules_scratch *rules, struct text raw, size_t *safe,
               struct err *err);

/*
 * Hits within the bytes that can be let go, in order of place: each by itself
 * makes for redaction, and rules_scan of the whole has them too, whatever
 * follows. Valid until the next call.
 */
const struct hits *hold_redactions(const struct hold *hold);

/*
 * The strongest action of a hit with a place that has been found and that
 * nothing to come can undo; CONFIG_NONE: no such hit.
 */
enum config_action hold_certain(const struct hold *hold);

/* The first byte of a hit that is held to the close, or SIZE_MAX. */
size_t hold_pinned(const struct hold *hold);

/* For tests and benches. */
struct hold_work {
    size_t steps;      /* of the automaton */
    size_t scans;      /* of windows of the text by the rules */
    size_t scan_bytes; /* in all of them */
    size_t cuts;       /* looks for a place where all views allow a cut */
    size_t cut_bytes;  /* looked at */
};

struct hold_work hold_work(const struct hold *hold);
struct hold_net_work hold_scratch_work(const struct hold_scratch *scratch);

#endif
