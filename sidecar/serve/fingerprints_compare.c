/* The operation compare of fingerprints.h. */
#include <stdio.h>

#include "proto/encode_fingerprint.h"
#include "sidecar/engine/fingerprint_compare.h"
#include "sidecar/serve/fingerprints.h"

/* Who is compared. */
struct company {
    const struct fingerprint *prints[REQUEST_COMPARED];
    struct text ids[REQUEST_COMPARED];
    size_t count;
};

static void
join_company(struct company *c, const struct persona *persona)
{
    c->ids[c->count] = persona->config->id;
    c->prints[c->count++] = persona->print;
}

static bool
has_lines(const struct persona *persona)
{
    return persona->print != NULL && persona->print->line_count > 0;
}

static bool
named_company(struct turn *t, struct company *c)
{
    const struct request_texts *ids = &t->request.personas;

    for (size_t i = 0; i < ids->count; i++) {
        const struct persona *persona;
        if (!persona_find(t->engine->personas, ids->at[i], &persona, &t->err)) {
            err_under(&t->err, "personas[%zu]", i);
            snprintf(t->err.path, sizeof(t->err.path), "personas[%zu]", i);
            return false;
        }
        if (!has_lines(persona)) {
            err_at(&t->err, ERR_INVALID, "personas",
                   "personas[%zu]: has no lines to compare", i);
            snprintf(t->err.path, sizeof(t->err.path), "personas[%zu]", i);
            return false;
        }
        join_company(c, persona);
    }
    return true;
}

static bool
whole_company(struct turn *t, struct company *c)
{
    const struct personas *personas = t->engine->personas;
    size_t with_lines = 0;

    for (size_t i = 0; i < personas_count(personas); i++) {
        const struct persona *persona = personas_at(personas, i);
        if (has_lines(persona) && with_lines++ < REQUEST_COMPARED) {
            join_company(c, persona);
        }
    }
    if (with_lines > REQUEST_COMPARED) {
        err_at(&t->err, ERR_TOO_LARGE, "personas",
               "personas: there are %zu with lines, at most %d at a time: name "
               "them",
               with_lines, REQUEST_COMPARED);
    } else if (with_lines < 2) {
        err_at(&t->err, ERR_INVALID, "personas",
               "personas: a comparison takes two with lines; there %s %zu",
               with_lines == 1 ? "is" : "are", with_lines);
    }
    return with_lines >= 2 && with_lines <= REQUEST_COMPARED;
}

/* The pairs that are nearly one voice; room for all there are. */
static size_t
find_alike(const struct company *c, const double *matrix,
           struct encode_pair *out)
{
    size_t n = 0;

    for (size_t a = 0; a < c->count; a++) {
        for (size_t b = a + 1; b < c->count; b++) {
            const double apart =
                fingerprint_compare_pair(matrix, c->count, a, b);
            if (apart < FINGERPRINT_SAME_VOICE) {
                out[n++] = (struct encode_pair){a, b, apart};
            }
        }
    }
    return n;
}

static bool
compare(struct turn *t, const struct company *c)
{
    const size_t n = c->count;
    const char *baselines[FINGERPRINT_BASELINES];
    double *matrix = ARENA_ARRAY(judge_arena(t->desk->judge), double,
                                 (n + FINGERPRINT_BASELINES) * n);
    struct encode_pair *alike = ARENA_ARRAY(
        judge_arena(t->desk->judge), struct encode_pair, n * (n - 1) / 2);

    if (matrix == NULL || alike == NULL) {
        err_memory(&t->err, "a comparison of personas");
        return false;
    }
    for (int i = 0; i < FINGERPRINT_BASELINES; i++) {
        baselines[i] = fingerprint_baseline_name((enum fingerprint_baseline)i);
    }
    if (!fingerprint_compare(personas_model(t->engine->personas), c->prints, n,
                             matrix, &t->err)) {
        return false;
    }
    const struct encode_comparison result = {
        .ids = c->ids,
        .count = n,
        .baselines = baselines,
        .baseline_count = FINGERPRINT_BASELINES,
        .matrix = matrix,
        .alike = alike,
        .alike_count = find_alike(c, matrix, alike)};
    turn_stop_watch(t);
    encode_comparison(&t->desk->reply, &t->answer, &result);
    return true;
}

bool
fingerprints_compare(struct turn *t)
{
    struct company company = {.count = 0};

    if (turn_later(t)) {
        return true;
    }
    return turn_in_time(t) &&
           (t->request.personas.count > 0 ? named_company(t, &company)
                                          : whole_company(t, &company)) &&
           compare(t, &company);
}
