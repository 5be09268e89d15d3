#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/literals.h"

enum { FOUND = 256, MATCHES_BYTES = 4096 };

struct found {
    size_t count, most;
    uint32_t ids[FOUND];
    size_t tos[FOUND];
};

static bool
note(void *context, uint32_t id, size_t to)
{
    struct found *f = context;

    if (f->count == f->most) {
        return false;
    }
    f->ids[f->count] = id;
    f->tos[f->count++] = to;
    return true;
}

struct matcher {
    struct literals *literals;
    struct literals_scratch *scratch;
};

static struct matcher
matcher(const struct literal *at, size_t count)
{
    struct err err;
    struct matcher m = {literals_build(at, count, &err),
                        literals_scratch_new()};

    ck_assert_msg(m.literals != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(m.scratch);
    ck_assert(literals_scratch_fit(m.scratch, m.literals, &err));
    return m;
}

static void
matcher_clear(struct matcher *m)
{
    literals_scratch_free(m->scratch);
    literals_free(m->literals);
}

static bool
seen(const struct found *f, uint32_t id, size_t to)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->ids[i] == id && f->tos[i] == to) {
            return true;
        }
    }
    return false;
}

START_TEST(every_occurrence_is_reported)
{
    static const struct literal at[] = {
        {{"aa", 2}, 1, false},  {{"a", 1}, 2, false},
        {{"aab", 3}, 3, false}, {{"aa", 2}, 4, false},
        {{"\0x", 2}, 5, false}, {{"\xc3\xa9", 2}, 6, false},
        {{".*", 2}, 7, false}};
    static const char text[] = "aaab\0x\xc3\xa9.*A";
    static const struct {
        uint32_t id;
        size_t to;
    } want[] = {{1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}, {3, 4},
                {4, 2}, {4, 3}, {5, 6}, {6, 8}, {7, 10}};
    struct matcher m = matcher(at, sizeof(at) / sizeof(at[0]));
    struct found f = {.most = FOUND};
    struct err err;

    ck_assert(literals_scan(m.literals, m.scratch,
                            (struct text){text, sizeof(text) - 1}, note, &f,
                            &err));
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        ck_assert_msg(seen(&f, want[i].id, want[i].to), "%u at %zu", want[i].id,
                      want[i].to);
    }
    ck_assert_uint_eq(f.count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 1; i < f.count; i++) {
        ck_assert_uint_le(f.tos[i - 1], f.tos[i]);
    }
    matcher_clear(&m);
}
END_TEST

START_TEST(case_is_ignored_where_the_literal_says_so)
{
    static const struct literal at[] = {{{"ab", 2}, 1, true},
                                        {{"ab", 2}, 2, false},
                                        {{"\xc3\xa9z", 3}, 3, true}};
    // U+00C9 is the capital of U+00E9: only ASCII letters have a case here.
    static const char text[] = "ab AB aB \xc3\xa9Z \xc3\x89z";
    static const struct {
        uint32_t id;
        size_t to;
    } want[] = {{1, 2}, {2, 2}, {1, 5}, {1, 8}, {3, 12}};
    struct matcher m = matcher(at, sizeof(at) / sizeof(at[0]));
    struct found f = {.most = FOUND};
    struct err err;

    ck_assert(literals_scan(m.literals, m.scratch,
                            (struct text){text, sizeof(text) - 1}, note, &f,
                            &err));
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        ck_assert_msg(seen(&f, want[i].id, want[i].to), "%u at %zu", want[i].id,
                      want[i].to);
    }
    ck_assert_uint_eq(f.count, sizeof(want) / sizeof(want[0]));
    matcher_clear(&m);
}
END_TEST

START_TEST(no_literals_find_nothing)
{
    struct matcher m = matcher(NULL, 0);
    struct found f = {.most = FOUND};
    struct err err;

    ck_assert(
        literals_scan(m.literals, m.scratch, TEXT("aaa"), note, &f, &err));
    ck_assert_uint_eq(f.count, 0);
    matcher_clear(&m);
}
END_TEST

START_TEST(no_text_holds_nothing)
{
    static const struct literal at[] = {{{"a", 1}, 1, false}};
    struct matcher m = matcher(at, 1);
    struct found f = {.most = FOUND};
    struct err err;

    ck_assert(literals_scan(m.literals, m.scratch, (struct text){NULL, 0}, note,
                            &f, &err));
    ck_assert_uint_eq(f.count, 0);
    matcher_clear(&m);
}
END_TEST

/* A match that cannot be kept must not be taken for none. */
START_TEST(refused_match_fails_the_scan)
{
    static const struct literal at[] = {{{"a", 1}, 1, false}};
    struct matcher m = matcher(at, 1);
    struct err err;

    for (size_t most = 0; most <= 4; most++) {
        struct found f = {.most = most};
        const bool done =
            literals_scan(m.literals, m.scratch, TEXT("aaa"), note, &f, &err);
        ck_assert_int_eq(done, most >= 3);
        if (!done) {
            ck_assert_int_eq(err.kind, ERR_MEMORY);
        }
    }
    matcher_clear(&m);
}
END_TEST

START_TEST(literal_of_every_length_is_found)
{
    char text[LITERALS_BYTES + 2];
    struct err err;

    memset(text, 'q', sizeof(text));
    for (size_t len = 1; len <= LITERALS_BYTES; len += len < 70 ? 1 : 13) {
        const struct literal at = {{text, len}, (uint32_t)len, false};
        struct matcher m = matcher(&at, 1);
        for (size_t n = len - 1; n <= len + 1; n++) {
            struct found f = {.most = FOUND};
            ck_assert(literals_scan(m.literals, m.scratch,
                                    (struct text){text, n}, note, &f, &err));
            ck_assert_uint_eq(f.count, n + 1 - len);
        }
        matcher_clear(&m);
    }
}
END_TEST

START_TEST(one_scratch_serves_the_sets_it_was_fitted_to)
{
    static const struct literal one[] = {{{"one", 3}, 1, false}};
    static const struct literal two[] = {{{"two", 3}, 2, false},
                                         {{"twofold", 7}, 3, false}};
    struct err err;
    struct matcher m = matcher(one, 1);
    struct literals *other = literals_build(two, 2, &err);
    struct found f = {.most = FOUND};

    ck_assert_ptr_nonnull(other);
    ck_assert(literals_scratch_fit(m.scratch, other, &err));
    const struct text text = TEXT("one twofold");
    ck_assert(literals_scan(m.literals, m.scratch, text, note, &f, &err));
    ck_assert(literals_scan(other, m.scratch, text, note, &f, &err));
    ck_assert_uint_eq(f.count, 3);
    ck_assert(seen(&f, 1, 3) && seen(&f, 2, 7) && seen(&f, 3, 11));
    literals_free(other);
    matcher_clear(&m);
}
END_TEST

START_TEST(scratch_not_fitted_is_an_error_and_no_pass)
{
    static const struct literal at[] = {{{"a", 1}, 1, false}};
    struct err err;
    struct literals *literals = literals_build(at, 1, &err);
    struct literals_scratch *scratch = literals_scratch_new();
    struct found f = {.most = FOUND};

    ck_assert(!literals_scan(literals, scratch, TEXT("a"), note, &f, &err));
    ck_assert_int_eq(err.kind, ERR_INTERNAL);
    literals_scratch_free(scratch);
    literals_free(literals);
}
END_TEST

START_TEST(nothing_can_be_freed)
{
    literals_free(NULL);
    literals_scratch_free(NULL);
    ck_assert_ptr_nonnull(literals_library());
}
END_TEST

TEST_MAIN("literals", tcase_add_test(tc, every_occurrence_is_reported);
          tcase_add_test(tc, case_is_ignored_where_the_literal_says_so);
          tcase_add_test(tc, no_literals_find_nothing);
          tcase_add_test(tc, no_text_holds_nothing);
          tcase_add_test(tc, refused_match_fails_the_scan);
          tcase_add_test(tc, literal_of_every_length_is_found);
          tcase_add_test(tc, one_scratch_serves_the_sets_it_was_fitted_to);
          tcase_add_test(tc, scratch_not_fitted_is_an_error_and_no_pass);
          tcase_add_test(tc, nothing_can_be_freed);)
