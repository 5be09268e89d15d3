#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/hash.h"
#include "tests/unit/support_voice.h"

static struct fingerprint *
build(const struct voice_model *model, const struct text *lines, size_t count,
      size_t least, struct err *err)
{
    const struct fingerprint_request request = {
        .persona = TEXT("her"),
        .source = TEXT("test"),
        .created = 1,
        .lines = lines,
        .line_count = count,
        .least = least,
    };

    err->kind = ERR_NONE;
    return fingerprint_build(model, &kernel_scalar, &request, err);
}

static const struct {
    size_t lines;
    const char *says; /* NULL: built */
} amounts[] = {
    {0, "lines or vectors"},
    {1, "19 more to make 20"},
    {19, "1 more to make 20"},
    {20, NULL},
    {100, NULL},
};

START_TEST(too_few_lines_are_refused_with_how_many_more)
{
    struct voice_model *model = support_voice_model();
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    struct err err;
    struct fingerprint *print =
        build(model, lines.at, amounts[_i].lines, 0, &err);

    if (amounts[_i].says == NULL) {
        ck_assert_msg(print != NULL, "%s", err.message);
        ck_assert_uint_eq(print->line_count, amounts[_i].lines);
    } else {
        ck_assert_ptr_null(print);
        ck_assert_int_eq(err.kind, ERR_INVALID);
        ck_assert_msg(strstr(err.message, amounts[_i].says) != NULL, "%s",
                      err.message);
    }
    fingerprint_free(print);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

START_TEST(lines_said_twice_or_without_words_do_not_count)
{
    struct voice_model *model = support_voice_model();
    const struct text lines[] = {
        TEXT("I wandered lonely as a cloud."),
        TEXT("That floats on high o'er vales and hills."),
        TEXT("I  wandered *lonely* as a cloud."),
        TEXT("..."),
        TEXT(""),
        TEXT("\xf0\x9f\x98\x80"),
        TEXT("When all at once I saw a crowd!"),
    };
    struct err err;
    struct fingerprint *print = build(model, lines, 7, 4, &err);

    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_uint_eq(print->lost.given, 7);
    ck_assert_uint_eq(print->line_count, 4);
    ck_assert_uint_eq(print->lost.duplicates, 1);
    ck_assert_uint_eq(print->lost.unusable, 2);
    fingerprint_free(print);
    print = build(model, lines, 7, 5, &err);
    ck_assert_ptr_null(print);
    ck_assert_ptr_nonnull(strstr(err.message, "4 usable lines of 7"));
    voice_model_free(model);
}
END_TEST

START_TEST(bad_lines_are_named)
{
    struct voice_model *model = support_voice_model();
    static char huge[VOICE_TEXT_BYTES + 1];
    const struct text bad[] = {TEXT("fine"), TEXT("not \xff fine")};
    const struct text big[] = {TEXT("fine"), {huge, sizeof(huge)}};
    struct err err;

    memset(huge, 'a', sizeof(huge));
    ck_assert_ptr_null(build(model, bad, 2, 2, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "samples[1]: not UTF-8"));
    ck_assert_ptr_null(build(model, big, 2, 2, &err));
    ck_assert_int_eq(err.kind, ERR_TOO_LARGE);
    voice_model_free(model);
}
END_TEST

/* The score that a line has by a fingerprint of the lines outside its block. */
START_TEST(calibration_is_that_of_a_print_without_the_block)
{
    enum { LINES = 23 };
    struct voice_model *model = support_voice_model();
    struct support_lines lines =
        support_voice_lines("config/voices", "falstaff");
    struct err err;
    double want[LINES];
    struct fingerprint *whole = build(model, lines.at, LINES, 20, &err);

    ck_assert_ptr_nonnull(whole);
    for (size_t i = 0; i < LINES; i++) {
        struct text others[LINES];
        size_t n = 0;
        for (size_t k = 0; k < LINES; k++) {
            if (k / 5 != i / 5) {
                others[n++] = lines.at[k];
            }
        }
        struct fingerprint *part = build(model, others, n, 2, &err);
        ck_assert_ptr_nonnull(part);
        want[i] = voice_score(part->weights, &whole->lines[i]);
        fingerprint_free(part);
    }
    const struct drift_scale scale = drift_scale_of(want, LINES);
    ck_assert_mem_eq(scale.scores, whole->scale.scores, sizeof(want));
    ck_assert(scale.mean == whole->scale.mean);
    fingerprint_free(whole);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

/* What the model expects of a line of her mean length: from the definition. */
static double
expected_of_strangers(const struct fingerprint *print,
                      const struct voice_model *model)
{
    double sum = 0;

    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        double roots = 0, weight = 0, shares = 0;
        for (size_t i = 0; i < print->line_count; i++) {
            ck_assert_uint_eq(print->lines[i].row_count, 1);
            roots += sqrt((double)print->lines[i].rows[0].counts[f]);
        }
        for (size_t j = f * VOICE_BUCKETS; j < (f + 1) * VOICE_BUCKETS; j++) {
            weight += model->prior[j] * print->weights[j];
            shares += model->prior[j];
        }
        sum += voice_family_weight((enum voice_family)f) * roots /
               (double)print->line_count * weight / shares;
    }
    return sum / VOICE_WEIGHT_ONE;
}

START_TEST(spread_is_anchored_by_what_a_stranger_would_score)
{
    enum { LINES = 40 };
    struct voice_model *model = support_voice_model();
    struct support_lines hers =
        support_voice_lines("config/voices", "falstaff");
    struct support_lines other = support_voice_lines("config/voices", "judy");
    struct err err;
    double scores[LINES], others = 0;
    struct fingerprint *print = build(model, hers.at, LINES, 20, &err);
    struct fingerprint *judy = build(model, other.at, LINES, 20, &err);

    ck_assert(print != NULL && judy != NULL);
    const double stranger = expected_of_strangers(print, model);
    memcpy(scores, print->scale.scores, print->line_count * sizeof(*scores));
    const struct drift_scale want =
        drift_scale_against(scores, print->line_count, stranger);
    ck_assert(want.anchored && print->scale.anchored);
    ck_assert_double_eq_tol(print->scale.sd, want.sd, 1e-9);
    // It is a prediction: a real stranger lies there, and not by her lines.
    for (size_t i = 0; i < judy->line_count; i++) {
        others += voice_score(print->weights, &judy->lines[i]);
    }
    others /= (double)judy->line_count;
    const double gap = print->scale.mean - stranger;
    ck_assert_msg(fabs(others - stranger) < gap / 2, "%g, expected %g of %g",
                  others, stranger, print->scale.mean);
    fingerprint_free(print);
    fingerprint_free(judy);
    support_voice_lines_clear(&hers);
    support_voice_lines_clear(&other);
    voice_model_free(model);
}
END_TEST

/* "I am Mira and I like red tea." and forty more of it. */
static struct support_lines
template_lines(size_t count)
{
    static const char *const things[] = {"red",  "gold", "jade", "mint",
                                         "rose", "lime", "plum", "fig"};
    struct support_lines lines = {.arena = arena_new(SIZE_MAX)};

    for (size_t i = 0; i < count; i++) {
        char line[128];
        snprintf(line, sizeof(line),
                 "I am Mira, keeper of the old house, and I dearly like %s tea "
                 "on day %zu.",
                 things[i % 8], i);
        lines.at[lines.count++] = arena_copy(lines.arena, text_of(line));
    }
    return lines;
}

START_TEST(lines_too_much_alike_are_refused_with_how_many_more)
{
    struct voice_model *model = support_voice_model();
    struct support_lines lines = template_lines(40);
    struct support_lines judy = support_voice_lines("config/voices", "judy");
    char warning[256];
    struct err err;
    struct fingerprint *print = build(model, lines.at, 40, 0, &err);

    ck_assert_ptr_null(print);
    ck_assert_int_eq(err.kind, ERR_INVALID);
    ck_assert_msg(strstr(err.message, "36 of 40 nearly repeat another; it "
                                      "takes 16 more different ones to make "
                                      "20") != NULL,
                  "%s", err.message);
    // Enough others beside them: built, with a warning while they are many.
    for (size_t others = 19; others <= 79; others += 60) {
        for (size_t i = 0; i < others; i++) {
            lines.at[40 + i] = judy.at[i];
        }
        print = build(model, lines.at, 40 + others, 0, &err);
        ck_assert_msg(print != NULL, "%s", err.message);
        ck_assert_uint_eq(print->lost.alike, 36);
        ck_assert(fingerprint_warning(print, warning, sizeof(warning)));
        ck_assert_msg(strstr(warning, "nearly repeat") != NULL, "%s", warning);
        fingerprint_free(print);
    }
    support_voice_lines_clear(&judy);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

START_TEST(a_line_that_is_not_hers_is_left_out_and_named)
{
    struct voice_model *model = support_voice_model();
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    struct err err;

    lines.at[17] = TEXT("ERROR 503: UPSTREAM TIMEOUT (0x7f3a); RETRY-AFTER=30; "
                        "SEE HTTPS://STATUS.EXAMPLE.ORG/INCIDENT/4411");
    struct fingerprint *print = build(model, lines.at, 50, 0, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_uint_eq(print->lost.outliers, 1);
    ck_assert_uint_eq(print->outliers[0], 17);
    ck_assert_uint_eq(print->line_count, 49);
    ck_assert_uint_eq(print->scale.count, 49);
    // What is left is what the other lines alone give.
    memmove(&lines.at[17], &lines.at[18], 32 * sizeof(lines.at[0]));
    struct fingerprint *without = build(model, lines.at, 49, 0, &err);
    ck_assert_msg(without != NULL, "%s", err.message);
    ck_assert_uint_eq(without->lost.outliers, 0);
    ck_assert_mem_eq(without->weights, print->weights,
                     VOICE_SLOTS * sizeof(*print->weights));
    fingerprint_free(without);
    fingerprint_free(print);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

START_TEST(no_more_than_one_line_in_ten_is_left_out)
{
    struct voice_model *model = support_voice_model();
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    char odd[12][96];
    struct err err;

    for (size_t i = 0; i < 12; i++) {
        snprintf(odd[i], sizeof(odd[i]), "ERR=%zu;0x%zx;;{%zu}%%%%#%zu|%zu~~",
                 i * 7919, i * 104729, i * 31, i * 17, i * 613);
        lines.at[3 * i] = text_of(odd[i]);
    }
    struct fingerprint *print = build(model, lines.at, 50, 0, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_uint_le(print->lost.outliers, 5);
    ck_assert_uint_eq(print->line_count, 50 - print->lost.outliers);
    fingerprint_free(print);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

START_TEST(few_lines_bring_a_warning)
{
    struct voice_model *model = support_voice_model();
    char words[160];

    struct fingerprint *few = support_voice_print(model, "huck", 49);
    struct fingerprint *enough = support_voice_print(model, "huck", 50);
    ck_assert(fingerprint_warning(few, words, sizeof(words)));
    ck_assert_ptr_nonnull(strstr(words, "49 lines"));
    ck_assert(!fingerprint_warning(enough, words, sizeof(words)));
    fingerprint_free(few);
    fingerprint_free(enough);
    voice_model_free(model);
}
END_TEST

START_TEST(the_same_lines_give_the_same_digest)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *a = support_voice_print(model, "pooter", 30);
    struct fingerprint *b = support_voice_print(model, "pooter", 30);
    struct fingerprint *c = support_voice_print(model, "pooter", 31);

    ck_assert_mem_eq(&a->digest, &b->digest, sizeof(a->digest));
    ck_assert_mem_eq(a->weights, b->weights, VOICE_SLOTS * sizeof(int16_t));
    ck_assert_mem_ne(&a->digest, &c->digest, sizeof(a->digest));
    fingerprint_free(a);
    fingerprint_free(b);
    fingerprint_free(c);
    fingerprint_free(NULL);
    voice_model_free(model);
}
END_TEST

static const struct {
    float vector[4];
    const char *says;
} bad_vectors[] = {
    {{1, NAN, 0, 0}, "vector[1] is NaN"},
    {{1, 0, 0, INFINITY}, "vector[3] is infinite"},
    {{-INFINITY, 0, 0, 0}, "vector[0] is infinite"},
    {{0, 0, 0, 0}, "zero"},
    {{0, -0.0f, 0, 0}, "zero"},
    {{9e-7f, 0, 0, 0}, "outside"},
    {{1.1e6f, 0, 0, 0}, "outside"},
    {{1e30f, 1e30f, 0, 0}, "outside"},
    {{1.1e-6f, 0, 0, 0}, NULL},
    {{9e5f, 0, 0, 0}, NULL},
    {{-1, 2, -3, 4}, NULL},
};

START_TEST(bad_vectors_are_refused_by_name)
{
    struct err err = {.kind = ERR_NONE};
    const bool good = fingerprint_vector_check(&kernel_scalar,
                                               bad_vectors[_i].vector, 4, &err);

    ck_assert_msg(good == (bad_vectors[_i].says == NULL), "%d: %s", _i,
                  err.message);
    ck_assert_msg(good || strstr(err.message, bad_vectors[_i].says) != NULL,
                  "%s", err.message);
}
END_TEST

START_TEST(cosines_of_one_direction_are_exact)
{
    float a[333], twice[333], opposite[333];

    for (uint64_t round = 0; round < 200; round++) {
        for (size_t i = 0; i < 333; i++) {
            a[i] = (float)(hash_mix(round * 333 + i) % 20001) / 10000 - 1;
            twice[i] = a[i] * 3.7f;
            opposite[i] = -a[i];
        }
        ck_assert(fingerprint_cosine(&kernel_scalar, a, a, 333) == 1);
        ck_assert(fingerprint_cosine(&kernel_scalar, a, twice, 333) == 1);
        ck_assert(fingerprint_cosine(&kernel_scalar, a, opposite, 333) == -1);
    }
}
END_TEST

/* `rows` directions around one axis. */
static void
spread(float *at, size_t rows, size_t dim, uint64_t seed)
{
    for (size_t i = 0; i < rows * dim; i++) {
        at[i] = (float)(hash_mix(seed + i) % 1000) / 2000 +
                (i % dim == 0 ? 1.0f : 0.0f);
    }
}

START_TEST(vectors_get_a_centroid_and_a_calibration)
{
    enum { ROWS = 30, DIM = 16 };
    struct voice_model *model = support_voice_model();
    static float at[ROWS * DIM];
    struct err err;

    spread(at, ROWS, DIM, 5);
    const struct fingerprint_source source = {TEXT("m"), at, ROWS, DIM};
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &source, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    const struct fingerprint_vectors *v =
        fingerprint_vectors_of(print, TEXT("m"));
    ck_assert_ptr_nonnull(v);
    ck_assert_ptr_null(fingerprint_vectors_of(print, TEXT("n")));
    double length = 0;
    for (size_t i = 0; i < DIM; i++) {
        length += (double)v->centroid[i] * (double)v->centroid[i];
    }
    ck_assert_double_eq_tol(length, 1, 1e-6);
    ck_assert_uint_eq(v->scale.count, ROWS);
    // Left out, a row lies farther from the others than from all of them.
    double with_itself = 0;
    for (size_t r = 0; r < ROWS; r++) {
        with_itself +=
            fingerprint_cosine(&kernel_scalar, at + r * DIM, v->centroid, DIM);
    }
    ck_assert_double_lt(v->scale.mean, with_itself / ROWS);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(vectors_are_added_and_replaced_beside_lines)
{
    struct voice_model *model = support_voice_model();
    static float at[2 * 16];
    struct err err;
    struct fingerprint *lines = support_voice_print(model, "algernon", 25);

    spread(at, 2, 16, 1);
    const struct fingerprint_source one = {TEXT("m"), at, 2, 16};
    const struct fingerprint_source two = {TEXT("m"), at, 4, 8};
    struct fingerprint *with = fingerprint_with(lines, model, &kernel_scalar,
                                                lines->persona, &one, &err);
    struct fingerprint *again = fingerprint_with(with, model, &kernel_scalar,
                                                 lines->persona, &two, &err);
    ck_assert_ptr_nonnull(with);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(with->vector_count, 1);
    ck_assert_uint_eq(again->vector_count, 1);
    ck_assert_uint_eq(with->vectors[0].dim, 16);
    ck_assert_uint_eq(again->vectors[0].dim, 8);
    ck_assert_uint_eq(again->line_count, 25);
    ck_assert_mem_eq(again->weights, lines->weights,
                     VOICE_SLOTS * sizeof(int16_t));
    ck_assert(text_equal(again->source, lines->source));
    fingerprint_free(lines);
    fingerprint_free(with);
    fingerprint_free(again);
    voice_model_free(model);
}
END_TEST

START_TEST(vectors_outside_their_limits_are_refused)
{
    static const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1},
                       against[16] = {[0] = 1, [8] = -1},
                       hurt[16] = {[0] = 1, [8] = NAN};
    const struct {
        struct fingerprint_source source;
        const char *says;
    } cases[] = {
        {{TEXT(""), ones, 1, 8}, "name"},
        {{TEXT("m"), ones, 0, 8}, "0 vectors"},
        {{TEXT("m"), ones, 1, 7}, "dimension of 7 is outside 8..16384"},
        {{TEXT("m"), ones, FINGERPRINT_MOST_LINES + 1, 8}, "4097 vectors"},
        {{TEXT("m"), ones, 1, FINGERPRINT_MOST_DIM + 1}, "dimension"},
        {{TEXT("m"), against, 2, 8}, "cancel out"},
        {{TEXT("m"), hurt, 2, 8}, "vectors[1]: vector[0] is NaN"},
    };
    struct voice_model *model = support_voice_model();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        ck_assert_ptr_null(fingerprint_with(
            NULL, model, &kernel_scalar, TEXT("her"), &cases[i].source, &err));
        ck_assert_int_eq(err.kind, ERR_INVALID);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "%zu: %s", i,
                      err.message);
    }
    voice_model_free(model);
}
END_TEST

START_TEST(a_long_line_counts_once)
{
    struct voice_model *model = support_voice_model();
    static char novel[20 * 1024];
    const struct text lines[] = {{novel, sizeof(novel)},
                                 TEXT("And now for something short.")};
    struct err err;

    for (size_t i = 0; i < sizeof(novel); i++) {
        novel[i] = i % 7 == 6 ? ' ' : (char)('a' + hash_mix(i) % 26);
    }
    struct fingerprint *print = build(model, lines, 2, 2, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    ck_assert_uint_eq(print->line_count, 2);
    ck_assert_uint_eq(print->scale.count, 2);
    ck_assert_uint_gt(print->lines[0].row_count, 10);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("fingerprint",
          tcase_add_loop_test(tc, too_few_lines_are_refused_with_how_many_more,
                              0, sizeof(amounts) / sizeof(amounts[0]));
          tcase_add_test(tc, lines_said_twice_or_without_words_do_not_count);
          tcase_add_test(tc, bad_lines_are_named);
          tcase_add_test(tc, calibration_is_that_of_a_print_without_the_block);
          tcase_add_test(tc, spread_is_anchored_by_what_a_stranger_would_score);
          tcase_add_test(tc,
                         lines_too_much_alike_are_refused_with_how_many_more);
          tcase_add_test(tc, a_line_that_is_not_hers_is_left_out_and_named);
          tcase_add_test(tc, no_more_than_one_line_in_ten_is_left_out);
          tcase_add_test(tc, few_lines_bring_a_warning);
          tcase_add_test(tc, the_same_lines_give_the_same_digest);
          tcase_add_loop_test(tc, bad_vectors_are_refused_by_name, 0,
                              sizeof(bad_vectors) / sizeof(bad_vectors[0]));
          tcase_add_test(tc, cosines_of_one_direction_are_exact);
          tcase_add_test(tc, vectors_get_a_centroid_and_a_calibration);
          tcase_add_test(tc, vectors_are_added_and_replaced_beside_lines);
          tcase_add_test(tc, vectors_outside_their_limits_are_refused);
          tcase_add_test(tc, a_long_line_counts_once);)
