#include "sidecar/engine/drift_own.h"

#include <math.h>

enum { WORD_BITS = 64 };

/* The reply's features, each marked once. */
struct marks {
    uint64_t *bits; /* [VOICE_SLOTS / WORD_BITS] */
    double surprise[VOICE_FAMILIES];
};

/*
 * -log2 of the share, its mantissa's logarithm taken for a straight line: a
 * tenth of a bit off at most, and six times faster than the logarithm, which
 * would be taken of each feature of each line.
 */
static double
surprise_of(const struct voice_model *model, size_t slot)
{
    int exponent;
    const double mantissa = frexp(model->prior[slot], &exponent);

    return 2 - 2 * mantissa - exponent;
}

static void
mark_row(const struct voice_model *model, const struct voice_row *row,
         struct marks *marks)
{
    const uint16_t *bucket = row->buckets;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        for (size_t i = 0; i < row->counts[f]; i++) {
            const size_t slot = f * VOICE_BUCKETS + *bucket++;
            const uint64_t bit = UINT64_C(1) << slot % WORD_BITS;
            if ((marks->bits[slot / WORD_BITS] & bit) == 0) {
                marks->bits[slot / WORD_BITS] |= bit;
                marks->surprise[f] += surprise_of(model, slot);
            }
        }
    }
}

/* Likeness of one window of hers. */
static double
row_likeness(const struct voice_model *model, const struct marks *marks,
             const struct voice_row *row)
{
    const uint16_t *bucket = row->buckets;
    double sum = 0, weights = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const double weight = voice_family_weight((enum voice_family)f);
        double shared = 0, own = 0;
        for (size_t i = 0; i < row->counts[f]; i++) {
            const size_t slot = f * VOICE_BUCKETS + *bucket++;
            const double surprise = surprise_of(model, slot);
            own += surprise;
            if (marks->bits[slot / WORD_BITS] >> slot % WORD_BITS & 1) {
                shared += surprise;
            }
        }
        const double both = sqrt(own * marks->surprise[f]);
        sum += both > 0 ? weight * shared / both : 0;
        weights += weight;
    }
    return sum / weights;
}

bool
drift_own_lines(const struct fingerprint *print,
                const struct voice_model *model, const struct voice *voice,
                struct arena *arena, struct drift_own_line *nearest,
                struct drift_own_line *farthest, struct err *err)
{
    struct marks marks = {
        .bits = ARENA_ARRAY(arena, uint64_t, VOICE_SLOTS / WORD_BITS)};

    if (marks.bits == NULL) {
        err_memory(err, "the nearest of her lines");
        return false;
    }
    for (size_t r = 0; r < voice->row_count; r++) {
        mark_row(model, &voice->rows[r], &marks);
    }
    for (size_t i = 0; i < print->line_count; i++) {
        const struct voice *line = &print->lines[i];
        struct drift_own_line own = {print->origins[i], 0};
        for (size_t r = 0; r < line->row_count; r++) {
            own.likeness += row_likeness(model, &marks, &line->rows[r]) /
                            (double)line->row_count;
        }
        *nearest = i == 0 || own.likeness > nearest->likeness ? own : *nearest;
        *farthest =
            i == 0 || own.likeness < farthest->likeness ? own : *farthest;
    }
    return voice->row_count > 0;
}
