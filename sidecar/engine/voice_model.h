/*
 * The background of the voice measure: how often everybody, and how often a
 * generic assistant, uses each feature, and the words that are so common that
 * they say more about syntax than about topic.
 *
 * Made once from public-domain text by `make voice-model`, shipped as a file,
 * read-only afterwards. The same file gives the same weights on every machine.
 */
#ifndef SIDECAR_ENGINE_VOICE_MODEL_H
#define SIDECAR_ENGINE_VOICE_MODEL_H

#include "sidecar/base/buffer.h"
#include "sidecar/base/digest.h"
#include "sidecar/engine/voice.h"

enum {
    VOICE_COMMON_WORDS = 300,   /* most words that the model names common */
    VOICE_MODEL_NAME_BYTES = 32 /* with the NUL */
};

struct voice_model {
    char name[VOICE_MODEL_NAME_BYTES]; /* [a-z0-9.-]+, for messages */
    struct digest digest;              /* of the whole file's content */
    double *prior;   /* [VOICE_SLOTS] expected share of a feature, > 0 */
    double *pull;    /* [VOICE_SLOTS] ln of the assistant's share of it over
                        everybody's: above 0 is what an assistant says */
    uint64_t *words; /* table of the common words' hashes, 0: free */
    struct arena *arena;
};

/*
 * Reads and checks a model file. NULL: err says what is wrong with it
 * (ERR_IO where it cannot be read, ERR_CONFIG where its content is bad:
 * cut short, another format or version, changed bytes).
 */
struct voice_model *voice_model_open(const char *path, struct err *err);

/* As voice_model_open, of bytes in memory; `path` is for messages. */
struct voice_model *
voice_model_parse(struct text file, const char *path, struct err *err);

void voice_model_free(struct voice_model *model); /* accepts NULL */

/* Is this one of the common words? hash: voice_model_word_hash of it. */
bool voice_model_common(const struct voice_model *model, uint64_t hash);

/* The hash by which the model knows a lower-case word. */
uint64_t voice_model_word_hash(struct text word);

/*
 * The weight of a feature for a persona, in fixed point (VOICE_WEIGHT_ONE):
 *
 *     ln((count / total + 3 * prior) / (4 * prior)) - 0.13 * pull
 *
 * that is, the log-likelihood ratio of the persona's own share, smoothed with
 * three parts of the background, against the background, less some of what
 * speaks for a generic assistant.
 *
 *   slot   family * VOICE_BUCKETS + bucket
 *   count  of the persona's rows whose set has the bucket
 *   total  sum of the counts over the family, >= count; 0 where count is 0
 */
int16_t voice_model_weight(const struct voice_model *model, size_t slot,
                           uint32_t count, uint32_t total);

/* What a model file is made of, for the recipe that makes it. */
struct voice_model_parts {
    const char *name;
    const struct text *words;   /* [word_count], lower case, A to Z and ' */
    size_t word_count;          /* at most VOICE_COMMON_WORDS */
    const uint32_t *background; /* [VOICE_SLOTS] texts that have the feature */
    /* [VOICE_SLOTS] mean over sources of a feature's share, of 2^32 - 1 */
    const uint32_t *sources;
    const uint32_t *assistant; /* [VOICE_SLOTS] as background */
};

/* The bytes of a model file. False: no memory, or more than the limits. */
bool voice_model_write(const struct voice_model_parts *parts,
                       struct buffer *out, struct err *err);

/*
 * A model of nothing but common words, to read texts with before the counts
 * are known. Its prior is flat.
 */
struct voice_model *
voice_model_blank(const struct text *words, size_t word_count, struct err *err);

#endif
