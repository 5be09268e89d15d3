#include "sidecar/serve/fingerprints_show.h"

#include <math.h>
#include <stdio.h>

enum { WARNING_BYTES = 256 };

/* Vectors that repeat others: more than one in so many are told of. */
enum { REPEATED_PART = 4 };

/* Shares of her own lines that are asked for most: VOICE's two. */
static const double rates[ENCODE_ALERTS] = {0.05, 0.10};

static struct encode_alert
alert_at(double rate, double raw)
{
    return (struct encode_alert){
        .rate = rate, .score = drift_scale_distance(rate), .raw = raw};
}

static bool
say(const char *words, struct arena *arena, struct text *out, struct err *err)
{
    *out = arena_copy(arena, text_of(words));
    if (out->at == NULL) {
        err_memory(err, "a fingerprint's warning");
    }
    return out->at != NULL;
}

static bool
show_lines(const struct fingerprint *print, struct arena *arena,
           struct encode_voice *out, struct err *err)
{
    const struct drift_scale *scale = &print->scale;
    char warning[WARNING_BYTES];

    *out = (struct encode_voice){.model = print->model,
                                 .builtin = true,
                                 .rows = print->line_count,
                                 .given = print->lost.given,
                                 .duplicates = print->lost.duplicates,
                                 .unusable = print->lost.unusable,
                                 .alike = print->lost.alike,
                                 .outliers = print->lost.outliers,
                                 .outlier_at = print->outliers,
                                 .registers = {print->line_count},
                                 .register_count = 1};
    out->calibration = (struct encode_calibration){
        .rows = scale->count,
        .mean = 1 - voice_cosine(scale->mean, print->norm),
        .sd = voice_cosine(scale->sd, print->norm)};
    for (size_t i = 0; i < ENCODE_ALERTS; i++) {
        const double score = drift_scale_score(scale, rates[i]);
        out->calibration.alerts[i] =
            alert_at(rates[i], 1 - voice_cosine(score, print->norm));
    }
    return !fingerprint_warning(print, warning, sizeof(warning)) ||
           say(warning, arena, &out->warning, err);
}

/*
 * How many of the rows are another one again. Copies have the same cosine with
 * the others, to the bit, and different rows hardly ever.
 */
static size_t
repeated_rows(const struct fingerprint_vectors *v)
{
    size_t repeated = 0;

    for (size_t i = 1; i < v->scale.count; i++) { // ascending
        repeated += !(v->scale.scores[i - 1] < v->scale.scores[i]);
    }
    return repeated;
}

/* What would make them better; false: nothing. */
static bool
vectors_warning(const struct fingerprint_vectors *v, char out[WARNING_BYTES])
{
    const size_t repeated = repeated_rows(v);

    if (v->rows < DRIFT_LEAST_ROWS) {
        snprintf(out, WARNING_BYTES,
                 "%zu vectors are too few to calibrate by: it takes %zu more "
                 "to make %d",
                 v->rows, DRIFT_LEAST_ROWS - v->rows, DRIFT_LEAST_ROWS);
    } else if (repeated > v->rows / REPEATED_PART) {
        snprintf(out, WARNING_BYTES,
                 "%zu of %zu vectors repeat another, so that the calibration "
                 "is too narrow: it takes vectors of different lines",
                 repeated, v->rows);
    } else if (v->rows < FINGERPRINT_GOOD_LINES) {
        snprintf(out, WARNING_BYTES,
                 "%zu vectors are few: with %zu more alert rates down to 2 %% "
                 "can be asked for",
                 v->rows, FINGERPRINT_GOOD_LINES - v->rows);
    } else {
        return false;
    }
    return true;
}

static bool
show_vectors(const struct fingerprint_vectors *v, struct arena *arena,
             struct encode_voice *out, struct err *err)
{
    char warning[WARNING_BYTES];

    *out = (struct encode_voice){.model = v->model,
                                 .rows = v->rows,
                                 .dimensions = v->dim,
                                 .register_count = v->register_count};
    for (size_t r = 0; r < v->rows; r++) {
        out->registers[v->register_of[r]]++;
    }
    if (v->scale.count >= DRIFT_LEAST_ROWS) {
        out->calibration =
            (struct encode_calibration){.rows = v->scale.count,
                                        .mean = 1 - v->scale.mean,
                                        .sd = v->scale.sd};
        for (size_t i = 0; i < ENCODE_ALERTS; i++) {
            out->calibration.alerts[i] =
                alert_at(rates[i], 1 - drift_scale_score(&v->scale, rates[i]));
        }
    }
    return !vectors_warning(v, warning) ||
           say(warning, arena, &out->warning, err);
}

static bool
show_voices(const struct fingerprint *print, struct arena *arena,
            struct encode_fingerprint *out, struct err *err)
{
    struct encode_voice *voices =
        ARENA_ARRAY(arena, struct encode_voice, print->vector_count + 1);
    size_t n = 0;

    if (voices == NULL) {
        err_memory(err, "a fingerprint's models");
        return false;
    }
    if (print->line_count > 0 && !show_lines(print, arena, &voices[n++], err)) {
        return false;
    }
    for (size_t i = 0; i < print->vector_count; i++) {
        if (!show_vectors(&print->vectors[i], arena, &voices[n++], err)) {
            return false;
        }
    }
    out->voices = voices;
    out->voice_count = n;
    return true;
}

bool
fingerprints_show(const struct persona *persona, struct arena *arena,
                  struct encode_fingerprint *out, struct err *err)
{
    const struct fingerprint *print = persona->print;
    char hex[DIGEST_HEX];

    *out = (struct encode_fingerprint){.persona = persona->config->id,
                                       .origin = persona_origin(persona),
                                       .threshold = persona->threshold};
    if (print == NULL) {
        return true;
    }
    digest_hex(&print->digest, hex);
    out->hash = arena_copy(arena, text_of(hex));
    if (out->hash.at == NULL) {
        err_memory(err, "a fingerprint's hash");
        return false;
    }
    out->source = print->source;
    out->created = print->created;
    out->lines = print->line_count;
    return show_voices(print, arena, out, err);
}

const struct encode_voice *
fingerprints_show_voice(const struct encode_fingerprint *print,
                        struct text model)
{
    for (size_t i = 0; i < print->voice_count; i++) {
        const struct encode_voice *voice = &print->voices[i];
        if (model.len > 0 ? text_equal(voice->model, model) : voice->builtin) {
            return voice;
        }
    }
    return NULL;
}
