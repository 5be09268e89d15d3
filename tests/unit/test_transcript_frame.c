#include "tests/unit/transcripts.h"

enum { LIMIT = 300, CHUNK = 64 * 1024 };

static const struct transcript_options small = {.record_bytes = LIMIT};

/* `before`, then `count` times `c`, then `after`. The caller frees it. */
static struct text
filled(const char *before, char c, size_t count, const char *after)
{
    const size_t head = strlen(before), tail = strlen(after);
    char *at = malloc(head + count + tail + 1);

    ck_assert_ptr_nonnull(at);
    memcpy(at, before, head);
    memset(at + head, c, count);
    memcpy(at + head + count, after, tail);
    return (struct text){at, head + count + tail};
}

static void
release(struct text text)
{
    union {
        const char *read;
        char *owned;
    } at = {text.at};

    free(at.owned);
}

/*
 * A record of LIMIT bytes is read and one of LIMIT + 1 is not, and the records
 * around it are, however far above it is.
 */
START_TEST(records_have_a_limit)
{
    static const struct {
        const char *before, *after;
        size_t frame; /* bytes of the record beside the filling */
        const char *fits, *longer;
    } rows[] = {
        {"a\n", "\nb\n", 0, "a0:a|a1:x",
         "a0:a|!2 longer than a record may be: "
         "300 bytes|a1:b|."},
        {"{\"text\": \"a\"}\n{\"text\": \"", "\"}\n{\"text\": \"b\"}\n", 12,
         "a0:a|a1:x", "a0:a|!2 longer than a record may be: 300 bytes|a1:b|."},
        {"[{\"text\": \"a\"}, {\"text\": \"", "\"}, {\"text\": \"b\"}]", 12,
         "a0:a|a1:x",
         "a0:a|!1 [1]: longer than a record may be: 300 bytes|a1:b|."},
        {"id,text\n1,a\n2,", "\n3,b\n", 2, "a0:a|a1:x",
         "a0:a|!3 longer than a record may be: 300 bytes|a1:b|."},
        {"id,text\n1,a\n2,\"", "\"\n3,b\n", 4, "a0:a|a1:x", "a0:a|!3 "},
    };
    static const size_t above[] = {1,         2,         LIMIT,    2 * LIMIT,
                                   CHUNK - 1, CHUNK + 7, 3 * CHUNK};
    struct told told;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t most = LIMIT - rows[i].frame;
        for (size_t n = most - 1; n <= most; n++) {
            const struct text fits =
                filled(rows[i].before, 'x', n, rows[i].after);
            transcripts_of(fits, &small, &told);
            ck_assert_msg(
                strncmp(told.items, rows[i].fits, strlen(rows[i].fits)) == 0 &&
                    told.turns == 3 && told.bad == 0,
                "%s, %zu: %s", rows[i].before, n, told.items);
            release(fits);
        }
        for (size_t k = 0; k < sizeof(above) / sizeof(above[0]); k++) {
            const struct text longer =
                filled(rows[i].before, 'x', most + above[k], rows[i].after);
            transcripts_of(longer, &small, &told);
            ck_assert_msg(strncmp(told.items, rows[i].longer,
                                  strlen(rows[i].longer)) == 0,
                          "%s, %zu above: %s %s", rows[i].before, above[k],
                          told.items, told.err.message);
            ck_assert_int_eq(told.end, TRANSCRIPT_END);
            release(longer);
        }
    }
}
END_TEST

/* What cannot be looked at is not guessed; named, it is passed. */
START_TEST(a_first_record_beyond_the_limit_needs_a_name)
{
    struct transcript_options options = small;
    struct told told;

    const struct text content = filled("[{\"text\": \"", 'x', (size_t)2 * CHUNK,
                                       "\"}, {\"text\": \"b\"}]");
    transcripts_of(content, &options, &told);
    ck_assert_str_eq(told.format, "");
    ck_assert_int_eq(told.err.kind, ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(told.err.message, "longer than 300 bytes"));
    options.from = "rows";
    transcripts_of(content, &options, &told);
    ck_assert_str_eq(told.items, "!1 [0]: longer than a record may be: 300 "
                                 "bytes|a0:b|.");
    release(content);
}
END_TEST

START_TEST(the_limit_has_a_limit)
{
    struct transcript_options options = {.record_bytes =
                                             TRANSCRIPT_MOST_RECORD_BYTES};
    struct told told;

    transcripts_of(TEXT("a\n"), &options, &told);
    ck_assert_str_eq(told.items, "a0:a|.");
    options.record_bytes++;
    transcripts_of(TEXT("a\n"), &options, &told);
    ck_assert_str_eq(told.format, "");
    ck_assert_ptr_nonnull(strstr(told.err.message, "67108865"));
}
END_TEST

/* Where memory ends makes no difference to what is read. */
START_TEST(records_may_lie_across_any_chunk)
{
    static const char row[] = "{\"text\": \"one, \\\"two\\\"\\n[three]\"}\n";
    const struct transcript_options options = {.from = NULL};
    struct told told;

    for (size_t shift = 0; shift < 2 * sizeof(row); shift++) {
        const size_t count = CHUNK / (sizeof(row) - 1) + 3;
        struct buffer content;
        buffer_init(&content, 4 * CHUNK);
        for (size_t i = 0; i < shift; i++) {
            buffer_add_byte(&content, '\n');
        }
        for (size_t i = 0; i < count; i++) {
            buffer_add(&content, row, sizeof(row) - 1);
        }
        transcripts_of(buffer_text(&content), &options, &told);
        ck_assert_uint_eq(told.turns, count);
        ck_assert_uint_eq(told.bad, 0);
        buffer_clear(&content);
    }
}
END_TEST

/* Lines and places of what is read, in the unpacked file. */
START_TEST(places_are_those_of_records)
{
    static const struct {
        const char *content;
        size_t lines[3];
        uint64_t offsets[3];
    } rows[] = {
        {"a\n\nb\r\nc", {1, 3, 4}, {0, 3, 6}},
        {"\xef\xbb\xbf\na\nb\nc", {2, 3, 4}, {4, 6, 8}},
        {"[\n {\"text\":\n\"a\"},\n\n {\"text\": \"b\"}, {\"text\": \"c\"}]",
         {2, 5, 5},
         {3, 20, 35}},
        {"id,text\n1,\"a\nb\"\n2,b\n3,c", {2, 4, 5}, {8, 16, 20}},
    };
    const struct transcript_options options = {.from = NULL};
    struct transcript_item item;
    struct err err;
    char path[64];

    transcripts_path(path);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        transcripts_write(text_of(rows[i].content));
        struct transcript *t = transcript_open(path, &options, &err);
        ck_assert_msg(t != NULL, "%s", err.message);
        for (size_t k = 0; k < 3; k++) {
            ck_assert_int_eq(transcript_next(t, &item, &err), TRANSCRIPT_TURN);
            ck_assert_msg(item.line == rows[i].lines[k] &&
                              item.offset == rows[i].offsets[k],
                          "%s: %zu: line %zu, offset %llu", rows[i].content, k,
                          item.line, (unsigned long long)item.offset);
        }
        ck_assert_int_eq(transcript_next(t, &item, &err), TRANSCRIPT_END);
        transcript_close(t);
        ck_assert_int_eq(unlink(path), 0);
    }
}
END_TEST

/*
 * Rows with a mark that is never closed, again and again: every line would be
 * read to the end of the file. It is not, beyond a few times the file, and all
 * lines are told.
 */
START_TEST(unclosed_marks_cost_a_few_files)
{
    const struct transcript_options options = {.record_bytes =
                                                   TRANSCRIPT_RECORD_BYTES};
    struct buffer content;
    struct told told;

    buffer_init(&content, 8 << 20);
    buffer_add_text(&content, TEXT("id,text\n"));
    for (size_t i = 0; i < 400000; i++) {
        buffer_add_text(&content, TEXT("x\",\"abc\n"));
    }
    transcripts_of(buffer_text(&content), &options, &told);
    ck_assert_int_eq(told.end, TRANSCRIPT_END);
    ck_assert_uint_gt(told.bad, 0);
    ck_assert_uint_lt(told.bad, 1000); // one for each time it was read
    buffer_clear(&content);
}
END_TEST

/* More turns than a record may have: the rest is told once. */
START_TEST(turns_of_a_record_have_a_limit)
{
    const struct transcript_options options = {.from = NULL};
    struct told told;

    for (size_t n = TRANSCRIPT_TURNS - 1; n <= TRANSCRIPT_TURNS + 2; n++) {
        struct buffer content;
        buffer_init(&content, 8 << 20);
        buffer_add_text(&content, TEXT("{\"messages\": ["));
        for (size_t i = 0; i < n; i++) {
            buffer_add_text(&content, i == 0 ? TEXT("") : TEXT(","));
            buffer_add_text(&content,
                            TEXT("{\"role\": \"user\", \"content\": \"\"}"));
        }
        buffer_add_text(&content, TEXT("]}"));
        transcripts_of(buffer_text(&content), &options, &told);
        const size_t most = TRANSCRIPT_TURNS;
        ck_assert_uint_eq(told.turns, n < most ? n : most);
        ck_assert_uint_eq(told.bad, n > most);
        buffer_clear(&content);
    }
}
END_TEST

TEST_MAIN("transcript_frame", tcase_add_test(tc, records_have_a_limit);
          tcase_add_test(tc, a_first_record_beyond_the_limit_needs_a_name);
          tcase_add_test(tc, the_limit_has_a_limit);
          tcase_add_test(tc, records_may_lie_across_any_chunk);
          tcase_add_test(tc, places_are_those_of_records);
          tcase_add_test(tc, unclosed_marks_cost_a_few_files);
          tcase_add_test(tc, turns_of_a_record_have_a_limit);)
