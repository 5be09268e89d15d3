#include "sidecar/engine/drift_pull.h"

#include <math.h>

/*
 * What a pull must have to be worth a word: seven shipped personas of 60 lines
 * each, 80 lines of an assistant's that the model has never seen, 944 of other
 * speakers. Of the first 84 % have it, of the others 2.2 %; at a pull of 0 it
 * would be 89 and 7 %, for today's English itself pulls a little.
 */
static const double TELLING_DEVIATIONS = 2;
static const double TELLING_PULL = 0.06;

/* ln 2: an assistant says it twice as often as everybody. */
static const double LEAST_WORD = 0.6931471805599453;

/* Lines that all pull alike still need a width. */
static const double LEAST_SD = 1e-3;

static double
pull_of_row(const struct voice_model *model, const struct voice_row *row)
{
    const uint16_t *bucket = row->buckets;
    double sum = 0, weights = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        const double weight = voice_family_weight((enum voice_family)f);
        const double *pull = model->pull + f * VOICE_BUCKETS;
        double family = 0;
        for (size_t i = 0; i < row->counts[f]; i++) {
            family += pull[*bucket++];
        }
        if (row->counts[f] > 0) {
            sum += weight * family / (double)row->counts[f];
            weights += weight;
        }
    }
    return weights > 0 ? sum / weights : 0;
}

static double
pull_of(const struct voice_model *model, const struct voice *voice)
{
    double sum = 0;

    for (size_t r = 0; r < voice->row_count; r++) {
        sum += pull_of_row(model, &voice->rows[r]);
    }
    return voice->row_count > 0 ? sum / (double)voice->row_count : 0;
}

struct drift_pull
drift_pull_measure(const struct fingerprint *print,
                   const struct voice_model *model, const struct voice *voice)
{
    const size_t n = print->line_count < DRIFT_PULL_LINES ? print->line_count
                                                          : DRIFT_PULL_LINES;
    struct drift_pull out = {.pull = pull_of(model, voice)};
    double sum = 0, square = 0;
    size_t as_much = 0;

    for (size_t i = 0; i < n; i++) {
        const struct voice *line = &print->lines[i * print->line_count / n];
        const double pull = pull_of(model, line);
        sum += pull;
        square += pull * pull;
        as_much += pull >= out.pull;
    }
    const double mean = sum / (double)n;
    const double variance = square / (double)n - mean * mean;
    const double sd =
        variance > LEAST_SD * LEAST_SD ? sqrt(variance) : LEAST_SD;
    out.deviations = (out.pull - mean) / sd;
    out.share = ((double)as_much + 1) / ((double)n + 1);
    out.telling =
        out.pull >= TELLING_PULL && out.deviations >= TELLING_DEVIATIONS;
    return out;
}

struct word {
    struct text text;
    double pull;
};

/* Keeps the strongest, sorted; a word that is there already stays once. */
static size_t
insert(struct word *best, size_t count, size_t most, struct word word)
{
    size_t at = count;

    for (size_t i = 0; i < count; i++) {
        if (text_equal(best[i].text, word.text)) {
            return count;
        }
    }
    while (at > 0 && best[at - 1].pull < word.pull) {
        at--;
    }
    if (at == most) {
        return count;
    }
    count += count < most;
    for (size_t i = count - 1; i > at; i--) {
        best[i] = best[i - 1];
    }
    best[at] = word;
    return count;
}

size_t
drift_pull_words(const struct voice_model *model, const struct voice *voice,
                 struct text *out, size_t most)
{
    enum { ROOM = 16 };
    const double *pull = model->pull + VOICE_WORDS * VOICE_BUCKETS;
    struct word best[ROOM];
    size_t count = 0;

    most = most < ROOM ? most : ROOM;
    for (size_t r = 0; r < voice->row_count && most > 0; r++) {
        const struct voice_row *row = &voice->rows[r];
        size_t first = 0;
        for (size_t f = 0; f < VOICE_WORDS; f++) {
            first += row->counts[f];
        }
        for (size_t i = first; i < first + row->counts[VOICE_WORDS]; i++) {
            const struct voice_spot *spot = &voice->spots[r][i];
            if (pull[row->buckets[i]] >= LEAST_WORD) {
                const struct text word =
                    text_part(voice->texts[r], spot->from, spot->to);
                count = insert(best, count, most,
                               (struct word){word, pull[row->buckets[i]]});
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = best[i].text;
    }
    return count;
}
