/*
 * The five feature families of the voice measure, from one window of folded
 * text. Internal to voice.c and its tests; config/voice/README.md describes the
 * features in words.
 */
#ifndef SIDECAR_ENGINE_VOICE_FEATURES_H
#define SIDECAR_ENGINE_VOICE_FEATURES_H

#include "sidecar/engine/voice_model.h"
#include "sidecar/engine/voice_text.h"

/* A token and what the families need of it. */
struct voice_part {
    struct voice_token token;
    uint64_t id;      /* hash of the lower-case word, or of the mark */
    uint64_t pattern; /* as id, rare words and numbers all alike */
    uint64_t look;    /* case and length of a word; a mark itself */
};

struct voice_window {
    struct text cased, lower; /* [len] between two spaces; equal offsets */
    bool ascii;
    const struct voice_part *parts; /* [part_count] */
    size_t part_count;
};

/*
 * Where features go, one family after another. A bucket that the family has
 * already is dropped.
 */
struct voice_sink {
    uint16_t *buckets;                 /* room for every feature and one more */
    struct voice_spot *spots;          /* the same, or NULL */
    uint32_t count;                    /* of the present family */
    uint64_t seen[VOICE_BUCKETS / 64]; /* one bit a bucket */
};

static inline void
voice_sink_add(struct voice_sink *sink, uint64_t hash, struct voice_spot spot)
{
    const uint32_t bucket = (uint32_t)hash % VOICE_BUCKETS;
    const uint64_t word = sink->seen[bucket / 64];
    const uint64_t fresh = ~word >> bucket % 64 & 1;

    // Written first and counted after: a branch here would be guessed wrong
    // for one feature in five.
    sink->buckets[sink->count] = (uint16_t)bucket;
    if (sink->spots != NULL) {
        sink->spots[sink->count] = spot;
    }
    sink->seen[bucket / 64] = word | fresh << bucket % 64;
    sink->count += (uint32_t)fresh;
}

/* Most features, duplicates counted, that a window of `len` bytes can have. */
size_t voice_features_most(size_t len);

/*
 * Splits the window's text into parts.
 *
 *   parts    [len of the text] room for them
 *   returns  how many there are
 */
size_t voice_features_parts(const struct voice_model *model,
                            const struct voice_window *window,
                            struct voice_part *parts);

/* Adds one family's features. window->parts are set. Cannot fail. */
void voice_features_add(const struct voice_window *window,
                        enum voice_family family, struct voice_sink *sink);

/* The same for VOICE_SHAPE, in voice_shape.c. */
void
voice_shape_add(const struct voice_window *window, struct voice_sink *sink);

/* Case and length class of a word, for voice_part.look. */
uint64_t voice_shape_look(struct text word);

#endif
