#include "tests/unit/harness.h"

#include <stdio.h>

#include "sidecar/engine/needs.h"
#include "sidecar/engine/pattern.h"

enum { ARENA_BYTES = 1 << 20, SHOWN = 4096 };

/* The strings with "|" between them, or "-" where there are none. */
static const char *
needs_of(const char *pattern, struct arena *arena)
{
    static char shown[SHOWN];
    struct needs needs;
    size_t len = 0;

    if (!needs_find(text_of(pattern), arena, &needs)) {
        ck_assert_uint_eq(needs.count, 0);
        return "-";
    }
    ck_assert_uint_gt(needs.count, 0);
    ck_assert_uint_le(needs.count, NEEDS_STRINGS);
    for (size_t i = 0; i < needs.count; i++) {
        ck_assert_uint_gt(needs.at[i].len, 0);
        ck_assert_uint_le(needs.at[i].len, NEEDS_BYTES);
        len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%s%.*s",
                                i > 0 ? "|" : "", TEXT_ARGS(needs.at[i]));
    }
    return shown;
}

static const struct {
    const char *pattern, *needs;
} constructs[] = {
    /* literals */
    {"", "-"},
    {"ab", "-"},
    {"abc", "abc"},
    {"ABC", "abc"},
    {"a b", "a b"},
    {"#", "#"},
    {"a@", "a@"},
    {"ab\xc3\xa9"
     "cde",
     "cde"},
    {"\xc3\xa9", "-"},
    {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"},
    {"]]]", "]]]"},
    {"}ab", "}ab"},
    /* alternatives and groups */
    {"abc|def", "abc|def"},
    {"abc|de", "-"},
    {"abc|", "-"},
    {"|abc", "-"},
    {"x(abc|def)y", "xabcy|xdefy"},
    {"x(?:abc|def)y", "xabcy|xdefy"},
    {"x(?>abc|def)y", "xabcy|xdefy"},
    {"x(?:a|b)(?:c|d)", "xac|xad|xbc|xbd"},
    {"(((abc)))", "abc"},
    {"abc(?:.|x)def", "abc"},
    {"(?:abc|.)def", "def"},
    {"(?:)abc", "abc"},
    /* repeats */
    {"abcd?", "abcd|abc"},
    {"abcd??", "abcd|abc"},
    {"abcd?+", "abcd|abc"},
    {"abc*de", "-"},
    {"abc*def", "def"},
    {"abc+de", "-"},
    {"x(?:abc)+", "abc"},
    {"x(?:abc)*y", "-"},
    {"(?:ab){2}", "abab"},
    {"a{4}", "aaaa"},
    {"a{5}", "-"},
    {"a{2,5}bcd", "bcd"},
    {"a{2,}bcd", "bcd"},
    {"(?:abc){2,}", "abc"},
    {"a{0}bcd", "bcd"},
    {"a{0,2}bcd", "bcd"},
    {"(?:abc){1}d", "abcd"},
    {"(?:abc)?def", "abcdef|def"},
    {"(?:abc|de)?xyz", "abcxyz|dexyz|xyz"},
    /* classes */
    {"[abc]def", "def"},
    {"[a]bcd", "abcd"},
    {"abc[^d]ef", "abc"},
    {"ab[]c]def", "def"},
    {"ab[^]c]def", "def"},
    {"ab[\\]c]def", "def"},
    {"ab[[:alpha:]]def", "def"},
    {"ab[[:^alpha:]x]def", "def"},
    {"ab[a-z]def", "def"},
    {"ab[^]def", "-"}, /* does not end */
    {"ab[\\\\]def", "def"},
    {"ab[\\d\\w]def", "def"},
    /* escapes */
    {"\\babc\\b", "abc"},
    {"a\\.b", "a.b"},
    {"\\$ab", "$ab"},
    {"\\Aabc\\z", "abc"},
    {"abc\\d", "abc"},
    {"\\d\\d", "-"},
    {"ab\\scde", "cde"},
    {"ab\\p{L}cde", "cde"},
    {"ab\\pLcde", "cde"},
    {"ab\\P{^Lu}cde", "cde"},
    {"ab\\Ncde", "cde"},
    {"ab\\Rcde", "cde"},
    {"(abc)\\1def", "abc"},
    {"(ab)\\10def", "def"},
    {"abc\\nd", "abc\nd"},
    /* anchors and lookaround have no width */
    {"^abc$", "abc"},
    {"abc(?=def)", "abc"},
    {"abc(?!def)g", "abcg"},
    {"(?<=xyz)abc", "abc"},
    {"(?<!xyz)abc", "abc"},
    {"(?=abcdef)g", "-"},
    /* options at the very start change nothing here */
    {"(?i)abc", "abc"},
    {"(?ims)abc", "abc"},
    /* what is not understood says nothing */
    {"(?x)a b c", "-"},
    {"(?-i)abc", "-"},
    {"(?i:abc)", "-"},
    {"abc(?i)def", "-"},
    {"(?<n>abc)", "-"},
    {"(?P<n>abc)", "-"},
    {"(?'n'abc)", "-"},
    {"(?|abc|def)", "-"},
    {"(?#abc)def", "-"},
    {"(abc)(?1)", "-"},
    {"(?(?=a)abc|def)", "-"},
    {"(*UCP)abc", "-"},
    {"(*COMMIT)abc", "-"},
    {"abc(?C1)", "-"},
    {"\\Qa.b\\E", "-"},
    {"\\x41bc", "-"},
    {"\\o{101}bc", "-"},
    {"\\N{U+41}bc", "-"},
    {"\\0bcd", "-"},
    {"abc\\Kdef", "-"},
    {"abc\\Xdef", "-"},
    {"abc\\Gdef", "-"},
    {"\\cAbcd", "-"},
    {"(a)\\g{1}bcd", "-"},
    {"(a)\\k{1}bcd", "-"},
    {"abc{def", "-"},
    {"abc{,3}def", "-"},
    {"a{2}{3}bcd", "-"},
    {"abc**", "-"},
    {"[\\c]x]yzq", "-"},
    {"[\\Q]\\Ex]yzq", "-"},
    {"[[:]|foo:]bar", "-"},
    {"[[.x.]]abc", "-"},
    /* too many, too deep */
    {"(?:[ab]|c)abc", "abc"},
    {"(?:a|b|c|d|e|f)(?:a|b|c|d|e|f)xyz", "axyz|bxyz|cxyz|dxyz|exyz|fxyz"},
    {"((((((((((((((((((((((((((abc))))))))))))))))))))))))))", "-"},
    /* not whole: no pattern, but must not be read past its end */
    {"(", "-"},
    {"abc)", "-"},
    {"[", "-"},
    {"[[:alpha:", "-"},
    {"abc\\", "-"},
    {"abc\\p", "-"},
    {"abc\\p{L", "-"},
    {"abc{2", "-"},
    {"abc(?", "-"},
    {"abc(?<", "-"},
};

START_TEST(construct_gives_its_strings)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    const char *got = needs_of(constructs[_i].pattern, arena);

    ck_assert_msg(strcmp(got, constructs[_i].needs) == 0,
                  "%s needs %s, expected %s", constructs[_i].pattern, got,
                  constructs[_i].needs);
    arena_free(arena);
}
END_TEST

/* In exact-size blocks, so that a byte too far is seen. */
START_TEST(every_beginning_of_a_pattern_is_read_within_its_end)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    const char *pattern = constructs[_i].pattern;
    struct needs needs;

    for (size_t len = 0; len <= strlen(pattern); len++) {
        char *copy = malloc(len > 0 ? len : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, pattern, len);
        (void)needs_find((struct text){copy, len}, arena, &needs);
        free(copy);
    }
    arena_free(arena);
}
END_TEST

START_TEST(no_memory_means_no_strings)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct text pattern = TEXT("x(?:abc|def){2}y?");
    struct needs needs;
    size_t n = 0;
    bool found = false;

    while (!found && n < 1000) {
        arena_reset(arena);
        arena_fail_at(arena, ++n);
        found = needs_find(pattern, arena, &needs);
        ck_assert(found || needs.count == 0);
    }
    ck_assert_uint_gt(n, 10);
    ck_assert(found);
    arena_free(arena);
}
END_TEST

/* -------------------------------------------------------- against PCRE2 */

/* A small generator: the same sequence on every machine. */
static uint64_t
next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

struct writer {
    char at[512];
    size_t len;
    uint64_t *random;
};

static size_t
pick(struct writer *w, size_t n)
{
    return (size_t)(next_random(w->random) % n);
}

static void
put(struct writer *w, const char *s)
{
    const size_t len = strlen(s);

    if (len < sizeof(w->at) - w->len) {
        memcpy(w->at + w->len, s, len + 1);
        w->len += len;
    }
}

/* NOLINTNEXTLINE: bounded by depth */
static void
put_pattern(struct writer *w, int depth)
{
    static const char *const atoms[] = {"a",        "b",
                                        "c",        "ab",
                                        "bc",       "abc",
                                        "cab",      "A",
                                        ".",        "[ab]",
                                        "[^a]",     "[a]",
                                        "[]b]",     "[[:alpha:]c]",
                                        "\\b",      "\\w",
                                        "\\d",      "\\.",
                                        "^",        "$",
                                        "(?=a)",    "(?!b)",
                                        "(?<=a)",   "(?<!ab)",
                                        "[[:]",     "[\\c]]",
                                        "\\1",      "\\x61",
                                        "(?i)",     "\\Qa\\E",
                                        "{",        "\\N{U+62}",
                                        "\xc3\xa9", "#",
                                        "\\10",     "[\\]a]",
                                        "\\Bb",     " ",
                                        "\\pL",     "\\K",
                                        "k",        "s"};
    static const char *const times[] = {
        "?",  "*",  "+",   "{2}", "{1,2}", "{0,1}",  "{2,}", "??",
        "+?", "*+", "{0}", "{1}", "{,2}",  "{3}{2}", "**",   "{4}"};
    static const char *const opens[] = {
        "(", "(?:", "(?>", "(?=", "(?!", "(?|", "(?<n>", "(?#"};
    const size_t parts = 1 + pick(w, 4);

    for (size_t i = 0; i < parts; i++) {
        if (depth > 0 && pick(w, 4) == 0) {
            const size_t open = pick(w, 12);
            put(w, opens[open < 8 ? open : open % 2]);
            put_pattern(w, depth - 1);
            put(w, ")");
        } else {
            put(w, atoms[pick(w, sizeof(atoms) / sizeof(atoms[0]))]);
        }
        if (pick(w, 4) == 0) {
            put(w, times[pick(w, sizeof(times) / sizeof(times[0]))]);
        }
        if (pick(w, 8) == 0) {
            put(w, "|");
        }
    }
}

/* What the fold view may hold: lower case, and letters that fold to nothing. */
static void
put_text(struct writer *w)
{
    static const char *const pieces[] = {
        "a", "b", "c", "ab", "abc", "cab", ".",   "]", "[", "x", "\xc3\xa9",
        "#", " ", "1", "0",  "{",   ",2}", "{2}", "k", "s", "}", ":"};
    const size_t count = 1 + pick(w, 12);

    for (size_t i = 0; i < count; i++) {
        put(w, pieces[pick(w, sizeof(pieces) / sizeof(pieces[0]))]);
    }
}

static bool
holds(struct text text, const struct needs *needs)
{
    for (size_t i = 0; i < needs->count; i++) {
        for (size_t at = 0; at < text.len; at++) {
            if (text_starts(text_part(text, at, text.len), needs->at[i])) {
                return true;
            }
        }
    }
    return false;
}

enum { PATTERNS = 4000, TEXTS = 60 };

START_TEST(wherever_the_pattern_matches_the_gate_is_open)
{
    uint64_t random = 20251120u + (uint64_t)_i;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct pattern_scratch *scratch = pattern_scratch_new();
    size_t compiled = 0, gated = 0, matched = 0;

    for (size_t n = 0; n < PATTERNS; n++) {
        struct writer pattern = {.random = &random};
        struct needs needs;
        struct err err;
        put_pattern(&pattern, 3);
        const struct text source = {pattern.at, pattern.len};
        struct pattern *p = pattern_compile(source, &err);
        arena_reset(arena);
        if (p == NULL) {
            continue;
        }
        compiled++;
        if (!needs_find(source, arena, &needs)) {
            pattern_free(p);
            continue;
        }
        gated++;
        for (size_t i = 0; i < TEXTS; i++) {
            struct writer text = {.random = &random};
            struct span found;
            put_text(&text);
            const struct text subject = {text.at, text.len};
            if (pattern_find(p, scratch, subject, (struct span){0, SIZE_MAX},
                             &found, &err) != PATTERN_FOUND) {
                continue;
            }
            matched++;
            ck_assert_msg(holds(subject, &needs),
                          "seed %d: /%.*s/ matches \"%.*s\" but its gate is "
                          "shut (%s ...)",
                          _i, TEXT_ARGS(source), TEXT_ARGS(subject),
                          needs_of(pattern.at, arena));
        }
        pattern_free(p);
    }
    // The check must have had something to check.
    ck_assert_uint_gt(compiled, PATTERNS / 4);
    ck_assert_uint_gt(gated, PATTERNS / 40);
    ck_assert_uint_gt(matched, 100);
    pattern_scratch_free(scratch);
    arena_free(arena);
}
END_TEST

TEST_MAIN(
    "needs", tcase_add_loop_test(tc, construct_gives_its_strings, 0,
                                 sizeof(constructs) / sizeof(constructs[0]));
    tcase_add_loop_test(tc, every_beginning_of_a_pattern_is_read_within_its_end,
                        0, sizeof(constructs) / sizeof(constructs[0]));
    tcase_add_test(tc, no_memory_means_no_strings);
    tcase_add_loop_test(tc, wherever_the_pattern_matches_the_gate_is_open, 0,
                        4);)
