#include "sidecar/engine/linear_model.h"

#include <math.h>

#include "tests/unit/harness.h"
#include "tests/unit/support_linear.h"

enum { HEADER_BYTES = 8 + 4 + 4 + 32 };

static void
refused(struct text file, const char *why, size_t at)
{
    struct err err;
    struct linear_model *model = linear_parse(file, "m.bin", &err);

    ck_assert_msg(model == NULL, "accepted at %zu, not \"%s\"", at,
                  why != NULL ? why : "");
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "m.bin: "));
    ck_assert_msg(why == NULL || strstr(err.message, why) != NULL,
                  "at %zu: \"%s\", not \"%s\"", at, err.message, why);
}

START_TEST(a_model_says_what_it_is)
{
    struct support_linear parts = support_linear_plain();
    size_t head = 9;

    parts.heads = 2;
    parts.head[1] = (struct support_linear_head){"b_2", 1, 0, {1, 1, 1}};
    struct linear_model *model = support_linear_model(&parts);
    struct buffer file = support_linear_file(&parts);
    const struct digest want = digest_of(buffer_text(&file));

    ck_assert_str_eq(linear_about(model), "made for a test");
    ck_assert_mem_eq(linear_digest(model), &want, sizeof(want));
    ck_assert_uint_eq(linear_head_count(model), 2);
    ck_assert_str_eq(linear_head_name(model, 1), "b_2");
    ck_assert(linear_head(model, TEXT("b_2"), &head));
    ck_assert_uint_eq(head, 1);
    ck_assert(!linear_head(model, TEXT("b_"), &head));
    ck_assert(!linear_head(model, TEXT(""), &head));
    ck_assert(linear_threshold(model, 0, LINEAR_STRICT) == 0.9F);
    ck_assert(linear_threshold(model, 0, LINEAR_SENSITIVE) == 0.5F);
    buffer_clear(&file);
    linear_free(model);
    linear_free(NULL);
}
END_TEST

START_TEST(presets_have_names)
{
    enum linear_preset preset = LINEAR_PRESETS;

    ck_assert(linear_preset(TEXT("strict"), &preset));
    ck_assert_int_eq(preset, LINEAR_STRICT);
    ck_assert(linear_preset(TEXT("sensitive"), &preset));
    ck_assert_int_eq(preset, LINEAR_SENSITIVE);
    ck_assert(linear_preset(TEXT("balanced"), &preset));
    ck_assert_int_eq(preset, LINEAR_BALANCED);
    ck_assert(!linear_preset(TEXT("Strict"), &preset));
    ck_assert(!linear_preset(TEXT(""), &preset));
}
END_TEST

START_TEST(every_cut_is_refused)
{
    const struct support_linear parts = support_linear_plain();
    struct buffer file = support_linear_file(&parts);

    for (size_t len = 0; len < file.len; len++) {
        // Of exactly that size, so that sanitizers see a byte too many.
        char *copy = malloc(len > 0 ? len : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, file.at, len);
        refused((struct text){copy, len},
                len < 8              ? "not a linear"
                : len < HEADER_BYTES ? "inside the header"
                                     : "SHA-256",
                len);
        free(copy);
    }
    buffer_clear(&file);
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    const struct support_linear parts = support_linear_plain();
    struct buffer file = support_linear_file(&parts);

    for (size_t at = 0; at < file.len; at++) {
        file.at[at] = (char)(file.at[at] ^ 0x10);
        refused(buffer_text(&file),
                at < 8    ? "not a linear"
                : at < 16 ? "format"
                          : "SHA-256",
                at);
        file.at[at] = (char)(file.at[at] ^ 0x10);
    }
    buffer_clear(&file);
}
END_TEST

/* A content whose hash is right is cut where its reader does not expect it. */
START_TEST(every_cut_with_a_good_hash_is_refused)
{
    const struct support_linear parts = support_linear_plain();
    struct buffer whole = support_linear_file(&parts);

    for (size_t len = HEADER_BYTES; len < whole.len; len++) {
        struct buffer file;
        const struct digest digest =
            digest_of(text_part(buffer_text(&whole), HEADER_BYTES, len));
        buffer_init(&file, SIZE_MAX);
        buffer_add(&file, whole.at, HEADER_BYTES - sizeof(digest.bytes));
        buffer_add(&file, digest.bytes, sizeof(digest.bytes));
        buffer_add(&file, whole.at + HEADER_BYTES, len - HEADER_BYTES);
        refused(buffer_text(&file), NULL, len);
        buffer_clear(&file);
    }
    buffer_clear(&whole);
}
END_TEST

/* One thing wrong with the plain model, and what the message says of it. */
static void
no_ascii(struct support_linear *p)
{
    p->about = "caf\xc3\xa9";
}
static void
few_bits(struct support_linear *p)
{
    p->bits = LINEAR_LEAST_BITS - 1;
}
static void
many_bits(struct support_linear *p)
{
    p->bits = LINEAR_MOST_BITS + 1;
}
static void
no_heads(struct support_linear *p)
{
    p->heads = 0;
}
static void
many_heads(struct support_linear *p)
{
    for (size_t i = 0; i <= LINEAR_HEADS; i++) {
        p->head[i] = p->head[0];
    }
    p->heads = LINEAR_HEADS + 1;
}
static void
same_heads(struct support_linear *p)
{
    p->heads = 2;
    p->head[1] = p->head[0];
}
static void
no_name(struct support_linear *p)
{
    p->head[0].name = "";
}
static void
upper_name(struct support_linear *p)
{
    p->head[0].name = "Bad";
}
static void
long_name(struct support_linear *p)
{
    p->head[0].name = "abcdefghijklmnopqrstuvwxyz012345";
}
static void
zero_scale(struct support_linear *p)
{
    p->head[0].scale = 0;
}
static void
nan_scale(struct support_linear *p)
{
    p->head[0].scale = (double)NAN;
}
static void
huge_scale(struct support_linear *p)
{
    p->head[0].scale = 1e6 + 1;
}
static void
nan_bias(struct support_linear *p)
{
    p->head[0].bias = (double)NAN;
}
static void
huge_bias(struct support_linear *p)
{
    p->head[0].bias = -(double)INFINITY;
}
static void
zero_threshold(struct support_linear *p)
{
    p->head[0].thresholds[2] = 0;
}
static void
high_threshold(struct support_linear *p)
{
    p->head[0].thresholds[0] = 1.5F;
}
static void
nan_threshold(struct support_linear *p)
{
    p->head[0].thresholds[1] = NAN;
}
static void
rising_thresholds(struct support_linear *p)
{
    p->head[0].thresholds[1] = 0.95F;
}
static void
byte_more(struct support_linear *p)
{
    p->extra = 1;
}
static void
least_weight(struct support_linear *p)
{
    p->last_is_least = true;
}

static const struct {
    void (*spoil)(struct support_linear *);
    const char *why;
} bad[] = {
    {no_ascii, "line about"},
    {few_bits, "2^3 buckets"},
    {many_bits, "2^18 buckets"},
    {no_heads, "0 heads"},
    {many_heads, "9 heads"},
    {same_heads, "head 1: the name"},
    {no_name, "head 0: the name"},
    {upper_name, "the name"},
    {long_name, "the name"},
    {zero_scale, "head 0: scale"},
    {nan_scale, "scale"},
    {huge_scale, "scale"},
    {nan_bias, "bias"},
    {huge_bias, "bias"},
    {zero_threshold, "thresholds"},
    {high_threshold, "thresholds"},
    {nan_threshold, "thresholds"},
    {rising_thresholds, "thresholds"},
    {byte_more, "too long"},
    {least_weight, "-128"},
};

START_TEST(a_bad_content_with_a_good_hash_is_refused)
{
    struct support_linear parts = support_linear_plain();

    bad[_i].spoil(&parts);
    struct buffer file = support_linear_file(&parts);
    refused(buffer_text(&file), bad[_i].why, (size_t)_i);
    buffer_clear(&file);
}
END_TEST

static void
least_of_all(struct support_linear *p)
{
    p->about = "";
    p->bits = LINEAR_LEAST_BITS;
    p->weight = -127;
}
static void
most_of_all(struct support_linear *p)
{
    static const char *const names[LINEAR_HEADS] = {
        "a", "b", "c", "d", "e", "f", "g", "abcdefghijklmnopqrstuvwxyz01234"};

    for (size_t i = 0; i < LINEAR_HEADS; i++) {
        p->head[i] =
            (struct support_linear_head){names[i], 1e6, -1e6, {1, 1, 1e-30F}};
    }
    p->heads = LINEAR_HEADS;
    p->bits = LINEAR_MOST_BITS;
}

static void (*const good[])(struct support_linear *) = {least_of_all,
                                                        most_of_all};

START_TEST(values_at_their_limits_are_accepted)
{
    struct support_linear parts = support_linear_plain();

    good[_i](&parts);
    struct linear_model *model = support_linear_model(&parts);
    struct buffer file = support_linear_file(&parts);
    ck_assert_uint_le(file.len, LINEAR_FILE_BYTES);
    ck_assert_uint_eq(linear_head_count(model), parts.heads);
    buffer_clear(&file);
    linear_free(model);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct err err;

    ck_assert_ptr_null(linear_load("no/such/model.bin", &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "no/such/model.bin"));
}
END_TEST

TEST_MAIN("linear_model", tcase_add_test(tc, a_model_says_what_it_is);
          tcase_add_test(tc, presets_have_names);
          tcase_add_test(tc, every_cut_is_refused);
          tcase_add_test(tc, every_changed_byte_is_refused);
          tcase_add_test(tc, every_cut_with_a_good_hash_is_refused);
          tcase_add_loop_test(tc, a_bad_content_with_a_good_hash_is_refused, 0,
                              (int)(sizeof(bad) / sizeof(bad[0])));
          tcase_add_loop_test(tc, values_at_their_limits_are_accepted, 0,
                              (int)(sizeof(good) / sizeof(good[0])));
          tcase_add_test(tc, a_missing_file_is_named);)
