/* A vector and the text of one reply, fused or alone: persona_measure. */
#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_persona.h"

enum { DIM = SUPPORT_PERSONA_DIM };

#define HIS     SUPPORT_PERSONA_HIS
#define NOT_HIS SUPPORT_PERSONA_NOT_HIS

static const float near_by[DIM] = {1, 1, 1, 1, 1, 1, 1, 1};
static const float far_off[DIM] = {1, -1, 1, -1, 1, -1, 1, -1};
static const float broken[DIM] = {1, NAN, 1, -1, 1, -1, 1, -1};

START_TEST(weight_and_scale_say_what_counts)
{
    static const struct {
        const char *drift, *text, *model;
        const float *values;
        size_t dim;
        const char *source, *scale;
        enum envelope_drift_status status;
        size_t parts;
    } rows[] = {
        /* as shipped: the vector alone, and its cosine */
        {"", HIS, "m1", near_by, DIM, "caller", "cosine", DRIFT_OK, 0},
        {"fuse_weight: 1", HIS, "m1", near_by, DIM, "caller", "cosine",
         DRIFT_OK, 0},
        {"fuse_weight: 1, vector_scale: calibrated", HIS, "m1", near_by, DIM,
         "caller", "calibrated", DRIFT_OK, 0},
        /* fused: whatever the scales are, it is calibrated */
        {"vector_scale: calibrated", HIS, "m1", near_by, DIM, "fused",
         "calibrated", DRIFT_OK, 2},
        {"fuse_weight: 0.5", HIS, "m1", near_by, DIM, "fused", "calibrated",
         DRIFT_OK, 2},
        {"fuse_weight: 0.5, scale: cosine", HIS, "m1", far_off, DIM, "fused",
         "calibrated", DRIFT_OK, 2},
        {"fuse_weight: 0", HIS, "m1", far_off, DIM, "fused", "calibrated",
         DRIFT_OK, 2},
        /* short: neither is evidence */
        {"fuse_weight: 0.5", "Ay, Hal.", "m1", near_by, DIM, "fused",
         "calibrated", DRIFT_LOW_EVIDENCE, 2},
        /* one side has nothing to say */
        {"fuse_weight: 0.5", "...", "m1", near_by, DIM, "fused", "calibrated",
         DRIFT_LOW_EVIDENCE, 2},
        {"fuse_weight: 0.5", "", "m1", near_by, DIM, "caller", "cosine",
         DRIFT_LOW_EVIDENCE, 0},
        {"fuse_weight: 0.5", HIS, "m2", near_by, DIM, "builtin", "calibrated",
         DRIFT_OK, 2},
        {"fuse_weight: 0.5, scale: cosine", HIS, "m2", near_by, DIM, "builtin",
         "cosine", DRIFT_OK, 2},
        {"vector_scale: calibrated", HIS, "m2", near_by, DIM, "builtin",
         "calibrated", DRIFT_OK, 2},
        {"", HIS, "m2", near_by, DIM, "caller", "cosine", DRIFT_OK, 0},
        /* faults of the caller are told, and nothing is put in their place */
        {"fuse_weight: 0.5", HIS, "m1", broken, DIM, "caller", "cosine",
         DRIFT_BAD_VECTOR, 0},
        {"fuse_weight: 0.5", HIS, "m1", near_by, DIM - 1, "caller", "cosine",
         DRIFT_BAD_VECTOR, 0},
        {"fuse_weight: 0.5", HIS, "m3", near_by, DIM, "caller", "cosine",
         DRIFT_MODEL_MISMATCH, 0},
        /* no vector, nothing to fuse */
        {"fuse_weight: 0.5", HIS, "m1", NULL, 0, "builtin", "calibrated",
         DRIFT_OK, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct support_bench b = support_persona(rows[i].drift);
        const struct envelope_drift *d = support_persona_drift(
            &b, rows[i].text, rows[i].model, rows[i].values, rows[i].dim);
        ck_assert_msg(
            text_is(d->source, rows[i].source) &&
                text_is(d->scale, rows[i].scale) &&
                d->status == rows[i].status && d->part_count == rows[i].parts,
            "row %zu: %.*s, %.*s, %s, %zu parts: %.*s", i, TEXT_ARGS(d->source),
            TEXT_ARGS(d->scale), envelope_drift_names[d->status], d->part_count,
            TEXT_ARGS(d->reason));
        // Reasons are those of the text, so they need it to have counted.
        ck_assert_msg((d->hint_count > 0) == !text_is(d->source, "caller"),
                      "row %zu: %zu hints", i, d->hint_count);
        support_bench_clear(&b);
    }
}
END_TEST

START_TEST(a_fused_score_lies_between_its_parts)
{
    static const struct {
        const char *text;
        const float *values;
    } rows[] = {
        {HIS, near_by}, {HIS, far_off}, {NOT_HIS, near_by}, {NOT_HIS, far_off}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct support_bench b = support_persona("fuse_weight: 0.4");
        const struct envelope_drift *d =
            support_persona_drift(&b, rows[i].text, "m1", rows[i].values, DIM);
        const struct envelope_part *p = d->parts;
        ck_assert_uint_eq(d->part_count, 2);
        ck_assert(text_is(p[0].source, "builtin") && p[0].weight == 0.6);
        ck_assert(text_is(p[1].source, "caller") && p[1].weight == 0.4);
        ck_assert(text_is(p[1].model, "m1") && text_is(d->model, "m1"));
        ck_assert_double_eq_tol(d->raw, 0.6 * p[0].raw + 0.4 * p[1].raw, 1e-12);
        // Ranks are of her own lines, the fused one of the normal distribution.
        ck_assert_double_ge(d->score, fmin(p[0].score, p[1].score) - 0.1);
        ck_assert_double_le(d->score, fmax(p[0].score, p[1].score) + 0.1);
        ck_assert_int_eq(d->alert, d->score >= d->threshold);
        support_bench_clear(&b);
    }
}
END_TEST

START_TEST(the_ends_of_the_weight_are_one_measure_alone)
{
    struct support_bench text = support_persona("fuse_weight: 0");
    const double fused =
        support_persona_drift(&text, NOT_HIS, "m1", near_by, DIM)->deviations;
    ck_assert_double_eq(
        fused, support_persona_drift(&text, NOT_HIS, "", NULL, 0)->deviations);
    support_bench_clear(&text);
    struct support_bench vector = support_persona("fuse_weight: 1");
    const double alone =
        support_persona_drift(&vector, NOT_HIS, "m1", near_by, DIM)->raw;
    support_bench_clear(&vector);
    struct support_bench plain = support_persona("");
    ck_assert_double_eq(
        alone, support_persona_drift(&plain, NOT_HIS, "m1", near_by, DIM)->raw);
    support_bench_clear(&plain);
}
END_TEST

START_TEST(too_few_vectors_are_told_of)
{
    struct support_bench b = support_persona("fuse_weight: 0.5");
    const struct envelope_drift *d =
        support_persona_drift(&b, HIS, "m2", near_by, DIM);

    ck_assert_msg(strstr(d->reason.at, "it takes 20 vectors of model \"m2\" "
                                       "to calibrate by, the fingerprint has "
                                       "19") != NULL,
                  "%.*s", TEXT_ARGS(d->reason));
    ck_assert(d->parts[1].weight == 0 && isnan(d->parts[1].score) &&
              !isnan(d->parts[1].raw));
    support_bench_clear(&b);
}
END_TEST

/* --------------------------------------------------------------- backgrounds
 */

/* An engine whose model m1 has the background of this file. */
static struct support_bench
bench_less(const char *file, const char *drift)
{
    char all[256];

    snprintf(all, sizeof(all),
             "vector_backgrounds: [{model: m1, file: %s.jsonl}]", file);
    return support_persona_over(all, drift);
}

static void
write_file(const char *path, const char *content)
{
    char full[64];

    snprintf(full, sizeof(full), "%s.jsonl", path);
    FILE *file = fopen(full, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(content, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_background_is_subtracted_from_both_sides)
{
    static const float some[DIM] = {1, 1.1f, 1, 1, 0.9f, 1, 1.2f, 1};
    char path[] = "/tmp/leeway-common-XXXXXX", full[64];
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    write_file(path, "{\"vector\": [1, 1, 1, 1, 1, 1, 1, 1]}\n");
    struct support_bench b = bench_less(path, "");
    struct support_bench plain = support_persona("");
    // Nearly all that they have is what they share; the rest tells more.
    const double with = support_persona_drift(&b, HIS, "m1", some, DIM)->raw;
    const double without =
        support_persona_drift(&plain, HIS, "m1", some, DIM)->raw;
    ck_assert_double_lt(without, 0.02);
    ck_assert_double_gt(with, 0.1);
    ck_assert_int_eq(support_persona_drift(&b, HIS, "m1", near_by, DIM)->status,
                     DRIFT_BAD_VECTOR); // the background itself is no direction
    ck_assert_int_eq(support_persona_drift(&b, HIS, "m1", broken, DIM)->status,
                     DRIFT_BAD_VECTOR);
    ck_assert_double_eq(
        support_persona_drift(&b, HIS, "m2", near_by, DIM)->raw,
        support_persona_drift(&plain, HIS, "m2", near_by, DIM)->raw);
    support_bench_clear(&b);
    support_bench_clear(&plain);

    // Fused, the text beside it is as it was.
    b = bench_less(path, "fuse_weight: 0.5");
    const struct envelope_drift *d =
        support_persona_drift(&b, HIS, "m1", some, DIM);
    ck_assert(text_is(d->source, "fused") && d->part_count == 2);
    support_bench_clear(&b);
    snprintf(full, sizeof(full), "%s.jsonl", path);
    ck_assert_int_eq(unlink(full) | unlink(path), 0);
}
END_TEST

/* The name of an engine with one background of that content. */
static void
name_with(const char *path, const char *content, char out[DIGEST_HEX])
{
    char text[256];

    write_file(path, content);
    snprintf(text, sizeof(text),
             SUPPORT_ENGINE_HEAD
             "allow_empty: true\n"
             "drift: {vector_backgrounds: [{model: m1, file: %s.jsonl}]}\n",
             path);
    struct engine *engine = support_engine_set(text, (const char *[]){NULL});
    memcpy(out, engine->hash, DIGEST_HEX);
    engine_drop(engine);
}

START_TEST(what_is_subtracted_is_part_of_the_engines_name)
{
    static const char one[] = "{\"vector\": [1, 1]}\n",
                      other[] = "{\"vector\": [1, 2]}\n";
    char path[] = "/tmp/leeway-common-XXXXXX", full[64];
    char a[DIGEST_HEX], b[DIGEST_HEX], c[DIGEST_HEX];
    const int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    name_with(path, one, a);
    name_with(path, other, b);
    name_with(path, one, c);
    ck_assert_str_ne(a, b);
    ck_assert_str_eq(a, c);
    snprintf(full, sizeof(full), "%s.jsonl", path);
    ck_assert_int_eq(unlink(full) | unlink(path), 0);
}
END_TEST

TEST_MAIN("persona_measure",
          tcase_add_test(tc, a_background_is_subtracted_from_both_sides);
          tcase_add_test(tc, what_is_subtracted_is_part_of_the_engines_name);
          tcase_add_test(tc, weight_and_scale_say_what_counts);
          tcase_add_test(tc, a_fused_score_lies_between_its_parts);
          tcase_add_test(tc, the_ends_of_the_weight_are_one_measure_alone);
          tcase_add_test(tc, too_few_vectors_are_told_of);)
