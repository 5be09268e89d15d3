#include "tests/unit/harness.h"

#include "sidecar/engine/drift_reasons.h"
#include "tests/unit/support_voice.h"

enum { MOST = 8 };

#define ASSISTANT                                                              \
    "I understand that you're feeling frustrated. Would you like to explore "  \
    "some options together?"

/* The reasons of a text, with room for `most`. */
static size_t
reasons_of(const struct fingerprint *print, const struct voice_model *model,
           const char *text, struct arena *arena, struct drift_reason *out,
           size_t most)
{
    struct voice voice;
    struct err err;
    size_t count;

    ck_assert(voice_read_spots(model, text_of(text), arena, &voice, &err));
    ck_assert(drift_reasons(print, &voice, arena, out, most, &count, &err));
    return count;
}

START_TEST(an_assistants_words_are_named_strongest_first)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "algernon", 100);
    struct arena *arena = arena_new(SIZE_MAX);
    struct drift_reason out[MOST];
    size_t count;
    bool options = false;

    count = reasons_of(print, model, ASSISTANT, arena, out, MOST);
    ck_assert_uint_eq(count, MOST);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(out[i].kind);
        ck_assert_uint_gt(out[i].text.len, 0);
        ck_assert_double_lt(out[i].contribution, 0);
        ck_assert(i == 0 || out[i].contribution >= out[i - 1].contribution);
        options |= text_is(out[i].text, "options");
    }
    ck_assert(options);
    arena_free(arena);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(no_reason_is_inside_another)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "falstaff", 100);
    struct arena *arena = arena_new(SIZE_MAX);
    struct drift_reason out[MOST];
    size_t count;

    count = reasons_of(print, model, ASSISTANT, arena, out, MOST);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            const struct text a = out[i].text, b = out[k].text;
            ck_assert_msg(i == k || a.at < b.at || a.at + a.len > b.at + b.len,
                          "\"%.*s\" is in \"%.*s\"", TEXT_ARGS(a),
                          TEXT_ARGS(b));
        }
    }
    arena_free(arena);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(fewer_reasons_are_the_first_of_more)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "judy", 100);
    struct arena *arena = arena_new(SIZE_MAX);
    struct drift_reason all[MOST], one[1];
    size_t many, few, none;

    many = reasons_of(print, model, ASSISTANT, arena, all, MOST);
    few = reasons_of(print, model, ASSISTANT, arena, one, 1);
    none = reasons_of(print, model, ASSISTANT, arena, NULL, 0);
    ck_assert_uint_eq(few, 1);
    ck_assert_uint_eq(none, 0);
    ck_assert(text_equal(all[0].text, one[0].text));
    many = reasons_of(print, model, " ", arena, all, MOST);
    ck_assert_uint_eq(many, 0);
    arena_free(arena);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

TEST_MAIN("drift_reasons",
          tcase_add_test(tc, an_assistants_words_are_named_strongest_first);
          tcase_add_test(tc, no_reason_is_inside_another);
          tcase_add_test(tc, fewer_reasons_are_the_first_of_more);)
