/*
 * Disguises over several chunks: letters and pieces with spaces between them.
 */
#ifndef SIDECAR_ENGINE_DISGUISE_RUN_H
#define SIDECAR_ENGINE_DISGUISE_RUN_H

#include "sidecar/engine/disguise_chunk.h"
#include "sidecar/engine/disguise_unit.h"

/* A chunk that is one word of the letters a to z. */
struct disguise_piece {
    struct span span;
    enum ordinary_rank rank;
    bool open;   /* nothing stands before it in its chunk, */
    bool closed; /* or something stands behind it */
};

enum { DISGUISE_PIECES = 4 };

/* The chunks just before, each one space from the next. */
struct disguise_run {
    /* Single characters and the gaps between them. */
    struct disguise_unit units[DISGUISE_WINDOW];
    size_t count;
    size_t singles;                                /* chunks in `units` */
    struct disguise_piece pieces[DISGUISE_PIECES]; /* a ring */
    size_t piece_count, next_piece;
};

void disguise_run_init(struct disguise_run *run);

/* A word: reports what it ends. */
void disguise_run_word(struct disguise_run *run, struct disguise_scan *s,
                       const struct disguise_piece *piece);

/* A chunk of another kind. False: it is no single character. */
bool disguise_run_sign(struct disguise_run *run, struct disguise_scan *s,
                       struct span chunk);

/* Reports what the run holds, and empties it. */
void disguise_run_end(struct disguise_run *run, struct disguise_scan *s);

#endif
