#include "proto/encode_fingerprint.h"

#include <stdio.h>

#include "proto/map.h"

enum { WARNING_BYTES = 2 * REQUEST_NAME_BYTES + 96 };

/* "": nil. */
static void
put_text_or_nil(struct map *map, const char *name, struct text value)
{
    map_key(map, name);
    if (value.len > 0) {
        wire_put_str(map->to, value);
    } else {
        wire_put_nil(map->to);
    }
}

static void
put_created(struct map *map, int64_t created)
{
    map_key(map, "created");
    if (created > 0) {
        wire_put_int(map->to, created);
    } else {
        wire_put_nil(map->to);
    }
}

static void
put_about(struct map *map, const char *id,
          const struct encode_fingerprint *print)
{
    map_text(map, id, print->persona);
    map_string(map, "origin", print->origin);
    put_text_or_nil(map, "source", print->source);
    put_text_or_nil(map, "hash", print->hash);
    put_created(map, print->created);
    map_rounded(map, "threshold", print->threshold);
}

static void
put_calibration(struct map *parent, const struct encode_calibration *c)
{
    map_key(parent, "calibration");
    if (c->rows == 0) {
        wire_put_nil(parent->to);
        return;
    }
    struct map map = map_begin(parent->to);
    map_count(&map, "rows", c->rows);
    map_rounded(&map, "mean", c->mean);
    map_rounded(&map, "sd", c->sd);
    map_key(&map, "thresholds");
    wire_put_array(map.to, ENCODE_ALERTS);
    for (size_t i = 0; i < ENCODE_ALERTS; i++) {
        struct map alert = map_begin(map.to);
        map_number(&alert, "alertRate", c->alerts[i].rate);
        map_rounded(&alert, "driftScore", c->alerts[i].score);
        map_rounded(&alert, "raw", c->alerts[i].raw);
        map_end(&alert);
    }
    map_end(&map);
}

static void
put_losses(struct map *map, const struct encode_voice *voice)
{
    map_count(map, "given", voice->given);
    map_count(map, "duplicates", voice->duplicates);
    map_count(map, "unusable", voice->unusable);
    map_count(map, "alike", voice->alike);
    map_key(map, "outliers");
    if (voice->outlier_at == NULL && voice->outliers > 0) {
        wire_put_nil(map->to);
        return;
    }
    wire_put_array(map->to, voice->outliers);
    for (size_t i = 0; i < voice->outliers; i++) {
        wire_put_uint(map->to, voice->outlier_at[i]);
    }
}

static void
put_voice(struct map *map, const struct encode_voice *voice)
{
    map_text(map, "model", voice->model);
    map_text(map, "measure", voice->builtin ? TEXT("builtin") : TEXT("caller"));
    map_count(map, "rows", voice->rows);
    if (!voice->builtin) {
        map_count(map, "dimensions", voice->dimensions);
    } else if (voice->given > 0) {
        put_losses(map, voice);
    }
    map_key(map, "registers");
    wire_put_array(map->to, voice->register_count);
    for (size_t i = 0; i < voice->register_count; i++) {
        wire_put_uint(map->to, voice->registers[i]);
    }
    put_calibration(map, &voice->calibration);
    put_text_or_nil(map, "warning", voice->warning);
}

void
encode_enrolled(struct buffer *to, const struct encode_answer *answer,
                const struct encode_fingerprint *print,
                const struct encode_voice *voice, bool changed)
{
    struct map map = map_reply(to, answer, true);

    put_about(&map, "persona", print);
    map_bool(&map, "changed", changed);
    put_voice(&map, voice);
    map_end(&map);
}

void
encode_fingerprint(struct buffer *to, const struct encode_answer *answer,
                   const struct encode_fingerprint *print)
{
    struct map map = map_reply(to, answer, true);

    put_about(&map, "persona", print);
    map_key(&map, "models");
    wire_put_array(to, print->voice_count);
    for (size_t i = 0; i < print->voice_count; i++) {
        struct map voice = map_begin(to);
        put_voice(&voice, &print->voices[i]);
        map_end(&voice);
    }
    map_end(&map);
}

void
encode_fingerprints(struct buffer *to, const struct encode_answer *answer,
                    const struct encode_fingerprint *prints, size_t count)
{
    struct map map = map_reply(to, answer, true);

    map_key(&map, "personas");
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        struct map row = map_begin(to);
        put_about(&row, "id", &prints[i]);
        map_count(&row, "lines", prints[i].lines);
        map_key(&row, "models");
        wire_put_array(to, prints[i].voice_count);
        for (size_t v = 0; v < prints[i].voice_count; v++) {
            wire_put_str(to, prints[i].voices[v].model);
        }
        map_end(&row);
    }
    map_end(&map);
}

void
encode_dropped(struct buffer *to, const struct encode_answer *answer,
               const struct text *models, size_t count,
               const struct encode_fingerprint *left)
{
    struct map map = map_reply(to, answer, true);

    map_text(&map, "persona", left->persona);
    map_texts(&map, "dropped", models, count);
    put_text_or_nil(&map, "origin", text_of(left->origin));
    put_text_or_nil(&map, "hash", left->hash);
    map_end(&map);
}

static void
put_numbers(struct buffer *to, const double *row, size_t count)
{
    wire_put_array(to, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_double(to, map_decimals(row[i]));
    }
}

static void
put_alike(struct map *map, const struct encode_comparison *c)
{
    map_key(map, "warnings");
    wire_put_array(map->to, c->alike_count);
    for (size_t i = 0; i < c->alike_count; i++) {
        const struct encode_pair *pair = &c->alike[i];
        const struct text a = c->ids[pair->a], b = c->ids[pair->b];
        char words[WARNING_BYTES];
        snprintf(words, sizeof(words),
                 "%.*s and %.*s are nearly the same voice: one's replies will "
                 "pass for the other's",
                 TEXT_ARGS(a), TEXT_ARGS(b));
        struct map row = map_begin(map->to);
        map_texts(&row, "personas", (const struct text[]){a, b}, 2);
        map_rounded(&row, "distance", pair->apart);
        map_string(&row, "message", words);
        map_end(&row);
    }
}

void
encode_comparison(struct buffer *to, const struct encode_answer *answer,
                  const struct encode_comparison *c)
{
    struct map map = map_reply(to, answer, true);

    map_texts(&map, "ids", c->ids, c->count);
    map_key(&map, "matrix");
    wire_put_array(to, c->count);
    for (size_t i = 0; i < c->count; i++) {
        put_numbers(to, c->matrix + i * c->count, c->count);
    }
    map_key(&map, "baselines");
    wire_put_array(to, c->baseline_count);
    for (size_t i = 0; i < c->baseline_count; i++) {
        struct map row = map_begin(to);
        map_string(&row, "id", c->baselines[i]);
        map_key(&row, "distances");
        put_numbers(to, c->matrix + (c->count + i) * c->count, c->count);
        map_end(&row);
    }
    put_alike(&map, c);
    map_end(&map);
}
