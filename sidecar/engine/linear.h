/*
 * A linear model over hashed n-grams (linear_gram.h): how likely a text is of a
 * kind, for up to eight kinds ("heads") in one pass. What word lists cannot
 * name, it has learnt from labelled examples; what it learnt is style and
 * vocabulary, not meaning.
 *
 * Weights are read from a file that a recipe makes (config/linear/README.md:
 * data, licences, measured quality). Sums are of integers, so the same file
 * and text give the same bits on every machine.
 *
 * A text of more than LINEAR_PIECE n-grams (some 150 characters) is judged by
 * its worst window of two neighbouring pieces, so that a page around a
 * paragraph does not dilute it. A single sentence is still read together with
 * its neighbours.
 *
 * The scorer sees what it is given, the fold view: look-alike letters and
 * invisible characters are undone there, leet and spaced letters are not.
 */
#ifndef SIDECAR_ENGINE_LINEAR_H
#define SIDECAR_ENGINE_LINEAR_H

#include "sidecar/base/arena.h"
#include "sidecar/base/digest.h"
#include "sidecar/base/err.h"
#include "sidecar/engine/view.h"

enum {
    LINEAR_HEADS = 8,                   /* most heads of a model */
    LINEAR_NAME_BYTES = 32,             /* of a head, with the NUL */
    LINEAR_ABOUT_BYTES = 512,           /* of the model's line, with the NUL */
    LINEAR_PIECE = 512,                 /* n-grams in half a window */
    LINEAR_FILE_BYTES = 2 * 1024 * 1024 /* most bytes of a file */
};

/*
 * Thresholds by how many benign texts they flag, measured when the model was
 * made, on kinds of text that it had not seen: of 1,000, in order, 1, 3, 10.
 */
enum linear_preset {
    LINEAR_STRICT,    /* fewest false alarms */
    LINEAR_BALANCED,  /* the default */
    LINEAR_SENSITIVE, /* catches most */
    LINEAR_PRESETS
};

struct linear_model; /* immutable; any number of threads */

/*
 * Reads and checks a model file. NULL: err names the file and what is wrong
 * with it (ERR_IO where it cannot be read, ERR_CONFIG where its content is bad:
 * cut short, another format or version, changed bytes, values out of range).
 */
struct linear_model *linear_load(const char *path, struct err *err);

/* As linear_load, of bytes in memory; `path` is for messages. */
struct linear_model *
linear_parse(struct text file, const char *path, struct err *err);

void linear_free(struct linear_model *model); /* accepts NULL */

/* Of the whole file; what the model is, in one line of ASCII. */
const struct digest *linear_digest(const struct linear_model *model);
const char *linear_about(const struct linear_model *model);

/* Heads are numbered from 0; names are [a-z0-9_]+, no two the same. */
size_t linear_head_count(const struct linear_model *model);
const char *linear_head_name(const struct linear_model *model, size_t head);

/* The head of that name. False: the model has none. */
bool
linear_head(const struct linear_model *model, struct text name, size_t *head);

/* "strict", "balanced", "sensitive". False: another word. */
bool linear_preset(struct text name, enum linear_preset *preset);

/* The score at which a preset flags: score >= threshold. 0 to 1, not 0. */
float linear_threshold(const struct linear_model *model, size_t head,
                       enum linear_preset preset);

/*
 * How likely the text is of each head's kind, if as many texts were as were
 * not: calibrated on texts held back from training. 0 to 1; 0 for a text
 * without words or marks.
 *
 *   fold     a fold view's text, of at most UINT32_MAX bytes
 *   out      [LINEAR_HEADS]; 0 from linear_head_count on
 *
 * Cannot fail, allocates nothing; time linear in the text, 2 to 3 microseconds
 * for 200 characters with eight heads.
 */
void
linear_scores(const struct linear_model *model, struct text fold, float *out);

/* One n-gram of the window, with all its occurrences there. */
struct linear_reason {
    struct text gram; /* as the view has it, the first time */
    struct span at;   /* where that is, in the view */
    size_t count;     /* occurrences */
    double weight;    /* what they add to the log odds, not 0 */
};

struct linear_reasons {
    struct linear_reason *at; /* [count], in the arena: for it, the heaviest
                                 first; then against it, likewise */
    size_t count;
    struct span window; /* of the view: the worst window */
    float score;        /* linear_scores' */
};

/*
 * Why a text got its score: the n-grams that weighed most.
 *
 *   most     reasons for, and as many against, at the most
 *
 * Takes some 40 KB from the arena, whatever the length of the text. False: the
 * arena is full.
 */
bool linear_explain(const struct linear_model *model, size_t head,
                    struct text fold, size_t most, struct arena *arena,
                    struct linear_reasons *out, struct err *err);

#endif
