/*
 * Text that repeats itself: a key that stuck, a stutter, the loops that broken
 * language models fall into. Reads the fold view, so case and disguises do not
 * hide a loop, and every span is of that view.
 *
 * What counts as a run, so that ordinary writing does not:
 *
 * - Characters. The same character, or the same two to four in turn
 *   ("hahaha"), more than max_char_run times. White space, punctuation, drawn
 *   lines (----, ====, * * *) and emoji are piled up on purpose: they may come
 *   four times as often, and REPETITION_QUIET_LEAST times whatever the limit.
 * - Words. The same word more than max_token_run times in a row, or the same 2
 *   to REPETITION_PERIOD words; punctuation between them does not count. The
 *   longer the sequence the sooner it is a loop: p words may come
 *   1 + 2 * (max_token_run - 1) / (p + 1) times, and three times in any case.
 *   Sounds ("ha ha", "tick tock", "b-b-but") may come twice as often; numbers
 *   alone are a table, not a stutter. In a script without spaces between words
 *   each character stands for a word, and one of them over and over (a laugh)
 *   is left to max_char_run.
 * - Sentences. The same sentence or line of at least three words (six
 *   characters of an unspaced script) more than max_sentence_repeats times,
 *   anywhere in the text.
 * - Share. Of all runs of ngram_words words, the part that stood in the text
 *   before: 1 - distinct / all (seq-rep-n of Welleck et al., "Neural text
 *   generation with unlikelihood training", ICLR 2020). Only in texts of at
 *   least REPETITION_NGRAMS_LEAST such runs: a short text repeats by chance.
 */
#ifndef SIDECAR_ENGINE_REPETITION_H
#define SIDECAR_ENGINE_REPETITION_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum {
    REPETITION_QUIET_LEAST = 160, /* twice the width of a page's rule */
    REPETITION_PERIOD = 12,       /* words of the longest sequence */
    REPETITION_NGRAM_MOST = 12,   /* words of the longest n-gram */
    REPETITION_NGRAMS_LEAST = 60, /* some four sentences */
    REPETITION_KIND_MOST = 8      /* findings kept of one kind */
};

enum repetition_kind {
    REPETITION_CHARS,
    REPETITION_WORDS,
    REPETITION_SENTENCES,
    REPETITION_SHARE,
    REPETITION_KINDS
};

struct repetition_limits {
    size_t max_char_run;         /* times; 0: not looked at */
    size_t max_token_run;        /* times; 0: not looked at */
    size_t max_sentence_repeats; /* times it may stand; 0: not looked at */
    size_t ngram_words;          /* 2..REPETITION_NGRAM_MOST, else no share */
    double max_ngram_share;      /* 0..1; NAN or below 0: not looked at */
};

struct repetition_finding {
    enum repetition_kind kind;
    /*
     * Of a run what goes beyond the times that it may come; of a sentence the
     * one standing that is too many; of a share from the first n-gram that
     * repeats to the last.
     */
    struct span span;
    size_t unit;  /* characters, words of what repeats; n of a share */
    size_t times; /* how often it stands there; of a share how many repeat */
    double share; /* of a share, 0..1; else 0 */
};

struct repetition {
    struct repetition_finding at[REPETITION_KINDS * REPETITION_KIND_MOST];
    size_t count;
    size_t found[REPETITION_KINDS]; /* all of a kind, kept or not */
};

/*
 * How often a sequence of `period` words may come, sounds apart: 1 and up.
 * `max_token_run` is not 0.
 */
size_t repetition_times(size_t max_token_run, size_t period);

/* "max_char_run", ...: the limit that was passed. */
const char *repetition_limit_name(enum repetition_kind kind);

/*
 * What in the text passes a limit, kind by kind, in reading order.
 *
 *   fold  a fold view's text
 *
 * Time is linear in the text, whatever it is. Memory: up to 16 bytes of the
 * arena for each byte of text, and only for sentences and share. Repeats are
 * counted by hashes: a text made to collide can hide some of its own, and by
 * chance one sentence in some billion pairs is taken for another. False: no
 * memory. Safe from any thread.
 */
bool
repetition_find(struct text fold, const struct repetition_limits *limits,
                struct arena *arena, struct repetition *out, struct err *err);

#endif
