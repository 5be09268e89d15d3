/*
 * How well the product tells voices apart, measured with its own code, beside
 * the baseline of PAN's verification tasks in the same run.
 *
 *     voice_lines.py FOLDER [FILE] | eval_voices MODEL [DRAWS [LINES]]
 *
 * For every persona: a fingerprint from 5, 20, 50 and 200 enrolment lines in
 * runs of five drawn with a fixed seed, then every test line of every persona
 * and all assistant text measured against it. Each figure is the mean over
 * personas and DRAWS (10) draws; the goal stands beside it. Figures that are
 * told once are those of LINES (50).
 */
#include <stdio.h>
#include <stdlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/drift.h"
#include "sidecar/engine/trend.h"
#include "tests/bench/common_rank.h"
#include "tests/bench/common_voice_corpus.h"
#include "tests/bench/common_voice_manners.h"
#include "tests/bench/common_voice_time.h"

enum {
    WINDOW_LEAST = 4, /* lines that a window of five has at least */
    SHORT_CHARS = 50,
    SESSIONS = 20, /* of each fingerprint and kind */
    SESSION_TURNS = 50,
    SESSION_OWN = 20 /* turns before another speaker takes over */
};

/* The distance that many PAN-like checks are shipped with. */
static const double FIXED_COSINE = 0.30;

struct figure {
    const char *name, *goal;
    double scale;
    double sum;
    size_t count;
};

enum figure_index {
    AUC_ALL,
    CAUGHT_ALL,
    AUC_HARD,
    AUC_WINDOW,
    AUC_WINDOW_SCORE,
    AUC_SHORT,
    AUC_SHORT_POOLED,
    AUC_HAND,
    CAUGHT_HAND,
    AUC_LLM,
    CAUGHT_LLM,
    FALSE_5,
    CAUGHT_5,
    CAUGHT_LLM_5,
    FALSE_10,
    CAUGHT_10,
    FALSE_FIXED,
    FALSE_PAN,
    FALSE_SESSION, /* pooled; joint has the same four after them */
    FOUND_3,
    FOUND_5,
    FOUND_10,
    FALSE_JOINT,
    JOINT_3,
    JOINT_5,
    JOINT_10,
    FIGURES
};

static const struct figure blank[FIGURES] = {
    [AUC_ALL] = {"single replies, AUC", ">= .910", 1, 0, 0},
    [CAUGHT_ALL] = {"  caught at 5 % false, %", ">= 62", 100, 0, 0},
    [AUC_HARD] = {"same author, AUC", ">= .79", 1, 0, 0},
    [AUC_WINDOW] = {"five replies, pooled distance, AUC", ">= .986", 1, 0, 0},
    [AUC_WINDOW_SCORE] = {"  mean of driftScore instead", "", 1, 0, 0},
    [AUC_SHORT] = {"under 50 characters, AUC", "", 1, 0, 0},
    [AUC_SHORT_POOLED] = {"  pooled with up to four before", "", 1, 0, 0},
    [AUC_HAND] = {"assistant by hand, AUC", ">= .95", 1, 0, 0},
    [CAUGHT_HAND] = {"  caught at 5 % false, %", "", 100, 0, 0},
    [AUC_LLM] = {"assistant by models (in model), AUC", ">= .99", 1, 0, 0},
    [CAUGHT_LLM] = {"  caught at 5 % false, %", "", 100, 0, 0},
    [FALSE_5] = {"false alerts, 5 % asked, %", "2 to 6", 100, 0, 0},
    [CAUGHT_5] = {"  caught, others, %", "", 100, 0, 0},
    [CAUGHT_LLM_5] = {"  caught, models, %", "", 100, 0, 0},
    [FALSE_10] = {"false alerts, 10 % asked, %", "6 to 11", 100, 0, 0},
    [CAUGHT_10] = {"  caught, others, %", "", 100, 0, 0},
    [FALSE_FIXED] = {"false alerts, 1 - cosine >= 0.30, %", "", 100, 0, 0},
    [FALSE_PAN] = {"  PAN baseline, %", "", 100, 0, 0},
    [FALSE_SESSION] = {"sessions of 50 that slip falsely, %", "<= 10", 100, 0,
                       0},
    [FOUND_3] = {"  another speaker found within 3, %", "", 100, 0, 0},
    [FOUND_5] = {"  within 5, %", ">= 75", 100, 0, 0},
    [FOUND_10] = {"  within 10, %", "", 100, 0, 0},
    [FALSE_JOINT] = {"the same, joint statistic, %", "<= 10", 100, 0, 0},
    [JOINT_3] = {"  another speaker found within 3, %", "", 100, 0, 0},
    [JOINT_5] = {"  within 5, %", ">= 75", 100, 0, 0},
    [JOINT_10] = {"  within 10, %", "", 100, 0, 0},
};

/* ------------------------------------------------------------- table of sizes
 */

enum measure { PRODUCT, PAN, MEASURES };
enum unit { SINGLE, FIVE, UNITS };

static const size_t sizes[] = {5, 20, 50, 200};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

struct cell {
    struct rank sum;
    size_t count;
};

struct eval {
    struct corpus corpus;
    struct drift_reading *readings; /* [sample_count] by one fingerprint */
    double *distances[MEASURES];    /* [sample_count] */
    double *own, *other;            /* [sample_count] distances */
    struct cell cells[SIZES][UNITS][MEASURES];
    struct figure figures[FIGURES];
    double worst_5, worst_10;
};

static void
note(struct eval *e, enum figure_index which, double value)
{
    e->figures[which].sum += value;
    e->figures[which].count++;
}

/* Distances of the samples that are `which` to her; hard ones are others too.
 */
static size_t
gather(const struct eval *e, size_t persona, enum corpus_relation which,
       const double *distances, double *out)
{
    size_t n = 0;

    for (size_t i = 0; i < e->corpus.sample_count; i++) {
        const enum corpus_relation r =
            corpus_relation_of(&e->corpus, &e->corpus.samples[i], persona);
        if (r == which || (which == CORPUS_OTHER && r == CORPUS_HARD)) {
            out[n++] = distances[i];
        }
    }
    return n;
}

/* What a window's distance is made of. */
enum pooling { POOL_TREND, POOL_RAW, POOL_PAN, POOL_SCORE };

static double
pool(const struct eval *e, size_t from, size_t to, enum pooling pooling)
{
    const struct trend_options options = trend_defaults(TREND_POOLED);
    struct trend trend = {.count = 0};
    double sum = 0, distance = 0;

    for (size_t i = from; i < to; i++) {
        const struct drift_reading *r = &e->readings[i];
        const struct trend_turn turn = {i - from, r->deviations,
                                        e->corpus.samples[i].voice.chars};
        sum += pooling == POOL_PAN   ? e->distances[PAN][i]
               : pooling == POOL_RAW ? r->raw
                                     : r->score;
        if (pooling == POOL_TREND) {
            distance = trend_add(&trend, &options, &turn).distance;
        }
    }
    return pooling == POOL_TREND ? distance : sum / (double)(to - from);
}

/* Windows of hers and of others; false where one side has none. */
static bool
rank_windows(struct eval *e, size_t persona, enum pooling pooling,
             struct rank *out)
{
    const struct corpus *c = &e->corpus;
    size_t owns = 0, others = 0;

    for (size_t i = 0, next; i < c->sample_count; i = next) {
        const size_t to = corpus_window_end(c, i);
        next = to > i ? to : i + 1;
        if (to - i >= WINDOW_LEAST) {
            double *at = c->samples[i].persona == persona ? &e->own[owns++]
                                                          : &e->other[others++];
            *at = pool(e, i, to, pooling);
        }
    }
    if (owns == 0 || others == 0) {
        return false;
    }
    *out = rank_of(e->own, owns, e->other, others);
    return true;
}

static bool
rank_singles(struct eval *e, size_t persona, enum corpus_relation which,
             const double *distances, struct rank *out)
{
    const size_t owns = gather(e, persona, CORPUS_OWN, distances, e->own);
    const size_t others = gather(e, persona, which, distances, e->other);

    if (owns == 0 || others == 0) {
        return false;
    }
    *out = rank_of(e->own, owns, e->other, others);
    return true;
}

static void
add_cell(struct cell *cell, const struct rank *r)
{
    cell->sum.auc += r->auc;
    cell->sum.eer += r->eer;
    cell->sum.caught += r->caught;
    cell->count++;
}

static void
eval_size(struct eval *e, size_t persona, size_t size)
{
    struct cell(*cells)[MEASURES] = e->cells[size];
    struct rank r;

    for (int m = 0; m < MEASURES; m++) {
        if (rank_singles(e, persona, CORPUS_OTHER, e->distances[m], &r)) {
            add_cell(&cells[SINGLE][m], &r);
        }
        if (rank_windows(e, persona, m == PAN ? POOL_PAN : POOL_RAW, &r)) {
            add_cell(&cells[FIVE][m], &r);
        }
    }
}

static void
print_table(const struct eval *e)
{
    static const char *const units[UNITS] = {"single replies", "five replies"};
    static const char *const measures[MEASURES] = {"built-in", "PAN baseline"};

    printf("%-16s%-14s", "", "sample lines");
    for (size_t s = 0; s < SIZES; s++) {
        printf("%20zu", sizes[s]);
    }
    printf("\n%-30s", "");
    for (size_t s = 0; s < SIZES; s++) {
        printf("%20s", "AUC   EER  TPR5");
    }
    printf("\n");
    for (int u = 0; u < UNITS; u++) {
        for (int m = 0; m < MEASURES; m++) {
            printf("%-16s%-14s", m == 0 ? units[u] : "", measures[m]);
            for (size_t s = 0; s < SIZES; s++) {
                const struct cell *c = &e->cells[s][u][m];
                const double n = (double)(c->count > 0 ? c->count : 1);
                printf("%9.4f%6.1f%5.1f", c->sum.auc / n, 100 * c->sum.eer / n,
                       100 * c->sum.caught / n);
            }
            printf("\n");
        }
    }
    printf("\n");
}

/* ------------------------------------------------------------ figures told
 * once
 */

static void
eval_singles(struct eval *e, size_t persona)
{
    static const struct {
        enum corpus_relation which;
        enum figure_index auc, caught;
    } rows[] = {
        {CORPUS_OTHER, AUC_ALL, CAUGHT_ALL},
        {CORPUS_HARD, AUC_HARD, FIGURES},
        {CORPUS_BY_HAND, AUC_HAND, CAUGHT_HAND},
        {CORPUS_BY_MODEL, AUC_LLM, CAUGHT_LLM},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rank r;
        if (!rank_singles(e, persona, rows[i].which, e->distances[PRODUCT],
                          &r)) {
            continue;
        }
        note(e, rows[i].auc, r.auc);
        if (rows[i].caught != FIGURES) {
            note(e, rows[i].caught, r.caught);
        }
    }
}

/* Short test lines, each alone or with up to four short ones before it. */
static void
eval_short(struct eval *e, size_t persona, bool pooled)
{
    const struct trend_options options = trend_defaults(TREND_POOLED);
    struct trend trend = {.count = 0};
    size_t owns = 0, others = 0, last = SIZE_MAX;

    for (size_t i = 0; i < e->corpus.sample_count; i++) {
        const struct corpus_sample *s = &e->corpus.samples[i];
        if (s->line->split != VOICE_TEST || s->voice.chars >= SHORT_CHARS) {
            continue;
        }
        if (s->persona != last || !pooled) {
            trend = (struct trend){.count = 0};
            last = s->persona;
        }
        const struct trend_turn turn = {i, e->readings[i].deviations,
                                        s->voice.chars};
        double *at =
            s->persona == persona ? &e->own[owns++] : &e->other[others++];
        *at = trend_add(&trend, &options, &turn).deviation;
    }
    if (owns > 0 && others > 0) {
        note(e, pooled ? AUC_SHORT_POOLED : AUC_SHORT,
             rank_of(e->own, owns, e->other, others).auc);
    }
}

/* The part of samples of one relation that reach a threshold. */
static double
alerting(struct eval *e, size_t persona, enum corpus_relation which,
         const double *distances, double threshold)
{
    const size_t n = gather(e, persona, which, distances, e->own);
    size_t alerts = 0;

    for (size_t i = 0; i < n; i++) {
        alerts += e->own[i] >= threshold;
    }
    return n > 0 ? (double)alerts / (double)n : 0;
}

static bool
eval_alerts(struct eval *e, size_t persona, const struct fingerprint *print,
            struct err *err)
{
    const double *raw = e->distances[PRODUCT];
    double *score = e->other, five, ten;

    if (!drift_scale_threshold(print->scale.count, 0.05, &five, err) ||
        !drift_scale_threshold(print->scale.count, 0.10, &ten, err)) {
        return false;
    }
    for (size_t i = 0; i < e->corpus.sample_count; i++) {
        score[i] = e->readings[i].score;
    }
    const double false_5 = alerting(e, persona, CORPUS_OWN, score, five);
    const double false_10 = alerting(e, persona, CORPUS_OWN, score, ten);
    note(e, FALSE_5, false_5);
    note(e, FALSE_10, false_10);
    note(e, CAUGHT_5, alerting(e, persona, CORPUS_OTHER, score, five));
    note(e, CAUGHT_10, alerting(e, persona, CORPUS_OTHER, score, ten));
    note(e, CAUGHT_LLM_5, alerting(e, persona, CORPUS_BY_MODEL, score, five));
    note(e, FALSE_FIXED, alerting(e, persona, CORPUS_OWN, raw, FIXED_COSINE));
    note(e, FALSE_PAN,
         alerting(e, persona, CORPUS_OWN, e->distances[PAN], FIXED_COSINE));
    e->worst_5 = false_5 > e->worst_5 ? false_5 : e->worst_5;
    e->worst_10 = false_10 > e->worst_10 ? false_10 : e->worst_10;
    return true;
}

/* ------------------------------------------------------------------- sessions
 */

/* The first turn of a session that is not stable; `count` where all are. */
static size_t
first_slip(const struct eval *e, enum trend_statistic statistic,
           const size_t *turns, size_t count)
{
    const struct trend_options options = trend_defaults(statistic);
    struct trend trend = {.count = 0};

    for (size_t i = 0; i < count; i++) {
        const struct trend_turn turn = {
            i, e->readings[turns[i]].deviations,
            e->corpus.samples[turns[i]].voice.chars};
        if (trend_add(&trend, &options, &turn).state != TREND_STABLE) {
            return i;
        }
    }
    return count;
}

/* One session of her own, and one that another speaker takes over. */
static void
eval_session(struct eval *e, const size_t *own, size_t owns,
             const size_t *drift, size_t drifts, enum trend_statistic statistic,
             enum figure_index first)
{
    note(e, first, first_slip(e, statistic, own, owns) < owns);
    const size_t at = first_slip(e, statistic, drift, drifts);
    if (at >= SESSION_OWN) { // sessions that alarmed before tell nothing
        note(e, first + 1, at < SESSION_OWN + 3);
        note(e, first + 2, at < SESSION_OWN + 5);
        note(e, first + 3, at < SESSION_OWN + 10);
    }
}

static void
eval_sessions(struct eval *e, size_t persona, uint32_t draw)
{
    size_t own[SESSION_TURNS], drift[SESSION_TURNS];
    const struct corpus *c = &e->corpus;
    const size_t others = c->persona_count;

    for (uint32_t s = 0; s < SESSIONS && others > 1; s++) {
        const uint32_t key[3] = {(uint32_t)persona, draw, s};
        const uint64_t seed = hash_bytes(key, sizeof(key), 11);
        const size_t other =
            (persona + 1 + (size_t)(seed % (others - 1))) % others;
        const size_t n =
            corpus_fill_turns(c, persona, seed, own, 0, SESSION_TURNS);
        if (n < SESSION_TURNS) {
            return; // she has no test lines
        }
        memcpy(drift, own, SESSION_OWN * sizeof(*own));
        const size_t m = corpus_fill_turns(c, other, seed + 1000000, drift,
                                           SESSION_OWN, SESSION_OWN + 10);
        eval_session(e, own, n, drift, m, TREND_POOLED, FALSE_SESSION);
        eval_session(e, own, n, drift, m, TREND_JOINT, FALSE_JOINT);
    }
}

/* ------------------------------------------------------------------------ all
 */

static void
measure_all(struct eval *e, const struct fingerprint *print,
            const struct corpus_enrolment *enrolment)
{
    static const struct pan_vector *vectors[FINGERPRINT_MOST_LINES];
    static float mean[PAN_FEATURES];
    const struct drift_limits limits = {0.30, DRIFT_CALIBRATED, 0};

    for (size_t i = 0; i < enrolment->count; i++) {
        vectors[i] = &enrolment->at[i]->pan;
    }
    pan_mean(vectors, enrolment->count, mean);
    for (size_t i = 0; i < e->corpus.sample_count; i++) {
        const struct corpus_sample *s = &e->corpus.samples[i];
        e->readings[i] = drift_measure(print, &s->voice, &limits);
        e->distances[PRODUCT][i] = e->readings[i].raw;
        e->distances[PAN][i] = pan_distance(mean, &s->pan);
    }
}

static bool
eval_persona(struct eval *e, size_t persona, uint32_t draw, size_t lines,
             struct err *err)
{
    static struct corpus_enrolment enrolment;
    struct rank r;

    corpus_enrol(&e->corpus, persona, draw, lines, &enrolment);
    struct fingerprint *print =
        corpus_print(&e->corpus, persona, &enrolment, err);
    if (print == NULL) {
        return false;
    }
    measure_all(e, print, &enrolment);
    eval_singles(e, persona);
    if (rank_windows(e, persona, POOL_TREND, &r)) {
        note(e, AUC_WINDOW, r.auc);
    }
    if (rank_windows(e, persona, POOL_SCORE, &r)) {
        note(e, AUC_WINDOW_SCORE, r.auc);
    }
    eval_short(e, persona, false);
    eval_short(e, persona, true);
    eval_sessions(e, persona, draw);
    const bool done = eval_alerts(e, persona, print, err);
    fingerprint_free(print);
    return done;
}

static bool
eval_sizes(struct eval *e, size_t persona, uint32_t draw, struct err *err)
{
    static struct corpus_enrolment enrolment;

    for (size_t s = 0; s < SIZES; s++) {
        corpus_enrol(&e->corpus, persona, draw, sizes[s], &enrolment);
        struct fingerprint *print =
            corpus_print(&e->corpus, persona, &enrolment, err);
        if (print == NULL) {
            return false;
        }
        measure_all(e, print, &enrolment);
        eval_size(e, persona, s);
        fingerprint_free(print);
    }
    return true;
}

static void
print_figures(const struct eval *e, size_t lines)
{
    char title[64];

    snprintf(title, sizeof(title), "fingerprints of %zu lines", lines);
    printf("%-36s %8s   %s\n", title, "measured", "goal");
    for (size_t i = 0; i < FIGURES; i++) {
        const struct figure *f = &e->figures[i];
        const double mean =
            f->count > 0 ? f->scale * f->sum / (double)f->count : 0;
        printf("%-36s %8.*f   %s\n", f->name, f->scale > 1 ? 1 : 4, mean,
               f->goal);
    }
    printf("%-36s %8.1f   %.1f at 10 %%\n", "worst persona, 5 % asked, %",
           100 * e->worst_5, 100 * e->worst_10);
}

static bool
run(struct eval *e, size_t draws, size_t lines, struct err *err)
{
    printf("%zu personas, %zu draws\n\n", e->corpus.persona_count, draws);
    for (size_t d = 0; d < draws; d++) {
        for (size_t p = 0; p < e->corpus.persona_count; p++) {
            if (!eval_persona(e, p, (uint32_t)d, lines, err) ||
                !eval_sizes(e, p, (uint32_t)d, err)) {
                return false;
            }
        }
    }
    print_table(e);
    print_figures(e, lines);
    return voice_time_print(&e->corpus, lines, err) &&
           voice_manners_print(&e->corpus, lines, err);
}

static bool
open_all(struct eval *e, const char *model, struct err *err)
{
    if (!corpus_open(&e->corpus, model, err)) {
        return false;
    }
    const size_t n = e->corpus.sample_count + 1;
    e->readings = calloc(n, sizeof(*e->readings));
    e->distances[PRODUCT] = calloc(n, sizeof(double));
    e->distances[PAN] = calloc(n, sizeof(double));
    e->own = calloc(n, sizeof(*e->own));
    e->other = calloc(n, sizeof(*e->other));
    if (e->readings == NULL || e->own == NULL || e->other == NULL ||
        e->distances[PRODUCT] == NULL || e->distances[PAN] == NULL) {
        err_memory(err, "samples");
        return false;
    }
    memcpy(e->figures, blank, sizeof(blank));
    return true;
}

int
main(int argc, char **argv)
{
    static struct eval e;
    struct err err = {.kind = ERR_NONE};
    const size_t draws = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
    const size_t lines = argc > 3 ? strtoul(argv[3], NULL, 10) : 50;

    if (argc < 2 || argc > 4 || lines > FINGERPRINT_MOST_LINES) {
        fprintf(stderr, "usage: eval_voices MODEL [DRAWS [LINES]] < lines\n");
        return 64;
    }
    const bool done =
        open_all(&e, argv[1], &err) && run(&e, draws, lines, &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    corpus_clear(&e.corpus);
    free(e.readings);
    free(e.distances[PRODUCT]);
    free(e.distances[PAN]);
    free(e.own);
    free(e.other);
    return done ? 0 : 70;
}
