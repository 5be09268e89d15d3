/*
 * The built-in style embedder: what a text's spelling, words, punctuation and
 * shape say about who wrote it. No network and no trained weights; what
 * everybody says is subtracted with the background counts of voice_model.h.
 *
 * A text becomes five sets of hashed features, one a family, each a set of
 * buckets in 0..VOICE_BUCKETS-1. A persona is one row of weights over all
 * buckets, and the score of a text is the dot product
 *
 *     S = sum over families f of lambda_f * (sum of weights in set_f)
 *                                         / sqrt(size of set_f)
 *
 * that is, the persona's row against a vector of constant length. Weights are
 * whole numbers (VOICE_WEIGHT_ONE is 1.0), so sums are exact in any order and a
 * score has the same bits on every machine.
 *
 * Families and weights were chosen by measurement on 32 speakers of plays and
 * novels; config/voice/README.md has the figures, `make eval-voices` measures
 * them again. Text distortion: Stamatatos, "Authorship attribution using text
 * distortion", EACL 2017.
 */
#ifndef SIDECAR_ENGINE_VOICE_H
#define SIDECAR_ENGINE_VOICE_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

enum voice_family {
    VOICE_TRIGRAMS,  /* three characters, case kept */
    VOICE_FOURGRAMS, /* four characters, lower case */
    VOICE_WORDS,     /* words, lower case */
    VOICE_SYNTAX,    /* 1 to 3 tokens, rare words replaced by a star */
    VOICE_SHAPE,     /* punctuation, capitals, lengths, endings, openings */
    VOICE_FAMILIES
};

enum {
    VOICE_BUCKETS = 32768,                       /* of one family */
    VOICE_SLOTS = VOICE_FAMILIES * VOICE_BUCKETS /* of all: a persona's row */
};

/* Fixed point of a weight: 1.0. The largest weight is below 20. */
enum { VOICE_WEIGHT_ONE = 1024 };

/* Most bytes of one text. */
enum { VOICE_TEXT_BYTES = 64 * 1024 };

/*
 * Texts longer than this, in bytes, are read in pieces of about equal length
 * cut at spaces, each a window of its own: a set grows with the text and would
 * end up holding every bucket there is.
 */
enum { VOICE_WINDOW_BYTES = 1536 };

/* The features of one window. */
struct voice_row {
    uint16_t counts[VOICE_FAMILIES]; /* size of each set */
    /* The sets one after another, [sum of counts], no bucket twice in a set. */
    const uint16_t *buckets;
};

/* Which part of a text made a feature: enough to name it to a person. */
enum voice_kind {
    VOICE_KIND_TEXT,         /* the characters themselves */
    VOICE_KIND_PATTERN,      /* tokens [from, to) with rare words as stars */
    VOICE_KIND_MARK,         /* a punctuation mark */
    VOICE_KIND_BEFORE_MARK,  /* what stands before a mark, and the mark */
    VOICE_KIND_AFTER_MARK,   /* a mark, and what stands after it */
    VOICE_KIND_WORD_LENGTH,  /* in letters, 12 and more alike */
    VOICE_KIND_CAPITALS,     /* a word all in capitals */
    VOICE_KIND_CAPITAL,      /* a capital inside a sentence */
    VOICE_KIND_CONTRACTION,  /* any apostrophe */
    VOICE_KIND_APOSTROPHE,   /* the part from the apostrophe on */
    VOICE_KIND_ENDING,       /* last two or three letters of a word */
    VOICE_KIND_SENTENCE,     /* sentence length */
    VOICE_KIND_OPENING,      /* first one or two words of a sentence */
    VOICE_KIND_CLOSING,      /* how a sentence ends */
    VOICE_KIND_REPLY_LENGTH, /* in words */
    VOICE_KIND_REPLY_SENTENCES,
    VOICE_KINDS
};

struct voice_spot {
    enum voice_kind kind;
    uint32_t from, to; /* bytes of the window's folded text */
};

struct voice {
    const struct voice_row *rows; /* [row_count] windows, in reading order */
    size_t row_count;             /* 0: nothing to read in the text */
    size_t chars;                 /* code points after folding */
    /*
     * Only from voice_read_spots, else NULL: for each window its folded text
     * (case kept) and for each of its buckets where it was first seen.
     */
    const struct text *texts;              /* [row_count] */
    const struct voice_spot *const *spots; /* [row_count][sum of counts] */
};

struct voice_model;

/*
 * Reads a text.
 *
 *   text   valid UTF-8, at most VOICE_TEXT_BYTES
 *
 * The result lives in the arena: about 130 KiB of it for any text of up to one
 * window, at most 100 bytes more for each byte of a long one; time is linear.
 * Texts that fold alike (voice_text.h) give equal rows. Fails with
 * ERR_TOO_LARGE or ERR_MEMORY. Safe from any thread with its own arena.
 */
bool voice_read(const struct voice_model *model, struct text text,
                struct arena *arena, struct voice *out, struct err *err);

/* As voice_read, with `texts` and `spots`: for explanations. */
bool voice_read_spots(const struct voice_model *model, struct text text,
                      struct arena *arena, struct voice *out, struct err *err);

/* Features in all of a row's sets. */
size_t voice_row_size(const struct voice_row *row);

/* lambda_f: how much a family counts. */
double voice_family_weight(enum voice_family family);

/* A name for messages: "trigrams", "fourgrams", "words", "syntax", "shape". */
const char *voice_family_name(enum voice_family family);

/*
 * The score S of one window: higher is nearer. An empty set adds nothing.
 *
 *   weights  [VOICE_SLOTS], family after family
 */
double voice_score_row(const int16_t *weights, const struct voice_row *row);

/*
 * The score of a text: the mean over its windows, 0 where it has none.
 */
double voice_score(const int16_t *weights, const struct voice *voice);

/*
 * Length of a row of weights, each family scaled by lambda_f: what a score is
 * divided by to become a cosine.
 */
double voice_norm(const int16_t *weights);

/*
 * The score as a cosine: score / (norm * length of a voice's vector), the
 * vector's length being the same for every text. -1..1; 0 where norm is 0.
 */
double voice_cosine(double score, double norm);

#endif
