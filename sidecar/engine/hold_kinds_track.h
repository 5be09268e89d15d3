/*
 * The trackers that a stream's rules share, one for each kind of detector. Each
 * is fed the folded text piece by piece and says from where on of the raw text
 * it may yet have to do with what follows. Internal to hold_kinds_track.c, the
 * trackers and their tests.
 */
#ifndef SIDECAR_ENGINE_HOLD_KINDS_TRACK_H
#define SIDECAR_ENGINE_HOLD_KINDS_TRACK_H

#include "sidecar/base/arena.h"
#include "sidecar/engine/disguise.h"
#include "sidecar/engine/hold_kinds.h"
#include "sidecar/engine/leak.h"
#include "sidecar/engine/oddity.h"
#include "sidecar/engine/repetition.h"

/* What may hold a hit: all of these as one. from == to: nothing. */
static inline void
hold_kinds_suspect(struct hold_told *told, struct span span)
{
    if (!told->suspect) {
        told->suspected = span;
    }
    told->suspect = true;
    told->suspected.from =
        span.from < told->suspected.from ? span.from : told->suspected.from;
    told->suspected.to =
        span.to > told->suspected.to ? span.to : told->suspected.to;
}

/* Hits may yet begin at `at`. */
static inline void
hold_kinds_live(struct hold_told *told, size_t at)
{
    told->live_from = at < told->live_from ? at : told->live_from;
}

/* The raw bytes of bytes [from, to) of the piece's fold; from < to. */
static inline struct span
hold_kinds_raw(const struct hold_piece *piece, size_t from, size_t to)
{
    const struct span span = view_raw_span(piece->fold, from, to);

    return (struct span){piece->at.from + span.from, piece->at.from + span.to};
}

/*
 * Each: new takes what it needs from the arena, NULL: no memory; feed adds to
 * `told` what the piece changes.
 */

/* Disguised terms: words in pieces, letters apart. */
struct hold_disguise;
struct hold_disguise *hold_disguise_new(const struct disguise *disguise,
                                        bool english, struct arena *arena);
void hold_disguise_feed(struct hold_disguise *hold,
                        const struct hold_piece *piece, struct hold_told *told);

/* A system prompt's words: runs of `least`. */
struct hold_leak;
struct hold_leak *hold_leak_new(const struct leak_index *index, size_t least,
                                struct arena *arena);
void hold_leak_feed(struct hold_leak *hold, const struct hold_piece *piece,
                    struct hold_told *told);

/* A canary, as it stands in the fold view. */
struct hold_canary;
struct hold_canary *hold_canary_new(struct text canary, struct arena *arena);
void hold_canary_feed(struct hold_canary *hold, const struct hold_piece *piece,
                      struct hold_told *told);

/* What repeats itself. */
struct hold_repeat;
struct hold_repeat *
hold_repeat_new(const struct repetition_limits *limits, struct arena *arena);
void hold_repeat_feed(struct hold_repeat *hold, const struct hold_piece *piece,
                      struct hold_told *told);

/* Odd characters. */
struct hold_odd;
struct hold_odd *
hold_odd_new(const struct oddity_limits *limits, struct arena *arena);
void hold_odd_feed(struct hold_odd *hold, const struct hold_piece *piece,
                   struct hold_told *told);

#endif
