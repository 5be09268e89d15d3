/*
 * What a reply does more or less often than the persona, in numbers: no
 * contractions where she uses six in a hundred words. Beside drift_reasons.h,
 * which names what is in a reply, this also tells what is missing from it.
 */
#ifndef SIDECAR_ENGINE_DRIFT_CONTRAST_H
#define SIDECAR_ENGINE_DRIFT_CONTRAST_H

#include "sidecar/engine/fingerprint.h"
#include "sidecar/engine/voice_trait.h"

enum { DRIFT_CONTRAST_BYTES = 160 };

struct drift_contrast {
    enum voice_trait trait;
    double here, hers; /* per 100 words */
    double strength;   /* deviations from what her lines would lead to expect */
};

/*
 * The traits by which a reply lies outside her habits, the strongest first.
 *
 *   traits  of the reply
 *   out     [most] room
 *   returns how many there are, 0..most; 0 where either side has no words
 */
size_t drift_contrasts(const struct fingerprint *print,
                       const struct voice_traits *traits,
                       struct drift_contrast *out, size_t most);

/*
 * What to ask of whoever writes it anew: "use contractions: the persona's lines
 * have 6.1 per 100 words, this has none"; of sentences "write shorter
 * sentences: ...", since long ones are few in 100 words.
 */
void drift_contrast_write(const struct drift_contrast *contrast,
                          char out[DRIFT_CONTRAST_BYTES]);

#endif
