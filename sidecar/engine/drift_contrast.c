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

enum { RATE_BYTES = 32 };

/* What to ask for where there are too few of them, and where too many. */
static const struct {
    const char *more, *fewer;
} advice[VOICE_TRAITS] = {
    [VOICE_TRAIT_CONTRACTIONS] = {"use contractions",
                                  "write contractions out more often"},
    [VOICE_TRAIT_EXCLAMATIONS] = {"use exclamation marks",
                                  "use fewer exclamation marks"},
    [VOICE_TRAIT_QUESTIONS] = {"ask more questions", "ask fewer questions"},
    [VOICE_TRAIT_COMMAS] = {"use more commas", "use fewer commas"},
    [VOICE_TRAIT_SEMICOLONS] = {"use more semicolons and colons",
                                "use fewer semicolons and colons"},
    [VOICE_TRAIT_DASHES] = {"use more dashes", "use fewer dashes"},
    [VOICE_TRAIT_ELLIPSES] = {"trail off with ellipses more often",
                              "use fewer ellipses"},
    [VOICE_TRAIT_QUOTES] = {"use more quotation marks",
                            "use fewer quotation marks"},
    [VOICE_TRAIT_BRACKETS] = {"use more brackets", "use fewer brackets"},
    [VOICE_TRAIT_CAPITALS] = {"write more words in capitals",
                              "write fewer words in capitals"},
    [VOICE_TRAIT_LONG] = {"use more words of nine letters and more",
                          "use fewer words of nine letters and more"},
    [VOICE_TRAIT_FIRST] = {"say I, me and my more often",
                           "say I, me and my less often"},
    [VOICE_TRAIT_SECOND] = {"say you and your more often",
                            "say you and your less often"},
    [VOICE_TRAIT_NUMBERS] = {"use more numbers", "use fewer numbers"},
    [VOICE_TRAIT_SENTENCES] = {"write shorter sentences",
                               "write longer sentences"},
};

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

/* "none", "0.2", "6.1", "17" */
static void
write_rate(double rate, char out[RATE_BYTES])
{
    if (rate < 0.05) {
        snprintf(out, RATE_BYTES, "none");
    } else if (rate < 10) {
        snprintf(out, RATE_BYTES, "%.2g", rate);
    } else {
        snprintf(out, RATE_BYTES, "%.0f", rate);
    }
}

void
drift_contrast_write(const struct drift_contrast *c,
                     char out[DRIFT_CONTRAST_BYTES])
{
    const bool more = c->here < c->hers;
    char here[RATE_BYTES], hers[RATE_BYTES];

    write_rate(c->here, here);
    write_rate(c->hers, hers);
    snprintf(out, DRIFT_CONTRAST_BYTES,
             "%s: the persona's lines have %s per 100 words, this has %s",
             more ? advice[c->trait].more : advice[c->trait].fewer, hers, here);
}
