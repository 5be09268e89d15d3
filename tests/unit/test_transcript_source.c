#include <zlib.h>

#include "sidecar/base/hash.h"
#include "sidecar/tools/transcript_source.h"
#include "sidecar/tools/unpack.h"
#include "tests/unit/transcripts.h"

static const struct transcript_options by_content = {.from = NULL};

/* Appends one gzip member. */
static void
pack(struct buffer *to, struct text content)
{
    z_stream z = {.next_in = NULL};
    char out[4096];
    int status;

    ck_assert_int_eq(
        deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)content.at;
    z.avail_in = (uInt)content.len;
    do {
        z.next_out = (Bytef *)out;
        z.avail_out = sizeof(out);
        status = deflate(&z, Z_FINISH);
        buffer_add(to, out, sizeof(out) - z.avail_out);
    } while (status == Z_OK);
    ck_assert_int_eq(status, Z_STREAM_END);
    deflateEnd(&z);
}

START_TEST(packed_files_read_like_plain_ones)
{
    struct buffer packed;
    struct told told;

    buffer_init(&packed, 1 << 20);
    pack(&packed, TEXT("{\"text\": \"one\"}\n{\"te"));
    transcripts_of(buffer_text(&packed), &by_content, &told);
    ck_assert_msg(strncmp(told.items, "a0:one|!2 JSON: ", 16) == 0, "%s",
                  told.items);
    // Members joined are one file; NUL behind the last is padding.
    pack(&packed, TEXT("xt\": \"two\"}"));
    pack(&packed, TEXT(""));
    buffer_add(&packed, "\0\0\0", 3);
    transcripts_of(buffer_text(&packed), &by_content, &told);
    ck_assert_str_eq(told.format, "rows");
    ck_assert_str_eq(told.items, "a0:one|a1:two|.");
    buffer_clear(&packed);
}
END_TEST

START_TEST(a_mark_in_front_of_what_is_packed_is_taken_away)
{
    struct buffer packed;
    struct told told;

    buffer_init(&packed, 1 << 20);
    pack(&packed, TEXT("\xef\xbb\xbf{\"text\": \"one\"}"));
    transcripts_of(buffer_text(&packed), &by_content, &told);
    ck_assert_str_eq(told.items, "a0:one|.");
    buffer_clear(&packed);
}
END_TEST

/* Every beginning of a packed file is read as far as it goes, then told. */
START_TEST(packed_files_cut_short_are_told)
{
    struct buffer packed;
    struct told told;

    buffer_init(&packed, 1 << 20);
    pack(&packed, TEXT("{\"text\": \"one\"}\n{\"text\": \"two\"}\n"));
    const struct text whole = buffer_text(&packed);
    for (size_t len = 2; len < whole.len; len++) {
        transcripts_of(text_part(whole, 0, len), &by_content, &told);
        ck_assert_int_eq(told.end, TRANSCRIPT_BROKEN);
        ck_assert_int_eq(told.err.kind, ERR_INVALID);
        ck_assert_msg(strstr(told.err.message, "gzip: cut short") != NULL,
                      "%zu: %s", len, told.err.message);
    }
    transcripts_of(whole, &by_content, &told);
    ck_assert_str_eq(told.items, "a0:one|a1:two|.");
    buffer_clear(&packed);
}
END_TEST

/* No byte can be turned round but in the header's remarks. */
START_TEST(packed_files_changed_are_told)
{
    struct buffer packed;
    struct told told;

    buffer_init(&packed, 1 << 20);
    pack(&packed, TEXT("{\"text\": \"one\"}\n"));
    for (size_t i = 10; i < packed.len; i++) {
        packed.at[i] = (char)~packed.at[i];
        transcripts_of(buffer_text(&packed), &by_content, &told);
        ck_assert_msg(told.end == TRANSCRIPT_BROKEN &&
                          told.err.kind == ERR_INVALID,
                      "byte %zu: %s %s", i, told.items, told.err.message);
        packed.at[i] = (char)~packed.at[i];
    }
    buffer_add_text(&packed, TEXT("{\"text\": \"two\"}"));
    transcripts_of(buffer_text(&packed), &by_content, &told);
    ck_assert_int_eq(told.end, TRANSCRIPT_BROKEN);
    ck_assert_ptr_nonnull(strstr(told.err.message, "gzip: "));
    buffer_clear(&packed);
}
END_TEST

/* `bytes` of one line after another, packed; lines differ where `varied`. */
static void
pack_lines(struct buffer *to, size_t bytes, bool varied)
{
    struct buffer plain;
    uint64_t state = 7;

    buffer_init(&plain, bytes + 64);
    for (size_t i = 0; plain.len < bytes; i++) {
        if (varied) {
            state = hash_mix(state + i);
            buffer_format(&plain, "%016llx\n", (unsigned long long)state);
        } else {
            buffer_add_text(&plain, TEXT("x\n"));
        }
    }
    plain.len = bytes;
    pack(to, buffer_text(&plain));
    buffer_clear(&plain);
}

/* Unpacks all that can be; how much that is. */
static uint64_t
drain(struct text packed, struct err *err)
{
    static char bytes[1 << 16];
    uint64_t all = 0;
    size_t got = 1;
    char path[64];

    transcripts_write(packed);
    transcripts_path(path);
    struct transcript_source *s = transcript_source_open(path, err);
    ck_assert_ptr_nonnull(s);
    err->kind = ERR_NONE;
    while (got > 0 &&
           transcript_source_read(s, bytes, sizeof(bytes), &got, err)) {
        all += got;
    }
    if (err->kind != ERR_NONE) { // and it stays so
        struct err again;
        ck_assert(!transcript_source_read(s, bytes, 1, &got, &again));
        ck_assert_str_eq(again.message, err->message);
    }
    transcript_source_close(s);
    ck_assert_int_eq(unlink(path), 0);
    return all;
}

START_TEST(bombs_are_named)
{
    const size_t free_bytes = TRANSCRIPT_SOURCE_FREE;
    struct buffer packed;
    struct err err;

    // As far as nobody asks, anything goes.
    buffer_init(&packed, 32 << 20);
    pack_lines(&packed, free_bytes, false);
    ck_assert_uint_eq(drain(buffer_text(&packed), &err), free_bytes);
    ck_assert_int_eq(err.kind, ERR_NONE);
    pack_lines(&packed, free_bytes, false);
    ck_assert_uint_lt(drain(buffer_text(&packed), &err),
                      free_bytes + (1 << 17));
    ck_assert_int_eq(err.kind, ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "more than 500 times"));
    // What packs as text does is no bomb.
    buffer_reset(&packed);
    pack_lines(&packed, free_bytes / 16, true);
    const uint64_t plain = drain(buffer_text(&packed), &err);
    ck_assert_uint_eq(plain, free_bytes / 16);
    buffer_clear(&packed);
}
END_TEST

START_TEST(paths_that_are_no_files_are_refused)
{
    static const char *const paths[] = {"/nowhere/at/all", "/tmp", "/dev/null",
                                        ""};
    struct err err;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ck_assert_ptr_null(transcript_open(paths[i], &by_content, &err));
        ck_assert_int_eq(err.kind, ERR_IO);
        ck_assert_msg(strncmp(err.message, paths[i], strlen(paths[i])) == 0,
                      "%s", err.message);
    }
}
END_TEST

/* Zstandard: read where it is built in, named where it is not. */
START_TEST(zstd_is_read_or_named)
{
    // `printf '{"text": "one"}\n' | zstd`
    static const char packed[] =
        "\x28\xb5\x2f\xfd\x04\x58\x81\x00\x00{\"text\": \"one\"}\n"
        "\xda\x47\x0a\x1d";
    struct told told;

    transcripts_of((struct text){packed, sizeof(packed) - 1}, &by_content,
                   &told);
    if (unpack_zstd.library() == NULL) {
        ck_assert_str_eq(told.format, "");
        ck_assert_ptr_nonnull(strstr(told.err.message, "zstd"));
    } else {
        ck_assert_msg(strcmp(told.items, "a0:one|.") == 0, "%s %s", told.items,
                      told.err.message);
        for (size_t len = 4; len < sizeof(packed) - 1; len++) {
            transcripts_of((struct text){packed, len}, &by_content, &told);
            ck_assert_int_eq(told.end, TRANSCRIPT_BROKEN);
        }
    }
}
END_TEST

TEST_MAIN("transcript_source",
          tcase_add_test(tc, packed_files_read_like_plain_ones);
          tcase_add_test(tc, a_mark_in_front_of_what_is_packed_is_taken_away);
          tcase_add_test(tc, packed_files_cut_short_are_told);
          tcase_add_test(tc, packed_files_changed_are_told);
          tcase_add_test(tc, bombs_are_named);
          tcase_add_test(tc, paths_that_are_no_files_are_refused);
          tcase_add_test(tc, zstd_is_read_or_named);)
