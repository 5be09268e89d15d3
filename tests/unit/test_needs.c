#include "tests/unit/harness.h"

#include <stdarg.h>
#include <stdio.h>

#include "sidecar/engine/needs.h"
#include "sidecar/engine/pattern.h"

enum { ARENA_BYTES = 1 << 20, SHOWN = 4096 };

static char shown[SHOWN];
static size_t shown_len;

static void show(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
show(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    shown_len +=
        (size_t)vsnprintf(shown + shown_len, SHOWN - shown_len, format, args);
    va_end(args);
    ck_assert_uint_lt(shown_len, SHOWN);
}

/* "abc@2|de@0-3": with what may come before, where that is not nothing. */
static void
show_set(const struct needs_set *set)
{
    ck_assert_uint_gt(set->count, 0);
    ck_assert_uint_le(set->count, NEEDS_STRINGS);
    for (size_t i = 0; i < set->count; i++) {
        const struct needs_string *s = &set->at[i];
        ck_assert_uint_gt(s->text.len, 0);
        ck_assert_uint_le(s->text.len, NEEDS_BYTES);
        show("%s%.*s", i > 0 ? "|" : "", TEXT_ARGS(s->text));
        if (s->most == NEEDS_ANYWHERE) {
            show("@%u-", (unsigned)s->least);
        } else if (s->least != s->most) {
            show("@%u-%u", (unsigned)s->least, (unsigned)s->most);
        } else if (s->least > 0) {
            show("@%u", (unsigned)s->least);
        }
    }
}

/* The sets with "&" between them, then the classes; "-" for nothing. */
static const char *
needs_of(const char *pattern, struct arena *arena)
{
    struct needs needs;

    shown_len = 0;
    shown[0] = '\0';
    if (!needs_find(text_of(pattern), arena, &needs)) {
        ck_assert_uint_eq(needs.set_count + needs.class_count, 0);
        return "-";
    }
    ck_assert_uint_le(needs.set_count, NEEDS_SETS);
    ck_assert_uint_le(needs.class_count, NEEDS_CLASSES);
    for (size_t i = 0; i < needs.set_count; i++) {
        show("%s", i > 0 ? "&" : "");
        show_set(&needs.sets[i]);
    }
    for (size_t i = 0; i < needs.class_count; i++) {
        show("[");
        for (unsigned char c = '!'; c < 127; c++) {
            if (charset_has(&needs.classes[i], c)) {
                show("%c", c);
            }
        }
        show("%s]", needs.classes[i].beyond != 0 ? "+" : "");
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
    {"#", "#[#]"},
    {"a@", "a@[@]"},
    {"ab\xc3\xa9"
     "cde",
     "cde@3[+]"},
    {"\xc3\xa9", "[+]"},
    {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"},
    {"]]]", "]]][]]"},
    {"}ab", "}ab[}]"},
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
    {"abc(?:.|x)def", "abc&def@4"},
    {"(?:abc|.)def", "def@1-3"},
    {"(?:)abc", "abc"},
    /* repeats */
    {"abcd?", "abc"},
    {"abcd??", "abc"},
    {"abcd?+", "abc"},
    {"abc*de", "-"},
    {"abc*def", "def@2-"},
    {"abc+de", "-"},
    {"x(?:abc)+", "abc@1"},
    {"x(?:abc)*y", "-"},
    {"(?:ab){2}", "abab"},
    {"a{4}", "aaaa"},
    {"a{5}", "-"},
    {"a{2,5}bcd", "bcd@2-5"},
    {"a{2,}bcd", "bcd@2-"},
    {"(?:abc){2,}", "abc"},
    {"a{0}bcd", "bcd"},
    {"a{0,2}bcd", "bcd@0-2"},
    {"(?:abc){1}d", "abcd"},
    {"(?:abc)?def", "abcdef|def"},
    {"(?:abc|de)?xyz", "abcxyz|dexyz|xyz"},
    /* classes */
    {"[abc]def", "adef|bdef|cdef"},
    {"[a]bcd", "abcd"},
    {"abc[^d]ef", "abc"},
    {"ab[]c]def", "ab]def|abcdef"},
    {"ab[^]c]def", "def@3"},
    {"ab[\\]c]def", "ab]def|abcdef"},
    {"ab[[:alpha:]]def", "def@3"},
    {"ab[[:^alpha:]x]def", "def@3"},
    {"ab[a-z]def", "def@3"},
    {"ab[^]def", "-"}, /* does not end */
    {"ab[\\\\]def", "ab\\def[\\]"},
    {"ab[\\d\\w]def", "def@3"},
    /* escapes */
    {"\\babc\\b", "abc"},
    {"a\\.b", "a.b"},
    {"\\$ab", "$ab[$]"},
    {"\\Aabc\\z", "abc"},
    {"abc\\d", "abc[0123456789+]"},
    {"\\d\\d", "[0123456789+]"},
    {"ab\\scde", "cde@3"},
    {"ab\\p{L}cde", "cde@3"},
    {"ab\\pLcde", "cde@3"},
    {"ab\\P{^Lu}cde", "cde@3"},
    {"ab\\Ncde", "cde@3"},
    {"ab\\Rcde", "cde@3-4"},
    {"(abc)\\1def", "abc&def@3-"},
    {"(ab)\\10def", "def@2-"},
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
    {"(?-i)abc", "abc"},
    {"(?i:abc)", "abc"},
    {"abc(?i)def", "abcdef"},
    {"(?<n>abc)", "abc"},
    {"(?P<n>abc)", "abc"},
    {"(?'n'abc)", "abc"},
    {"(?|abc|def)", "abc|def"},
    {"(?#abc)def", "-"},
    {"(abc)(?1)", "-"},
    {"(?(?=a)abc|def)", "-"},
    {"(*UCP)abc", "-"},
    {"(*COMMIT)abc", "-"},
    {"abc(?C1)", "-"},
    {"\\Qa.b\\E", "-"},
    {"\\x41bc", "abc"},
    {"\\o{101}bc", "-"},
    {"\\N{U+41}bc", "-"},
    {"\\0bcd", "-"},
    {"abc\\Kdef", "-"},
    {"abc\\Xdef", "-"},
    {"abc\\Gdef", "-"},
    {"\\cAbcd", "-"},
    {"(a)\\g{1}bcd", "-"},
    {"(a)\\k{1}bcd", "-"},
    {"abc{def", "abc{def[{]"},
    {"abc{,3}def", "-"},
    {"a{2}{3}bcd", "aaaaaabcd"},
    {"abc**", "-"},
    {"[\\c]x]yzq", "-"},
    {"[\\Q]\\Ex]yzq", "-"},
    {"[[:]|foo:]bar", "-"},
    {"[[.x.]]abc", "-"},
    /* too many, too deep */
    {"(?:[ab]|c)abc", "aabc|babc|cabc"},
    {"(?:a|b|c|d|e|f)(?:a|b|c|d|e|f)xyz",
     "aaxyz|abxyz|acxyz|adxyz|aexyz|afxyz|baxyz|bbxyz|bcxyz|bdxyz|bexyz|bfxyz|"
     "caxyz|cbxyz|ccxyz|cdxyz|cexyz|cfxyz|daxyz|dbxyz|dcxyz|ddxyz|dexyz|dfxyz|"
     "eaxyz|ebxyz|ecxyz|edxyz|eexyz|efxyz|faxyz|fbxyz|fcxyz|fdxyz|fexyz|ffxyz"},
    {"((((((((((((((((((((abc))))))))))))))))))))", "abc"},
    {"(((((((((((((((((((((((((((((((((((((((((((((((((abc"
     ")))))))))))))))))))))))))))))))))))))))))))))))))",
     "-"},
    {"(?:ab){2}{2}{1}{1}{1}", "-"},
    /* several sets, the most telling first; what is of no use is left out */
    {"foo.bar", "foo&bar@4"},
    {"you.xylophone.ab", "xylophone@4&you"},
    {"aaa.bbb.ccc.ddd", "aaa&bbb@4&ccc@8"},
    {"abc|abcd", "abc"},
    {"x(?:abc|de).y(?:fgh|ij)", "xabc|xde&yfgh@4-5|yij@4-5"},
    {"(?:abc.def|ghi.jkl)", "abc|ghi&def@4|jkl@4"},
    {"(?:abc.def|ghi)", "abc|ghi"},
    {".{300}abc", "abc@256-"},
    {".{255}abc", "abc@255"},
    {".{0,255}abc", "abc@0-255"},
    {".{0,256}abc", "abc@0-"},
    {"[sz]oo", "soo|zoo"},
    {"[a-e]oo", "-"},
    {"(?=.*\\Kabc)def", "-"},
    {"(?<=\\G)abc", "-"},
    /* characters: no letters, no blanks, none of everyday's marks */
    {"\\d{3}-\\d{4}", "[0123456789+][-]"},
    {"[0-9a-f]{4}", "-"},
    {"[^a-z]\\d", "[0123456789+]"},
    {"\\d|\\$", "[$0123456789+]"},
    {"\\d|a", "-"},
    {"\\d?!", "[!]"},
    {"[\xd0\xb0-\xd1\x8f]+", "[+]"},
    /* not whole: no pattern, but must not be read past its end */
    {"(", "-"},
    {"abc)", "-"},
    {"[", "-"},
    {"[[:alpha:", "-"},
    {"abc\\", "-"},
    {"abc\\p", "-"},
    {"abc\\p{L", "-"},
    {"abc{2", "abc{2[{][2]"},
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
        ck_assert(found || needs.set_count + needs.class_count == 0);
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
                                        "k",        "s",
                                        "xyz",      "foo",
                                        "[sx]",     "\\d",
                                        "[^ab1]",   "(?s)",
                                        "-",        "\\R",
                                        "\\s",      "[-#]"};
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

/* What a text may hold: either case, and letters beyond ASCII. */
static void
put_text(struct writer *w)
{
    static const char *const pieces[] = {
        "a",        "b", "c", "ab", "abc", "cab", ".",   "]",   "[",  "x",
        "\xc3\xa9", "#", " ", "1",  "0",   "{",   ",2}", "{2}", "k",  "s",
        "}",        ":", "A", "B",  "CAB", "\n",  "xyz", "-",   "foo"};
    const size_t count = 1 + pick(w, 12);

    for (size_t i = 0; i < count; i++) {
        put(w, pieces[pick(w, sizeof(pieces) / sizeof(pieces[0]))]);
    }
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
stands_at(struct text text, size_t at, struct text what)
{
    for (size_t i = 0; i < what.len; i++) {
        if (at + i >= text.len || lower(text.at[at + i]) != what.at[i]) {
            return false;
        }
    }
    return true;
}

/* Is one of the set's strings where a match that begins at `from` has it? */
static bool
holds_set(struct text text, size_t from, const struct needs_set *set)
{
    for (size_t at = from, chars = 0; at < text.len; at++, chars++) {
        for (size_t i = 0; i < set->count; i++) {
            const struct needs_string *s = &set->at[i];
            if (chars >= s->least &&
                (chars <= s->most || s->most == NEEDS_ANYWHERE) &&
                stands_at(text, at, s->text)) {
                return true;
            }
        }
        while (at + 1 < text.len &&
               ((unsigned)text.at[at + 1] & 0xc0) == 0x80) {
            at++;
        }
    }
    return false;
}

static bool
holds_class(struct text text, const struct charset *class)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c < 128 ? charset_has(class, c) : class->beyond != 0) {
            return true;
        }
    }
    return false;
}

static bool
holds(struct text text, size_t from, const struct needs *needs)
{
    for (size_t i = 0; i < needs->set_count; i++) {
        if (!holds_set(text, from, &needs->sets[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < needs->class_count; i++) {
        if (!holds_class(text, &needs->classes[i])) {
            return false;
        }
    }
    return true;
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
            ck_assert_msg(holds(subject, found.from, &needs),
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
