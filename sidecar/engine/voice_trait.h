/*
 * Habits of style that a person can read off a text: how often it contracts,
 * exclaims or says "I". Counts, not features: they explain a drift score in
 * numbers and are no part of it.
 */
#ifndef SIDECAR_ENGINE_VOICE_TRAIT_H
#define SIDECAR_ENGINE_VOICE_TRAIT_H

#include <stdint.h>

#include "sidecar/base/text.h"

enum voice_trait {
    VOICE_TRAIT_CONTRACTIONS, /* words with an apostrophe inside */
    VOICE_TRAIT_EXCLAMATIONS,
    VOICE_TRAIT_QUESTIONS,
    VOICE_TRAIT_COMMAS,
    VOICE_TRAIT_SEMICOLONS, /* and colons */
    VOICE_TRAIT_DASHES,     /* "--" */
    VOICE_TRAIT_ELLIPSES,
    VOICE_TRAIT_QUOTES,   /* double quotation marks */
    VOICE_TRAIT_BRACKETS, /* opening round brackets */
    VOICE_TRAIT_CAPITALS, /* words of two letters and more all in capitals */
    VOICE_TRAIT_LONG,     /* words of nine letters and more */
    VOICE_TRAIT_FIRST,    /* I, me, my, mine, myself; I'm and the like */
    VOICE_TRAIT_SECOND,   /* you, your, yours, yourself; you're and the like */
    VOICE_TRAIT_NUMBERS,
    VOICE_TRAIT_SENTENCES, /* so many per 100 words: long ones are few */
    VOICE_TRAITS
};

struct voice_traits {
    uint32_t words;
    uint32_t counts[VOICE_TRAITS];
};

/* Counts of a folded text (voice_text.h), at most 64 KiB; added to *out. */
void voice_trait_count(struct text cased, struct voice_traits *out);

/* For messages: "contractions", "words of nine letters and more". */
const char *voice_trait_name(enum voice_trait trait);

#endif
