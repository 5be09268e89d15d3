#include "tests/unit/harness.h"

#include <stdio.h>
#include <unistd.h>

#include "sidecar/engine/fingerprint_file.h"
#include "sidecar/engine/voice_bytes.h"
#include "tests/unit/support_voice.h"

enum { HEADER_BYTES = 8 + 4 + 4 + DIGEST_BYTES };

/* A print of two lines and one set of vectors: small enough for every cut. */
static struct fingerprint *
small_print(const struct voice_model *model)
{
    static const float at[] = {1,     0, 0.5f,   0, 0, 0, 0, 0,
                               0.25f, 1, 0.125f, 0, 0, 0, 0, 0};
    const struct fingerprint_source vectors = {TEXT("emb-1"), at, 2, 8};
    const struct text lines[] = {TEXT("Fie!"), TEXT("How now, Hal?")};
    const struct fingerprint_request request = {
        .persona = TEXT("falstaff"),
        .source = TEXT("falstaff.jsonl"),
        .created = 1700000000,
        .lines = lines,
        .line_count = 2,
        .least = 2,
        .vectors = &vectors,
        .vector_count = 1,
    };
    struct err err;
    struct fingerprint *print =
        fingerprint_build(model, &kernel_scalar, &request, &err);

    ck_assert_msg(print != NULL, "%s", err.message);
    return print;
}

static struct buffer
encoded(const struct fingerprint *print)
{
    struct buffer file;
    struct err err;

    buffer_init(&file, FINGERPRINT_FILE_BYTES);
    ck_assert_msg(fingerprint_encode(print, &file, &err), "%s", err.message);
    return file;
}

static void
refused(const struct voice_model *model, struct text file, const char *why,
        size_t at)
{
    struct err err = {.kind = ERR_NONE};
    struct fingerprint *print =
        fingerprint_decode(file, "f.print", model, &kernel_scalar, &err);

    ck_assert_msg(print == NULL, "accepted at %zu", at);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "f.print: "));
    ck_assert_msg(why == NULL || strstr(err.message, why) != NULL, "at %zu: %s",
                  at, err.message);
}

START_TEST(what_is_written_is_read)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = support_voice_print(model, "hamlet", 60);
    char path[] = "/tmp/test_fingerprint.XXXXXX";
    struct err err;

    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_msg(fingerprint_write(print, path, &err), "%s", err.message);
    struct fingerprint *back =
        fingerprint_read(path, model, &kernel_scalar, &err);
    unlink(path);
    ck_assert_msg(back != NULL, "%s", err.message);
    ck_assert(text_equal(back->persona, print->persona));
    ck_assert(text_equal(back->source, print->source));
    ck_assert(text_is(back->model, model->name));
    ck_assert_int_eq(back->created, print->created);
    ck_assert_uint_eq(back->line_count, 60);
    ck_assert_mem_eq(back->weights, print->weights,
                     VOICE_SLOTS * sizeof(int16_t));
    ck_assert(back->norm == print->norm);
    ck_assert_mem_eq(back->scale.scores, print->scale.scores,
                     60 * sizeof(double));
    ck_assert_mem_eq(&back->digest, &print->digest, sizeof(print->digest));
    fingerprint_free(back);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(writing_what_was_read_gives_the_same_bytes)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    struct buffer first = encoded(print);
    struct err err;
    struct fingerprint *back = fingerprint_decode(
        buffer_text(&first), "f.print", model, &kernel_scalar, &err);

    ck_assert_msg(back != NULL, "%s", err.message);
    struct buffer second = encoded(back);
    ck_assert(text_equal(buffer_text(&first), buffer_text(&second)));
    ck_assert_uint_eq(back->vector_count, 1);
    ck_assert_mem_eq(back->vectors[0].centroid, print->vectors[0].centroid,
                     3 * sizeof(float));
    buffer_clear(&first);
    buffer_clear(&second);
    fingerprint_free(back);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    struct buffer file = encoded(print);

    for (size_t len = 0; len < file.len; len++) {
        refused(model, text_part(buffer_text(&file), 0, len), NULL, len);
    }
    buffer_add_byte(&file, '\0');
    refused(model, buffer_text(&file), "changed", file.len);
    buffer_clear(&file);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    struct buffer file = encoded(print);

    for (size_t at = 0; at < file.len; at++) {
        file.at[at] = (char)(file.at[at] ^ 0x04);
        refused(model, buffer_text(&file),
                at < 8    ? "not a fingerprint"
                : at < 12 ? "format"
                : at < 16 ? "byte order"
                          : "changed",
                at);
        file.at[at] = (char)(file.at[at] ^ 0x04);
    }
    buffer_clear(&file);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

/* Puts the right digest over the content again. */
static void
seal(struct buffer *file)
{
    const struct digest digest =
        digest_of(text_part(buffer_text(file), HEADER_BYTES, file->len));

    memcpy(file->at + HEADER_BYTES - DIGEST_BYTES, digest.bytes, DIGEST_BYTES);
}

START_TEST(a_bad_content_with_a_good_digest_does_no_harm)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    struct buffer file = encoded(print);
    size_t refusals = 0;

    for (size_t at = HEADER_BYTES; at < file.len; at++) {
        const char was = file.at[at];
        for (unsigned bit = 1; bit < 0x100; bit <<= 7) {
            struct err err = {.kind = ERR_NONE};
            file.at[at] = (char)(was ^ (char)bit);
            seal(&file);
            struct fingerprint *back = fingerprint_decode(
                buffer_text(&file), "f.print", model, &kernel_scalar, &err);
            ck_assert(back != NULL || err.kind == ERR_CONFIG);
            refusals += back == NULL;
            fingerprint_free(back);
        }
        file.at[at] = was;
    }
    // Every length, count and model byte; features and times may be any.
    ck_assert_uint_gt(refusals, 100);
    for (size_t len = HEADER_BYTES; len < file.len; len++) {
        struct buffer cut;
        buffer_init(&cut, file.len);
        buffer_add(&cut, file.at, len);
        seal(&cut);
        refused(model, buffer_text(&cut), NULL, len);
        buffer_clear(&cut);
    }
    buffer_clear(&file);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

/* Takes `len` bytes out of a file's middle. */
static void
cut_out(struct buffer *file, size_t at, size_t len)
{
    memmove(file->at + at, file->at + at + len, file->len - at - len);
    file->len -= len;
}

START_TEST(files_of_the_first_version_are_read)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    const size_t head = HEADER_BYTES + 4 + print->persona.len + 4 +
                        print->source.len + 8 + 4 + print->model.len +
                        DIGEST_BYTES;
    const size_t added = 4 * (5 + 2 + VOICE_TRAITS);
    struct err err;

    for (unsigned version = 0; version <= 3; version++) {
        struct buffer file = encoded(print);
        if (version == 1) {
            // Neither losses and traits nor the two lines' origins.
            const size_t first = head + added + 4;
            const size_t line = 4 + 4 + 2 + 2 * VOICE_FAMILIES +
                                2 * voice_row_size(print->lines[0].rows);
            cut_out(&file, first + line, 4);
            cut_out(&file, first, 4);
            cut_out(&file, head, added);
        }
        file.at[8] = (char)version;
        seal(&file);
        if (version == 1 || version == 2) {
            struct fingerprint *back = fingerprint_decode(
                buffer_text(&file), "f.print", model, &kernel_scalar, &err);
            ck_assert_msg(back != NULL, "%s", err.message);
            ck_assert_uint_eq(back->lost.given, version == 1 ? 0 : 2);
            ck_assert_uint_eq(back->traits.words, version == 1 ? 0 : 4);
            ck_assert_uint_eq(back->origins[1], 1);
            ck_assert_double_eq(back->norm, print->norm);
            fingerprint_free(back);
        } else {
            refused(model, buffer_text(&file), "this build reads 1 to 2",
                    version);
        }
        buffer_clear(&file);
    }
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(another_model_is_refused_and_both_are_named)
{
    struct voice_model *model = support_voice_model();
    struct fingerprint *print = small_print(model);
    struct buffer file = encoded(print);

    snprintf(model->name, sizeof(model->name), "other-2");
    model->digest.bytes[0] = (unsigned char)(model->digest.bytes[0] ^ 1);
    refused(model, buffer_text(&file), "leeway-style-1", 0);
    refused(model, buffer_text(&file), "other-2", 0);
    buffer_clear(&file);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(vectors_alone_need_no_model_of_ours)
{
    static const float at[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    const struct fingerprint_source vectors = {TEXT("emb-1"), at, 2, 8};
    struct voice_model *model = support_voice_model();
    struct err err;
    struct fingerprint *print = fingerprint_with(NULL, model, &kernel_scalar,
                                                 TEXT("her"), &vectors, &err);

    ck_assert_ptr_nonnull(print);
    struct buffer file = encoded(print);
    model->digest.bytes[0] = (unsigned char)(model->digest.bytes[0] ^ 1);
    struct fingerprint *back = fingerprint_decode(buffer_text(&file), "f.print",
                                                  model, &kernel_scalar, &err);
    ck_assert_msg(back != NULL, "%s", err.message);
    ck_assert_uint_eq(back->line_count, 0);
    ck_assert_ptr_null(back->weights);
    buffer_clear(&file);
    fingerprint_free(back);
    fingerprint_free(print);
    voice_model_free(model);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct voice_model *model = support_voice_model();
    struct err err;

    ck_assert_ptr_null(
        fingerprint_read("no/such.print", model, &kernel_scalar, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "no/such.print"));
    voice_model_free(model);
}
END_TEST

TEST_MAIN("fingerprint_file", tcase_add_test(tc, what_is_written_is_read);
          tcase_add_test(tc, writing_what_was_read_gives_the_same_bytes);
          tcase_add_test(tc, every_cut_is_refused);
          tcase_add_test(tc, every_changed_byte_is_refused);
          tcase_add_test(tc, a_bad_content_with_a_good_digest_does_no_harm);
          tcase_add_test(tc, files_of_the_first_version_are_read);
          tcase_add_test(tc, another_model_is_refused_and_both_are_named);
          tcase_add_test(tc, vectors_alone_need_no_model_of_ours);
          tcase_add_test(tc, a_missing_file_is_named);)
