#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/base/hash.h"
#include "sidecar/engine/audit_pattern.h"
#include "sidecar/engine/pattern.h"

enum { ARENA_BYTES = 64 << 20, ENDLESS = -1, UNKNOWN = -2 };

static struct arena *arena;

static void
set_up(void)
{
    arena = arena_new(ARENA_BYTES);
    ck_assert_ptr_nonnull(arena);
}

static void
tear_down(void)
{
    arena_free(arena);
}

static const struct {
    const char *pattern;
    int width;
} widths[] = {
    {"abc", 3},
    {"\\bab+c\\b", ENDLESS},
    {"a|bcd|", 3},
    {"(?:ab){2,5}", 10},
    {"(ab){0}", 0},
    {"a?b?c", 3},
    {"[a-z]{3,14} ", 15},
    {"a(?=bcd)", 4},
    {"a(?!bcd)", 4},
    {"(?<=abc)d", 1},
    {"(?<!abc)d", 1},
    {"(?>a{3})", 3},
    {"(?<name>ab)", 2},
    {"(?P<name>ab)", 2},
    {"(?'name'ab)", 2},
    {"(?i)ab", 2},
    {"(?i:ab)c", 3},
    {"(?|ab|c)", 2},
    {"\\x41\\x{1f600}\\n", 3},
    {"\\p{L}\\pN\\P{^L}", 3},
    {"\\R", 2},
    {"\\N\\d\\W\\h\\V", 5},
    {"[]a]", 1},
    {"[^]a]", 1},
    {"[a\\]b]", 1},
    {"[[:alpha:]_]{2}", 2},
    {"[\\w.-]{1,64}@", 65},
    {"a{,3}", UNKNOWN}, /* a brace in PCRE2 10.42, a repeat in 10.43 */
    {"a{x", 3},
    {"\xc3\xa9+?", ENDLESS},
    {"\xc3\xa9", 1},
    {".", 1},
    {".*", ENDLESS},
    {"(a)\\1", ENDLESS},
    {"a++b", ENDLESS},
    {"(?:){9}", 0},
    {"a{65535}", 65535},
    {"a{0,}", ENDLESS},
    {"(?(1)a|b)", UNKNOWN},
    {"\\Qa\\E", UNKNOWN},
    {"(*ANYCRLF)a", UNKNOWN},
    {"(?R)", UNKNOWN},
    {"(?x)a b", UNKNOWN},
    {"(a", UNKNOWN},
    {"a)", UNKNOWN},
    {"[a", UNKNOWN},
    {"\\", UNKNOWN},
    {"*", UNKNOWN},
    {"\xff", UNKNOWN},
};

START_TEST(width_of_a_match)
{
    const struct audit_pattern p =
        audit_pattern_look(text_of(widths[_i].pattern), arena);
    const int got = !p.understood ? UNKNOWN
                    : p.bounded   ? (int)p.width
                                  : ENDLESS;

    ck_assert_msg(got == widths[_i].width, "%s: %d", widths[_i].pattern, got);
}
END_TEST

/* Every truncation of what PCRE2 refuses or not is read without harm. */
START_TEST(truncated_patterns)
{
    static const char long_one[] =
        "(?i)\\b(?:a[^\\]x-z]{2,}|(?<n>\\p{L}+)\\x{61}(?=[[:digit:]]))*+$";

    for (size_t n = 0; n <= sizeof(long_one) - 1; n++) {
        const struct text part = text_part(TEXT(long_one), 0, n);
        const struct audit_pattern p = audit_pattern_look(part, arena);
        ck_assert_msg(p.understood || n < sizeof(long_one) - 1, "%.*s",
                      TEXT_ARGS(part));
    }
}
END_TEST

START_TEST(deep_patterns_end)
{
    char text[2 * 60 + 2];
    memset(text, '(', 60);
    text[60] = 'a';
    memset(text + 61, ')', 60);
    text[121] = '\0';

    // The outermost choice is a level too.
    ck_assert(!audit_pattern_look(text_of(text), arena).understood);
    ck_assert(
        audit_pattern_look(text_part(text_of(text), 60 - (REGEX_TREE_DEPTH - 1),
                                     61 + (REGEX_TREE_DEPTH - 1)),
                           arena)
            .understood);
    ck_assert(
        !audit_pattern_look(text_part(text_of(text), 60 - REGEX_TREE_DEPTH,
                                      61 + REGEX_TREE_DEPTH),
                            arena)
             .understood);
}
END_TEST

static const struct {
    const char *pattern;
    unsigned traits;
    enum audit_growth growth; /* measured */
} shapes[] = {
    {"\\bhow to kill\\b", 0, AUDIT_CONSTANT},
    {"(?:[a-z]{3,12} ){0,3}bomb", 0, AUDIT_CONSTANT},
    {"x(?:a+)+y", AUDIT_NESTED, AUDIT_WORSE},
    {"x(?:a*)*y", AUDIT_NESTED, AUDIT_WORSE},
    {"x(?:a+b?)*y", AUDIT_NESTED, AUDIT_WORSE},
    {"x(?:\\w+\\s?)*y", AUDIT_NESTED, AUDIT_WORSE},
    {"x(?:\\w+ )*y", 0, AUDIT_LINEAR},
    {"x(?:\\w+\\s)*y", 0, AUDIT_LINEAR},
    {"x(?:a+)++y", 0, AUDIT_CONSTANT},
    {"x(?:a|a)*y", AUDIT_ALTERNATION, AUDIT_WORSE},
    {"x(?:\\w|\\d)*y", AUDIT_ALTERNATION, AUDIT_LINEAR},
    {"x(?:\\d|\\w)*y", AUDIT_ALTERNATION, AUDIT_WORSE},
    {"x(?:a|b)*y", 0, AUDIT_LINEAR},
    {"x(?:ab|ac)*y", 0, AUDIT_LINEAR},
    {"x\\w*\\d*y", AUDIT_ADJACENT, AUDIT_LINEAR},
    {"x\\d*\\w*y", AUDIT_ADJACENT, AUDIT_QUADRATIC},
    /* PCRE2 makes the last repeat possessive by itself. */
    {"xa*a*a*y", AUDIT_ADJACENT, AUDIT_QUADRATIC},
    {"xa*a*a*a*y", AUDIT_ADJACENT, AUDIT_WORSE},
    {"x\\s*,\\s*y", 0, AUDIT_CONSTANT},
    {".*y", AUDIT_LEADING, AUDIT_LINEAR},
    {"[a-z ]{3,}\\d", AUDIT_LEADING, AUDIT_LINEAR},
    {"\\b\\w+@", AUDIT_LEADING, AUDIT_CONSTANT},
    {"(?:x|\\w+)@", AUDIT_LEADING, AUDIT_CONSTANT},
};

START_TEST(shapes_that_backtrack)
{
    const struct text source = text_of(shapes[_i].pattern);
    const struct audit_pattern p = audit_pattern_look(source, arena);
    struct audit_probe probe;
    struct err err;

    ck_assert_msg(p.understood && p.traits == shapes[_i].traits, "%s: %u",
                  shapes[_i].pattern, p.traits);
    ck_assert_msg(audit_pattern_probe(source, arena, &probe, &err), "%s",
                  shapes[_i].pattern);
    ck_assert_msg(probe.growth == shapes[_i].growth,
                  "%s: %s: %zu steps, %zu times \"%.*s\"", shapes[_i].pattern,
                  audit_growth_words[probe.growth], probe.steps, probe.repeats,
                  TEXT_ARGS(probe.pump));
}
END_TEST

/* A pattern out of a small grammar, and a text of the same letters. */
static void
put_random(char *out, size_t size, unsigned depth, uint64_t *seed)
{
    static const char *const atoms[] = {"a",      "b",     "[ab]", "\\w",
                                        "[^a]",   "(?=b)", ".",    "\\b",
                                        "(?!ab)", "c?",    "a{2}", "b+?"};
    static const char *const times[] = {"",  "",      "?",    "*",
                                        "+", "{2,3}", "{0,4}"};
    const size_t parts = 1 + hash_mix(++*seed) % 3;
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < parts && len + 1 < size; i++) {
        const uint64_t r = hash_mix(++*seed);
        char inner[128] = "";
        if (depth > 0 && r % 3 == 0) {
            char left[48], right[48];
            put_random(left, sizeof(left), depth - 1, seed);
            put_random(right, sizeof(right), depth - 1, seed);
            snprintf(inner, sizeof(inner), "(?:%s|%s)%s", left, right,
                     times[r / 3 % 7]);
        } else {
            snprintf(inner, sizeof(inner), "%s", atoms[r / 3 % 12]);
        }
        len += (size_t)snprintf(out + len, size - len, "%s", inner);
    }
}

START_TEST(no_match_is_longer_than_the_width)
{
    struct pattern_scratch *scratch = pattern_scratch_new();
    size_t bounded = 0, matched = 0;
    uint64_t seed = 7;

    for (int i = 0; i < 3000; i++) {
        char source[256], letters[41];
        struct err err;
        struct span found;
        put_random(source, sizeof(source), 3, &seed);
        arena_reset(arena);
        struct pattern *pattern = pattern_compile(text_of(source), &err);
        const struct audit_pattern look =
            audit_pattern_look(text_of(source), arena);
        if (pattern == NULL) {
            continue; // cut, or it matches the empty text
        }
        ck_assert_msg(look.understood, "%s", source);
        for (size_t k = 0; k < 40; k++) {
            letters[k] = "aaabbc "[hash_mix(++seed) % 7];
        }
        bounded += look.bounded ? 1 : 0;
        if (pattern_find(pattern, scratch, (struct text){letters, 40},
                         (struct span){0, 41}, &found, &err) == PATTERN_FOUND) {
            matched++;
            ck_assert_msg(!look.bounded || found.to - found.from <= look.width,
                          "%s: %zu characters, width %zu", source,
                          found.to - found.from, look.width);
        }
        pattern_free(pattern);
    }
    ck_assert_uint_gt(bounded, 100);
    ck_assert_uint_gt(matched, 500);
    pattern_scratch_free(scratch);
}
END_TEST

START_TEST(what_does_not_compile_cannot_be_probed)
{
    struct audit_probe probe;
    struct err err;

    ck_assert(!audit_pattern_probe(TEXT("(a"), arena, &probe, &err));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}
END_TEST

START_TEST(without_memory_nothing_is_claimed)
{
    bool understood = false;

    for (size_t nth = 1; !understood && nth < 100; nth++) {
        arena_reset(arena);
        arena_fail_at(arena, nth);
        understood =
            audit_pattern_look(TEXT("a(?:b|[cd]+)*"), arena).understood;
    }
    ck_assert(understood);
}
END_TEST

START_TEST(steps_grow_with_the_work)
{
    struct err err;
    struct pattern *pattern = pattern_compile(TEXT("x(?:a+)+y"), &err);
    struct pattern_scratch *scratch = pattern_scratch_new();

    ck_assert_ptr_nonnull(pattern);
    ck_assert_ptr_nonnull(scratch);
    const size_t few =
        pattern_steps(pattern, scratch, TEXT("xaaaa\x01y"), 100000);
    const size_t many =
        pattern_steps(pattern, scratch, TEXT("xaaaaaaaa\x01y"), 100000);
    ck_assert_uint_gt(many, few * 8);
    ck_assert_uint_eq(
        pattern_steps(pattern, scratch, TEXT("xaaaaaaaa\x01y"), many / 2),
        many / 2 + 1);
    // The limits of judging are as they were.
    struct span found;
    ck_assert_int_eq(pattern_find(pattern, scratch, TEXT("xaay"),
                                  (struct span){0, 4}, &found, &err),
                     PATTERN_FOUND);
    pattern_scratch_free(scratch);
    pattern_free(pattern);
}
END_TEST

TEST_MAIN("audit_pattern", tcase_add_checked_fixture(tc, set_up, tear_down);
          tcase_add_loop_test(tc, width_of_a_match, 0,
                              sizeof(widths) / sizeof(widths[0]));
          tcase_add_test(tc, truncated_patterns);
          tcase_add_test(tc, deep_patterns_end);
          tcase_add_loop_test(tc, shapes_that_backtrack, 0,
                              sizeof(shapes) / sizeof(shapes[0]));
          tcase_add_test(tc, no_match_is_longer_than_the_width);
          tcase_add_test(tc, what_does_not_compile_cannot_be_probed);
          tcase_add_test(tc, without_memory_nothing_is_claimed);
          tcase_add_test(tc, steps_grow_with_the_work);)
