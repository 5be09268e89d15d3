#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "sidecar/base/file.h"
#include "sidecar/base/hash.h"
#include "tests/unit/support_voice.h"

enum { HEADER_BYTES = 8 + 4 + 4 + 4 + 32, MOST_BYTES = 4 * 1024 * 1024 };

static struct buffer
shipped(void)
{
    struct buffer file;
    struct err err;

    ck_assert_msg(file_read(SUPPORT_VOICE_MODEL, MOST_BYTES, &file, &err), "%s",
                  err.message);
    return file;
}

static void
refused(struct text file, const char *why, size_t at)
{
    struct err err = {.kind = ERR_NONE};
    struct voice_model *model = voice_model_parse(file, "m.bin", &err);

    ck_assert_msg(model == NULL, "accepted at %zu", at);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "m.bin: "));
    ck_assert_msg(why == NULL || strstr(err.message, why) != NULL, "at %zu: %s",
                  at, err.message);
}

START_TEST(the_shipped_model_opens)
{
    struct voice_model *model = support_voice_model();

    ck_assert_str_eq(model->name, "leeway-style-1");
    ck_assert(voice_model_common(model, voice_model_word_hash(TEXT("the"))));
    ck_assert(voice_model_common(model, voice_model_word_hash(TEXT("don't"))));
    ck_assert(
        !voice_model_common(model, voice_model_word_hash(TEXT("kraken"))));
    for (size_t f = 0; f < VOICE_FAMILIES; f++) {
        double sum = 0;
        for (size_t j = 0; j < VOICE_BUCKETS; j++) {
            ck_assert(model->prior[f * VOICE_BUCKETS + j] > 0);
            ck_assert(isfinite(model->pull[f * VOICE_BUCKETS + j]));
            sum += model->prior[f * VOICE_BUCKETS + j];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-4);
    }
    voice_model_free(model);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct buffer file = shipped();

    for (size_t len = 0; len < file.len;
         len += len < 256 ? 1 : file.len / 16 + 1) {
        refused(text_part(buffer_text(&file), 0, len), NULL, len);
    }
    refused(text_part(buffer_text(&file), 0, file.len - 1), "cut short", 0);
    buffer_clear(&file);
}
END_TEST

START_TEST(a_byte_more_is_refused)
{
    struct buffer file = shipped();

    buffer_add_byte(&file, '\0');
    ck_assert(file.failed || file.len > 0);
    refused(buffer_text(&file), "changed", file.len);
    buffer_clear(&file);
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    struct buffer file = shipped();

    for (size_t at = 0; at < file.len;
         at += at < HEADER_BYTES + 64 ? 1 : file.len / 16) {
        file.at[at] = (char)(file.at[at] ^ 0x10);
        refused(buffer_text(&file),
                at < 8    ? "not a voice model"
                : at < 12 ? "format"
                : at < 20 ? "families"
                          : "changed",
                at);
        file.at[at] = (char)(file.at[at] ^ 0x10);
    }
    buffer_clear(&file);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct err err;

    ck_assert_ptr_null(voice_model_open("no/such/model.bin", &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "no/such/model.bin"));
}
END_TEST

/* Small counts of which the shares can be worked out by hand. */
static struct buffer
made(uint32_t *tables, const char *name, const struct text *words, size_t count)
{
    const struct voice_model_parts parts = {
        .name = name,
        .words = words,
        .word_count = count,
        .background = tables,
        .sources = tables + VOICE_SLOTS,
        .assistant = tables + 2 * VOICE_SLOTS,
    };
    struct buffer file;
    struct err err;

    buffer_init(&file, MOST_BYTES);
    ck_assert(voice_model_write(&parts, &file, &err));
    return file;
}

START_TEST(weights_are_those_of_the_formula)
{
    uint32_t *tables = calloc(3 * VOICE_SLOTS, sizeof(*tables));
    const struct text words[] = {TEXT("a"), TEXT("b")};
    struct err err;

    ck_assert_ptr_nonnull(tables);
    for (size_t j = 0; j < 3 * VOICE_SLOTS; j++) {
        tables[j] = (uint32_t)(hash_mix(j) % 100);
    }
    struct buffer file = made(tables, "test-1", words, 2);
    struct voice_model *model =
        voice_model_parse(buffer_text(&file), "m.bin", &err);
    ck_assert_msg(model != NULL, "%s", err.message);
    ck_assert_str_eq(model->name, "test-1");
    for (size_t slot = 0; slot < VOICE_SLOTS; slot += 997) {
        const double p = model->prior[slot];
        for (uint32_t n = 0; n <= 40; n += 4) {
            const double want =
                log((n / 400.0 + 3 * p) / (4 * p)) - 0.13 * model->pull[slot];
            ck_assert_double_eq_tol(voice_model_weight(model, slot, n, 400) /
                                        1024.0,
                                    want, 0.5 / 1024 + 1e-9);
        }
        ck_assert_int_eq(voice_model_weight(model, slot, 0, 0),
                         voice_model_weight(model, slot, 0, 400));
    }
    voice_model_free(model);
    buffer_clear(&file);
    free(tables);
}
END_TEST

START_TEST(a_bad_content_with_a_good_hash_is_refused)
{
    uint32_t *tables = calloc(3 * VOICE_SLOTS, sizeof(*tables));
    static const char long_word[] = "abcdefghijklmnopqrstuvwxyzabcdefg";
    const struct text words[] = {TEXT("a"), text_of(long_word)};
    static const char *const names[] = {"", "Upper", "spa ce",
                                        "name-that-is-too-long-for-its-field"};

    ck_assert_ptr_nonnull(tables);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct buffer file = made(tables, names[i], words, 1);
        refused(buffer_text(&file), "name", i);
        buffer_clear(&file);
    }
    struct buffer file = made(tables, "ok", words, 2);
    refused(buffer_text(&file), "common word 1", 0);
    buffer_clear(&file);
    free(tables);
}
END_TEST

START_TEST(a_blank_model_is_flat)
{
    const struct text words[] = {TEXT("and")};
    struct err err;
    struct voice_model *model = voice_model_blank(words, 1, &err);

    ck_assert_ptr_nonnull(model);
    ck_assert(voice_model_common(model, voice_model_word_hash(words[0])));
    ck_assert(!voice_model_common(model, voice_model_word_hash(TEXT("or"))));
    ck_assert_double_eq(model->prior[0], model->prior[VOICE_SLOTS - 1]);
    voice_model_free(model);
    voice_model_free(NULL);
}
END_TEST

TEST_MAIN("voice_model", tcase_add_test(tc, the_shipped_model_opens);
          tcase_add_test(tc, every_cut_is_refused);
          tcase_add_test(tc, a_byte_more_is_refused);
          tcase_add_test(tc, every_changed_byte_is_refused);
          tcase_add_test(tc, a_missing_file_is_named);
          tcase_add_test(tc, weights_are_those_of_the_formula);
          tcase_add_test(tc, a_bad_content_with_a_good_hash_is_refused);
          tcase_add_test(tc, a_blank_model_is_flat);)
