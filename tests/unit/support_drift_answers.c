#include "tests/unit/support_drift_answers.h"

#include <stdio.h>

#include "sidecar/base/file.h"
#include "sidecar/base/hash.h"
#include "sidecar/engine/drift.h"
#include "sidecar/engine/drift_contrast.h"
#include "sidecar/engine/drift_own.h"
#include "sidecar/engine/drift_pull.h"
#include "sidecar/engine/drift_reasons.h"
#include "sidecar/engine/fingerprint_compare.h"
#include "sidecar/engine/trend.h"

enum {
    PERSONAS = 3,
    OWN = 50,   // lines that a persona is made of
    TEXTS = 60, // of each persona: her own lines and some that are not in it
    ROWS = 48,  // vectors of each persona, of two manners in turn
    DIM = 300,  // no multiple of the kernels' 64 sums
    FILE_BYTES = 1 << 20,
    REASONS = 8
};

static const char *const ids[PERSONAS] = {"falstaff", "huck", "judy"};

struct run {
    const struct kernel_set *set;
    struct voice_model *model;
    struct arena *arena;
    struct text lines[PERSONAS][TEXTS];
    float *vectors; /* [PERSONAS][TEXTS][DIM] */
    struct fingerprint *prints[PERSONAS];
    struct support_drift_answers *out;
    struct err err;
};

const char *
support_drift_part_name(enum support_drift_part part)
{
    static const char *const names[SUPPORT_DRIFT_PARTS] = {
        "prints", "texts", "reasons", "vectors", "fused", "compare", "trend"};

    return names[part];
}

static void
add_bits(struct run *r, enum support_drift_part part, uint64_t bits)
{
    r->out->parts[part] = hash_mix(r->out->parts[part] ^ bits);
}

static void
add(struct run *r, enum support_drift_part part, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    add_bits(r, part, bits);
}

/* -------------------------------------------------------------- what it has */

/* The JSON lines, escapes and all: any text will do. */
static bool
read_lines(struct run *r, size_t persona)
{
    char path[128];
    struct buffer file;
    size_t count = 0;

    snprintf(path, sizeof(path), "config/voices/%s.jsonl", ids[persona]);
    if (!file_read(path, FILE_BYTES, &file, &r->err)) {
        return false;
    }
    const struct text all = arena_copy(r->arena, buffer_text(&file));
    buffer_clear(&file);
    for (size_t from = 0, i = 0; i < all.len && count < TEXTS; i++) {
        if (all.at[i] == '\n') {
            r->lines[persona][count++] = text_part(all, from, i);
            from = i + 1;
        }
    }
    if (count < TEXTS) {
        err_set(&r->err, ERR_INVALID, "%s has %zu lines", path, count);
    }
    return count == TEXTS;
}

/* Around two directions in turn, so that there are two registers. */
static bool
make_vectors(struct run *r)
{
    r->vectors = ARENA_ARRAY(r->arena, float, (size_t)PERSONAS *TEXTS *DIM);
    for (size_t i = 0; r->vectors && i < (size_t)PERSONAS * TEXTS * DIM; i++) {
        const size_t row = i / DIM, manner = row / TEXTS * 2 + row % 2;
        const uint64_t axis = hash_mix(manner << 32 | i % DIM);
        const uint64_t own = hash_mix(UINT64_C(1) << 63 | i);

        r->vectors[i] = (float)((int32_t)(axis >> 40) - (1 << 23)) * 0x1p-23F +
                        (float)((int32_t)(own >> 40) - (1 << 23)) * 0x1p-24F;
    }
    return r->vectors != NULL;
}

static const float *
vector_of(const struct run *r, size_t persona, size_t text)
{
    return r->vectors + (persona * TEXTS + text) * DIM;
}

static bool
make_print(struct run *r, size_t persona)
{
    const struct fingerprint_source source = {
        .model = TEXT("m"),
        .at = vector_of(r, persona, 0),
        .rows = ROWS,
        .dim = DIM,
    };
    const struct fingerprint_request request = {
        .persona = text_of(ids[persona]),
        .source = TEXT("shipped"),
        .lines = r->lines[persona],
        .line_count = OWN,
        .vectors = &source,
        .vector_count = 1,
    };
    struct fingerprint *print =
        fingerprint_build(r->model, r->set, &request, &r->err);

    r->prints[persona] = print;
    if (print == NULL) {
        return false;
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        add_bits(r, SUPPORT_DRIFT_PRINTS, print->digest.bytes[i]);
    }
    for (size_t i = 0; i < VOICE_SLOTS; i++) {
        add_bits(r, SUPPORT_DRIFT_PRINTS, (uint16_t)print->weights[i]);
    }
    for (size_t i = 0; i < print->scale.count; i++) {
        add(r, SUPPORT_DRIFT_PRINTS, print->scale.scores[i]);
    }
    add(r, SUPPORT_DRIFT_PRINTS, print->scale.mean);
    add(r, SUPPORT_DRIFT_PRINTS, print->scale.sd);
    if (print->vectors[0].register_count < 2) {
        err_set(&r->err, ERR_INVALID, "%s has one register", ids[persona]);
        return false;
    }
    return true;
}

/* ----------------------------------------------------------- what it answers
 */

static void
add_reading(struct run *r, enum support_drift_part part,
            const struct drift_reading *reading)
{
    add(r, part, reading->score);
    add(r, part, reading->raw);
    add(r, part, reading->percentile);
    add(r, part, reading->deviations);
    add_bits(r, part, reading->alert);
    add_bits(r, part, reading->register_index);
}

static bool
add_reasons(struct run *r, const struct fingerprint *print,
            const struct voice *voice)
{
    const enum support_drift_part part = SUPPORT_DRIFT_REASONS;
    const struct drift_pull pull = drift_pull_measure(print, r->model, voice);
    struct drift_contrast contrasts[VOICE_TRAITS];
    struct drift_reason reasons[REASONS];
    struct drift_own_line own[2];
    struct voice_traits traits = {.words = 0};
    size_t count;

    add(r, part, pull.pull);
    add(r, part, pull.deviations);
    add(r, part, pull.share);
    for (size_t i = 0; i < voice->row_count; i++) {
        voice_trait_count(voice->texts[i], &traits);
    }
    count = drift_contrasts(print, &traits, contrasts, VOICE_TRAITS);
    for (size_t i = 0; i < count; i++) {
        add_bits(r, part, contrasts[i].trait);
        add(r, part, contrasts[i].hers);
        add(r, part, contrasts[i].strength);
    }
    if (!drift_reasons(print, voice, r->arena, reasons, REASONS, &count,
                       &r->err) ||
        !drift_own_lines(print, r->model, voice, r->arena, &own[0], &own[1],
                         &r->err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        add_bits(r, part, hash_text(reasons[i].text, 0));
        add(r, part, reasons[i].contribution);
    }
    for (size_t i = 0; i < 2; i++) {
        add_bits(r, part, own[i].sample);
        add(r, part, own[i].likeness);
    }
    return true;
}

/* A text and a vector of one persona, measured against another. */
static bool
add_readings(struct run *r, size_t text, size_t from, size_t to)
{
    const struct drift_limits limits = {.threshold = 0.30};
    const struct drift_limits cosine = {.threshold = 0.30,
                                        .unit = DRIFT_COSINE};
    const struct fingerprint *print = r->prints[to];
    const float *vector = vector_of(r, from, text);
    struct voice voice;

    if (!voice_read_spots(r->model, r->lines[from][text], r->arena, &voice,
                          &r->err) ||
        !add_reasons(r, print, &voice)) {
        return false;
    }
    const struct drift_reading words = drift_measure(print, &voice, &limits);
    const struct drift_reading plain = drift_measure_vector(
        print, r->set, TEXT("m"), vector, DIM, SIZE_MAX, &cosine, &r->err);
    const struct drift_reading calibrated = drift_measure_vector(
        print, r->set, TEXT("m"), vector, DIM, SIZE_MAX, &limits, &r->err);
    const struct drift_reading both =
        drift_fuse(&words, &calibrated, 0.2, &limits);
    add_reading(r, SUPPORT_DRIFT_TEXTS, &words);
    add_reading(r, SUPPORT_DRIFT_VECTORS, &plain);
    add_reading(r, SUPPORT_DRIFT_VECTORS, &calibrated);
    add_reading(r, SUPPORT_DRIFT_FUSED, &both);
    return true;
}

static bool
add_all_readings(struct run *r)
{
    for (size_t i = 0; i < TEXTS; i += 7) {
        for (size_t from = 0; from < PERSONAS; from++) {
            for (size_t to = 0; to < PERSONAS; to++) {
                if (!add_readings(r, i, from, to)) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool
add_matrix(struct run *r)
{
    double matrix[(PERSONAS + FINGERPRINT_BASELINES) * PERSONAS];

    if (!fingerprint_compare(r->model,
                             (const struct fingerprint *const *)r->prints,
                             PERSONAS, matrix, &r->err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        add(r, SUPPORT_DRIFT_COMPARE, matrix[i]);
    }
    return true;
}

/* Her own lines first, and then another's. */
static bool
add_session(struct run *r, const struct trend_options *options)
{
    const struct drift_limits limits = {.threshold = 0.30};
    const enum support_drift_part part = SUPPORT_DRIFT_TREND;
    struct trend trend = {.count = 0};

    for (size_t turn = 0; turn < 20; turn++) {
        const struct text line = r->lines[turn < 10 ? 0 : 1][OWN - 10 + turn];
        struct voice voice;
        if (!voice_read(r->model, line, r->arena, &voice, &r->err)) {
            return false;
        }
        const struct drift_reading reading =
            drift_measure(r->prints[0], &voice, &limits);
        const struct trend_turn now = {turn + 1, reading.deviations,
                                       voice.chars};
        const struct trend_reading t = trend_add(&trend, options, &now);
        add_bits(r, part, t.state);
        add_bits(r, part, t.since);
        add(r, part, t.statistic);
        add(r, part, t.share);
        add(r, part, t.distance);
        add(r, part, trend.ewma);
    }
    return true;
}

static bool
answer(struct run *r)
{
    r->model = voice_model_open("config/voice/background.bin", &r->err);
    if (r->model == NULL || !make_vectors(r)) {
        return false;
    }
    for (size_t p = 0; p < PERSONAS; p++) {
        if (!read_lines(r, p) || !make_print(r, p)) {
            return false;
        }
    }
    if (!add_all_readings(r) || !add_matrix(r)) {
        return false;
    }
    for (int s = 0; s < TREND_STATISTICS; s++) {
        const struct trend_options options =
            trend_defaults((enum trend_statistic)s);
        if (!add_session(r, &options)) {
            return false;
        }
    }
    return true;
}

bool
support_drift_answers(const struct kernel_set *set,
                      struct support_drift_answers *out)
{
    struct run r = {.set = set, .arena = arena_new(SIZE_MAX), .out = out};

    *out = (struct support_drift_answers){.parts = {0}};
    err_memory(&r.err, "drift answers"); // unless something says more
    const bool done = r.arena != NULL && answer(&r);
    if (!done) {
        fprintf(stderr, "%s\n", r.err.message);
    }
    for (size_t p = 0; p < PERSONAS; p++) {
        fingerprint_free(r.prints[p]);
    }
    voice_model_free(r.model);
    arena_free(r.arena);
    return done;
}
