#include "sidecar/engine/vector_background.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_engine.h"
#include "tests/unit/support_voice.h"

enum { DIM = 32, MANY = 400, OWN = 60, TESTED = 200 };

/* ------------------------------------------------- vectors of a narrow cone
 */

static uint64_t seed;

/* Nearly normal: the sum of twelve uniform numbers less six. */
static double
noise(void)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        seed = seed * UINT64_C(6364136223846793005) +
               UINT64_C(1442695040888963407);
        sum += (double)(seed >> 40) / 16777216.0;
    }
    return sum;
}

/*
 * Everybody's vectors point the same way, here 6 of the first kind; whoever
 * speaks (a seed; 0: anybody) adds a direction of her own, and every text its
 * own noise.
 */
static void
say(uint64_t speaker, float out[DIM])
{
    const uint64_t now = seed;

    seed = speaker != 0 ? speaker * 977 : now ^ UINT64_C(0x9e3779b97f4a7c15);
    double own[DIM];
    for (size_t i = 0; i < DIM; i++) {
        own[i] = 0.35 * noise();
    }
    seed = now;
    for (size_t i = 0; i < DIM; i++) {
        const double axis = i % 2 == 0 ? 6 : -4;
        out[i] = (float)(axis * (1 + 0.1 * noise()) + own[i] + noise());
    }
}

/* Rows of one speaker, or of anybody. */
static void
say_all(uint64_t speaker, size_t rows, float *out)
{
    for (size_t r = 0; r < rows; r++) {
        say(speaker, out + r * DIM);
    }
}

/* -------------------------------------------------------------------- files
 */

static char path[64];

static void
write_bytes(const char *ending, const void *bytes, size_t len)
{
    char taken[] = "/tmp/leeway-background-XXXXXX";
    const int fd = mkstemp(taken);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd) | unlink(taken), 0);
    snprintf(path, sizeof(path), "%s%s", taken, ending);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static void
write_lines(const float *at, size_t rows, size_t dim, const char *key)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(to);
    for (size_t r = 0; r < rows; r++) {
        fprintf(to, "{\"id\": %zu, \"%s\": [", r, key);
        for (size_t i = 0; i < dim; i++) {
            fprintf(to, "%s%.9g", i > 0 ? ", " : "", (double)at[r * dim + i]);
        }
        fputs("]}\n", to);
    }
    ck_assert_int_eq(fclose(to), 0);
    write_bytes(".jsonl", text, len);
    free(text);
}

/* Of the file that was written last, which is then gone. */
static struct vector_backgrounds *
opened(long long dimension, struct problems *problems)
{
    struct config_vector_background one = {
        .model = TEXT("m"), .file = text_of(path), .dimension = dimension};
    const struct config_drift drift = {.vector_backgrounds = &one,
                                       .vector_background_count = 1};
    struct vector_backgrounds *b =
        vector_backgrounds_build(&drift, &kernel_scalar, problems);

    ck_assert_int_eq(unlink(path), 0);
    return b;
}

static struct vector_backgrounds *
opened_well(long long dimension)
{
    struct arena *arena = arena_new(1 << 16);
    struct problems problems;

    place_problems_init(&problems, arena);
    struct vector_backgrounds *b = opened(dimension, &problems);
    arena_free(arena);

    ck_assert_ptr_nonnull(b);
    return b;
}

START_TEST(both_forms_give_the_same_mean_of_directions)
{
    static float at[MANY * DIM];
    double want[DIM] = {0};

    seed = 1;
    say_all(0, MANY, at);
    for (size_t r = 0; r < MANY; r++) {
        double square = 0;
        for (size_t i = 0; i < DIM; i++) {
            square += (double)at[r * DIM + i] * (double)at[r * DIM + i];
        }
        for (size_t i = 0; i < DIM; i++) {
            want[i] += (double)at[r * DIM + i] / sqrt(square) / MANY;
        }
    }
    write_lines(at, MANY, DIM, "embedding");
    struct vector_backgrounds *embedding = opened_well(-1);
    write_lines(at, MANY, DIM, "vector");
    struct vector_backgrounds *vector = opened_well(DIM);
    write_bytes(".f32", at, sizeof(at));
    struct vector_backgrounds *floats = opened_well(DIM);

    const struct vector_background *a =
        vector_backgrounds_of(embedding, TEXT("m"));
    const struct vector_background *b = vector_backgrounds_at(vector, 0);
    const struct vector_background *c = vector_backgrounds_at(floats, 0);
    ck_assert(a->dim == DIM && a->rows == MANY);
    ck_assert_mem_eq(a->mean, b->mean, DIM * sizeof(float));
    ck_assert_mem_eq(a->mean, c->mean, DIM * sizeof(float));
    for (size_t i = 0; i < DIM; i++) {
        ck_assert_double_eq_tol((double)a->mean[i], want[i], 1e-6);
    }
    ck_assert_mem_ne(&a->digest, &b->digest, sizeof(a->digest));
    ck_assert_ptr_null(vector_backgrounds_of(embedding, TEXT("other")));
    ck_assert_ptr_null(vector_backgrounds_of(NULL, TEXT("m")));
    vector_backgrounds_free(embedding);
    vector_backgrounds_free(vector);
    vector_backgrounds_free(floats);
    vector_backgrounds_free(NULL);
}
END_TEST

static const struct {
    const char *ending, *content;
    size_t len; /* 0: of the string */
    long long dimension;
    const char *says;
} faults[] = {
    {".jsonl", "", 0, -1, "no vectors in it"},
    {".jsonl", "\n\r\n", 0, -1, "no vectors in it"},
    {".jsonl", "{}\n", 0, -1, "line 1: no \"embedding\" and no \"vector\""},
    {".jsonl", "[1, 2]\n", 0, -1, "line 1: no \"embedding\""},
    {".jsonl", "{\"vector\": 7}\n", 0, -1, "line 1: a dimension of 0"},
    {".jsonl", "{\"vector\": []}\n", 0, -1, "line 1: a dimension of 0"},
    {".jsonl", "{\"vector\": [1, \"2\"]}\n", 0, -1, "line 1: "},
    {".jsonl", "{\"vector\": [1, 2]}\n{\"vector\": [1]}\n", 0, -1,
     "line 2: 1 dimensions where 2 are expected"},
    {".jsonl", "{\"vector\": [1, 2]}\n", 0, 3,
     "line 1: 2 dimensions where 3 are expected"},
    {".jsonl", "{\"vector\": [0, 0]}\n", 0, -1, "line 1: the vector is zero"},
    {".jsonl", "{\"vector\": [1, 1e39]}\n", 0, -1, "line 1: "},
    {".jsonl", "{\"vector\": [1, 2]\n", 0, -1, "line 1: "},
    {".f32", "12345678", 0, -1, "takes `dimension` beside it"},
    {".f32", "1234567", 0, 2, "7 bytes are no whole number of vectors of 2"},
    {".f32", "123456789012", 0, 2, "12 bytes are no whole number"},
    {".f32", "\0\0\x80\x3f\0\0\xc0\x7f", 8, 2, "vector 0: vector[1] is NaN"},
    {".f32", "", 0, 2, "no vectors in it"},
};

START_TEST(a_bad_file_is_told_of_with_its_place)
{
    struct arena *arena = arena_new(1 << 16);
    struct problems problems;
    const size_t len =
        faults[_i].len > 0 ? faults[_i].len : strlen(faults[_i].content);
    char said[1024];

    place_problems_init(&problems, arena);
    write_bytes(faults[_i].ending, faults[_i].content, len);
    ck_assert_ptr_null(opened(faults[_i].dimension, &problems));
    ck_assert_uint_eq(problems.count, 1);
    snprintf(said, sizeof(said), "%.*s: %.*s", TEXT_ARGS(problems.at[0].path),
             TEXT_ARGS(problems.at[0].message));
    ck_assert_msg(text_starts(text_of(said),
                              TEXT("drift.vector_backgrounds[0].file: ")) &&
                      strstr(said, faults[_i].says) != NULL,
                  "%s", said);
    arena_free(arena);
}
END_TEST

/* ----------------------------------------------------------------- measuring
 */

static struct fingerprint *
print_of(const struct voice_model *model, uint64_t speaker)
{
    static float at[OWN * DIM];
    const struct fingerprint_source source = {
        .model = TEXT("m"), .at = at, .rows = OWN, .dim = DIM};
    struct err err;

    say_all(speaker, OWN, at);
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    return print;
}

static struct vector_backgrounds *
everybody(void)
{
    static float at[MANY * DIM];

    say_all(0, MANY, at);
    write_lines(at, MANY, DIM, "embedding");
    return opened_well(-1);
}

static double
cosine_of(const struct fingerprint *print, const float *vector)
{
    size_t which;

    return fingerprint_nearest_register(&kernel_scalar, &print->vectors[0],
                                        vector, &which);
}

struct figures {
    double auc;    /* her own against another speaker's */
    double alerts; /* share of her own above a calibrated 5 % */
};

/* `b` NULL: as the vectors are. */
static struct figures
measure(const struct fingerprint *print, const struct vector_background *b,
        uint64_t own, uint64_t other)
{
    static double mine[TESTED], hers[TESTED];
    struct figures f = {0, 0};

    for (size_t i = 0; i < 2 * (size_t)TESTED; i++) {
        float vector[DIM], centred[DIM];
        say(i < TESTED ? own : other, vector);
        if (b != NULL) {
            vector_background_subtract(b, &kernel_scalar, vector, centred);
        }
        const double cosine = cosine_of(print, b != NULL ? centred : vector);
        if (i < TESTED) {
            mine[i] = cosine;
            f.alerts +=
                drift_scale_share(&print->vectors[0].scale, cosine) < 0.05
                    ? 1.0 / TESTED
                    : 0;
        } else {
            hers[i - TESTED] = cosine;
        }
    }
    for (size_t i = 0; i < TESTED; i++) {
        for (size_t k = 0; k < TESTED; k++) {
            f.auc += mine[i] > hers[k] ? 1.0 : 0.0;
        }
    }
    f.auc /= (double)TESTED * TESTED;
    return f;
}

START_TEST(without_the_common_part_speakers_come_apart)
{
    struct voice_model *model = support_voice_model();
    double before = 0, after = 0, wrong = 0;
    enum { PAIRS = 8 };

    seed = 20;
    struct vector_backgrounds *b = everybody();
    for (uint64_t pair = 1; pair <= PAIRS; pair++) {
        struct fingerprint *print = print_of(model, pair);
        struct fingerprint *centred = NULL;
        struct err err;
        ck_assert_msg(vector_backgrounds_print(b, print, model, &kernel_scalar,
                                               &centred, &err),
                      "%s", err.message);
        ck_assert_ptr_nonnull(centred);
        before += measure(print, NULL, pair, pair + 100).auc / PAIRS;
        const struct figures f =
            measure(centred, vector_backgrounds_at(b, 0), pair, pair + 100);
        after += f.auc / PAIRS;
        wrong += f.alerts / PAIRS;
        fingerprint_free(print);
        fingerprint_free(centred);
    }
    ck_assert_msg(after > 0.85 && after > before + 0.15,
                  "AUC %.3f before, %.3f after", before, after);
    ck_assert_msg(wrong > 0.01 && wrong < 0.09, "%.3f false alerts at 5 %%",
                  wrong);
    vector_backgrounds_free(b);
    voice_model_free(model);
}
END_TEST

START_TEST(length_does_not_matter_and_the_background_itself_is_nothing)
{
    float a[DIM], b[DIM], centred[2][DIM];

    seed = 3;
    struct vector_backgrounds *all = everybody();
    const struct vector_background *bg = vector_backgrounds_at(all, 0);
    say(1, a);
    for (size_t i = 0; i < DIM; i++) {
        b[i] = 1024 * a[i];
    }
    vector_background_subtract(bg, &kernel_scalar, a, centred[0]);
    vector_background_subtract(bg, &kernel_scalar, b, centred[1]);
    for (size_t i = 0; i < DIM; i++) {
        ck_assert_double_eq_tol((double)centred[0][i], (double)centred[1][i],
                                1e-6);
    }
    vector_backgrounds_free(all);
    // One vector only: it is the background, and nothing is left of it.
    write_lines(a, 1, DIM, "vector");
    all = opened_well(-1);
    vector_background_subtract(vector_backgrounds_at(all, 0), &kernel_scalar, a,
                               centred[0]);
    for (size_t i = 0; i < DIM; i++) {
        ck_assert_double_eq_tol((double)centred[0][i], 0, 1e-7);
    }
    vector_backgrounds_free(all);
}
END_TEST

START_TEST(only_models_with_a_background_are_changed)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *centred = NULL;
    static const float other[] = {1, 2, 3, 4, 5, 6, 7, 8,
                                  9, 8, 7, 6, 5, 4, 3, 2};
    struct err err;

    seed = 4;
    struct vector_backgrounds *b = everybody();
    struct fingerprint *print = print_of(model, 1);
    const struct fingerprint_source source = {
        .model = TEXT("m2"), .at = other, .rows = 2, .dim = 8};
    struct fingerprint *both = fingerprint_with(print, model, &kernel_scalar,
                                                TEXT("her"), &source, &err);
    ck_assert_msg(both != NULL, "%s", err.message);
    ck_assert(vector_backgrounds_print(b, both, model, &kernel_scalar, &centred,
                                       &err));
    ck_assert_ptr_nonnull(centred);
    ck_assert_uint_eq(centred->vector_count, 2);
    const struct fingerprint_vectors *kept =
        fingerprint_vectors_of(centred, TEXT("m2"));
    ck_assert_mem_eq(kept->at, other, sizeof(other));
    ck_assert_double_ne(
        (double)fingerprint_vectors_of(centred, TEXT("m"))->at[0],
        (double)fingerprint_vectors_of(both, TEXT("m"))->at[0]);
    fingerprint_free(centred);
    ck_assert(vector_backgrounds_print(NULL, both, model, &kernel_scalar,
                                       &centred, &err));
    ck_assert_ptr_null(centred);
    fingerprint_free(print);
    fingerprint_free(both);
    vector_backgrounds_free(b);
    voice_model_free(model);
}
END_TEST

START_TEST(another_dimension_is_refused)
{
    struct voice_model *model = support_voice_model();
    static const float four[] = {1, 2, 3, 4};
    struct fingerprint *centred = NULL;
    struct err err;

    seed = 5;
    write_lines(four, 1, 4, "vector");
    struct vector_backgrounds *b = opened_well(-1);
    struct fingerprint *print = print_of(model, 1);
    ck_assert(!vector_backgrounds_print(b, print, model, &kernel_scalar,
                                        &centred, &err));
    ck_assert_ptr_null(centred);
    ck_assert_msg(
        strstr(err.message, "have 32 dimensions, their background 4") != NULL,
        "%s", err.message);
    fingerprint_free(print);
    vector_backgrounds_free(b);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("vector_background",
          tcase_add_test(tc, both_forms_give_the_same_mean_of_directions);
          tcase_add_loop_test(tc, a_bad_file_is_told_of_with_its_place, 0,
                              (int)(sizeof(faults) / sizeof(faults[0])));
          tcase_add_test(tc, without_the_common_part_speakers_come_apart);
          tcase_add_test(
              tc, length_does_not_matter_and_the_background_itself_is_nothing);
          tcase_add_test(tc, only_models_with_a_background_are_changed);
          tcase_add_test(tc, another_dimension_is_refused);)
