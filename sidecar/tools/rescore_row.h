/*
 * Rows of `leeway rescore`: what a reply came to, as msgpack, as a line of
 * JSON, or as a row of CSV. The keys and their order are fixed:
 *
 *   row, source, line, session, turn, persona, role, action,
 *   moderationVerdict, flagged, decidedBy, rules, categories, driftScore,
 *   driftThreshold, driftAlert, driftPercentile, chars, textSha256,
 *   label (where the transcript has any), error (where it was not judged),
 *   text, content (where texts are wanted; content where it is another)
 *
 * A row with an error has null for what was not found out. `rules` are the ids
 * of all hits, each once; `categories` those with a score above 0, as in the
 * envelope.
 */
#ifndef SIDECAR_TOOLS_RESCORE_ROW_H
#define SIDECAR_TOOLS_RESCORE_ROW_H

#include "proto/envelope.h"
#include "sidecar/base/err.h"
#include "sidecar/tools/rescore_batch.h"

enum rescore_row_format { RESCORE_ROW_JSONL, RESCORE_ROW_CSV };

extern const char *const rescore_row_formats[]; /* ended by NULL */

struct rescore_row {
    const struct rescore_reply *reply;
    struct text persona;             /* that it was judged as, or "" */
    const struct envelope *envelope; /* NULL: err says why */
    const struct err *err;
    bool texts;
};

/* One msgpack map. */
void rescore_row_put(struct buffer *wire, const struct rescore_row *row);

/*
 * A turn judged twice: the same keys, but what the envelopes say stands in two
 * maps, "a" and "b".
 */
void rescore_row_put_both(struct buffer *wire, const struct rescore_row *a,
                          const struct rescore_row *b);

/* The first line of CSV, with its end. */
void rescore_row_header(struct buffer *to, bool texts);

/* Such a map as a line, with its end. false: no memory. */
bool rescore_row_line(struct text wire, enum rescore_row_format format,
                      bool texts, struct buffer *to, struct err *err);

#endif
