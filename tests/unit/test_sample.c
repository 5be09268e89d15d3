#include "tests/unit/harness.h"

#include <stdio.h>
#include <unistd.h>

#include "sidecar/engine/sample.h"

/* The lines with "|" between them, or what went wrong behind "! ". */
static const char *
read_as(const char *ending, struct text content)
{
    static char shown[1024];
    char path[64];
    struct samples samples;
    struct err err;
    size_t len = 0;

    snprintf(path, sizeof(path), "/tmp/leeway-sample-%d%s", (int)getpid(),
             ending);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.at, 1, content.len, file), content.len);
    ck_assert_int_eq(fclose(file), 0);
    const bool done = samples_read(path, &samples, &err);
    ck_assert_int_eq(unlink(path), 0);
    if (!done) {
        const char *said = strstr(err.message, ending);
        snprintf(shown, sizeof(shown), "! %s",
                 said != NULL ? said + strlen(ending) : err.message);
        return shown;
    }
    shown[0] = '\0';
    for (size_t i = 0; i < samples.count && len < sizeof(shown); i++) {
        len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%s%.*s",
                                i > 0 ? "|" : "", TEXT_ARGS(samples.lines[i]));
    }
    samples_free(&samples);
    ck_assert_ptr_null(samples.arena);
    return shown;
}

START_TEST(lines_are_read_as_they_are_meant)
{
    static const struct {
        const char *ending, *content, *lines;
    } rows[] = {
        {".txt", "", ""},
        {".txt", "\n\r\n\n", ""},
        {".txt", "one", "one"},
        {".txt", "one\ntwo\n", "one|two"},
        {".txt", "one\r\n\r\ntwo", "one|two"},
        {".txt", " \n", " "},
        {".txt", "{\"text\": \"x\"}", "{\"text\": \"x\"}"},
        {".txt", "a\xc3\xa9\n", "a\xc3\xa9"},
        {".txt", "one\n\xff\n", "!:2: not UTF-8 at byte 0"},
        {".txt", "\n\none \xc3", "!:3: not UTF-8 at byte 4"},
        {".jsonl", "{\"text\": \"x\"}\n\n{\"a\": [1], \"text\": \"\\u00e9\"}",
         "x|\xc3\xa9"},
        {".jsonl", "{\"text\": \"x\", \"from\": {\"text\": \"y\"}}\r\n", "x"},
        {".jsonl", "{\"a\": 1}\n", "!:1: no \"text\""},
        {".jsonl", "{\"text\": \"x\"}\nx\n", "!:2: "},
        {".jsonl", "{\"text\": 1}\n", "!:1: "},
        {".jsonl", "[\"text\"]\n", "!:1: "},
        {".jsonl", "{\"text\": \"x\"} {}\n", "!:1: "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = read_as(rows[i].ending, text_of(rows[i].content));
        // Of a message only the beginning: "!:2: " is "! :2: ...".
        char want[128];
        const bool bad = rows[i].lines[0] == '!';
        snprintf(want, sizeof(want), "%s%s", bad ? "! " : "",
                 rows[i].lines + bad);
        ck_assert_msg(bad ? strncmp(got, want, strlen(want)) == 0
                          : strcmp(got, want) == 0,
                      "%s: read as %s", rows[i].content, got);
    }
}
END_TEST

START_TEST(lines_have_a_limit)
{
    for (size_t n = SAMPLES_MOST; n <= SAMPLES_MOST + 1; n++) {
        char *content = malloc(2 * n);
        ck_assert_ptr_nonnull(content);
        for (size_t i = 0; i < n; i++) {
            memcpy(content + 2 * i, "a\n", 2);
        }
        const char *got = read_as(".txt", (struct text){content, 2 * n});
        ck_assert_int_eq(strstr(got, "more than 4096 lines") != NULL,
                         n > SAMPLES_MOST);
        free(content);
    }
}
END_TEST

START_TEST(missing_file_is_named)
{
    struct samples samples;
    struct err err;

    ck_assert(!samples_read("/tmp/no/such/file.txt", &samples, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/tmp/no/such/file.txt"));
}
END_TEST

TEST_MAIN("sample", tcase_add_test(tc, lines_are_read_as_they_are_meant);
          tcase_add_test(tc, lines_have_a_limit);
          tcase_add_test(tc, missing_file_is_named);)
