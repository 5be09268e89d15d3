#include "sidecar/engine/hold_again.h"

#include <stdlib.h>

#include "sidecar/engine/hold_settle.h"

/* One place where the texts differ. In order, never overlapping. */
struct change {
    struct span raw, now;
};

struct hold_again {
    struct hold *hold;  /* of the redacted text */
    struct buffer text; /* that text */
    size_t raw;         /* bytes of the other that it stands for */
    size_t shown;       /* bytes of it */
    struct change *at;  /* [count] */
    size_t count, cap;
};

struct hold_again *
hold_again_new(const struct rules *rules, const struct rules_request *request,
               struct text before, struct err *err)
{
    struct hold_again *again = calloc(1, sizeof(*again));

    if (again == NULL) {
        err_memory(err, "a stream's redactions");
        return NULL;
    }
    buffer_init(&again->text, SIZE_MAX);
    buffer_add_text(&again->text, before);
    again->raw = again->shown = before.len;
    again->hold = hold_new(rules, request, err);
    if (again->hold == NULL || again->text.failed) {
        err_memory(err, "a stream's redactions");
        hold_again_free(again);
        return NULL;
    }
    again->hold->again = true;
    return again;
}

void
hold_again_free(struct hold_again *again)
{
    if (again != NULL) {
        hold_free(again->hold);
        buffer_clear(&again->text);
        free(again->at);
        free(again);
    }
}

size_t
hold_again_bytes(const struct hold_again *again)
{
    return sizeof(*again) + hold_bytes(again->hold) + again->text.cap +
           again->cap * sizeof(*again->at);
}

static bool
note_change(struct hold_again *again, const struct redact_edit *edit)
{
    const size_t now = again->text.len;

    if (again->count == again->cap) {
        const size_t cap = again->cap > 0 ? 2 * again->cap : 4;
        struct change *more = realloc(again->at, cap * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        again->at = more;
        again->cap = cap;
    }
    const struct change change = {
        .raw = {again->raw + edit->raw.from, again->raw + edit->raw.to},
        .now = {now + edit->now.from, now + edit->now.to}};
    again->at[again->count++] = change;
    // What holds nothing of the old text is ours, whatever it looks like.
    return edit->masked || hold_settle_forgive(again->hold, change.now);
}

bool
hold_again_add(struct hold_again *again, size_t raw,
               const struct redaction *piece, struct err *err)
{
    bool noted = true;

    for (size_t i = 0; noted && i < piece->count; i++) {
        noted = note_change(again, &piece->edits[i]);
    }
    buffer_add_text(&again->text, piece->text);
    if (!noted || again->text.failed) {
        err_memory(err, "a stream's redactions");
        return false;
    }
    again->raw += raw;
    return true;
}

/* Where a place of the redacted text lies in the other; none inside a change:
 * then it goes back to its beginning. */
static size_t
origin(const struct hold_again *again, size_t *now)
{
    size_t raw_to = 0, now_to = 0;

    for (size_t i = again->count; i > 0; i--) {
        const struct change *change = &again->at[i - 1];
        if (change->now.to <= *now) {
            raw_to = change->raw.to;
            now_to = change->now.to;
            break;
        }
        *now = change->now.from < *now ? change->now.from : *now;
    }
    return raw_to + (*now - now_to);
}

bool
hold_again_feed(struct hold_again *again, struct hold_scratch *scratch,
                struct rules_scratch *rules, size_t *safe, struct text *emit,
                struct err *err)
{
    const struct text text = buffer_text(&again->text);
    size_t now = 0;

    if (!hold_feed(again->hold, scratch, rules, text, &now, err)) {
        return false;
    }
    now = now > again->shown ? now : again->shown;
    *safe = origin(again, &now);
    *emit = text_part(text, again->shown, now);
    again->shown = now;
    return true;
}
