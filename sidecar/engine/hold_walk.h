/*
 * The automaton on its way through one text: the inside of hold.h.
 */
#ifndef SIDECAR_ENGINE_HOLD_WALK_H
#define SIDECAR_ENGINE_HOLD_WALK_H

#include "sidecar/engine/hold.h"
#include "sidecar/engine/hold_net.h"

/* The matches that began in one stretch of the text. */
struct hold_generation {
    size_t from; /* where the first did: a byte of the raw text */
    uint16_t state;
};

/* One way to read the text so far. Starts go to the last generation. */
struct hold_lane {
    struct hold_generation at[HOLD_GENERATIONS + 1];
    size_t count;    /* 1 or more in a lane that is used */
    bool after_word; /* for certain */
    bool after_line; /* perhaps: or nothing has been read */
};

/* Stretches that may hold hits; in order, apart. */
struct hold_suspects {
    struct span at[HOLD_GENERATIONS];
    size_t count;
    bool counted; /* what one is depends on all that came before */
};

enum hold_counts {                        /* of a rule; bits */
                   HOLD_COUNTS = 1,       /* its hits matter */
                   HOLD_COUNTS_BEFORE = 2 /* and depend on earlier ones */
};

enum {                 /* lanes of a walk */
       HOLD_LANE,      /* the one that stays */
       HOLD_LANE_VIEW, /* a piece in another view, and what it began from */
       HOLD_LANE_BEFORE,
       HOLD_LANE_CHAR, /* a character read in another way, likewise */
       HOLD_LANE_START,
       HOLD_LANE_SUM,
       HOLD_LANES
};

struct hold_walk {
    struct hold_net_cache *cache;
    const unsigned char *counts; /* [rules] enum hold_counts */
    struct hold_lane lanes[HOLD_LANES];
    struct hold_suspects *suspects;
    size_t steps;
};

/* A lane that has read nothing; the others are not in use. */
void hold_walk_init(struct hold_walk *walk);

/* The first byte of a match under way, or SIZE_MAX. */
size_t hold_walk_live(const struct hold_walk *walk);

/* The same where the next character is known, which is not read by this; or of
   one that ends before it. */
size_t hold_walk_live_before(struct hold_walk *walk, unsigned char symbol);

/*
 * Reads one character of the lane that stays; it is the raw bytes `at`.
 * `together`: matches that begin at it belong to the last generation as it is.
 */
void hold_walk_step(struct hold_walk *walk, unsigned char symbol,
                    struct span at, bool together);

/* Plain ASCII, as it stands at `at`; capitals are read as small letters. */
void hold_walk_plain(struct hold_walk *walk, struct text plain, size_t at);

/*
 * Reads the raw characters `at` of the text as themselves, and as `folded`,
 * which may be empty.
 */
void hold_walk_group(struct hold_walk *walk, struct text raw, struct span at,
                     struct text folded, bool together);

/*
 * Reads a piece of the raw text: each character as itself and as the piece's
 * fold view has it. `skip` bytes of the piece have been read before.
 */
void hold_walk_folded(struct hold_walk *walk, struct text raw, struct span at,
                      size_t skip, const struct view *fold, bool together);

/* Before a piece that is read in several ways: its starts are one stretch. */
void hold_walk_fork(struct hold_walk *walk, struct span piece);

/* The same piece as it reads in another view; after the lane that stays. */
void
hold_walk_view(struct hold_walk *walk, struct text view, struct span piece);

/* And no further way. */
void hold_walk_merge(struct hold_walk *walk);

void hold_suspects_add(struct hold_suspects *suspects, struct span span);

#endif
