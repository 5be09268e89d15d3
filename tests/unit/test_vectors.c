/* Vectors from a file of JSON lines. */
#include "sidecar/tools/vectors.h"

#include <math.h>
#include "sidecar/base/buffer.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

static bool
read_lines(const char *lines, struct vectors *out, struct err *err)
{
    support_config_file("v.jsonl", text_of(lines));
    return vectors_read("v.jsonl", out, err);
}

START_TEST(reads_rows_of_one_width)
{
    static const char *const same[] = {
        "{\"embedding\":[1,-2.5,3e-3]}\n{\"embedding\":[4,5,6]}\n",
        "{\"embedding\":[1,-2.5,0.003]}\n{\"embedding\":[4,5,6]}",
        "\n{\"a\":{},\"embedding\":[1,-2.5,3e-3]}\n\n{\"embedding\":[4,5,6]}\n",
        "{\"embedding\":[1,-2.5,3e-3]}\r\n {\"embedding\" : [4, 5, 6]}\r\n",
    };
    static const float want[] = {1, -2.5f, 3e-3f, 4, 5, 6};

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct vectors v;
        struct err err;
        ck_assert_msg(read_lines(same[i], &v, &err), "%zu: %s", i, err.message);
        ck_assert_uint_eq(v.rows, 2);
        ck_assert_uint_eq(v.dim, 3);
        ck_assert_mem_eq(v.at, want, sizeof(want));
        vectors_free(&v);
        ck_assert_ptr_null(v.at);
    }
}
END_TEST

START_TEST(refuses_what_is_not_that)
{
    static const struct {
        const char *lines, *says;
    } rows[] = {
        {"", "v.jsonl: no vectors"},
        {"\n\n", "v.jsonl: no vectors"},
        {"{}", "v.jsonl:1: no \"embedding\""},
        {"[]", "v.jsonl:1: "},
        {"x", "v.jsonl:1: "},
        {"{\"embedding\":[1]", "v.jsonl:1: "},
        {"{\"embedding\":[]}", "v.jsonl:1: 0 numbers"},
        {"{\"embedding\":1}", "v.jsonl:1: "},
        {"{\"embedding\":null}", "v.jsonl:1: "},
        {"{\"embedding\":[\"1\"]}", "v.jsonl:1: "},
        {"{\"embedding\":[1,null]}", "v.jsonl:1: "},
        {"{\"embedding\":[[1]]}", "v.jsonl:1: "},
        {"{\"embedding\":[1]}\n\n{\"embedding\":[1,2]}",
         "v.jsonl:3: 2 numbers; the first line has 1"},
        {"{\"embedding\":[1]}\n{\"embeddings\":[1]}",
         "v.jsonl:2: no \"embedding\""},
        {"{\"embedding\":[1]}\n{\"embedding\":[NaN]}", "v.jsonl:2: "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vectors v;
        struct err err;
        ck_assert_msg(!read_lines(rows[i].lines, &v, &err), "%s",
                      rows[i].lines);
        ck_assert_msg(
            strncmp(err.message, rows[i].says, strlen(rows[i].says)) == 0,
            "of %s is said %s", rows[i].lines, err.message);
        ck_assert_ptr_null(v.at);
    }
}
END_TEST

START_TEST(a_missing_file_is_an_io_error)
{
    struct vectors v;
    struct err err;

    ck_assert(!vectors_read("nowhere", &v, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
    ck_assert(!vectors_read(".", &v, &err));
    ck_assert_int_eq(err.kind, ERR_IO);
}
END_TEST

/* _i: rows; each number of rows around the doublings. */
START_TEST(any_number_of_rows)
{
    struct buffer lines;
    struct vectors v;
    struct err err;

    buffer_init(&lines, SIZE_MAX);
    for (int i = 0; i < _i; i++) {
        buffer_format(&lines, "{\"embedding\":[%d,%d.5]}\n", i, -i);
    }
    buffer_add_byte(&lines, '\0');
    ck_assert_msg(read_lines(lines.at, &v, &err), "%s", err.message);
    ck_assert_uint_eq(v.rows, (size_t)_i);
    for (int i = 0; i < _i; i++) {
        ck_assert(v.at[2 * i] == (float)i);
    }
    vectors_free(&v);
    buffer_clear(&lines);
}
END_TEST

/* Every beginning of a good file: a row less, or its place. */
START_TEST(every_truncation)
{
    static const char whole[] = "{\"embedding\":[1,2]}\n{\"embedding\":[3,4]}";

    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        char part[sizeof(whole)];
        struct vectors v;
        struct err err;
        memcpy(part, whole, len);
        part[len] = '\0';
        const bool fine = read_lines(part, &v, &err);
        ck_assert_msg(fine == (len == 19 || len == 20), "%s", part);
        vectors_free(&v);
    }
}
END_TEST

TEST_MAIN("vectors", tcase_add_checked_fixture(tc, support_config_enter,
                                               support_config_leave);
          tcase_add_test(tc, reads_rows_of_one_width);
          tcase_add_test(tc, refuses_what_is_not_that);
          tcase_add_test(tc, a_missing_file_is_an_io_error);
          tcase_add_loop_test(tc, any_number_of_rows, 1, 34);
          tcase_add_test(tc, every_truncation);)
