#include "tests/unit/harness.h"

#include "sidecar/engine/drift_own.h"
#include "sidecar/engine/fingerprint_file.h"
#include "tests/unit/support_voice.h"

struct found {
    struct drift_own_line nearest, farthest;
};

static struct found
find(const struct fingerprint *print, const struct voice_model *model,
     struct text text)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct voice voice;
    struct found f;
    struct err err;

    ck_assert(voice_read(model, text, arena, &voice, &err));
    ck_assert(drift_own_lines(print, model, &voice, arena, &f.nearest,
                              &f.farthest, &err));
    arena_free(arena);
    return f;
}

START_TEST(her_own_line_is_the_nearest_to_itself)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "pooter", 100);
    struct support_lines lines = support_voice_lines("config/voices", "pooter");

    for (size_t i = 0; i < print->line_count; i++) {
        const uint32_t sample = print->origins[i];
        const struct found f = find(print, model, lines.at[sample]);
        ck_assert_uint_eq(f.nearest.sample, sample);
        ck_assert_double_eq_tol(f.nearest.likeness, 1, 1e-12);
        ck_assert_double_ge(f.farthest.likeness, 0);
        ck_assert_double_lt(f.farthest.likeness, 0.5);
        ck_assert(f.farthest.sample != sample);
    }
    support_voice_lines_clear(&lines);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(samples_are_counted_as_they_were_given)
{
    struct voice_model *model = support_voice_model();
    struct support_lines lines = support_voice_lines("config/voices", "judy");
    struct err err;

    lines.at[3] = TEXT("...");
    lines.at[5] = lines.at[4];
    const struct fingerprint_request request = {
        .persona = TEXT("her"), .lines = lines.at, .line_count = 60};
    struct fingerprint *print =
        fingerprint_build(model, &kernel_scalar, &request, &err);
    ck_assert_msg(print != NULL, "%s", err.message);
    for (size_t sample = 6; sample < 60; sample++) {
        ck_assert_uint_eq(find(print, model, lines.at[sample]).nearest.sample,
                          sample);
    }
    struct buffer file;
    buffer_init(&file, FINGERPRINT_FILE_BYTES);
    ck_assert(fingerprint_encode(print, &file, &err));
    struct fingerprint *back = fingerprint_decode(buffer_text(&file), "f",
                                                  model, &kernel_scalar, &err);
    ck_assert_msg(back != NULL, "%s", err.message);
    ck_assert_mem_eq(back->origins, print->origins,
                     print->line_count * sizeof(*print->origins));
    buffer_clear(&file);
    fingerprint_free(back);
    fingerprint_free(print);
    support_voice_lines_clear(&lines);
    voice_model_free(model);
}
END_TEST

START_TEST(a_text_without_voice_has_no_nearest_line)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "huck", 20);
    struct arena *arena = arena_new(SIZE_MAX);
    const struct voice nothing = {.row_count = 0};
    struct drift_own_line a, b;
    struct err err = {.kind = ERR_NONE};

    ck_assert(!drift_own_lines(print, model, &nothing, arena, &a, &b, &err));
    ck_assert_int_eq(err.kind, ERR_NONE);
    arena_free(arena);
    arena = arena_new(1024);
    ck_assert(!drift_own_lines(print, model, &nothing, arena, &a, &b, &err));
    ck_assert_int_eq(err.kind, ERR_MEMORY);
    arena_free(arena);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("drift_own",
          tcase_add_test(tc, her_own_line_is_the_nearest_to_itself);
          tcase_add_test(tc, samples_are_counted_as_they_were_given);
          tcase_add_test(tc, a_text_without_voice_has_no_nearest_line);)
