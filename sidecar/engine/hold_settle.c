#include "sidecar/engine/hold_settle.h"

#include <stdlib.h>

#include "proto/envelope.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/ask.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/hold_kinds.h"

enum {
    /*
     * The rules read so many bytes of windows for each byte of text, and this
     * much at once: a text of nothing but suspects costs no more.
     */
    SCAN_TIMES = 4,
    SCAN_FIRST = 16384
};

/* Where a window may begin that looks at the first suspect. */
static size_t
window_from(const struct hold *hold, struct text raw)
{
    const size_t at = hold->suspects.counted ? 0 : hold->suspects.at[0].from;
    const size_t least = 2 * (size_t)HOLD_CONTEXT;
    size_t from = at > HOLD_CONTEXT ? at - HOLD_CONTEXT : 0;

    // Before white space, where there is some: no word is cut in two.
    const size_t stop = at > least ? at - least : 0;
    for (size_t i = from; i > stop; i--) {
        if (raw.at[i] == ' ') {
            return i;
        }
    }
    from = stop == 0 ? 0 : from;
    while (from > 0 && utf8_inside((unsigned char)raw.at[from])) {
        from--;
    }
    return from;
}

/* A hit of the window, placed in the whole text. */
static struct hit
placed(const struct hit *hit, size_t from)
{
    struct hit out = *hit;

    out.raw.from += from;
    out.raw.to += from;
    out.view = out.raw;
    return out;
}

static bool
add_redaction(struct hold *hold, const struct hit *hit, struct err *err)
{
    struct hits *out = &hold->redactions;

    if (out->count == out->cap) {
        const size_t cap = out->cap > 0 ? 2 * out->cap : 4;
        struct hit *more = realloc(out->at, cap * sizeof(*more));
        if (more == NULL) {
            err_memory(err, "a stream");
            return false;
        }
        out->at = more;
        out->cap = cap;
    }
    out->at[out->count++] = *hit;
    return true;
}

/* Will the whole text have the hit as well, whatever follows? */
static bool
is_final(const struct hold *hold, const struct hit *hit)
{
    const struct ask *ask = hold->request.ask;
    // A phrase that the request allows may yet come to stand about it, and
    // what is a guess in English is none in a text that is not.
    const bool forgiving = ask != NULL && ask->allow.count > 0;
    const bool guessed = (hit->via & ENVELOPE_VIA_FUZZY) != 0;

    return hit->enforced && !forgiving && !guessed &&
           rules_hold(hold->rules)->at[hit->rule].final;
}

/* One that is taken out of the text, and else does nothing. */
static bool
is_redaction(const struct hold *hold, const struct hit *hit)
{
    return hit->action == CONFIG_REDACT && !hold->again && is_final(hold, hit);
}

bool
hold_settle_forgive(struct hold *hold, struct span at)
{
    if (hold->forgiven_count == hold->forgiven_cap) {
        const size_t cap = hold->forgiven_cap > 0 ? 2 * hold->forgiven_cap : 4;
        struct span *more = realloc(hold->forgiven, cap * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        hold->forgiven = more;
        hold->forgiven_cap = cap;
    }
    hold->forgiven[hold->forgiven_count++] = at;
    return true;
}

static bool
is_forgiven(const struct hold *hold, struct span at)
{
    size_t from = 0, to = hold->forgiven_count;

    while (from < to) { // the first that ends behind its beginning
        const size_t middle = from + (to - from) / 2;
        if (hold->forgiven[middle].to <= at.from) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < hold->forgiven_count &&
           hold->forgiven[from].from <= at.from &&
           at.to <= hold->forgiven[from].to;
}

/* Is it one that matters here? What was let go is settled: it may be told
 * again.
 */
static bool
is_of(const struct hold *hold, const struct hit *hit, struct span stretch)
{
    return !hit->whole && !hit->evidence && hold->counts[hit->rule] != 0 &&
           hit->raw.to > stretch.from && hit->raw.from < stretch.to &&
           hit->raw.to > hold->safe && !is_forgiven(hold, hit->raw);
}

/*
 * Takes the hits that touch the stretch: redactions if they all are that, lie
 * within it, and nothing else stands there; else the text stays from the first
 * on.
 */
static bool
take_hits(struct hold *hold, const struct hits *hits, size_t from,
          struct span stretch, struct err *err)
{
    size_t first = SIZE_MAX;
    bool redactions = true;

    for (size_t i = 0; i < hits->count; i++) {
        const struct hit h = placed(&hits->at[i], from);
        if (!is_of(hold, &h, stretch)) {
            continue;
        }
        first = h.raw.from < first ? h.raw.from : first;
        if (h.action > hold->certain && is_final(hold, &h) &&
            h.raw.from >= stretch.from && h.raw.to <= stretch.to) {
            hold->certain = h.action;
        }
        redactions = redactions && is_redaction(hold, &h) &&
                     h.raw.from >= stretch.from && h.raw.to <= stretch.to;
    }
    if (first == SIZE_MAX) {
        return true;
    }
    if (!redactions) {
        hold->pinned = first < hold->pinned ? first : hold->pinned;
        return true;
    }
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit h = placed(&hits->at[i], from);
        if (is_of(hold, &h, stretch) && !add_redaction(hold, &h, err)) {
            return false;
        }
    }
    return true;
}

/* The rules on the text about the first `count` suspects. */
static bool
judge(struct hold *hold, size_t count, struct arena *arena,
      struct rules_scratch *rules, struct text raw, struct err *err)
{
    const struct hold_suspects *suspects = &hold->suspects;
    const size_t from = window_from(hold, raw);
    const struct text window = text_part(raw, from, raw.len);
    struct hits hits;
    struct view fold;

    arena_reset(arena);
    hits_init(&hits, arena);
    hold->work.scans++;
    hold->work.scan_bytes += window.len;
    hold->scanned += window.len;
    if (!fold_view(window, arena, &fold, err) ||
        !rules_scan(hold->rules, rules, &hold->request, window, &fold, &hits,
                    err)) {
        return false;
    }
    if (hits.errors > 0) {
        hold->pinned = suspects->at[0].from;
        return true;
    }
    for (size_t i = 0; i < count && hold->pinned == SIZE_MAX; i++) {
        if (!take_hits(hold, &hits, from, suspects->at[i], err)) {
            return false;
        }
    }
    return true;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct reach {
    size_t live; /* no match that may yet end begins before */
    size_t over; /* no match that has ended can grow before */
};

static struct reach
reach_of(struct hold *hold, enum hold_way way, struct text raw)
{
    struct hold_reader *const r = &hold->readers[way];

    if (way == HOLD_BY_WORDS) {
        // A space is the same in every view: no match goes on that it ends.
        const size_t live = hold_kinds_ended(raw, r->fed)
                                ? hold_walk_live_before(&r->walk, ' ')
                                : hold_walk_live(&r->walk);
        return (struct reach){least(live, r->fed), r->fed};
    }
    // A mark behind its last character is part of a hit.
    return (struct reach){least(hold_walk_live(&r->walk), r->fed),
                          r->fed > 0 ? r->fed - 1 : 0};
}

bool
hold_settle(struct hold *hold, struct arena *arena, struct rules_scratch *rules,
            struct text raw, struct err *err)
{
    struct hold_suspects *suspects = &hold->suspects;
    size_t live = least(hold->tracked_from, raw.len), over = raw.len;
    const size_t allowed = SCAN_FIRST + SCAN_TIMES * raw.len;
    size_t count = 0;

    if (hold->unbounded) {
        return true;
    }
    for (int way = 0; way < HOLD_WAYS; way++) {
        if (hold->readers[way].used) {
            const struct reach reach = reach_of(hold, (enum hold_way)way, raw);
            live = least(live, reach.live);
            over = least(over, reach.over);
        }
    }
    while (count < suspects->count && suspects->at[count].to <= live &&
           suspects->at[count].to <= over) {
        count++;
    }
    if (count > 0 &&
        hold->scanned + (raw.len - window_from(hold, raw)) <= allowed) {
        if (!judge(hold, count, arena, rules, raw, err)) {
            return false;
        }
        suspects->count -= count;
        suspects->counted = suspects->counted && suspects->count > 0;
        memmove(suspects->at, suspects->at + count,
                suspects->count * sizeof(suspects->at[0]));
    }
    if (suspects->count > 0) {
        live = least(live, suspects->at[0].from);
    }
    live = least(live, hold->pinned);
    hold->safe = live > hold->safe ? live : hold->safe;
    return true;
}
