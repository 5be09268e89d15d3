/*
 * A redacted text that still grows. Judged whole, it is scanned once more: a
 * mask may leave a match or make a new one, and then the reply is refused. So
 * from the first redaction on what is shown is held back a second time, for
 * what a rule may hit in it.
 *
 * A match of the redacted text may begin in what was shown before its first
 * redaction. Nothing is shown from then on.
 */
#ifndef SIDECAR_ENGINE_HOLD_AGAIN_H
#define SIDECAR_ENGINE_HOLD_AGAIN_H

#include "sidecar/engine/hold.h"
#include "sidecar/engine/redact.h"

struct hold_again;

/*
 * For rules and a request as of hold_new. before: what was shown so far, as it
 * stood in the text; copied. NULL: no memory.
 */
struct hold_again *
hold_again_new(const struct rules *rules, const struct rules_request *request,
               struct text before, struct err *err);
void hold_again_free(struct hold_again *again); /* NULL is fine */

/* Memory that it holds. */
size_t hold_again_bytes(const struct hold_again *again);

/* The next `raw` bytes of the text, and what they became. False: no memory. */
bool hold_again_add(struct hold_again *again, size_t raw,
                    const struct redaction *piece, struct err *err);

/*
 * How far it can be shown: *safe, of the bytes of the text, never fewer than
 * before; *emit, what is new of that, valid until hold_again_add. Else as
 * hold_feed.
 */
bool hold_again_feed(struct hold_again *again, struct hold_scratch *scratch,
                     struct rules_scratch *rules, size_t *safe,
                     struct text *emit, struct err *err);

#endif
