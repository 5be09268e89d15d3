#include "sidecar/engine/drift_contrast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Deviations below which a difference may well be chance: nothing is said. */
static const double LEAST_STRENGTH = 2;

/*
 * Habits come in clusters, so counts spread more than independent ones: the
 * variance is taken to be twice the expected count (Church and Gale,
 * "Poisson mixtures", 1995), and no less than 1.
 */
static const double CLUSTERING = 2;

static int
by_strength(const void *a, const void *b)
{
    const struct drift_contrast *x = a, *y = b;

    if (x->strength < y->strength || x->strength > y->strength) {
        return x->strength > y->strength ? -1 : 1;
    }
    return (x->trait > y->trait) - (x->trait < y->trait);
}

size_t
drift_contrasts(const struct fingerprint *print,
                const struct voice_traits *traits, struct drift_contrast *out,
                size_t most)
{
    struct drift_contrast all[VOICE_TRAITS];
    const double words = traits->words, own = print->traits.words;
    size_t n = 0;

    if (traits->words == 0 || print->traits.words == 0) {
        return 0;
    }
    for (size_t t = 0; t < VOICE_TRAITS; t++) {
        const double rate = print->traits.counts[t] / own;
        const double expected = rate * words;
        const double off = fabs(traits->counts[t] - expected);
        const double strength = off / sqrt(1 + CLUSTERING * expected);
        if (strength >= LEAST_STRENGTH) {
            all[n++] = (struct drift_contrast){
                .trait = (enum voice_trait)t,
                .here = 100 * traits->counts[t] / words,
                .hers = 100 * rate,
                .strength = strength,
            };
        }
    }
    qsort(all, n, sizeof(all[0]), by_strength);
    n = n < most ? n : most;
    memcpy(out, all, n * sizeof(all[0]));
    return n;
}

void
drift_contrast_write(const struct drift_contrast *c,
                     char out[DRIFT_CONTRAST_BYTES])
{
    snprintf(out, DRIFT_CONTRAST_BYTES,
             "%s: %.3g per 100 words, in her own lines %.2g",
             voice_trait_name(c->trait), c->here, c->hers);
}
