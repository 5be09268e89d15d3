/*
 * How much a reply sounds like a generic assistant, beside how much the
 * persona's own lines do: people who ask why a reply drifted want to know
 * whether the character has become somebody else or nobody in particular.
 */
#ifndef SIDECAR_ENGINE_DRIFT_PULL_H
#define SIDECAR_ENGINE_DRIFT_PULL_H

#include "sidecar/engine/fingerprint.h"

struct drift_pull {
    double pull;       /* mean over the features, ln of assistant : everybody */
    double deviations; /* above the mean of her own lines, of their spread */
    double share;      /* of her own lines with as much pull or more, 0..1 */
    bool telling; /* more than everybody's, and more than a line of hers has */
};

/*
 * Lines of hers that a reply is compared with, evenly chosen where there are
 * more: it bounds the time at about a millisecond.
 */
enum { DRIFT_PULL_LINES = 256 };

/*
 *   print  has lines
 *   model  that it was made with
 *   voice  of the reply, read with the model; it has rows
 *
 * The mean is taken family by family, each by its weight. Cannot fail; the same
 * bits on every machine.
 */
struct drift_pull
drift_pull_measure(const struct fingerprint *print,
                   const struct voice_model *model, const struct voice *voice);

/*
 * The words of a reply that an assistant says most, against everybody, the
 * strongest first; none that he says less than twice as often.
 *
 *   voice  from voice_read_spots
 *   out    [most] room; views into the voice's texts, no word twice
 *   returns  how many there are, 0..most
 */
size_t
drift_pull_words(const struct voice_model *model, const struct voice *voice,
                 struct text *out, size_t most);

#endif
