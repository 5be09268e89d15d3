#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/pattern.h"

static const struct span anywhere = {0, SIZE_MAX};

static struct pattern *
compiled(const char *source)
{
    struct err err;
    struct pattern *pattern = pattern_compile(text_of(source), &err);

    ck_assert_msg(pattern != NULL, "%s: %s", source, err.message);
    return pattern;
}

START_TEST(source_is_refused_with_its_reason)
{
    static const struct {
        const char *source, *reason;
    } rows[] = {
        {"", "0 bytes"},
        {"(", "at offset 1"},
        {"a*", "matches the empty text"},
        {"", "1 to 4096"},
        {"a|", "matches the empty text"},
        {"^$", "matches the empty text"},
        {"\\C", "at offset"},
        {"\xff", "at offset 0"},
    };
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_ptr_null(pattern_compile(text_of(rows[i].source), &err));
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_msg(strstr(err.message, rows[i].reason) != NULL, "%s: %s",
                      rows[i].source, err.message);
    }
}
END_TEST

START_TEST(length_and_nesting_have_limits)
{
    char *source = malloc(PATTERN_BYTES + 1);
    struct err err;

    ck_assert_ptr_nonnull(source);
    memset(source, 'a', PATTERN_BYTES + 1);
    struct pattern *most =
        pattern_compile((struct text){source, PATTERN_BYTES}, &err);
    ck_assert_ptr_nonnull(most);
    pattern_free(most);
    ck_assert_ptr_null(
        pattern_compile((struct text){source, PATTERN_BYTES + 1}, &err));
    for (size_t depth = 50; depth <= 51; depth++) {
        memset(source, '(', depth);
        source[depth] = 'a';
        memset(source + depth + 1, ')', depth);
        struct pattern *nested =
            pattern_compile((struct text){source, 2 * depth + 1}, &err);
        ck_assert_int_eq(nested != NULL, depth <= 50);
        pattern_free(nested);
    }
    free(source);
}
END_TEST

START_TEST(first_match_from_a_start_is_found)
{
    static const struct {
        const char *pattern, *text;
        size_t start, from, to; /* to 0: none */
    } rows[] = {
        {"ab", "xabxab", 0, 1, 3},
        {"ab", "xabxab", 1, 1, 3},
        {"ab", "xabxab", 2, 4, 6},
        {"ab", "xabxab", 6, 0, 0},
        {"\\bab", "xab", 1, 0, 0}, /* it sees what stands before the start */
        {"(?<=x)ab", "xab", 1, 1, 3},
        {"\\w+", "\xc3\xa9t\xc3\xa9", 0, 0, 5},
        {"\xc3\x89", "\xc3\xa9", 0, 0, 2}, /* case is ignored everywhere */
        {"^b", "a\nb", 0, 0, 0},
        {"(?m)^b", "a\nb", 0, 2, 3},
        {"a*b*", "c", 0, 0, 0},
        {"x\\Ky", "xy", 0, 1, 2},
        {".", "\xf0\x9f\x98\x80", 0, 0, 4},
    };
    struct pattern_scratch *scratch = pattern_scratch_new();

    ck_assert_ptr_nonnull(scratch);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err;
        struct span found = {99, 99};
        // "a*b*" is refused; what it would find is asked of one that is not.
        struct pattern *p = compiled(
            strcmp(rows[i].pattern, "a*b*") == 0 ? "(?=c)a*" : rows[i].pattern);
        const enum pattern_result result =
            pattern_find(p, scratch, text_of(rows[i].text),
                         (struct span){rows[i].start, SIZE_MAX}, &found, &err);
        ck_assert_msg(result == (rows[i].to > 0 ? PATTERN_FOUND : PATTERN_NONE),
                      "/%s/ in \"%s\"", rows[i].pattern, rows[i].text);
        if (rows[i].to > 0) {
            ck_assert_uint_eq(found.from, rows[i].from);
            ck_assert_uint_eq(found.to, rows[i].to);
        }
        pattern_free(p);
    }
    pattern_scratch_free(scratch);
}
END_TEST

/* Cut anywhere, the pieces of a search find what the whole does. */
START_TEST(starts_limit_where_a_match_begins_not_where_it_ends)
{
    static const char *const patterns[] = {
        "a+b", "(?<=x)ab|b+", "\\w+", "\\bz?\xc3\xa9+", "[ab]{2,}", "x|a\\Kb"};
    static const struct text text = {"xaab b\xc3\xa9\xc3\xa9 xab bbz\xc3\xa9",
                                     19};
    struct pattern_scratch *scratch = pattern_scratch_new();

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct pattern *p = compiled(patterns[i]);
        struct span whole = {0, 0}, part = {0, 0};
        struct err err;
        const enum pattern_result all =
            pattern_find(p, scratch, text, anywhere, &whole, &err);
        for (size_t cut = 1; cut <= text.len + 1; cut++) {
            enum pattern_result found = pattern_find(
                p, scratch, text, (struct span){0, cut}, &part, &err);
            const bool boundary =
                cut >= text.len || ((unsigned char)text.at[cut] & 0xc0) != 0x80;
            if (found == PATTERN_NONE && boundary && cut <= text.len) {
                found = pattern_find(p, scratch, text,
                                     (struct span){cut, SIZE_MAX}, &part, &err);
            } else if (found == PATTERN_NONE) {
                continue;
            }
            ck_assert_msg(found == all && part.from == whole.from &&
                              part.to == whole.to,
                          "/%s/ cut at %zu: [%zu, %zu)", patterns[i], cut,
                          part.from, part.to);
        }
        pattern_free(p);
    }
    pattern_scratch_free(scratch);
}
END_TEST

START_TEST(no_text_at_all_is_a_text)
{
    struct pattern_scratch *scratch = pattern_scratch_new();
    struct pattern *p = compiled("a|$b");
    struct span found;
    struct err err;

    ck_assert_int_eq(pattern_find(p, scratch, (struct text){NULL, 0}, anywhere,
                                  &found, &err),
                     PATTERN_NONE);
    pattern_free(p);
    pattern_scratch_free(scratch);
}
END_TEST

/* Each of these takes exponential time, or all the stack there is. */
START_TEST(runaway_pattern_fails_and_says_so)
{
    static const char *const patterns[] = {"(a+)+[bd]", "(a|aa)+[bd]",
                                           "(a|a)*?[bd]", "(?:a?){60}a{60}[bd]",
                                           "(a*)*[bd]"};
    enum { BYTES = 64 * 1024 };
    char *text = malloc(BYTES);
    struct pattern_scratch *scratch = pattern_scratch_new();
    struct pattern *p = compiled(patterns[_i]);
    struct span found;
    struct err err;

    ck_assert_ptr_nonnull(text);
    memset(text, 'a', BYTES);
    // A class, since PCRE2 would see at once that the text has no "b".
    text[BYTES - 1] = 'c';
    const enum pattern_result result = pattern_find(
        p, scratch, (struct text){text, BYTES}, anywhere, &found, &err);
    ck_assert_int_eq(result, PATTERN_FAILED);
    ck_assert_int_eq(err.kind, ERR_INTERNAL);
    ck_assert_msg(strstr(err.message, "limit") != NULL, "%s", err.message);
    // The scratch is as good as before.
    struct pattern *simple = compiled("c");
    ck_assert_int_eq(pattern_find(simple, scratch, (struct text){text, BYTES},
                                  anywhere, &found, &err),
                     PATTERN_FOUND);
    pattern_free(simple);
    pattern_free(p);
    pattern_scratch_free(scratch);
    free(text);
}
END_TEST

START_TEST(library_names_itself)
{
    char version[64] = "", cut[4] = "";

    pattern_library(version, sizeof(version));
    ck_assert(version[0] >= '1' && version[0] <= '9');
    pattern_library(cut, sizeof(cut));
    ck_assert_uint_eq(strlen(cut), 3);
}
END_TEST

START_TEST(nothing_can_be_freed)
{
    pattern_free(NULL);
    pattern_scratch_free(NULL);
}
END_TEST

TEST_MAIN("pattern", tcase_add_test(tc, source_is_refused_with_its_reason);
          tcase_add_test(tc, length_and_nesting_have_limits);
          tcase_add_test(tc, first_match_from_a_start_is_found);
          tcase_add_test(tc,
                         starts_limit_where_a_match_begins_not_where_it_ends);
          tcase_add_test(tc, no_text_at_all_is_a_text);
          tcase_add_loop_test(tc, runaway_pattern_fails_and_says_so, 0, 5);
          tcase_add_test(tc, library_names_itself);
          tcase_add_test(tc, nothing_can_be_freed);)
